/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel tracks the connections of a network namespace from the first rule
 * on that needs it, whatever chain that stands in: nf_ct_netns_get() is called
 * when the rule is checked. The table nat alone, NOTRACK and CT --notrack do
 * not need it. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include "conntrack.h"

/* Matches and targets that call nf_ct_netns_get(), in net/netfilter/. */
static const char *const matches[] = {
	"cluster", "connbytes", "connlabel", "connlimit", "connmark",
	"conntrack", "helper", "state",
};
static const char *const targets[] = {
	"CONNMARK", "CONNSECMARK", "CT", "DNAT", "MASQUERADE", "NETMAP",
	"REDIRECT", "SNAT", "SYNPROXY",
};

static bool
has_match(const struct rule *rule)
{
	const struct xt_entry_match *m = NULL;

	while ((m = rule_next_match(rule, m)) != NULL)
		if (str_find(matches, ARRAY_LEN(matches), m->u.user.name))
			return true;
	return false;
}

static bool
has_target(const struct rule *rule)
{
	const struct xt_entry_target *t = rule_extension(rule);
	const struct xt_ct_target_info *ct;

	if (!t || !str_find(targets, ARRAY_LEN(targets), t->u.user.name))
		return false;
	ct = (const void *)t->data;
	return strcmp(t->u.user.name, "CT") != 0 ||
	       !(ct->flags & XT_CT_NOTRACK);
}

static bool
is_used_in(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t j = 0; j < chain->rules.n; j++)
			if (has_match(chain->rules.v[j]) ||
			    has_target(chain->rules.v[j]))
				return true;
	}
	return false;
}

bool
conntrack_is_used(const struct tables *tables)
{
	for (size_t i = 0; i < tables->v.n; i++)
		if (is_used_in(tables->v.v[i]))
			return true;
	return false;
}
