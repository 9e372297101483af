/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fickle matches by name (net/netfilter/xt_NAME.c), and whether a walk meets
 * one. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include "fickle.h"

static const char *const fickle_matches[] = {
	/* rates */
	"limit", "hashlimit", "rateest",
	/* what was there before */
	"recent", "quota", "statistic", "connlimit", "connbytes",
	/* the clock */
	"time",
	/* xtables-addons */
	"quota2", "psd", "pknock", "fuzzy",
};

/* Targets that leave the packet where it is. */
static const char *const harmless_targets[] = { "", "LOG", "NFLOG", "AUDIT" };

static const char *
find_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return names[i];
	return NULL;
}

static const char *
fickle_match(const struct rule *rule)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	size_t at = sizeof(*entry);
	const char *found = NULL;

	while (at < entry->target_offset && !found) {
		const struct xt_entry_match *m =
			(const void *)(rule->entry + at);

		found = find_name(fickle_matches, ARRAY_LEN(fickle_matches),
				  m->u.user.name);
		at += m->u.match_size;
	}
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
	    !find_name(harmless_targets, ARRAY_LEN(harmless_targets),
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
		look.found = find_name(fickle_matches,
				       ARRAY_LEN(fickle_matches), walked->why);
	return look.found;
}
