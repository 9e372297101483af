/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet may cost the kernel, which goes through a chain again at each
 * jump to it. Each chain is counted once, from its end, those that it jumps to
 * first; on a stack of its own, as chains may lie 50,000 deep. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "walk-calls.h"
#include "walk-way.h"

#define BEGUN UINT64_MAX	/* who comes back to it goes round in a loop */

struct cost {
	uint64_t visits;	/* BEGUN while it is counted */
	bool known;
};

/* A chain that is being counted. */
struct counted {
	size_t callee;
	size_t left;		/* rules above the ones that are counted */
	uint64_t visits;	/* of those below */
};

struct count {
	struct calls calls;
	struct cost *costs;	/* by callee */
	struct counted *stack;
	size_t n;
	size_t cap;
};

static uint64_t
add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void
push(struct count *c, size_t callee)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->stack = xreallocarray(c->stack, c->cap, sizeof(*c->stack));
	}
	c->costs[callee] = (struct cost){ .visits = BEGUN, .known = true };
	c->stack[c->n++] = (struct counted){
		.callee = callee,
		.left = c->calls.callees[callee].chain->rules.n,
	};
}

/* The last rule that is left, or first the chain that it leads to. */
static void
count_rule(struct count *c, struct counted *top)
{
	const struct callee *here = &c->calls.callees[top->callee];
	const struct rule *rule = chain_rule(here->chain, top->left - 1);
	const struct callee *there = NULL;
	uint64_t below = top->visits, visits = 0;
	size_t callee;

	if (rule_action(rule) == ACTION_CHAIN)
		there = calls_find(&c->calls, here->rs, rule_target(rule));
	if (there) {
		callee = (size_t)(there - c->calls.callees);
		if (!c->costs[callee].known) {
			push(c, callee);
			return;
		}
		visits = c->costs[callee].visits;
	}
	/* From a goto the packet does not come back: one or the other. */
	if (there && rule_is_goto(rule))
		below = below > visits ? below : visits;
	else
		below = add(below, visits);
	top->visits = add(below, 1);
	top->left--;
}

static uint64_t
count_chain(struct count *c, const struct ruleset *rs, const char *name)
{
	const struct callee *start = calls_find(&c->calls, rs, name);
	size_t callee;

	if (!start)
		return 0;
	if (!c->costs)
		c->costs = xcalloc(c->calls.n_callees, sizeof(*c->costs));
	callee = (size_t)(start - c->calls.callees);
	if (!c->costs[callee].known)
		push(c, callee);
	while (c->n) {
		struct counted *top = &c->stack[c->n - 1];

		if (top->left) {
			count_rule(c, top);
			continue;
		}
		c->costs[top->callee].visits = top->visits;
		c->n--;
	}
	return c->costs[callee].visits;
}

uint64_t
walk_visits(const struct tables *tables, const char *name)
{
	const struct way *way = way_find(name);
	struct count c = { .calls.tables = tables };
	uint64_t all = 0;

	if (!way)
		die("no way of packets is called '%s'", name);
	for (const struct station *s = way->stations; s->table; s++) {
		const struct ruleset *rs = tables_get(tables, s->table);

		if (rs)
			all = add(all, count_chain(&c, rs, s->hook));
	}
	free(c.stack);
	free(c.costs);
	calls_done(&c.calls);
	return all;
}
