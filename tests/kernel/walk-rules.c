/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rules in all tables, for a way of packets through them. */
#include <sallyport/ruleset.h>
#include "../tap.h"
#include "walk-random.h"

#define CHAINS_MAX 8

uint64_t seed = 0x5a11fa57;

unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

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
	"-m state --state NEW",
	"-m state --state RELATED,ESTABLISHED", "-m state ! --state UNTRACKED",
	"-m conntrack --ctstate INVALID", "-m conntrack ! --ctstate INVALID",
	"-m conntrack --ctstate UNTRACKED",
	"-m conntrack --ctstate NEW,UNTRACKED",
	"-m conntrack --ctstate RELATED",
	"-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY",
	"-m conntrack ! --ctstate ESTABLISHED --ctdir ORIGINAL",
	"-m hl --hl-eq 255", "-m hl ! --hl-eq 255", "-m hl --hl-lt 64",
	"-m hl --hl-gt 64", "-m hl --hl-eq 63",
	"-m length --length 0:80", "-m length ! --length 60:70",
	"-m comment --comment x",
	"-m iprange --src-range 2001:db8:a::1-2001:db8:a::2",
	"-m iprange ! --dst-range 2001:db8::1-2001:db8::2",
	"-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
	"-m addrtype --dst-type MULTICAST", "-m addrtype ! --dst-type UNICAST",
	"-m addrtype --src-type UNICAST", "-m addrtype --src-type UNSPEC",
	"-m addrtype ! --src-type UNICAST --dst-type MULTICAST",
	"-m pkttype --pkt-type unicast", "-m pkttype ! --pkt-type unicast",
	"-m pkttype --pkt-type multicast", "-m pkttype --pkt-type broadcast",
	"-m mark --mark 0", "-m mark --mark 1", "-m mark ! --mark 0/2",
	"-m mark --mark 2/3",
	"-m rt --rt-type 0", "-m rt ! --rt-type 0", "-m frag ! --fragid 5",
	"-m hbh", "-m dst ! --dst-len 8",
};

/* Where frames are seen. */
static const char *const frame_options[] = {
	"-m mac --mac-source " GATEWAY_MAC, "-m mac ! --mac-source "
	GATEWAY_MAC, "-m mac --mac-source 02:00:00:00:00:01",
};

/* Not modelled, or not for each packet. */
static const char *const other_options[] = {
	"-m limit --limit 1/hour --limit-burst 2",
	"-m statistic --mode nth --every 2 --packet 0", "-m cpu ! --cpu 0",
	"-m addrtype --src-type LOCAL", "-m connmark --mark 0",
	"-m connmark ! --mark 1", "-m quota --quota 300",
	"-m dscp --dscp 8", "-m ecn --ecn-ip-ect 0",
};

static const char *const tcp_options[] = {
	"", "--dport 22", "! --dport 22", "--sport 1024:20000", "--dport 20:80",
	"! --sport 30000:40000", "--syn", "! --syn",
	"--tcp-flags SYN,ACK,FIN,RST ACK", "--tcp-flags ALL SYN",
	"-m multiport --dports 22,80,443",
	"-m multiport ! --dports 20:25,443", "-m multiport --sports 1024:30000",
	"-m multiport --ports 22,30000:65535", "-m multiport ! --ports 443",
};

static const char *const udp_options[] = {
	"", "--dport 443", "! --dport 443", "--sport 1024:20000",
	"-m multiport --dports 53,443", "-m multiport ! --ports 53",
};

static const char *const icmp_options[] = {
	"", "", "-m icmp6 --icmpv6-type 135", "-m icmp6 ! --icmpv6-type 135",
	"-m icmp6 --icmpv6-type 136", "-m icmp6 --icmpv6-type echo-request",
	"-m icmp6 --icmpv6-type echo-reply", "-m icmp6 --icmpv6-type 134",
	"-m icmp6 --icmpv6-type 2", "-m icmp6 ! --icmpv6-type 1/4",
	"-m icmp6 --icmpv6-type 1/4", "-m icmp6 --icmpv6-type 1",
};

/* Targets; "~" is followed by the protocol that they want. */
static const char *const common_targets[] = {
	"-j ACCEPT", "-j RETURN", "-j LOG", "",
};

