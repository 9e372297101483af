/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back the chains that a changeset touched, on a table that others
 * changed meanwhile: their chains stay, ours become what they were. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "change.h"
#include "keys.h"
#include "merge.h"

static void
chain_clear(struct chain *chain)
{
	while (chain->rules.n)
		rule_unref(vec_pop(&chain->rules));
}

/* Make the chain of want what it is in target. */
static void
chain_put(struct ruleset *want, const struct chain *from)
{
	struct chain *to = ruleset_chain(want, from->name);

	if (!to)
		to = ruleset_add_chain(want, from->name, from->policy);
	to->policy = from->policy;
	chain_clear(to);
	for (size_t i = 0; i < from->rules.n; i++)
		chain_push_take(to, rule_ref(from->rules.v[i]));
}

/* Rules of every chain follow a renamed one, also those of chains that cs does
 * not name: so the name goes back first. A chain that others gave the old name
 * meanwhile makes room; it is touched by cs and becomes what target has. True
 * where one did. */
static bool
undo_rename(struct ruleset *want, const struct change *change)
{
	struct chain *renamed = ruleset_chain(want, change->new_name);
	struct chain *squatter = ruleset_chain(want, change->chain);
	struct change *back = change_invert(change);
	bool possible = renamed && !chain_is_builtin(renamed) &&
			!(squatter && chain_is_builtin(squatter));

	if (possible && squatter) {
		chain_clear(squatter);
		ruleset_drop_chain(want, change->chain);
	}
	if (possible && change_apply(back, want))
		die("a chain does not get its name back: %s", err_message());
	change_free(back);
	return possible && squatter;
}

bool
changeset_undo_renames(const struct changeset *cs, struct ruleset *rs)
{
	bool squatted = false;

	for (size_t i = cs->changes.n; i-- > 0;) {
		const struct change *change = cs->changes.v[i];

		if (change->kind == CHANGE_CHAIN_RENAME &&
		    undo_rename(rs, change))
			squatted = true;
	}
	return squatted;
}

/* The names of the chains that cs touched, each once: cs owns them. */
static void
touched_names(const struct changeset *cs, struct vec *names)
{
	struct keys seen;

	keys_init(&seen, 2 * cs->changes.n);
	for (size_t i = 0; i < cs->changes.n; i++) {
		struct change *change = cs->changes.v[i];
		char *both[] = { change->chain, change->new_name };

		for (size_t k = 0; k < ARRAY_LEN(both) && *both[k]; k++) {
			size_t known = seen.n;

			if (keys_add(&seen, both[k], strlen(both[k])) == known)
				vec_push(names, both[k]);
		}
	}
	keys_done(&seen);
}

static bool
is_among(const struct vec *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

/* Others gave such a chain another name: it gets its own back. Each is told to
 * lost, which may be NULL. */
void
merge_undo_their_renames(const struct changeset *cs,
			 const struct ruleset *target,
			 const struct ruleset *after, struct ruleset *rs,
			 struct str *lost)
{
	struct ruleset *base = ruleset_copy(after), *ours = ruleset_copy(target);
	struct vec names = { 0 };

	merge_follow_theirs(base, ours, rs);
	touched_names(cs, &names);
	for (size_t i = 0; i < base->chains.n; i++) {
		const char *was = ((struct chain *)after->chains.v[i])->name;
		const char *is = ((struct chain *)base->chains.v[i])->name;

		if (strcmp(was, is) != 0 && is_among(&names, was) &&
		    merge_rename_chain(rs, is, was) && lost)
			lost_renamed(lost, was, is);
	}
	vec_done(&names);
	ruleset_free(base);
	ruleset_free(ours);
}

/* What target has becomes what it is there, and the others are emptied. */
static void
put_or_clear(struct ruleset *want, const struct ruleset *target,
	     const struct vec *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct chain *from = ruleset_chain(target, names->v[i]);
		struct chain *chain = ruleset_chain(want, names->v[i]);

		if (from)
			chain_put(want, from);
		else if (chain && !chain_is_builtin(chain))
			chain_clear(chain);
	}
}

