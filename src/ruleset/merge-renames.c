/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chain that one side renamed is the same chain: what the other side did to
 * it goes where it went. The kernel does not tell of a rename, so it is told by
 * the rules. */
#include <string.h>
#include <sallyport/mem.h>
#include "change.h"
#include "merge.h"

bool
merge_rename_chain(struct ruleset *rs, const char *from, const char *to)
{
	struct change *change = change_chain_rename(from, to);
	bool done = change_apply(change, rs) == OK;

	change_free(change);
	return done;
}

/* Theirs did it too, as a revert that was begun before did. */
static bool
is_renamed(const struct ruleset *rs, const char *from, const char *to)
{
	return !ruleset_chain(rs, from) && ruleset_chain(rs, to);
}

/* What ours renamed has the new name everywhere from here on. */
static void
follow_ours(struct merge *m, struct ruleset *base, struct ruleset *theirs)
{
	for (size_t i = 0; i < m->ours->chains.n; i++) {
		const struct chain *to = m->ours->chains.v[i];
		const struct chain *from = weave_renamed_from(base, m->ours,
							      to);
		char old[CHAIN_NAME_SIZE];

		if (!from)
			continue;
		str_copy(old, sizeof(old), from->name);
		if (is_renamed(theirs, old, to->name) ||
		    merge_rename_chain(theirs, old, to->name)) {
			if (!merge_rename_chain(base, old, to->name))
				die("a chain cannot be renamed");
		} else {
			str_copy(merge_conflict(m, CONFLICT_CHAIN_NAME,
						old)->name,
				 CHAIN_NAME_SIZE, to->name);
		}
	}
}

/* Is a rule there that ours takes out of base's chain? One for every packet may
 * be anybody's. */
static bool
holds_taken(const struct chain *base, const struct keys *kept,
	    const struct chain *there)
{
	struct keys held;
	bool holds = false;

	merge_rule_keys(&held, there);
	for (size_t i = 0; i < base->rules.n && !holds; i++) {
		const struct rule *rule = chain_rule(base, i);

		holds = !rule_is_bare(rule) &&
			keys_find(kept, rule->entry, rule->size) == NO_KEY &&
			keys_find(&held, rule->entry, rule->size) != NO_KEY;
	}
	keys_done(&held);
	return holds;
}

static bool
takes_any(const struct chain *base, const struct keys *kept)
{
	for (size_t i = 0; i < base->rules.n; i++) {
		const struct rule *rule = chain_rule(base, i);

		if (keys_find(kept, rule->entry, rule->size) == NO_KEY)
			return true;
	}
	return false;
}

/* Where most of its rules are; else where a rule is that ours takes from it, as
 * there it would outlive an undo. */
const char *
merge_went_to(const struct ruleset *base, const struct ruleset *ours,
	      const struct ruleset *theirs, const struct chain *chain)
{
	const struct chain *holds = NULL;
	struct keys kept;
	bool takes;

	if (chain_is_builtin(chain) || ruleset_chain(theirs, chain->name))
		return NULL;
	merge_rule_keys(&kept, ruleset_chain(ours, chain->name));
	takes = takes_any(chain, &kept);
	for (size_t i = 0; i < theirs->chains.n; i++) {
		const struct chain *to = theirs->chains.v[i];

		if (chain_is_builtin(to) || ruleset_chain(base, to->name) ||
		    ruleset_chain(ours, to->name))
			continue;
		if (weave_much_alike(chain, to)) {
			holds = to;
			break;
		}
		if (takes && !holds && holds_taken(chain, &kept, to))
			holds = to;
	}
	keys_done(&kept);
	return holds ? holds->name : NULL;
}

static bool
is_in_conflict(const struct merge *m, const char *name)
{
	for (size_t i = 0; i < m->conflicts->n; i++) {
		const struct conflict *c = m->conflicts->v[i];

		if (c->kind == CONFLICT_CHAIN_NAME && strcmp(c->chain, name) == 0)
			return true;
	}
	return false;
}

/* The same for what theirs renamed; a chain may be told only once those that its
 * rules lead to have their names. */
static bool
follow_theirs(struct merge *m, struct ruleset *base, struct ruleset *ours)
{
	bool any = false;

	for (size_t i = 0; i < base->chains.n; i++) {
		const struct chain *chain = base->chains.v[i];
		const char *to = is_in_conflict(m, chain->name) ? NULL :
				 merge_went_to(base, ours, m->theirs, chain);
		char old[CHAIN_NAME_SIZE];

		if (!to)
			continue;
		str_copy(old, sizeof(old), chain->name);
		if (!merge_rename_chain(base, old, to) ||
		    (ruleset_chain(ours, old) && !merge_rename_chain(ours, old, to)))
			die("a chain cannot be renamed");
		any = true;
	}
	return any;
}

void
merge_follow_renames(struct merge *m, struct ruleset *base,
		     struct ruleset *ours, struct ruleset *theirs)
{
	follow_ours(m, base, theirs);
	while (follow_theirs(m, base, ours))
		;
}
