/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each of two changes may be harmless, and both together let something in: one
 * takes away the rule that kept out what the other one, or the chain, accepts
 * further down. Told by what rules can do, not by what they match: rather once
 * too often. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "merge.h"

/* So deep chains are followed; what lies deeper may do anything. */
#define DEPTH_MAX 16

enum {
	OPENS = 1,
	CLOSES = 2,
	SKIPS = 4,	/* to the policy, past rules that close */
	ANYTHING = OPENS | CLOSES | SKIPS,
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

static unsigned rule_powers(const struct ruleset *rs, const struct rule *rule,
			    int depth);

/* What a jump there may come to. RETURN only ends the detour. */
static unsigned
chain_powers(const struct ruleset *rs, const char *name, int depth)
{
	const struct chain *chain = ruleset_chain(rs, name);
	unsigned powers = 0;

	if (!chain || depth > DEPTH_MAX)
		return ANYTHING;
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);

		if (strcmp(rule_target(rule), "RETURN") != 0)
			powers |= rule_powers(rs, rule, depth);
		if (powers == ANYTHING)
			break;
	}
	return powers;
}

static unsigned
rule_powers(const struct ruleset *rs, const struct rule *rule, int depth)
{
	const char *target = rule_target(rule);

	if (!*target)
		return 0;
	if (!rule_has_standard_target(rule))
		return extension_powers(target);
	if (strcmp(target, "ACCEPT") == 0)
		return OPENS;
	if (strcmp(target, "DROP") == 0)
		return CLOSES;
	if (strcmp(target, "RETURN") == 0 || rule_is_goto(rule))
		return ANYTHING;
	return chain_powers(rs, target, depth + 1);
}

static bool
can(const struct ruleset *rs, const struct rule *rule, unsigned power)
{
	return rule_powers(rs, rule, 0) & power;
}

/* Is a rule of base not where it was? */
static bool
is_off(const struct side *side, size_t i)
{
	size_t at = side->of_base[i];

	return at == NO_MATCH || side->weave.from[at] == FROM_MOVED ||
	       side->weave.from[at] == FROM_REPLACED;
}

static bool
takes_closing(const struct merge *m, const struct side *side)
{
	const struct chain *base = side->weave.a;

	for (size_t i = 0; i < base->rules.n; i++)
		if (is_off(side, i) &&
		    can(m->base, chain_rule(base, i), CLOSES))
			return true;
	return false;
}

/* Does the side have a rule of that power where base had none? */
static bool
side_puts_at(const struct side *side, const struct ruleset *rs, unsigned power,
	size_t j)
{
	return side->weave.from[j] != FROM_KEPT &&
	       can(rs, chain_rule(side->weave.b, j), power);
}

static bool
side_puts(const struct side *side, const struct ruleset *rs, unsigned power)
{
	for (size_t j = 0; j < side->weave.b->rules.n; j++)
		if (side_puts_at(side, rs, power, j))
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
		if (closed && side_puts_at(theirs, m->theirs, OPENS, k))
			return true;
		if (w->from[k] != FROM_NOWHERE && is_off(ours, w->at[k]) &&
		    can(m->theirs, chain_rule(w->b, k), CLOSES))
			closed = true;
	}
	return closed && sets_accept(theirs);
}

bool
merge_may_open(const struct merge *m, const struct side *ours,
	       const struct side *theirs)
{
	if (opens_behind(m, ours, theirs) ||
	    (sets_accept(ours) && side_puts(theirs, m->theirs, SKIPS)) ||
	    (sets_accept(theirs) && side_puts(ours, m->ours, SKIPS)))
		return true;
	return takes_closing(m, theirs) &&
	       (sets_accept(ours) || takes_closing(m, ours) ||
		side_puts(ours, m->ours, OPENS));
}
