/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a walk meets a fickle match. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/scratch.h>
#include "fickle.h"

/* Targets that leave the packet where it is. */
static const char *const harmless_targets[] = { "", "LOG", "NFLOG", "AUDIT" };

static const char *
fickle_match(const struct rule *rule)
{
	const struct xt_entry_match *m = NULL;
	const char *found = NULL;

	while (!found && (m = rule_next_match(rule, m)) != NULL)
		found = match_fickle(m->u.user.name);
	return found;
}

struct look {
	const struct tables *tables;
	const char *found;
};

static void
on_met(const char *table, const char *chain, size_t rule, void *arg)
{
	struct look *look = arg;
	const struct chain *c = ruleset_chain(tables_get(look->tables, table),
					      chain);
	const struct rule *met = chain_rule(c, rule - 1);

	if (!look->found &&
	    !str_find(harmless_targets, ARRAY_LEN(harmless_targets),
		      rule_target(met)))
		look->found = fickle_match(met);
}

const char *
fickle_met(const struct tables *tables, const struct check *check,
	   const struct walk_result *walked)
{
	struct look look = { .tables = tables };
	struct walk_result result;

	walk_path(tables, check->hook, &check->set, &result, on_met, &look);
	if (!look.found && walked->why)
		look.found = match_fickle(walked->why);
	return look.found;
}
