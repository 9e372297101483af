/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel would look at anew: rules that were not there before, and
 * those that a built-in chain reaches which did not reach them before. Only
 * these can be a reason to refuse a table that was accepted as it was. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

/* Where a rule of the candidate's chain stood before: the same pointer. */
struct place {
	const struct rule *rule;
	size_t pos;
};

/* What a chain was before. Rules at its ends that did not change are found by
 * position; those between by their address. */
struct past {
	const struct node *node;	/* NULL: there was no such chain */
	size_t head;		/* so many rules at its beginning are the same */
	size_t tail;		/* and so many at the end */
	struct place *middle;	/* the others, in the order of their address */
	size_t n_middle;
};

static int
place_compare(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct place *)a)->rule;
	uintptr_t y = (uintptr_t)((const struct place *)b)->rule;

	return (x > y) - (x < y);
}

static void
past_find_middle(struct past *past)
{
	const struct vec *was = &past->node->chain->rules;

	past->n_middle = was->n - past->head - past->tail;
	past->middle = xcalloc(past->n_middle + 1, sizeof(*past->middle));
	for (size_t i = 0; i < past->n_middle; i++)
		past->middle[i] = (struct place){ was->v[past->head + i],
						  past->head + i };
	qsort(past->middle, past->n_middle, sizeof(*past->middle),
	      place_compare);
}

static struct past
past_of(const struct reach *before, const struct chain *chain)
{
	const struct vec *now = &chain->rules, *was;
	struct past past = { .node = before ?
				     reach_node(before, chain->name) : NULL };
	size_t n;

	if (!past.node)
		return past;
	was = &past.node->chain->rules;
	n = was->n < now->n ? was->n : now->n;
	while (past.head < n && was->v[past.head] == now->v[past.head])
		past.head++;
	while (past.tail < n - past.head &&
	       was->v[was->n - 1 - past.tail] == now->v[now->n - 1 - past.tail])
		past.tail++;
	past_find_middle(&past);
	return past;
}

/* The rule's hooks then; false: it was not there. */
static bool
past_hooks(const struct past *past, const struct chain *chain, size_t pos,
	   unsigned *hooks)
{
	struct place key = { chain->rules.v[pos], 0 };
	size_t behind = chain->rules.n - pos;
	const struct place *place;

	if (!past->node)
		return false;
	if (pos < past->head) {
		*hooks = node_hooks(past->node, pos);
		return true;
	}
	if (behind <= past->tail) {
		*hooks = node_hooks(past->node,
				    past->node->chain->rules.n - behind);
		return true;
	}
	place = bsearch(&key, past->middle, past->n_middle,
			sizeof(*past->middle), place_compare);
	if (place)
		*hooks = node_hooks(past->node, place->pos);
	return place != NULL;
}

static bool
keep_unless_exempt(const struct xt_entry_match *m, const void *user_ns)
{
	return !exempt_match(m, *(const bool *)user_ns);
}

/* What is exempt is left out, and told: the target, else the first match. */
static void
suspect_exempt(struct suspect *s, const struct rule *rule, bool user_ns)
{
	const struct xt_entry_target *t = rule_extension(rule);
	enum exempt target = t ? exempt_target(t, user_ns) : EXEMPT_NOT;

	if (target)
		s->untried = exempt_text(target, t->u.user.name);
	for (const struct xt_entry_match *m = NULL;
	     !s->untried && (m = rule_next_match(rule, m)) != NULL;)
		s->untried = exempt_text(exempt_match(m, user_ns),
					 m->u.user.name);
	if (s->untried)
		s->tried = rule_part(rule, keep_unless_exempt, &user_ns,
				     !target);
	else
		s->tried = rule_ref(rule);
}

static void
look_at_chain(const struct reach *before, const struct node *node,
	      bool user_ns, struct vec *suspects)
{
	const struct chain *chain = node->chain;
	struct past past = past_of(before, chain);

	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain->rules.v[i];
		unsigned hooks = node_hooks(node, i), then;
		struct suspect *s;

		if (rule_is_verdict(rule))
			continue;
		if (past_hooks(&past, chain, i, &then) && !(hooks & ~then))
			continue;
		s = xcalloc(1, sizeof(*s));
		s->chain = chain;
		s->pos = i;
		s->hooks = hooks;
		suspect_exempt(s, rule, user_ns);
		vec_push(suspects, s);
	}
	free(past.middle);
}

void
suspects_find(const struct ruleset *before, const struct ruleset *candidate,
	      const struct reach *reach, bool user_ns, struct vec *suspects)
{
	struct reach *past = before ? reach_new(before) : NULL;

	for (size_t i = 0; i < candidate->chains.n; i++) {
		const struct chain *chain = candidate->chains.v[i];

		look_at_chain(past, reach_node(reach, chain->name), user_ns,
			      suspects);
	}
	reach_free(past);
}

void
suspects_done(struct vec *suspects)
{
	for (size_t i = 0; i < suspects->n; i++) {
		struct suspect *s = suspects->v[i];

		rule_unref(s->tried);
		free(s->untried);
		free(s);
	}
	vec_done(suspects);
}
