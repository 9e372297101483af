/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's hooks are one table here. At a hook, the order is that of enum
 * nf_ip6_hook_priorities (linux/netfilter_ipv6.h): raw -300, conntrack -200,
 * mangle -150, nat -100 where it changes destinations, filter 0, security 50,
 * nat 100 where it changes sources. POSTROUTING shows where a routed packet
 * came from since Linux 5.7, and nothing where br_nf_post_routing() asks it. */
#include <netinet/in.h>
#include <string.h>
#include <sallyport/mem.h>
#include "walk-way.h"

static const struct way ways[] = {
	{ "INPUT", { OWN_UNKNOWN, OWN_YES }, {
		{ .table = "raw", .hook = "PREROUTING", .no_out = true },
		{ .table = "mangle", .hook = "PREROUTING", .no_out = true },
		{ .table = "nat", .hook = "PREROUTING", .no_out = true },
		{ .table = "mangle", .hook = "INPUT", .no_out = true },
		{ .table = "filter", .hook = "INPUT", .no_out = true },
		{ .table = "security", .hook = "INPUT", .no_out = true },
		{ .table = "nat", .hook = "INPUT", .no_out = true },
	} },
	{ "OUTPUT", { OWN_YES, OWN_UNKNOWN }, {
		{ .table = "raw", .hook = "OUTPUT", .no_in = true },
		{ .table = "mangle", .hook = "OUTPUT", .no_in = true },
		{ .table = "nat", .hook = "OUTPUT", .no_in = true },
		{ .table = "filter", .hook = "OUTPUT", .no_in = true },
		{ .table = "security", .hook = "OUTPUT", .no_in = true },
		{ .table = "mangle", .hook = "POSTROUTING", .in_lost = true },
		{ .table = "nat", .hook = "POSTROUTING", .in_lost = true },
	} },
	{ "FORWARD", { OWN_UNKNOWN, OWN_NO }, {
		{ .table = "raw", .hook = "PREROUTING", .no_out = true },
		{ .table = "mangle", .hook = "PREROUTING", .no_out = true },
		{ .table = "nat", .hook = "PREROUTING", .no_out = true },
		{ .table = "mangle", .hook = "FORWARD", .forwarded = true },
		{ .table = "filter", .hook = "FORWARD", .forwarded = true },
		{ .table = "security", .hook = "FORWARD", .forwarded = true },
		{ .table = "mangle", .hook = "POSTROUTING",
		  .no_in_bridged = true, .forwarded = true },
		{ .table = "nat", .hook = "POSTROUTING",
		  .no_in_bridged = true, .forwarded = true },
	} },
};

const struct way *
way_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

bool
station_is_before_conntrack(const struct station *station)
{
	return strcmp(station->table, "raw") == 0;
}

/* nat is asked about a connection that it has not seen, once (nf_nat_inet_fn
 * in net/netfilter/nf_nat_core.c): about its first packet. What comes in by lo
 * it saw when that went out. An ICMPv6 error is no connection of its own. */
bool
station_asks(const struct station *station, const struct packet *packet,
	     enum ct_state ct)
{
	bool coming = strcmp(station->hook, "PREROUTING") == 0 ||
		      strcmp(station->hook, "INPUT") == 0;

	if (strcmp(station->table, "nat") != 0)
		return true;
	if (coming && strcmp(packet->in, "lo") == 0)
		return false;
	return ct == CT_NEW ||
	       (ct == CT_RELATED && packet->proto != IPPROTO_ICMPV6);
}
