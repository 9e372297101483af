/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each of two changes may be harmless, and both together let something in: one
 * takes away the rule that kept out what the other one, or the chain, accepts
 * further down. Told by what rules can do, not by what they match: rather once
 * too often. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "keys.h"
#include "merge.h"

enum {
	OPENS = 1,
	CLOSES = 2,
	SKIPS = 4,	/* to the policy, past rules that close */
	ANYTHING = OPENS | CLOSES | SKIPS,
	VISITED = 8,	/* of a chain: those it leads to come first */
	KNOWN = 16,
};

struct powers {
	struct keys names;		/* the chain's number is its place */
	unsigned char *of_chain;
};

/* Targets after which the packet goes on to the next rule. */
static const char *const passing[] = {
	"LOG", "NFLOG", "MARK", "CONNMARK", "SET", "TRACE", "TCPMSS", "DSCP",
	"TOS", "HL", "CLASSIFY", "CT", "NOTRACK", "AUDIT", "CHECKSUM",
	"RATEEST", "IDLETIMER", "LED", "TEE", "SECMARK", "CONNSECMARK",
	"TCPOPTSTRIP",
};

static unsigned
extension_powers(const char *target)
{
	if (strcmp(target, "REJECT") == 0)
		return CLOSES;
	return str_find(passing, ARRAY_LEN(passing), target) ? 0 : ANYTHING;
}

/* Does the rule come back from another chain? That one is a detour. */
static bool
is_detour(const struct rule *rule)
{
	return rule_has_standard_target(rule) && !rule_is_goto(rule);
}

/* The number of the chain that the rule jumps to, or NO_KEY. */
static size_t
callee(const struct powers *p, const struct rule *rule)
{
	const char *target = rule_target(rule);

	return is_detour(rule) ? keys_find(&p->names, target, strlen(target)) :
				 NO_KEY;
}

static unsigned
rule_powers(const struct powers *p, const struct rule *rule)
{
	const char *target = rule_target(rule);
	size_t to;

	if (!*target)
		return 0;
	if (!rule_has_standard_target(rule))
		return extension_powers(target);
	if (strcmp(target, "ACCEPT") == 0)
		return OPENS;
	if (strcmp(target, "DROP") == 0)
		return CLOSES;
	to = callee(p, rule);
	return to != NO_KEY && p->of_chain[to] & KNOWN ?
	       p->of_chain[to] & ANYTHING : ANYTHING;
}

/* What a jump there may come to. RETURN only ends the detour. */
static unsigned
chain_powers(const struct powers *p, const struct chain *chain)
{
	unsigned powers = 0;

	for (size_t i = 0; i < chain->rules.n && powers != ANYTHING; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (strcmp(rule_target(rule), "RETURN") != 0)
			powers |= rule_powers(p, rule);
	}
	return powers;
}

/* The chains that this one leads to, and are not visited yet. */
static void
push_callees(const struct powers *p, const struct ruleset *rs,
	     const struct chain *chain, struct vec *stack)
{
	for (size_t i = 0; i < chain->rules.n; i++) {
		size_t to = callee(p, chain_rule(chain, i));

		if (to != NO_KEY && !p->of_chain[to])
			vec_push(stack, rs->chains.v[to]);
	}
}

/* Each chain is summed up once, behind those that it leads to: there may be more
 * ways through them than anybody can follow. */
static void
sum_up(struct powers *p, const struct ruleset *rs, struct vec *stack)
{
	while (stack->n) {
		const struct chain *chain = stack->v[stack->n - 1];
		unsigned char *of = &p->of_chain[keys_find(&p->names,
				chain->name, strlen(chain->name))];

		if (!*of) {
			*of = VISITED;
			push_callees(p, rs, chain, stack);
			continue;
		}
		if (*of == VISITED)
			*of = (unsigned char)(KNOWN | chain_powers(p, chain));
		vec_pop(stack);
	}
}

struct powers *
merge_powers_new(const struct ruleset *rs)
{
	struct powers *p = xcalloc(1, sizeof(*p));
	struct vec stack = { 0 };

	keys_init(&p->names, rs->chains.n);
	p->of_chain = xcalloc(rs->chains.n, 1);
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		keys_add(&p->names, chain->name, strlen(chain->name));
	}
	for (size_t i = 0; i < rs->chains.n; i++) {
		vec_push(&stack, rs->chains.v[i]);
		sum_up(p, rs, &stack);
	}
	vec_done(&stack);
	return p;
}

void
merge_powers_free(struct powers *p)
{
	if (!p)
		return;
	keys_done(&p->names);
	free(p->of_chain);
	free(p);
}

