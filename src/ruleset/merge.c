/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three tables become one: chains first, then the rules of each. Nothing of
 * either side is lost without a conflict that names it (P7). */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "change.h"
#include "merge.h"

struct conflict *
merge_conflict(struct merge *m, enum conflict_kind kind, const char *chain)
{
	struct conflict *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	str_copy(c->table, sizeof(c->table), m->base->table);
	str_copy(c->chain, sizeof(c->chain), chain);
	vec_push(m->conflicts, c);
	return c;
}

void
conflicts_done(struct vec *conflicts)
{
	for (size_t i = 0; i < conflicts->n; i++) {
		struct conflict *c = conflicts->v[i];

		rule_unref(c->rule);
		rule_unref(c->ours);
		rule_unref(c->theirs);
		free(c);
	}
	vec_done(conflicts);
}

bool
chain_same_rules(const struct chain *a, const struct chain *b)
{
	if (a->rules.n != b->rules.n)
		return false;
	for (size_t i = 0; i < a->rules.n; i++)
		if (!rule_equal(chain_rule(a, i), chain_rule(b, i)))
			return false;
	return true;
}

void
merge_rule_keys(struct keys *keys, const struct chain *chain)
{
	size_t n = chain ? chain->rules.n : 0;

	keys_init(keys, n);
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = chain_rule(chain, i);

		keys_add(keys, rule->entry, rule->size);
	}
}

void
merge_add_targets(struct keys *targets, const struct chain *chain)
{
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);
		const char *target = rule_target(rule);

		if (rule_has_standard_target(rule))
			keys_add(targets, target, strlen(target));
	}
}

bool
merge_is_target(const struct keys *targets, const char *name)
{
	return keys_find(targets, name, strlen(name)) != NO_KEY;
}

static void
add_all(struct chain *to, const struct chain *from)
{
	for (size_t i = 0; i < from->rules.n; i++)
		chain_push_take(to, rule_ref(chain_rule(from, i)));
}

static enum policy
merge_policy(struct merge *m, const struct chain *base,
	     const struct chain *ours, const struct chain *theirs)
{
	struct conflict *c;

	if (ours->policy == base->policy || ours->policy == theirs->policy)
		return theirs->policy;
	if (theirs->policy == base->policy)
		return ours->policy;
	c = merge_conflict(m, CONFLICT_POLICY, base->name);
	c->our_policy = ours->policy;
	c->their_policy = theirs->policy;
	return m->side == MERGE_OURS ? ours->policy : theirs->policy;
}

static struct chain *
add_chain(struct merge *m, const struct chain *like)
{
	struct chain *out = ruleset_add_chain(m->merged, like->name,
					      like->policy);

	out->counters = like->counters;
	return out;
}

/* A chain that theirs has, and ours. Where both have the same rules there is
 * nothing to merge, whatever they once were, but for a policy that returns: the
 * rules may lead to what theirs opened. */
static void
merge_both(struct merge *m, const struct chain *ours,
	   const struct chain *theirs)
{
	const struct chain *base = ruleset_chain(m->base, theirs->name);
	struct chain *out = add_chain(m, theirs);
	bool same = chain_same_rules(ours, theirs);

	if (base)
		out->policy = merge_policy(m, base, ours, theirs);
	else if (!same)
		merge_conflict(m, CONFLICT_CHAIN_TWICE, theirs->name);
	if (base && (!same || (m->side == MERGE_CAUTIOUS &&
			       out->policy != theirs->policy)))
		merge_rules(m, base, ours, theirs, out);
	else
		add_all(out, m->side == MERGE_OURS && !same ? ours : theirs);
}

/* Chains that theirs has. What ours deleted goes, unless it is needed. */
static void
merge_theirs(struct merge *m)
{
	for (size_t i = 0; i < m->theirs->chains.n; i++) {
		const struct chain *theirs = m->theirs->chains.v[i];
		const struct chain *ours = ruleset_chain(m->ours,
							 theirs->name);

		if (ours)
			merge_both(m, ours, theirs);
		else if (!ruleset_chain(m->base, theirs->name))
			add_all(add_chain(m, theirs), theirs);
	}
}

static void
merge_new(struct merge *m)
{
	for (size_t i = 0; i < m->ours->chains.n; i++) {
		const struct chain *ours = m->ours->chains.v[i];

		if (!ruleset_chain(m->theirs, ours->name) &&
		    !ruleset_chain(m->base, ours->name))
			add_all(add_chain(m, ours), ours);
	}
}

/* Chains of base that from deleted and the other side, which is has, may need:
 * it changed or leads to them. One that is needed may need another. */