/* A chain that target does not have goes, unless somebody else's rule leads to
 * it: then it stays, without our rules, which are all cleared by now. */
static void
drop_unknown(struct ruleset *want, const struct ruleset *target,
	     const struct vec *names, const struct keys *targets)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		const struct chain *chain = ruleset_chain(want, name);

		if (chain && !chain_is_builtin(chain) &&
		    !ruleset_chain(target, name) &&
		    !merge_is_target(targets, name))
			ruleset_drop_chain(want, name);
	}
}

/* Follow the rules that a chain of target has, and that it has no more; all of
 * them where the policy accepts again. */
static void
follow_back(struct reach *reach, const struct ruleset *target,
	    const struct ruleset *after, const char *name)
{
	const struct chain *chain = ruleset_chain(target, name);
	const struct chain *left = ruleset_chain(after, name);
	bool all = chain && left && chain->policy == POLICY_ACCEPT &&
		   left->policy != POLICY_ACCEPT;
	struct keys known;

	merge_rule_keys(&known, all ? NULL : left);
	for (size_t i = 0; chain && i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (keys_find(&known, rule->entry, rule->size) == NO_KEY)
			reach_follow(reach, rule);
	}
	keys_done(&known);
}

/* Rules that came back may lead to chains that others opened meanwhile, when
 * nothing led there: those become what they were too. */
static void
put_opened(struct ruleset *want, const struct ruleset *target,
	   const struct ruleset *after, const struct ruleset *live,
	   const struct vec *names)
{
	struct powers *was = merge_powers_new(after);
	struct powers *is = merge_powers_new(live);
	struct keys opened;
	struct reach reach;

	merge_opened(after, live, was, is, &opened);
	reach_init(&reach, live, &opened);
	for (size_t i = 0; opened.n && i < names->n; i++)
		follow_back(&reach, target, after, names->v[i]);
	for (size_t i = 0; i < reach.found.n; i++) {
		const struct chain *from = ruleset_chain(target,
							 reach.found.v[i]);

		if (from)
			chain_put(want, from);
	}
	reach_done(&reach);
	keys_done(&opened);
	merge_powers_free(was);
	merge_powers_free(is);
}

/* Rules that came back may jump to chains that others deleted meanwhile: those
 * come back too, since a rule that leads nowhere cannot stand. */
static bool
put_missing(struct ruleset *want, const struct ruleset *target,
	    struct keys *targets)
{
	bool any = false;

	for (size_t i = 0; i < target->chains.n; i++) {
		const struct chain *chain = target->chains.v[i];

		if (ruleset_chain(want, chain->name) ||
		    !merge_is_target(targets, chain->name))
			continue;
		chain_put(want, chain);
		merge_add_targets(targets, chain);
		any = true;
	}
	return any;
}

static void
restore(struct ruleset *want, const struct ruleset *target,
	const struct vec *names)
{
	struct keys targets;

	put_or_clear(want, target, names);
	keys_init(&targets, ruleset_rule_count(want) +
		  ruleset_rule_count(target));
	for (size_t i = 0; i < want->chains.n; i++)
		merge_add_targets(&targets, want->chains.v[i]);
	drop_unknown(want, target, names, &targets);
	while (put_missing(want, target, &targets))
		;
	keys_done(&targets);
}

struct changeset *
changeset_restore_chains(const struct changeset *cs, const struct ruleset *live,
			 const struct ruleset *target,
			 const struct ruleset *after, struct str *lost)
{
	struct ruleset *want = ruleset_copy(live);
	struct changeset *back;
	struct vec names = { 0 };

	merge_undo_their_renames(cs, target, after, want, NULL);
	changeset_undo_renames(cs, want);
	touched_names(cs, &names);
	put_opened(want, target, after, live, &names);
	restore(want, target, &names);
	vec_done(&names);
	ruleset_lost(cs, live, want, target, after, lost);
	back = changeset_diff(live, want, true);
	ruleset_free(want);
	return back;
}