/* In chains that any hook of the table may lead to. */
static const char *const chain_marks[] = {
	"-j MARK --set-mark 1", "-j MARK --xor-mark 1", "-j RETURN",
};

static const char *const mangle_chain_targets[] = {
	"-j MARK --set-mark 1", "-j MARK --xor-mark 3",
	"-j CONNMARK --save-mark", "-j HL --hl-dec 1", "-j HL --hl-set 64",
};

static const char *const drop_targets[] = {
	"-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j MARK --set-mark 1",
};

/* It answers by a packet of the host's own, for which OUTPUT is the way. */
static const char *const reject_targets[] = { "-j REJECT" };

static const char *const raw_targets[] = {
	"-j CT --notrack", "-j NOTRACK", "-j CT --zone 5", "-j CT --zone-orig 5",
	"-j CT --zone-reply 5", "-j CT --zone mark", "-j CT --ctevents new",
	"-j MARK --set-mark 1",
	"-j DROP",
};

static const char *const mangle_targets[] = {
	"-j MARK --set-mark 1", "-j MARK --or-mark 2", "-j MARK --xor-mark 3",
	"-j MARK --set-xmark 1/3", "-j CONNMARK --save-mark",
	"-j CONNMARK --restore-mark", "-j CONNMARK --set-mark 1",
	"-j CONNMARK --restore-mark --nfmask 2 --ctmask 2", "-j TOS --set-tos 4", "-j HL --hl-set 64",
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

#define LIST(list) { list, ARRAY_LEN(list) }

#define COMMON LIST(common_targets)

/* What comes in, diverted to some; what goes out. */
#define PREROUTING(diverting) \
	{ "raw", "PREROUTING", 4, true, { COMMON, LIST(raw_targets) }, \
	  LIST(in_options) }, \
	{ "mangle", "PREROUTING", 3, true, \
	  { COMMON, LIST(mangle_targets), LIST(tproxy_targets) }, \
	  LIST(in_options) }, \
	{ "nat", "PREROUTING", 4, false, \
	  { COMMON, LIST(diverting), LIST(diverting) }, \
	  LIST(in_options) }
#define POSTROUTING \
	{ "mangle", "POSTROUTING", 3, true, \
	  { COMMON, LIST(mangle_targets) }, LIST(out_options) }, \
	{ "nat", "POSTROUTING", 2, false, \
	  { COMMON, LIST(source_targets), LIST(masquerade_targets) }, \
	  LIST(out_options) }

static const struct way_rules way_rules[] = {
	{ "INPUT", "mangle", {
		PREROUTING(host_targets),
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
		POSTROUTING,
	} },
	{ "FORWARD", "mangle", {
		PREROUTING(behind_targets),
		{ "mangle", "FORWARD", 3, true,
		  { COMMON, LIST(mangle_targets) }, LIST(out_options) },
		{ "filter", "FORWARD", 9, true,
		  { COMMON, LIST(drop_targets), LIST(drop_targets) },
		  LIST(out_options) },
		{ "security", "FORWARD", 3, true,
		  { COMMON, LIST(drop_targets) }, LIST(in_options) },
		POSTROUTING,
	} },
};

const struct way_rules *
random_way(void)
{
	return &PICK(way_rules);
}

/* A table that is being written. */
struct writer {
	struct str *out;
	const struct way_rules *way;
	const char *table;
	bool plain;
	int chains;
};

/* Options of a protocol, or of none. */
static void
add_protocol(const struct writer *w)
{
	switch (draw(8)) {
	case 0:
	case 1:
		str_addf(w->out, " -p tcp -m tcp %s",
			 w->plain || draw(16) ? PICK(tcp_options) :
						"--tcp-option 2");
		break;
	case 2:
		str_addf(w->out, " -p udp -m udp %s", PICK(udp_options));
		break;
	case 3:
		str_addf(w->out, " -p icmpv6 %s", PICK(icmp_options));
		break;
	case 4:
		str_add(w->out, draw(2) ? " ! -p tcp" : " ! -p icmpv6");
		break;
	default:
		break;
	}
}

/* mac is for hooks that frames come in by, and so is every chain here. */
static const char *
pick_match(const struct writer *w)
{
	bool framed = strcmp(w->way->name, "OUTPUT") != 0 &&
		      strcmp(w->table, "filter") == 0;

	if (draw(3) == 0)
		return "";
	if (framed && draw(12) == 0)
		return PICK(frame_options);
	if (!w->plain && draw(5) == 0)
		return PICK(other_options);
	return PICK(match_options);
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

/* User chains bear targets that are good for each hook which may lead there. */
static const struct list *
chain_targets(const struct writer *w)
{
	static const struct list common[3] = { COMMON };
	static const struct list filter[3] = { COMMON, LIST(drop_targets),
					       LIST(chain_marks) };
	static const struct list mangle[3] = { COMMON,
					       LIST(mangle_chain_targets) };

	if (strcmp(w->table, "filter") == 0)
		return filter;
	return strcmp(w->table, "mangle") == 0 ? mangle : common;
}

/* Jumps lead to later chains only: the kernel refuses loops. */
static void
add_rule(const struct writer *w, const struct hook *hook, int chain)
{
	const char *target = pick_target(chain < 0 ? hook->targets :
						     chain_targets(w));
	bool jump = chain + 1 < w->chains && draw(4) == 0;
	int left = w->chains - 1 - chain;

	if (chain < 0)
		str_addf(w->out, "-A %s", hook->name);
	else
		str_addf(w->out, "-A C%d", chain);
	if (!jump && *target == '~')
		str_addf(w->out, " -p %.3s -m %.3s", target + 1, target + 1);
	else
		add_protocol(w);
	if (chain < 0 && draw(8) == 0)
		str_addf(w->out, " %s", hook->links.v[draw(hook->links.n)]);
	if (!jump && *target == '~') {
		str_addf(w->out, "%s\n", target + 4);
		return;
	}
	str_addf(w->out, " %s %s", PICK(core_options), pick_match(w));
	if (jump)
		str_addf(w->out, " -%c C%d\n", draw(4) ? 'j' : 'g',
			 chain + 1 + (int)draw((unsigned)(left < 3 ? left : 3)));
	else
		str_addf(w->out, " %s\n", target);
}

static void
add_hook(const struct writer *w, const struct hook *hook)
{
	bool filter = strcmp(w->table, "filter") == 0;

	str_addf(w->out, ":%s %s [0:0]\n", hook->name, hook->may_drop &&
		 draw(filter ? 3 : 16) == 0 ? "DROP" : "ACCEPT");
	if (strcmp(w->way->probe, w->table) == 0 &&
	    strcmp(w->way->name, hook->name) == 0)
		str_addf(w->out, "-A %s -m conntrack --ctstate DNAT\n",
			 hook->name);
	for (unsigned n = draw(hook->rules + 1); n; n--)
		add_rule(w, hook, -1);
}

/* One table: the chains of it that lie on the way. */
static void
add_table(const struct writer *w)
{
	bool filter = strcmp(w->table, "filter") == 0;
	struct ruleset *rs;

	str_addf(w->out, "*%s\n", w->table);
	if (ruleset_new_empty(w->table, &rs))
		bail_out("%s", err_message());
	for (size_t i = 0; i < rs->chains.n; i++)
		str_addf(w->out, ":%s ACCEPT [0:0]\n",
			 ((const struct chain *)rs->chains.v[i])->name);
	ruleset_free(rs);
	for (int i = 0; i < w->chains; i++)
		str_addf(w->out, ":C%d - [0:0]\n", i);
	for (const struct hook *h = w->way->hooks; h->table; h++)
		if (strcmp(h->table, w->table) == 0)
			add_hook(w, h);
	for (int i = 0; i < w->chains; i++) {
		for (unsigned n = draw(filter ? 5 : 3); n; n--)
			add_rule(w, NULL, i);
		for (unsigned n = i > 0 && draw(3) == 0 ? 2 : 0; n; n--)
			str_addf(w->out, "-A C%d -j C%d\n", i - 1, i);
	}
	str_add(w->out, "COMMIT\n");
}

void
random_rules(struct str *out, const struct way_rules *way, bool plain,
	     bool security)
{
	static const char *const tables[] = {
		"raw", "mangle", "nat", "filter", "security",
	};
	struct writer w = { .out = out, .way = way, .plain = plain };

	for (unsigned i = 0; i < ARRAY_LEN(tables) - !security; i++) {
		w.table = tables[i];
		w.chains = 2 + (int)draw(CHAINS_MAX - 1);
		add_table(&w);
	}
}
