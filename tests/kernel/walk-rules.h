/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rules in all tables, for a way of packets through them. */
#ifndef TESTS_WALK_RULES_H
#define TESTS_WALK_RULES_H

#include <sallyport/mem.h>
#include <sallyport/ruleset.h>
#include "../tap.h"

#define HOST "2001:db8::1"
#define BEHIND "2001:db8:e::1"	/* FORWARD leads there */
#define CHAINS 4

static uint64_t seed = 0x5a11fa57;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

#define PICK(list) ((list)[draw(ARRAY_LEN(list))])

/* What a rule may ask: of the packet, of an extension, of its protocol. */
static const char *const core_options[] = {
	"", "", "", "", "", "", "", "", "", "", "", "",
	"-s 2001:db8:a::/48", "! -s 2001:db8:a::/48", "-s 2001:db8:a::2",
	"-s 2001:db8:b::1/ffff:ffff:ffff::1", "-s ::2/::3", "-d " HOST,
	"! -d " HOST, "-d 2001:db8::/127", "-d " BEHIND,
};

/* Of the links, in chains that know both, none, or what comes in or goes out. */
static const char *const in_options[] = {
	"-i veth0", "! -i veth0", "-i lo", "-i vet+",
};

static const char *const out_options[] = {
	"-o veth0", "! -o veth1", "-o lo", "-o vet+",
};

static const char *const match_options[] = {
	"", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
	"-m state --state NEW",
	"-m state --state RELATED,ESTABLISHED",
	"-m conntrack --ctstate INVALID", "-m conntrack ! --ctstate INVALID",
	"-m conntrack --ctstate UNTRACKED",
	"-m conntrack --ctstate NEW,UNTRACKED",
	"-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY",
	"-m conntrack ! --ctstate ESTABLISHED --ctdir ORIGINAL",
	"-m hl --hl-eq 255", "-m hl ! --hl-eq 255", "-m hl --hl-lt 64",
	"-m hl --hl-gt 64",
	"-m length --length 0:80",
	"-m length ! --length 60:70", "-m comment --comment x",
	"-m iprange --src-range 2001:db8:a::1-2001:db8:a::2",
	"-m iprange ! --dst-range 2001:db8::1-2001:db8::2",
	"-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
	"-m addrtype --src-type LOCAL", "-m addrtype --dst-type MULTICAST",
	"-m rt --rt-type 0", "-m rt ! --rt-type 0", "-m frag ! --fragid 5",
	"-m hbh", "-m dst ! --dst-len 8",
	"-m mark --mark 0", "-m mark --mark 1", "-m pkttype --pkt-type unicast",
	"-m limit --limit 1/hour --limit-burst 2",
	"-m statistic --mode nth --every 2 --packet 0",
};

static const char *const tcp_options[] = {
	"", "--dport 22", "! --dport 22", "--sport 1024:20000", "--dport 20:80",
	"! --sport 30000:40000", "--syn", "! --syn",
	"--tcp-flags SYN,ACK,FIN,RST ACK", "--tcp-flags ALL SYN",
	"--tcp-option 2", "-m multiport --dports 22,80,443",
	"-m multiport ! --dports 20:25,443", "-m multiport --sports 1024:30000",
	"-m multiport --ports 22,30000:65535", "-m multiport ! --ports 443",
};

static const char *const udp_options[] = {
	"", "--dport 443", "! --dport 443", "--sport 1024:20000",
	"-m multiport --dports 53,443", "-m multiport ! --ports 53",
};

static const char *const icmp_options[] = {
	"", "-m icmp6 --icmpv6-type 135", "-m icmp6 ! --icmpv6-type 135",
	"-m icmp6 --icmpv6-type 136", "-m icmp6 --icmpv6-type echo-request",
	"-m icmp6 --icmpv6-type 1/4", "-m icmp6 --icmpv6-type 1",
};

/* Targets; "~" is followed by the protocol that they want. */
static const char *const common_targets[] = {
	"-j ACCEPT", "-j RETURN", "-j LOG", "",
};

static const char *const drop_targets[] = {
	"-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP",
};

/* It answers by a packet of the host's own, for which OUTPUT is the way. */
static const char *const reject_targets[] = { "-j REJECT" };

static const char *const raw_targets[] = {
	"-j CT --notrack", "-j NOTRACK", "-j CT --zone 5", "-j CT --zone-orig 5",
	"-j CT --zone-reply 5", "-j CT --zone mark", "-j CT --ctevents new",
	"-j DROP",
};

static const char *const mangle_targets[] = {
	"-j MARK --set-mark 1", "-j TOS --set-tos 4", "-j HL --hl-set 64",
	"-j HL --hl-set 255", "-j HL --hl-dec 1", "-j HL --hl-inc 1",
	"-j DSCP --set-dscp 8", "-j DROP",
	"~tcp --syn -j TCPMSS --set-mss 1300",
	"~tcp -j TCPOPTSTRIP --strip-options timestamp",
};

