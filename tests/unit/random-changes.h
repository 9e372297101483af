/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random edits of random rulesets. The same every run. */
#ifndef TESTS_UNIT_RANDOM_CHANGES_H
#define TESTS_UNIT_RANDOM_CHANGES_H

#include <sallyport/changeset.h>
#include "random-rules.h"

/* A change that may or may not fit. */
static __attribute__((unused)) struct change *
random_change(struct ruleset *rs)
{
	struct chain *chain = rs->chains.v[rnd(rs->chains.n)];
	size_t n = chain->rules.n;
	struct change *change;
	struct rule *rule;
	char name[CHAIN_NAME_SIZE];

	random_name(name);
	switch (rnd(10)) {
	case 0:
		return change_delete(chain->name, rnd(n + 1));
	case 1:
		return change_move(chain->name, rnd(n + 1), rnd(n + 1));
	case 2:
		return change_policy(chain->name, POLICY_ACCEPT + rnd(2));
	case 3:
		return change_chain_new(name);
	case 4:
		return change_chain_delete(name);
	case 5:
		return change_chain_rename(chain->name, name);
	case 6:
		return change_chain_flush(chain->name);
	default:
		rule = random_rule(random_number(12), rnd(2) ? "ACCEPT" : name);
		change = rnd(2) ? change_insert(chain->name, rnd(n + 1), rule) :
				  change_replace(chain->name, rnd(n + 1), rule);
		rule_unref(rule);
		return change;
	}
}

#endif
