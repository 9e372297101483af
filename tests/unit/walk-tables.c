/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through all tables, on rules made by hand: the order of the hooks,
 * what raw makes of connections, what nat diverts and mangle changes. */
#include <sallyport/mem.h>
#include "packets.h"

static struct packet
answer(void)
{
	struct packet p = reply();

	p.src = address("2001:db8::1");
	p.dst = address("2001:db8::77");
	p.sport = (struct range){ 22, 22 };
	p.dport = (struct range){ 40000, 40000 };
	p.in[0] = '\0';
	strcpy(p.out, "eth0");
	return p;
}

/* The host is the one that begins. */
static struct packet
outbound(void)
{
	struct packet p = answer();

	p.ct = CT_NEW;
	p.ct_reply = false;
	p.tcp_flags = 2;
	p.tcp_flags_any = 0;
	return p;
}

static struct packet
solicitation_out(void)
{
	struct packet p = solicitation();

	p.in[0] = '\0';
	strcpy(p.out, "eth0");
	return p;
}

static struct packet
through(void)
{
	struct packet p = login();

	p.dst = address("2001:db8:e::1");
	strcpy(p.out, "br0");
	return p;
}

static struct packet
to_group(void)
{
	struct packet p = login();

	p.dst = address("ff02::1");
	return p;
}

static struct packet
anywhere(void)
{
	struct packet p = login();

	p.dst = address("2001:db8::");
	p.dst_len = 64;
	return p;
}

static struct packet
related_error(void)
{
	struct packet p = solicitation();

	p.icmp_type = 1;
	p.ct = CT_RELATED;
	return p;
}

/* The way back is known. */
static struct packet
routed(void)
{
	struct packet p = login();

	p.routed_back = true;
	return p;
}

static struct packet
from_the_link(void)
{
	struct packet p = solicitation();

	p.src = address("fe80::77");
	return p;
}

#define PRE "*nat\n-A PREROUTING -p tcp -m tcp --dport 22 "
#define AWAY "-j DNAT --to-destination 2001:db8:e::1\n"
#define DROP_ALL "-j DROP\n"
#define ESTABLISHED "-m conntrack --ctstate ESTABLISHED "

