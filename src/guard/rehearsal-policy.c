/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy routing (ip -6 rule). The routes that the scene has are those which the
 * kernel named for each lifeline, so rules by address are in them already. What
 * is not in them are routes that a mark chooses, where rules set marks. */
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/rule.h>
#include <string.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

/* The rules that every namespace begins with. */
static const struct {
	uint32_t prio;
	uint32_t table;
} usual[] = {
	{ 0, RT_TABLE_LOCAL },
	{ 32766, RT_TABLE_MAIN },
};

static const char *const markers[] = {
	"MARK", "CONNMARK", "HMARK", "SET", "TPROXY",
};

static bool
is_usual(struct rtnl_rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (rtnl_rule_get_prio(rule) == usual[i].prio &&
		    rtnl_rule_get_table(rule) == usual[i].table)
			return true;
	return false;
}

static void
read_rule(struct nl_object *object, void *arg)
{
	struct ip_rules *policy = arg;
	struct rtnl_rule *rule = (struct rtnl_rule *)object;

	/* All families come. */
	if (rtnl_rule_get_family(rule) != AF_INET6 || is_usual(rule))
		return;
	policy->other = true;
	policy->by_mark |= rtnl_rule_get_mark(rule) != 0;
}

void
policy_read(struct ip_rules *policy)
{
	struct nl_cache *cache;
	struct nl_sock *sk;

	*policy = (struct ip_rules){ .other = false };
	if (net_open(&sk) < 0)
		return;
	if (rtnl_rule_alloc_cache(sk, AF_INET6, &cache) >= 0) {
		nl_cache_foreach(cache, read_rule, policy);
		nl_cache_free(cache);
	}
	nl_socket_free(sk);
}

static bool
is_marker(const struct rule *rule)
{
	return str_find(markers, ARRAY_LEN(markers), rule_target(rule));
}

bool
policy_is_open(const struct ip_rules *policy, const struct tables *tables)
{
	if (!policy->by_mark)
		return false;
	for (size_t i = 0; i < tables->v.n; i++) {
		const struct ruleset *rs = tables->v.v[i];

		for (size_t c = 0; c < rs->chains.n; c++) {
			const struct chain *chain = rs->chains.v[c];

			for (size_t r = 0; r < chain->rules.n; r++)
				if (is_marker(chain_rule(chain, r)))
					return true;
		}
	}
	return false;
}