bool
merge_can_open(const struct powers *powers, const struct rule *rule)
{
	return rule_powers(powers, rule) & (OPENS | SKIPS);
}

bool
merge_can_close(const struct powers *powers, const struct rule *rule)
{
	return rule_powers(powers, rule) & CLOSES;
}

static bool
can(const struct powers *p, const struct rule *rule, unsigned power)
{
	return rule_powers(p, rule) & power;
}

/* Is a rule of base not where it was? */
static bool
is_off(const struct side *side, size_t i)
{
	size_t at = side->of_base[i];

	return at == NO_MATCH || side->weave.from[at] == FROM_MOVED ||
	       side->weave.from[at] == FROM_REPLACED;
}

/* A rule that both took away is as if it had never been. */
static bool
takes_closing(const struct merge *m, const struct side *side,
	      const struct side *other)
{
	const struct chain *base = side->weave.a;

	for (size_t i = 0; i < base->rules.n; i++)
		if (is_off(side, i) &&
		    (side->of_base[i] != NO_MATCH ||
		     other->of_base[i] != NO_MATCH) &&
		    can(m->base_powers, chain_rule(base, i), CLOSES))
			return true;
	return false;
}

/* Does the side have a rule of that power where base had none? */
static bool
side_puts_at(const struct side *side, const struct powers *p, unsigned power,
	size_t j)
{
	return side->weave.from[j] != FROM_KEPT &&
	       can(p, chain_rule(side->weave.b, j), power);
}

static bool
side_puts(const struct side *side, const struct powers *p, unsigned power)
{
	for (size_t j = 0; j < side->weave.b->rules.n; j++)
		if (side_puts_at(side, p, power, j))
			return true;
	return false;
}

static bool
sets_accept(const struct side *side)
{
	return side->weave.b->policy == POLICY_ACCEPT &&
	       side->weave.a->policy != POLICY_ACCEPT;
}

/* Theirs put a rule that opens behind one that closes, which ours takes. */
static bool
opens_behind(const struct merge *m, const struct side *ours,
	     const struct side *theirs)
{
	const struct weave *w = &theirs->weave;
	bool closed = false;

	for (size_t k = 0; k < w->b->rules.n; k++) {
		if (closed && side_puts_at(theirs, m->theirs_powers, OPENS, k))
			return true;
		if (w->from[k] != FROM_NOWHERE && is_off(ours, w->at[k]) &&
		    can(m->theirs_powers, chain_rule(w->b, k), CLOSES))
			closed = true;
	}
	return closed && sets_accept(theirs);
}

/* Ours made a rule open, and theirs moved that one, to who knows before what. */
static bool
opens_moved(const struct merge *m, const struct side *ours,
	    const struct side *theirs)
{
	const struct weave *w = &ours->weave;

	for (size_t j = 0; j < w->b->rules.n; j++) {
		size_t k = w->from[j] == FROM_REPLACED ?
			   theirs->of_base[w->at[j]] : NO_MATCH;

		if (k != NO_MATCH && theirs->weave.from[k] == FROM_MOVED &&
		    side_puts_at(ours, m->ours_powers, OPENS, j))
			return true;
	}
	return false;
}

/* Ours puts a rule that leads to what theirs opened: it lets in, or is to keep
 * out what another rule did that ours takes. Or the policy lets in what was kept
 * out there. */
static bool
opens_way(const struct merge *m, const struct side *ours,
	  const struct side *theirs)
{
	const struct weave *w = &ours->weave;
	struct reach reach;
	bool takes, opens;

	if (!m->opened.n)
		return false;
	takes = takes_closing(m, ours, theirs) || sets_accept(ours);
	reach_init(&reach, m->theirs, &m->opened);
	for (size_t j = 0; j < w->b->rules.n && !reach.found.n; j++) {
		const struct rule *rule = chain_rule(w->b, j);

		if ((w->from[j] != FROM_KEPT || sets_accept(ours)) &&
		    (takes || merge_can_open(m->theirs_powers, rule)))
			reach_follow(&reach, rule);
	}
	opens = reach.found.n > 0;
	reach_done(&reach);
	return opens;
}

bool
merge_may_open(const struct merge *m, const struct side *ours,
	       const struct side *theirs)
{
	if (opens_behind(m, ours, theirs) || opens_moved(m, ours, theirs) ||
	    opens_way(m, ours, theirs) ||
	    (sets_accept(ours) && side_puts(theirs, m->theirs_powers, SKIPS)) ||
	    (sets_accept(theirs) && side_puts(ours, m->ours_powers, SKIPS)))
		return true;
	return takes_closing(m, theirs, ours) &&
	       (sets_accept(ours) || takes_closing(m, ours, theirs) ||
		side_puts(ours, m->ours_powers, OPENS));
}