static const struct tables_case {
	const char *what;
	struct packet (*packet)(void);
	const char *rules;
	const char *expected;
} cases[] = {
	/* Which tables there are on each way, each deciding alone. */
	{ "raw", login, "*raw\n-A PREROUTING " DROP_ALL,
	  "DROP raw PREROUTING 1 1" },
	{ "mangle first", login, "*mangle\n-A PREROUTING " DROP_ALL
	  "-A INPUT " DROP_ALL, "DROP mangle PREROUTING 1 1" },
	{ "mangle", login, "*mangle\n:INPUT DROP [0:0]\n",
	  "DROP mangle INPUT policy 0" },
	{ "security", login, "*security\n-A INPUT " DROP_ALL,
	  "DROP security INPUT 1 1" },
	{ "nat last", login, "*nat\n:INPUT DROP [0:0]\n",
	  "DROP nat INPUT policy 0" },
	{ "OUTPUT is not on the way in", login, "*raw\n-A OUTPUT " DROP_ALL
	  "*mangle\n-A OUTPUT " DROP_ALL "-A FORWARD " DROP_ALL
	  "-A POSTROUTING " DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "raw out", answer, "*raw\n-A OUTPUT " DROP_ALL,
	  "DROP raw OUTPUT 1 1" },
	{ "mangle out", answer, "*mangle\n-A OUTPUT " DROP_ALL
	  "-A POSTROUTING " DROP_ALL, "DROP mangle OUTPUT 1 1" },
	{ "mangle after filter", answer,
	  "-A OUTPUT " DROP_ALL "*mangle\n-A POSTROUTING " DROP_ALL,
	  "DROP OUTPUT 1 1" },
	{ "mangle last", answer, "*mangle\n-A POSTROUTING " DROP_ALL,
	  "DROP mangle POSTROUTING 1 1" },
	{ "security out", answer, "*security\n:OUTPUT DROP [0:0]\n",
	  "DROP security OUTPUT policy 0" },
	{ "through: mangle before filter", through,
	  "-A FORWARD " DROP_ALL "*mangle\n-A FORWARD " DROP_ALL,
	  "DROP mangle FORWARD 1 1" },
	{ "through: the last", through, "*mangle\n-A POSTROUTING " DROP_ALL,
	  "DROP mangle POSTROUTING 1 1" },
	{ "through: not INPUT", through, "-A INPUT " DROP_ALL
	  "*mangle\n-A INPUT " DROP_ALL "-A OUTPUT " DROP_ALL,
	  "ACCEPT FORWARD policy 0" },
	{ "filter names what is accepted", login,
	  "-A INPUT -p tcp -j ACCEPT\n*mangle\n-A INPUT -j ACCEPT\n"
	  "*security\n-A INPUT -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ "ACCEPT ends one table only", login, "*raw\n-A PREROUTING -j ACCEPT\n"
	  "-A PREROUTING " DROP_ALL "*mangle\n-A INPUT " DROP_ALL,
	  "DROP mangle INPUT 1 1" },
	{ "a chain of another table", login, ":A - [0:0]\n-A INPUT -j A\n"
	  "*mangle\n:A - [0:0]\n-A INPUT -j A\n-A A -j RETURN\n-A A "
	  DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "a chain at two hooks", login, "*mangle\n:A - [0:0]\n"
	  "-A PREROUTING -j A\n-A INPUT -j A\n-A A -m hl --hl-eq 64"
	  " -j RETURN\n-A A " DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "a chain at two hooks, asked twice", through, "*mangle\n:A - [0:0]\n"
	  "-A PREROUTING -j A\n-A FORWARD -j A\n-A A -o br0 " DROP_ALL,
	  "DROP mangle A 1 1" },
	/* nat is asked once a connection. */
	{ "nat, established", running, PRE AWAY, "ACCEPT INPUT policy 0" },
	{ "nat, an answer", answer, "*nat\n:OUTPUT DROP [0:0]\n"
	  ":POSTROUTING DROP [0:0]\n", "ACCEPT OUTPUT policy 0" },
	{ "nat, invalid", invalid, "*nat\n:PREROUTING DROP [0:0]\n",
	  "ACCEPT INPUT policy 0" },
	{ "nat, untracked", solicitation, "*nat\n:PREROUTING DROP [0:0]\n",
	  "ACCEPT INPUT policy 0" },
	{ "nat, related", related, "*nat\n:PREROUTING DROP [0:0]\n",
	  "DROP nat PREROUTING policy 0" },
	{ "nat, an error", related_error, "*nat\n:PREROUTING DROP [0:0]\n",
	  "ACCEPT INPUT policy 0" },
	{ "nat, on lo", by_lo, PRE AWAY, "ACCEPT INPUT policy 0" },
	{ "nat, out", outbound, "*nat\n-A OUTPUT -p tcp " AWAY,
	  "DROP nat OUTPUT 1 1 DNAT diverted" },
	/* What is diverted. */
	{ "DNAT away", login, PRE AWAY,
	  "DROP nat PREROUTING 1 1 DNAT diverted" },
	{ "DNAT of another port", login,
	  "*nat\n-A PREROUTING -p tcp -m tcp --dport 80 " AWAY,
	  "ACCEPT INPUT policy 0" },
	{ "DNAT to itself", login, PRE "-j DNAT --to-destination 2001:db8::1\n",
	  "ACCEPT INPUT policy 0" },
	{ "DNAT to itself ends nat", login,
	  PRE "-j DNAT --to-destination 2001:db8::1\n-A PREROUTING -p tcp " AWAY,
	  "ACCEPT INPUT policy 0" },
	{ "DNAT to its port", login, PRE "-j DNAT --to-destination"
	  " [2001:db8::1]:22\n", "ACCEPT INPUT policy 0" },
	{ "DNAT to another port", login, PRE "-j DNAT --to-destination"
	  " [2001:db8::1]:2222\n", "DROP nat PREROUTING 1 1 DNAT diverted" },
	{ "DNAT to ports with its own", login, PRE "-j DNAT --to-destination"
	  " [2001:db8::1]:20-30\n", "ACCEPT INPUT policy 0" },
	{ "DNAT to a port that is drawn", login, PRE "-j DNAT --to-destination"
	  " [2001:db8::1]:20-30 --random\n",
	  "UNKNOWN nat PREROUTING 1 1 DNAT" },
	{ "DNAT to one of two", login, PRE "-j DNAT --to-destination"
	  " 2001:db8::1-2001:db8::2\n", "UNKNOWN nat PREROUTING 1 1 DNAT" },
	{ "DNAT away of some", anywhere, PRE "-j DNAT --to-destination"
	  " 2001:db8::1\n", "DROP nat PREROUTING 1 1 DNAT diverted" },
	{ "DNAT in doubt", login, "*nat\n-A PREROUTING -m cpu --cpu 1 -p tcp "
	  AWAY, "UNKNOWN nat PREROUTING 1 1 cpu" },
	{ "DNAT in doubt, to itself", login, "*nat\n-A PREROUTING -m cpu"
	  " --cpu 1 -j DNAT --to-destination 2001:db8::1\n",
	  "ACCEPT INPUT policy 0" },
	{ "DNAT in another chain", login, "*nat\n:D - [0:0]\n-A PREROUTING"
	  " -j D\n-A D -p tcp " AWAY, "DROP nat D 1 1 DNAT diverted" },
	{ "REDIRECT to another port", login, PRE "-j REDIRECT --to-ports 2222\n",
	  "DROP nat PREROUTING 1 1 REDIRECT diverted" },
	{ "REDIRECT to its port", login, PRE "-j REDIRECT --to-ports 22\n",
	  "UNKNOWN nat PREROUTING 1 1 REDIRECT" },
	{ "REDIRECT out", outbound, "*nat\n-A OUTPUT -j REDIRECT\n",
	  "DROP nat OUTPUT 1 1 REDIRECT diverted" },
	{ "NETMAP to itself", login, "*nat\n-A PREROUTING -j NETMAP --to"
	  " 2001:db8::/64\n", "ACCEPT INPUT policy 0" },
	{ "NETMAP away", login, "*nat\n-A PREROUTING -j NETMAP --to"
	  " 2001:db8:1::/64\n", "DROP nat PREROUTING 1 1 NETMAP diverted" },
	{ "NETMAP of sources", login, "*nat\n-A INPUT -j NETMAP --to"
	  " 2001:db8:1::/64\n", "ACCEPT INPUT policy 0" },
	{ "SNAT", login, "*nat\n-A INPUT -j SNAT --to-source 2001:db8::9\n",
	  "ACCEPT INPUT policy 0" },
	{ "MASQUERADE", outbound, "*nat\n-A POSTROUTING -j MASQUERADE\n",
	  "ACCEPT OUTPUT policy 0" },
	{ "TPROXY", running, "*mangle\n-A PREROUTING -p tcp -j TPROXY"
	  " --on-port 1080\n", "DROP mangle PREROUTING 1 1 TPROXY diverted" },
	{ "TEE goes on", login, "*mangle\n-A PREROUTING -j TEE --gateway"
	  " 2001:db8::9\n", "ACCEPT INPUT policy 0" },
	{ "DNPT is not known", login, "*mangle\n-A PREROUTING -j DNPT --src-pfx"
	  " 2001:db8::/64 --dst-pfx 2001:db8:1::/64\n",
	  "UNKNOWN mangle PREROUTING 1 1 DNPT" },
	/* As Docker writes it. */
	{ "Docker, another port", login, "*nat\n:DOCKER - [0:0]\n"
	  "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
	  "-A DOCKER ! -i br0 -p tcp -m tcp --dport 8080 " AWAY,
	  "ACCEPT INPUT policy 0" },
	{ "Docker, this port", login, "*nat\n:DOCKER - [0:0]\n"
	  "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
	  "-A DOCKER ! -i br0 -p tcp -m tcp --dport 22 " AWAY,
	  "DROP nat DOCKER 1 1 DNAT diverted" },
	/* addrtype */
	{ "to the host", login, "-A INPUT -m addrtype ! --dst-type LOCAL "
	  DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "from the host", answer, "-A OUTPUT -m addrtype ! --src-type LOCAL "
	  DROP_ALL, "ACCEPT OUTPUT policy 0" },
	{ "not to the host", through, "-A FORWARD -m addrtype --dst-type LOCAL "
	  DROP_ALL, "ACCEPT FORWARD policy 0" },
	{ "who knows", login, "-A INPUT -m addrtype --src-type LOCAL " DROP_ALL,
	  "UNKNOWN INPUT 1 1 addrtype" },
	{ "on that link", login, "-A INPUT -m addrtype --dst-type LOCAL"
	  " --limit-iface-in " DROP_ALL, "UNKNOWN INPUT 1 1 addrtype" },
	{ "a group is none", login, "-A INPUT -m addrtype --dst-type MULTICAST "
	  DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "a group is one", to_group, "-A INPUT -m addrtype --dst-type"
	  " MULTICAST " DROP_ALL, "DROP INPUT 1 1" },
	{ "a group is not the host", to_group, "-A INPUT -m addrtype --dst-type"
	  " LOCAL " DROP_ALL, "UNKNOWN INPUT 1 1 addrtype" },
	/* raw and connection tracking. */
	{ "raw sees no connection", running, "*raw\n-A PREROUTING " ESTABLISHED
	  DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "it sees INVALID", running, "*raw\n-A PREROUTING -m state --state"
	  " INVALID " DROP_ALL, "DROP raw PREROUTING 1 1" },
	{ "untracked", running, DROP "-A INPUT " ESTABLISHED "-j ACCEPT\n"
	  "*raw\n-A PREROUTING -p tcp -j CT --notrack\n",
	  "DROP INPUT policy 0" },
	{ "untracked, by its old name", running, DROP "-A INPUT " ESTABLISHED
	  "-j ACCEPT\n*raw\n-A PREROUTING -p tcp -j NOTRACK\n",
	  "DROP INPUT policy 0" },
	{ "untracked is a state", running, DROP "-A INPUT -m state --state"
	  " UNTRACKED -j ACCEPT\n*raw\n-A PREROUTING -j CT --notrack\n",
	  "ACCEPT INPUT 1 1" },
	{ "untracked and not asked by nat", login, PRE AWAY
	  "*raw\n-A PREROUTING -j CT --notrack\n", "ACCEPT INPUT policy 0" },
	{ "untracked, some", any_source, DROP "-A INPUT -m state --state NEW"
	  " -j ACCEPT\n*raw\n-A PREROUTING -s 2001:db8::/33 -j CT --notrack\n",
	  "DROP INPUT policy 0" },
	{ "untracked, others", login, DROP "-A INPUT -m state --state NEW"
	  " -j ACCEPT\n*raw\n-A PREROUTING -s 2001:db8:8000::/33"
	  " -j CT --notrack\n", "ACCEPT INPUT 1 1" },
	{ "untracked, perhaps", login, DROP "-A INPUT -m state --state NEW"
	  " -j ACCEPT\n*raw\n-A PREROUTING -m cpu --cpu 1 -j CT --notrack\n",
	  "UNKNOWN raw PREROUTING 1 1 cpu" },
	{ "the first CT counts", login, DROP "-A INPUT -m state --state NEW"
	  " -j ACCEPT\n*raw\n-A PREROUTING -j CT --zone 5\n"
	  "-A PREROUTING -j CT --notrack\n", "ACCEPT INPUT 1 1" },
	{ "on lo it comes late", by_lo, DROP "-A INPUT -m state --state NEW"
	  " -j ACCEPT\n*raw\n-A PREROUTING -j CT --notrack\n",
	  "ACCEPT INPUT 1 1" },
	/* mangle */
	{ "a hop limit", login, "-A INPUT -m hl --hl-eq 7 " DROP_ALL
	  "*mangle\n-A PREROUTING -j HL --hl-set 7\n", "DROP INPUT 1 1" },
	{ "hop limits down", login, "-A INPUT -m hl ! --hl-eq 60 " DROP_ALL
	  "*mangle\n-A PREROUTING -j HL --hl-dec 4\n",
	  "ACCEPT INPUT policy 0" },
	{ "a chain asked again", login, "*mangle\n:A - [0:0]\n"
	  "-A INPUT -j A\n-A INPUT -j HL --hl-inc 1\n-A INPUT -j A\n"
	  "-A A -m hl --hl-eq 65 " DROP_ALL, "DROP mangle A 1 3" },
	{ "a hop on the way through", through, "-A FORWARD -m hl ! --hl-eq 63 "
	  DROP_ALL, "ACCEPT FORWARD policy 0" },
	{ "discovery spoiled", solicitation_out, "*mangle\n-A POSTROUTING"
	  " -j HL --hl-set 64\n",
	  "DROP mangle POSTROUTING 1 1 HL hop limit" },
	{ "discovery restored", solicitation_out, "*mangle\n-A OUTPUT"
	  " -j HL --hl-set 64\n-A POSTROUTING -j HL --hl-set 255\n",
	  "ACCEPT OUTPUT policy 0" },
	{ "discovery spoiled, perhaps", solicitation_out, "*mangle\n"
	  "-A POSTROUTING -m cpu --cpu 1 -j HL --hl-dec 1\n",
	  "UNKNOWN mangle POSTROUTING 1 1 cpu" },
	{ "discovery that goes no further", solicitation_out,
	  ":OUTPUT DROP [0:0]\n*mangle\n-A OUTPUT -j HL --hl-set 64\n",
	  "DROP OUTPUT policy 0" },
	{ "a connection may lose hops", answer, "*mangle\n-A POSTROUTING"
	  " -j HL --hl-set 64\n", "ACCEPT OUTPUT policy 0" },
	/* Doubts travel. */
	{ "a doubt in mangle", login, "*mangle\n-A PREROUTING -m cpu --cpu 1 "
	  DROP_ALL, "UNKNOWN mangle PREROUTING 1 1 cpu" },
	{ "a doubt that filter settles", login, DROP SSH "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ "a doubt behind filter", login, DROP SSH "*security\n-A INPUT"
	  " -m cpu --cpu 1 " DROP_ALL, "UNKNOWN security INPUT 1 1 cpu" },
	{ "a doubt and a drop", login, "-A INPUT -m cpu --cpu 1 -j ACCEPT\n"
	  "*security\n-A INPUT " DROP_ALL, "DROP security INPUT 1 1" },
	{ "a drop in doubt, and another drop", login, DROP "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 " DROP_ALL, "DROP INPUT policy 0" },
	{ "an acceptance in doubt, then a drop in doubt, and a drop", login,
	  "-A INPUT -m cpu --cpu 1 -j ACCEPT\n-A INPUT -m cpu --cpu 2 "
	  DROP_ALL "-A INPUT " DROP_ALL, "UNKNOWN INPUT 1 1 cpu" },
	{ "a jump in doubt to a drop, and a drop", login, DROP ":A - [0:0]\n"
	  "-A INPUT -m cpu --cpu 1 -j A\n-A A " DROP_ALL,
	  "DROP INPUT policy 0" },
	{ "a jump in doubt, two drops in two tables", login, DROP "*mangle\n"
	  ":A - [0:0]\n-A INPUT -m cpu --cpu 1 -j A\n-A A " DROP_ALL,
	  "DROP INPUT policy 0" },
	{ "a jump in doubt to a drop, and an accept", login, ":A - [0:0]\n"
	  "-A INPUT -m cpu --cpu 1 -j A\n-A A " DROP_ALL,
	  "UNKNOWN INPUT 1 1 cpu" },
	{ "a jump in doubt to the unknown, and a drop", login, DROP
	  ":A - [0:0]\n-A INPUT -m cpu --cpu 1 -j A\n-A A -j NFQUEUE\n",
	  "UNKNOWN A 1 1 NFQUEUE" },
	{ "some dropped in any case", any_source, ":A - [0:0]\n"
	  "-A INPUT -s 2001:db8::/33 -j ACCEPT\n"
	  "-A INPUT -m cpu --cpu 1 -j A\n-A INPUT " DROP_ALL "-A A "
	  DROP_ALL, "UNKNOWN INPUT 2 2 cpu" },
	/* rpfilter */
	{ "the way back is the way in", routed, "*raw\n-A PREROUTING"
	  " -m rpfilter --validmark --invert " DROP_ALL,
	  "ACCEPT INPUT policy 0" },
	{ "it is asked for", routed, "*raw\n-A PREROUTING -m rpfilter "
	  DROP_ALL, "DROP raw PREROUTING 1 1" },
	{ "it is not known", login, "*raw\n-A PREROUTING -m rpfilter --invert "
	  DROP_ALL, "UNKNOWN raw PREROUTING 1 1 rpfilter" },
	{ "from the link", from_the_link, "*raw\n-A PREROUTING -m rpfilter"
	  " --invert " DROP_ALL, "ACCEPT INPUT policy 0" },
	{ "by another mark", routed, "*mangle\n-A PREROUTING -j MARK"
	  " --set-mark 1\n-A PREROUTING -m rpfilter --validmark --invert "
	  DROP_ALL, "UNKNOWN mangle PREROUTING 2 2 rpfilter" },
	{ "whatever the mark", routed, "*mangle\n-A PREROUTING -j MARK"
	  " --set-mark 1\n-A PREROUTING -m rpfilter --invert " DROP_ALL,
	  "ACCEPT INPUT policy 0" },
	/* Names of links. */
	{ "no -o where the packet comes in", login, "*mangle\n:A - [0:0]\n"
	  "-A PREROUTING -j A\n-A A -o eth0 " DROP_ALL,
	  "ACCEPT INPUT policy 0" },
	{ "-i where it leaves", answer, "*mangle\n:A - [0:0]\n"
	  "-A POSTROUTING -j A\n-A A -i eth1 " DROP_ALL,
	  "UNKNOWN mangle A 1 1 -i" },
	{ "-o where it leaves", answer, "*mangle\n-A POSTROUTING -o eth0 "
	  DROP_ALL, "DROP mangle POSTROUTING 1 1" },
};

