/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back the chains that a changeset touched, on a table that others
 * changed meanwhile: their chains stay, ours become what they were. */
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "change.h"
#include "keys.h"

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

/* A chain that target does not have: gone, unless somebody else's rule jumps
 * to it; then it stays, without our rules. */
static void
chain_withdraw(struct ruleset *want, const char *name)
{
	struct chain *chain = ruleset_chain(want, name);

	if (!chain || chain_is_builtin(chain))
		return;
	chain_clear(chain);
	if (ruleset_references(want, name) == 0)
		ruleset_drop_chain(want, name);
}

/* Rules of every chain follow a renamed one, also those of chains that cs does
 * not name: so the name goes back first. A chain that others gave the old name
 * meanwhile makes room; it is touched by cs and becomes what target has. */
static void
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
}

static void
undo_renames(const struct changeset *cs, struct ruleset *want)
{
	for (size_t i = cs->changes.n; i-- > 0;) {
		const struct change *change = cs->changes.v[i];

		if (change->kind == CHANGE_CHAIN_RENAME)
			undo_rename(want, change);
	}
}

static void
each_touched(const struct changeset *cs, struct ruleset *want,
	     const struct ruleset *target,
	     void (*each)(struct ruleset *, const struct ruleset *, const char *))
{
	for (size_t i = 0; i < cs->changes.n; i++) {
		const struct change *change = cs->changes.v[i];

		each(want, target, change->chain);
		if (change->new_name[0])
			each(want, target, change->new_name);
	}
}

static void
put_if_known(struct ruleset *want, const struct ruleset *target,
	     const char *name)
{
	const struct chain *from = ruleset_chain(target, name);

	if (from)
		chain_put(want, from);
}

static void
withdraw_if_unknown(struct ruleset *want, const struct ruleset *target,
		    const char *name)
{
	if (!ruleset_chain(target, name))
		chain_withdraw(want, name);
}

/* Rules that came back may jump to chains that others deleted meanwhile: those
 * come back too, since a rule that leads nowhere cannot stand. */
static void
put_missing_chains(struct ruleset *want, const struct ruleset *target)
{
	for (size_t i = 0; i < target->chains.n; i++) {
		const struct chain *chain = target->chains.v[i];

		if (ruleset_chain(want, chain->name) ||
		    ruleset_references(want, chain->name) == 0)
			continue;
		chain_put(want, chain);
		i = (size_t)-1;
	}
}

static size_t
count_rules(const struct ruleset *rs, const char *name)
{
	const struct chain *chain = ruleset_chain(rs, name);

	return chain ? chain->rules.n : 0;
}

static void
add_rules(struct keys *known, const struct ruleset *rs, const char *name)
{
	const struct chain *chain = ruleset_chain(rs, name);

	for (size_t i = 0; chain && i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);

		keys_add(known, rule->entry, rule->size);
	}
}

/* What the chain of this name has in any of the rulesets, which NULL ends. */
static void
keys_of(struct keys *keys, const char *name, const struct ruleset *const *in)
{
	size_t most = 0;

	for (size_t i = 0; in[i]; i++)
		most += count_rules(in[i], name);
	keys_init(keys, most);
	for (size_t i = 0; in[i]; i++)
		add_rules(keys, in[i], name);
}

static void
add_line(struct str *lost, const char *what, const struct chain *chain)
{
	str_addf(lost, "# %s ", what);
	words_quote(lost, chain->name);
	str_addc(lost, ' ');
}

static void
add_rule(struct str *lost, const char *what, const struct chain *chain,
	 const struct rule *rule)
{
	add_line(lost, what, chain);
	base64_encode(lost, rule->entry, rule->size);
	str_addc(lost, '\n');
}

static bool
has(const struct keys *keys, const struct rule *rule)
{
	return keys_find(keys, rule->entry, rule->size) != NO_KEY;
}

/* What they added goes. */
static void
added_lost(const struct chain *live, const struct ruleset *want,
	   const struct ruleset *target, const struct ruleset *after,
	   struct str *lost)
{
	const struct ruleset *const ours[] = { want, target, after, NULL };
	struct keys known;

	keys_of(&known, live->name, ours);
	for (size_t i = 0; i < live->rules.n; i++)
		if (!has(&known, chain_rule(live, i)))
			add_rule(lost, "opaque", live, chain_rule(live, i));
	keys_done(&known);
}

/* What they deleted comes back: the table that our change left had it, the
 * live one has not. */
static void
deleted_lost(const struct chain *want, const struct ruleset *live,
	     const struct ruleset *after, struct str *lost)
{
	const struct ruleset *const left[] = { after, NULL };
	const struct ruleset *const now[] = { live, NULL };
	struct keys was, is;

	keys_of(&was, want->name, left);
	keys_of(&is, want->name, now);
	for (size_t i = 0; i < want->rules.n; i++) {
		const struct rule *rule = chain_rule(want, i);

		if (has(&was, rule) && !has(&is, rule))
			add_rule(lost, "deleted", want, rule);
	}
	keys_done(&is);
	keys_done(&was);
}

static void
policy_lost(const struct chain *live, const struct ruleset *want,
	    const struct ruleset *after, struct str *lost)
{
	const struct chain *left = ruleset_chain(after, live->name);
	const struct chain *then = ruleset_chain(want, live->name);

	if (!left || !then || live->policy == left->policy ||
	    live->policy == then->policy)
		return;
	add_line(lost, "policy", live);
	str_addf(lost, "%s\n", policy_name(live->policy));
}

void
ruleset_lost(const struct ruleset *live, const struct ruleset *want,
	     const struct ruleset *target, const struct ruleset *after,
	     struct str *lost)
{
	for (size_t i = 0; i < live->chains.n; i++)
		added_lost(live->chains.v[i], want, target, after, lost);
	for (size_t i = 0; i < want->chains.n; i++)
		deleted_lost(want->chains.v[i], live, after, lost);
	for (size_t i = 0; i < live->chains.n; i++)
		policy_lost(live->chains.v[i], want, after, lost);
}

struct changeset *
changeset_restore_chains(const struct changeset *cs, const struct ruleset *live,
			 const struct ruleset *target,
			 const struct ruleset *after, struct str *lost)
{
	struct ruleset *want = ruleset_copy(live);
	struct changeset *back;

	undo_renames(cs, want);
	each_touched(cs, want, target, put_if_known);
	each_touched(cs, want, target, withdraw_if_unknown);
	put_missing_chains(want, target);
	ruleset_lost(live, want, target, after, lost);
	back = changeset_diff(live, want, true);
	ruleset_free(want);
	return back;
}