static bool
keep_needed(struct merge *m, const struct ruleset *from,
	    const struct ruleset *has, enum conflict_kind kind, bool keep)
{
	for (size_t i = 0; i < m->base->chains.n; i++) {
		const struct chain *base = m->base->chains.v[i];
		const struct chain *chain = ruleset_chain(has, base->name);

		if (ruleset_chain(from, base->name) || !chain ||
		    ruleset_chain(m->merged, base->name) ||
		    (chain_same_rules(base, chain) &&
		     !merge_is_target(&m->targets, base->name)))
			continue;
		merge_conflict(m, kind, base->name);
		if (!keep)
			continue;
		add_all(add_chain(m, chain), chain);
		merge_add_targets(&m->targets, chain);
		return true;
	}
	return false;
}

static bool
leads_nowhere(const struct merge *m, const struct rule *rule)
{
	return change_check_target(m->merged, rule) == ERR_NOT_FOUND;
}

/* Where theirs stands, our rules that lead to a chain which they deleted go. */
static void
drop_dangling(struct merge *m)
{
	for (size_t i = 0; i < m->merged->chains.n; i++) {
		struct chain *chain = m->merged->chains.v[i];

		for (size_t r = chain->rules.n; r-- > 0;)
			if (leads_nowhere(m, chain_rule(chain, r)))
				rule_unref(vec_remove(&chain->rules, r));
	}
}

static void
merge_chains(struct merge *m)
{
	merge_theirs(m);
	merge_new(m);
	keys_init(&m->targets, ruleset_rule_count(m->merged) +
		  ruleset_rule_count(m->ours) + ruleset_rule_count(m->theirs));
	for (size_t i = 0; i < m->merged->chains.n; i++)
		merge_add_targets(&m->targets, m->merged->chains.v[i]);
	while (keep_needed(m, m->ours, m->theirs, CONFLICT_CHAIN_USED, true))
		;
	while (keep_needed(m, m->theirs, m->ours, CONFLICT_CHAIN_GONE,
			   m->side == MERGE_OURS))
		;
	keys_done(&m->targets);
	drop_dangling(m);
}

static void
merge_init(struct merge *m)
{
	m->to_ours = classes_new(m->base, m->ours, true);
	m->to_theirs = classes_new(m->base, m->theirs, true);
	if (m->side != MERGE_CAUTIOUS)
		return;
	m->base_powers = merge_powers_new(m->base);
	m->ours_powers = merge_powers_new(m->ours);
	m->theirs_powers = merge_powers_new(m->theirs);
	merge_opened(m->base, m->theirs, m->base_powers, m->theirs_powers,
		     &m->opened);
}

static void
merge_done(struct merge *m)
{
	classes_free(m->to_ours);
	classes_free(m->to_theirs);
	if (m->side == MERGE_CAUTIOUS)
		keys_done(&m->opened);
	merge_powers_free(m->base_powers);
	merge_powers_free(m->ours_powers);
	merge_powers_free(m->theirs_powers);
}

enum err
ruleset_merge(const struct ruleset *base, const struct ruleset *ours,
	      const struct ruleset *theirs, enum merge_side side,
	      struct ruleset **merged, struct vec *conflicts)
{
	struct ruleset *from = ruleset_copy(base);
	struct ruleset *to[] = { ruleset_copy(ours), ruleset_copy(theirs) };
	struct merge m = {
		.base = from, .ours = to[0], .theirs = to[1], .side = side,
		.merged = ruleset_new(base->table), .conflicts = conflicts,
	};
	size_t before = conflicts->n;

	merge_follow_renames(&m, from, to[0], to[1]);
	merge_init(&m);
	merge_chains(&m);
	merge_done(&m);
	ruleset_free(from);
	ruleset_free(to[0]);
	ruleset_free(to[1]);
	m.merged->absent = theirs->absent;
	*merged = m.merged;
	return conflicts->n > before ? ERR_CONFLICT : OK;
}

enum err
changeset_rebase(const struct changeset *cs, const struct ruleset *base,
		 const struct ruleset *live, enum merge_side side,
		 struct changeset **rebased, struct vec *conflicts)
{
	struct ruleset *ours = ruleset_copy(base), *merged;
	enum err err;

	if (changeset_apply(cs, ours))
		die("changes do not fit what they were made for: %s",
		    err_message());
	err = ruleset_merge(base, ours, live, side, &merged, conflicts);
	*rebased = changeset_diff(live, merged, true);
	ruleset_free(ours);
	ruleset_free(merged);
	return err;
}

enum err
tables_rebase(const struct vec *changesets, const struct tables *old,
	      const struct tables *live, enum merge_side side,
	      struct vec *rebased, struct vec *conflicts)
{
	enum err err = OK;

	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];
		struct changeset *carried;
		enum err one = changeset_rebase(cs, tables_get(old, cs->table),
						tables_get(live, cs->table),
						side, &carried, conflicts);

		if (one)
			err = one;
		if (carried->changes.n)
			vec_push(rebased, carried);
		else
			changeset_free(carried);
	}
	return err;
}