static const char *
way_of(const struct packet *p)
{
	if (!p->out[0])
		return "INPUT";
	return p->in[0] ? "FORWARD" : "OUTPUT";
}

static void
test_cases(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tables *tables = firewall(cases[i].rules);
		struct packet p = cases[i].packet();
		struct walk_result r;
		struct str got = { 0 };

		walk(tables, way_of(&p), &p, &r);
		account(&r, &got);
		is_str(str_text(&got), cases[i].expected, "%s", cases[i].what);
		str_done(&got);
		tables_free(tables);
	}
}

static const struct tracking_case {
	const char *what;
	const char *rules;	/* of raw */
	const char *expected;	/* known, tracked, zones */
} tracked[] = {
	{ "no rules", "", "1 1 0 0" },
	{ "not tracked", "-A PREROUTING -j CT --notrack\n", "1 0 0 0" },
	{ "others", "-A PREROUTING -p udp -j CT --notrack\n", "1 1 0 0" },
	{ "some", "-A PREROUTING -s 2001:db8::/33 -j CT --notrack\n",
	  "0 0 0 0" },
	{ "a zone", "-A PREROUTING -j CT --zone 5\n", "1 1 5 5" },
	{ "a zone one way", "-A PREROUTING -j CT --zone-orig 5\n", "1 1 5 0" },
	{ "a zone the other way", "-A PREROUTING -j CT --zone-reply 5\n",
	  "1 1 0 5" },
	{ "a zone by mark", "-A PREROUTING -j MARK --set-mark 7\n"
	  "-A PREROUTING -j CT --zone mark\n", "1 1 7 7" },
	{ "by the mark that it leaves with", "-A PREROUTING -j CT --zone-reply"
	  " mark\n-A PREROUTING -j MARK --set-mark 7\n", "1 1 0 7" },
	{ "by a mark that depends", "-A PREROUTING -m cpu --cpu 1 -j MARK"
	  " --set-mark 7\n-A PREROUTING -j CT --zone mark\n", "0 1 0 0" },
	{ "a zone, perhaps", "-A PREROUTING -m cpu --cpu 1 -j CT --zone 5\n",
	  "0 1 5 5" },
	{ "events only", "-A PREROUTING -j CT --ctevents new\n", "1 1 0 0" },
	{ "those that are dropped do not count", "-A PREROUTING"
	  " -s 2001:db8::/33 -j DROP\n-A PREROUTING -j CT --zone 7\n",
	  "1 1 7 7" },
};