/* Of PREROUTING alone. */
static const char *const tproxy_targets[] = {
	"~tcp -j TPROXY --on-port 9", "~udp -j TPROXY --on-port 9",
	"-m rpfilter --invert -j DROP", "-m rpfilter -j ACCEPT",
	"-m rpfilter --validmark --invert -j DROP",
};

/* Of nat, where it changes destinations: to the host, or behind it. */
static const char *const host_targets[] = {
	"-j DNAT --to-destination 2001:db8::1",
	"-j DNAT --to-destination 2001:db8::2",
	"-j DNAT --to-destination 2001:db8::1-2001:db8::2",
	"~tcp -j DNAT --to-destination [2001:db8::1]:22",
	"~tcp -j DNAT --to-destination [2001:db8::1]:20-90",
	"~udp -j DNAT --to-destination [2001:db8::1]:443",
	"-j NETMAP --to 2001:db8::/120", "-j NETMAP --to 2001:db8:f::/64",
	"~tcp -j REDIRECT --to-ports 22", "~udp -j REDIRECT --to-ports 443",
};

static const char *const behind_targets[] = {
	"-j DNAT --to-destination 2001:db8:e::1",
	"-j DNAT --to-destination 2001:db8:e::2",
	"~tcp -j DNAT --to-destination [2001:db8:e::1]:20-90",
	"-j NETMAP --to 2001:db8:e::/120", "-j NETMAP --to 2001:db8:e:f::/64",
};

/* Of the peer, on the way out. */
static const char *const peer_targets[] = {
	"-j DNAT --to-destination 2001:db8:a::1",
	"-j DNAT --to-destination 2001:db8:c::3",
	"~udp -j DNAT --to-destination [2001:db8:a::1]:443",
	"-j NETMAP --to 2001:db8:a::/48", "-j REDIRECT",
};

static const char *const source_targets[] = {
	"-j SNAT --to-source 2001:db8:a::9", "-j NETMAP --to 2001:db8:9::/64",
};

static const char *const masquerade_targets[] = { "-j MASQUERADE" };

struct list {
	const char *const *v;
	unsigned n;
};

#define LIST(list) { list, ARRAY_LEN(list) }

/* A chain with rules of its own: where, which of its targets, what of links. */
struct hook {
	const char *table;
	const char *name;
	unsigned rules;		/* at most */
	bool may_drop;		/* by its policy */
	struct list targets[3];
	struct list links;
};

struct way_rules {
	const char *name;
	const char *probe;	/* the table that is asked for ctstate DNAT */
	struct hook hooks[9];
};

#define COMMON LIST(common_targets)

static const struct way_rules way_rules[] = {
	{ "INPUT", "mangle", {
		{ "raw", "PREROUTING", 4, true, { COMMON, LIST(raw_targets) },
		  LIST(in_options) },
		{ "mangle", "PREROUTING", 3, true,
		  { COMMON, LIST(mangle_targets), LIST(tproxy_targets) },
		  LIST(in_options) },
		{ "nat", "PREROUTING", 4, false,
		  { COMMON, LIST(host_targets), LIST(host_targets) },
		  LIST(in_options) },
		{ "mangle", "INPUT", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(in_options) },
		{ "filter", "INPUT", 9, true,
		  { COMMON, LIST(drop_targets), LIST(reject_targets) },
		  LIST(in_options) },
		{ "security", "INPUT", 3, true,
		  { COMMON, LIST(drop_targets) }, LIST(in_options) },
		{ "nat", "INPUT", 2, false,
		  { COMMON, LIST(source_targets) }, LIST(in_options) },
	} },
	{ "OUTPUT", "filter", {
		{ "raw", "OUTPUT", 4, true, { COMMON, LIST(raw_targets) },
		  LIST(out_options) },
		{ "mangle", "OUTPUT", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(out_options) },
		{ "nat", "OUTPUT", 4, false,
		  { COMMON, LIST(peer_targets), LIST(peer_targets) },
		  LIST(out_options) },
		{ "filter", "OUTPUT", 9, true,
		  { COMMON, LIST(drop_targets), LIST(drop_targets) },
		  LIST(out_options) },
		{ "security", "OUTPUT", 3, true,
		  { COMMON, LIST(drop_targets) }, LIST(out_options) },
		{ "mangle", "POSTROUTING", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(out_options) },
		{ "nat", "POSTROUTING", 2, false,
		  { COMMON, LIST(source_targets), LIST(masquerade_targets) },
		  LIST(out_options) },
	} },
	{ "FORWARD", "mangle", {
		{ "raw", "PREROUTING", 4, true, { COMMON, LIST(raw_targets) },
		  LIST(in_options) },
		{ "mangle", "PREROUTING", 3, true,
		  { COMMON, LIST(mangle_targets), LIST(tproxy_targets) },
		  LIST(in_options) },
		{ "nat", "PREROUTING", 4, false,
		  { COMMON, LIST(behind_targets), LIST(behind_targets) },
		  LIST(in_options) },
		{ "mangle", "FORWARD", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(out_options) },
		{ "filter", "FORWARD", 9, true,
		  { COMMON, LIST(drop_targets), LIST(drop_targets) },
		  LIST(out_options) },
		{ "security", "FORWARD", 3, true,
		  { COMMON, LIST(drop_targets) }, LIST(in_options) },
		{ "mangle", "POSTROUTING", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(out_options) },
		{ "nat", "POSTROUTING", 2, false,
		  { COMMON, LIST(source_targets), LIST(masquerade_targets) },
		  LIST(out_options) },
	} },
};

