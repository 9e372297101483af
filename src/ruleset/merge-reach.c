/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule that comes back may lead into a chain that others opened while nothing
 * led there: each of that was harmless, and both together may not be. */
#include <string.h>
#include "merge.h"

/* How many rules has lacks of other's; *any: one of them has that power. */
static size_t
count_missing(const struct chain *has, const struct chain *other,
	      const struct powers *powers,
	      bool (*can)(const struct powers *, const struct rule *), bool *any)
{
	struct keys known;
	size_t n = 0;

	merge_rule_keys(&known, has);
	for (size_t i = 0; i < other->rules.n; i++) {
		const struct rule *rule = chain_rule(other, i);

		if (keys_find(&known, rule->entry, rule->size) != NO_KEY)
			continue;
		*any = *any || can(powers, rule);
		n++;
	}
	keys_done(&known);
	return n;
}

/* Theirs put a rule that opens, took one that closes, or has them in another
 * order. */
static bool
is_opened(const struct chain *base, const struct chain *theirs,
	  const struct powers *was, const struct powers *is)
{
	bool opened = false;
	size_t n = count_missing(theirs, base, was, merge_can_close, &opened) +
		   count_missing(base, theirs, is, merge_can_open, &opened);

	return opened || n == 0;
}

void
merge_opened(const struct ruleset *base, const struct ruleset *theirs,
	     const struct powers *was, const struct powers *is,
	     struct keys *opened)
{
	keys_init(opened, theirs->chains.n);
	for (size_t i = 0; i < theirs->chains.n; i++) {
		const struct chain *chain = theirs->chains.v[i];
		const struct chain *from = ruleset_chain(base, chain->name);

		if (from && !chain_same_rules(from, chain) &&
		    is_opened(from, chain, was, is))
			keys_add(opened, chain->name, strlen(chain->name));
	}
}

void
reach_init(struct reach *reach, const struct ruleset *rs,
	   const struct keys *opened)
{
	*reach = (struct reach){ .rs = rs, .opened = opened };
	keys_init(&reach->seen, rs->chains.n);
}

void
reach_done(struct reach *reach)
{
	keys_done(&reach->seen);
	vec_done(&reach->found);
}

static bool
is_seen(struct reach *reach, const struct chain *chain)
{
	size_t before = reach->seen.n;

	return keys_add(&reach->seen, chain->name, strlen(chain->name)) < before;
}

void
reach_follow(struct reach *reach, const struct rule *rule)
{
	struct vec stack = { 0 };

	vec_push(&stack, (void *)(uintptr_t)rule);
	while (stack.n) {
		const struct rule *at = vec_pop(&stack);
		struct chain *chain = rule_has_standard_target(at) ?
			ruleset_chain(reach->rs, rule_target(at)) : NULL;

		if (!chain || is_seen(reach, chain))
			continue;
		if (merge_is_target(reach->opened, chain->name))
			vec_push(&reach->found, chain->name);
		for (size_t i = 0; i < chain->rules.n; i++)
			vec_push(&stack, chain->rules.v[i]);
	}
	vec_done(&stack);
}