static void
test_tracking(void)
{
	for (size_t i = 0; i < ARRAY_LEN(tracked); i++) {
		struct tables *tables = tables_new();
		struct packet p = any_source();
		struct tracking t;
		struct str got = { 0 };

		tables_put_take(tables, table_rules("raw", tracked[i].rules,
						    strlen(tracked[i].rules)));
		walk_tracking(tables, "INPUT", &p, &t);
		str_addf(&got, "%d %d %u %u", t.known, t.tracked,
			 t.zone_original, t.zone_reply);
		is_str(str_text(&got), tracked[i].expected, "tracking: %s",
		       tracked[i].what);
		str_done(&got);
		tables_free(tables);
	}
}

static void
note_rule(const char *table, const char *chain, size_t rule, void *arg)
{
	str_addf(arg, "%s %s %zu, ", table, chain, rule);
}

/* Each table that may say something, in the kernel's order. */
static void
test_path(void)
{
	struct tables *tables = firewall(
		"-A INPUT\n*raw\n-A PREROUTING\n*mangle\n-A PREROUTING\n"
		"-A INPUT\n*nat\n-A PREROUTING\n-A INPUT\n*security\n"
		"-A INPUT\n");
	struct packet p = login(), found;
	struct str path = { 0 };
	struct walk_result r;

	walk_path(tables, "INPUT", &p, &r, note_rule, &path);
	is_str(str_text(&path), "raw PREROUTING 1, mangle PREROUTING 1, "
	       "nat PREROUTING 1, mangle INPUT 1, filter INPUT 1, "
	       "security INPUT 1, nat INPUT 1, ", "the path");
	str_done(&path);
	tables_free(tables);
	tables = firewall("*raw\n-A PREROUTING -s 2001:db8::/64 -j DROP\n");
	p.src = address("2001:db8::");
	p.src_len = 32;
	is_int(walk_find(tables, "INPUT", &p, &found), VERDICT_ACCEPT,
	       "somebody gets through raw");
	ok(addr_equal(&found.src, &(struct in6_addr){
		.s6_addr = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1 } }), "who");
	p.src_len = 64;
	is_int(walk_find(tables, "INPUT", &p, &found), VERDICT_DROP,
	       "nobody of those");
	tables_free(tables);
}

int
main(void)
{
	rules_start();
	test_cases();
	test_tracking();
	test_path();
	xt_done();
	return done_testing();
}