/* Options of a protocol, or of none. */
static void
add_protocol(struct str *out)
{
	switch (draw(8)) {
	case 0:
	case 1:
		str_addf(out, " -p tcp -m tcp %s", PICK(tcp_options));
		break;
	case 2:
		str_addf(out, " -p udp -m udp %s", PICK(udp_options));
		break;
	case 3:
		str_addf(out, " -p icmpv6 %s", PICK(icmp_options));
		break;
	case 4:
		str_add(out, draw(2) ? " ! -p tcp" : " ! -p icmpv6");
		break;
	default:
		break;
	}
}

static const char *
pick_target(const struct list *lists)
{
	unsigned n = 0;
	const struct list *list;

	while (n < 3 && lists[n].n)
		n++;
	list = &lists[draw(n)];
	return list->v[draw(list->n)];
}

/* Jumps lead to later chains only: the kernel refuses loops. User chains bear
 * the table's common targets, as any hook may lead there. */
static void
add_rule(struct str *out, const struct hook *hook, int chain)
{
	static const struct list common[3] = { COMMON };
	const char *target = pick_target(chain < 0 ? hook->targets : common);
	bool jump = chain + 1 < CHAINS && draw(4) == 0;

	if (chain < 0)
		str_addf(out, "-A %s", hook->name);
	else
		str_addf(out, "-A C%d", chain);
	if (!jump && *target == '~')
		str_addf(out, " -p %.3s -m %.3s", target + 1, target + 1);
	else
		add_protocol(out);
	if (chain < 0 && draw(8) == 0)
		str_addf(out, " %s", hook->links.v[draw(hook->links.n)]);
	if (!jump && *target == '~') {
		str_addf(out, "%s\n", target + 4);
		return;
	}
	str_addf(out, " %s %s", PICK(core_options), PICK(match_options));
	if (jump)
		str_addf(out, " -%c C%d\n", draw(4) ? 'j' : 'g',
			 chain + 1 + (int)draw((unsigned)(CHAINS - 1 - chain)));
	else
		str_addf(out, " %s\n", target);
}

/* One table: the chains of it that lie on the way. */
static void
add_table(struct str *out, const struct way_rules *way, const char *table)
{
	bool filter = strcmp(table, "filter") == 0;
	const struct hook *hook = NULL;
	struct ruleset *rs;

	str_addf(out, "*%s\n", table);
	if (ruleset_new_empty(table, &rs))
		bail_out("%s", err_message());
	for (size_t i = 0; i < rs->chains.n; i++)
		str_addf(out, ":%s ACCEPT [0:0]\n",
			 ((const struct chain *)rs->chains.v[i])->name);
	ruleset_free(rs);
	for (int i = 0; i < CHAINS; i++)
		str_addf(out, ":C%d - [0:0]\n", i);
	for (const struct hook *h = way->hooks; h->table; h++) {
		if (strcmp(h->table, table) != 0)
			continue;
		hook = h;
		str_addf(out, ":%s %s [0:0]\n", h->name, h->may_drop &&
			 draw(filter ? 2 : 10) == 0 ? "DROP" : "ACCEPT");
		if (strcmp(way->probe, table) == 0 &&
		    strcmp(way->name, h->name) == 0)
			str_addf(out, "-A %s -m conntrack --ctstate DNAT\n",
				 h->name);
		for (unsigned n = draw(h->rules + 1); n; n--)
			add_rule(out, h, -1);
	}
	for (int i = 0; i < CHAINS; i++)
		for (unsigned n = draw(filter ? 5 : 3); n; n--)
			add_rule(out, hook, i);
	str_add(out, "COMMIT\n");
}

static TAP_UNUSED void
random_rules(struct str *out, const struct way_rules *way, bool security)
{
	static const char *const tables[] = {
		"raw", "mangle", "nat", "filter", "security",
	};

	for (unsigned i = 0; i < ARRAY_LEN(tables) - !security; i++)
		add_table(out, way, tables[i]);
}

#endif
