/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk on options that ask for more than the packet's own headers: marks,
 * frames, kinds of addresses, bridges. */
#include <sallyport/mem.h>
#include "packets.h"

static struct packet
marked(void)
{
	struct packet p = login();

	p.mark_unknown = true;
	return p;
}

static struct packet
leaving(void)
{
	struct packet p = reply();

	memcpy(p.out, p.in, IFNAMSIZ);
	memset(p.in, 0, IFNAMSIZ);
	return p;
}

static struct packet
by_mark(void)
{
	struct packet p = leaving();

	p.routed_by_mark = true;
	return p;
}

static struct packet
framed(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct packet p = login();

	p.ethernet = p.mac_known = true;
	memcpy(p.mac, mac, sizeof(mac));
	return p;
}

static struct packet
to_group(void)
{
	struct packet p = solicitation();

	p.dst = address("ff02::1:ff00:1");
	return p;
}

static struct packet
to_group_framed(void)
{
	struct packet p = to_group();

	p.ethernet = true;
	return p;
}

static struct packet
to_group_out(void)
{
	struct packet p = to_group();

	strcpy(p.out, p.in);
	memset(p.in, 0, sizeof(p.in));
	return p;
}

static struct packet
to_any_framed(void)
{
	struct packet p = login();

	p.ethernet = true;
	p.dst_len = 0;
	return p;
}

static struct packet
from_nobody(void)
{
	struct packet p = solicitation();

	p.src = address("::");
	return p;
}

static struct packet
from_v4(void)
{
	struct packet p = login();

	p.src = address("::ffff:192.0.2.1");
	return p;
}

static struct packet
to_us(void)
{
	struct packet p = login();

	p.dst_len = 0;
	p.dst_local = true;
	return p;
}

static struct packet
across(void)
{
	struct packet p = solicitation();

	strcpy(p.in, "br0");
	strcpy(p.out, "br0");
	p.bridged = true;
	return p;
}

static struct packet
through(void)
{
	struct packet p = login();

	strcpy(p.out, "br0");
	return p;
}

#define MARK(n) "*mangle\n-A PREROUTING -j MARK --set-mark " #n "\n"
#define MARK_1 "-m mark --mark 1 "
#define ONLY(match) DROP "-A INPUT " match "-j ACCEPT\n"
#define DROP_ALL "-j DROP\n"
#define TCPMSS "*mangle\n-A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN" \
	       " -j TCPMSS --set-mss 1300\n"

static const struct option_case {
	struct packet (*packet)(void);
	const char *rules;
	const char *expected;	/* verdict, deciding rule, hook_rule, why */
} cases[] = {
	/* Nobody has marked it. */
	{ login, ONLY(MARK_1), "DROP INPUT policy 0" },
	{ login, ONLY("-m mark --mark 0 "), "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m mark ! --mark 1 "), "ACCEPT INPUT 1 1" },
	{ marked, ONLY(MARK_1), "UNKNOWN INPUT 1 1 mark" },
	{ by_lo, ONLY(MARK_1), "UNKNOWN INPUT 1 1 mark" },
	/* A rule does, in this table or in one before. */
	{ login, ONLY(MARK_1) MARK(1), "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m mark ! --mark 1 ") MARK(1), "DROP INPUT policy 0" },
	{ marked, ONLY(MARK_1) MARK(1), "ACCEPT INPUT 1 1" },
	{ login, ONLY(MARK_1) MARK(2), "DROP INPUT policy 0" },
	{ login, "-A INPUT -j MARK --set-mark 1\n-A INPUT " MARK_1 DROP_ALL,
	  "DROP INPUT 2 2" },
	{ login, "*security\n-A INPUT " MARK_1 DROP_ALL MARK(1),
	  "DROP security INPUT 1 1" },
	{ login, "*raw\n-A PREROUTING " MARK_1 DROP_ALL MARK(1),
	  "ACCEPT INPUT policy 0" },
	/* Another mark may lead elsewhere, before it is routed. */
	{ leaving, "*mangle\n-A OUTPUT -j MARK --set-mark 1\n",
	  "ACCEPT OUTPUT policy 0" },
	{ by_mark, "*mangle\n-A OUTPUT -j MARK --set-mark 1\n",
	  "UNKNOWN mangle OUTPUT 1 1 MARK" },
	{ by_mark, "*mangle\n-A OUTPUT -j MARK --set-mark 1\n-A OUTPUT "
	  DROP_ALL, "DROP mangle OUTPUT 2 2" },
	{ by_mark, "*mangle\n-A OUTPUT -j MARK --set-mark 0\n"
	  "-A POSTROUTING -j MARK --set-mark 1\n",
	  "ACCEPT OUTPUT policy 0" },
	/* Bits. */
	{ marked, ONLY("-m mark --mark 4/4 ") "*mangle\n-A PREROUTING -j MARK"
	  " --or-mark 4\n", "ACCEPT INPUT 1 1" },
	{ marked, ONLY("-m mark --mark 6/6 ") "*mangle\n-A PREROUTING -j MARK"
	  " --or-mark 4\n", "UNKNOWN INPUT 1 1 mark" },
	{ marked, ONLY("-m mark --mark 1/5 ") "*mangle\n-A PREROUTING -j MARK"
	  " --or-mark 4\n", "DROP INPUT policy 0" },
	{ login, ONLY("-m mark --mark 0x30 ") "*mangle\n-A PREROUTING -j MARK"
	  " --set-xmark 0xf0/0xff\n-A PREROUTING -j MARK --xor-mark 0xc0\n",
	  "ACCEPT INPUT 1 1" },
	/* Perhaps. */
	{ login, ONLY(MARK_1) "*mangle\n-A PREROUTING -m cpu --cpu 1 -j MARK"
	  " --set-mark 1\n", "UNKNOWN INPUT 1 1 mark" },
	{ login, ONLY("-m mark --mark 0/2 ") "*mangle\n-A PREROUTING -m cpu"
	  " --cpu 1 -j MARK --set-mark 1\n", "ACCEPT INPUT 1 1" },
	{ login, ONLY(MARK_1) "*mangle\n-A PREROUTING -j HMARK --hmark-tuple"
	  " src --hmark-mod 5 --hmark-rnd 1\n", "UNKNOWN INPUT 1 1 mark" },
	{ login, ONLY(MARK_1) "*mangle\n-A PREROUTING -p tcp -m socket"
	  " --restore-skmark\n", "UNKNOWN INPUT 1 1 mark" },
	{ login, ONLY(MARK_1) "*mangle\n-A PREROUTING -p tcp -m socket\n",
	  "DROP INPUT policy 0" },
	/* A chain that was passed is asked again with another mark. */
	{ login, ":A - [0:0]\n-A INPUT -j A\n-A INPUT -j MARK --set-mark 1\n"
	  "-A INPUT -j A\n-A A " MARK_1 DROP_ALL, "DROP A 1 3" },
	{ login, ":A - [0:0]\n-A INPUT -j A\n-A INPUT -j A\n-A A " MARK_1
	  DROP_ALL "-A A -j MARK --set-mark 1\n", "DROP A 1 2" },
	{ login, ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A INPUT -j A\n"
	  "-A A -j B\n-A A -j MARK --set-mark 1\n-A B " MARK_1 DROP_ALL,
	  "DROP B 1 2" },
	{ login, "*mangle\n:A - [0:0]\n-A INPUT -j A\n-A INPUT -j A\n"
	  "-A A -m hl --hl-eq 65 " DROP_ALL "-A A -j HL --hl-inc 1\n",
	  "DROP mangle A 1 2" },
	/* Marks of connections. */
	{ login, ONLY("-m connmark --mark 0 "), "ACCEPT INPUT 1 1" },
	{ running, ONLY("-m connmark --mark 0 "),
	  "UNKNOWN INPUT 1 1 connmark" },
	{ related, ONLY("-m connmark --mark 0 "),
	  "UNKNOWN INPUT 1 1 connmark" },
	{ solicitation, ONLY("-m connmark ! --mark 1 "),
	  "DROP INPUT policy 0" },
	{ invalid, ONLY("-m connmark ! --mark 1 "), "DROP INPUT policy 0" },
	{ login, ONLY("-m connmark --mark 3 ") "*mangle\n-A PREROUTING"
	  " -j CONNMARK --set-mark 3\n", "ACCEPT INPUT 1 1" },
	{ running, ONLY("-m connmark --mark 3 ") "*mangle\n-A PREROUTING"
	  " -j CONNMARK --set-mark 3\n", "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m connmark --mark 3 ") "*mangle\n-A PREROUTING"
	  " -j MARK --set-mark 3\n-A PREROUTING -j CONNMARK --save-mark\n",
	  "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m mark --mark 0 ") "*mangle\n-A PREROUTING -j CONNMARK"
	  " --restore-mark\n", "ACCEPT INPUT 1 1" },
	{ running, ONLY("-m mark --mark 0 ") "*mangle\n-A PREROUTING -j CONNMARK"
	  " --restore-mark\n", "UNKNOWN INPUT 1 1 mark" },
	{ running, ONLY("-m mark --mark 0/0xff ") "*mangle\n-A PREROUTING"
	  " -j CONNMARK --restore-mark --nfmask 0xff00 --ctmask 0xff00\n",
	  "ACCEPT INPUT 1 1" },
	{ solicitation, ONLY("-m mark --mark 0 ") "*mangle\n-A PREROUTING"
	  " -j CONNMARK --restore-mark\n", "ACCEPT INPUT 1 1" },
	/* Frames. */
	{ login, ONLY("-m pkttype --pkt-type unicast "), "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m pkttype ! --pkt-type unicast "),
	  "DROP INPUT policy 0" },
	{ login, "-A INPUT -m pkttype --pkt-type broadcast " DROP_ALL,
	  "ACCEPT INPUT policy 0" },
	{ to_group_framed, ONLY("-m pkttype --pkt-type multicast "),
	  "ACCEPT INPUT 1 1" },
	{ to_group_framed, ONLY("-m pkttype --pkt-type unicast "),
	  "DROP INPUT policy 0" },
	{ to_group, ONLY("-m pkttype --pkt-type multicast "),
	  "UNKNOWN INPUT 1 1 pkttype" },
	{ to_group, ONLY("-m pkttype --pkt-type broadcast "),
	  "DROP INPUT policy 0" },
	{ to_any_framed, ONLY("-m pkttype --pkt-type multicast ")
	  "-A INPUT -m pkttype --pkt-type unicast -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ to_group_out, "-A OUTPUT -m pkttype --pkt-type multicast " DROP_ALL,
	  "ACCEPT OUTPUT policy 0" },
	{ framed, ONLY("-m mac --mac-source 02:00:00:00:00:01 "),
	  "ACCEPT INPUT 1 1" },
	{ framed, ONLY("-m mac ! --mac-source 02:00:00:00:00:01 "),
	  "DROP INPUT policy 0" },
	{ framed, ONLY("-m mac --mac-source 02:00:00:00:00:02 "),
	  "DROP INPUT policy 0" },
	{ login, ONLY("-m mac --mac-source 02:00:00:00:00:01 "),
	  "UNKNOWN INPUT 1 1 mac" },
	{ by_lo, ONLY("-m mac ! --mac-source 02:00:00:00:00:01 "),
	  "DROP INPUT policy 0" },
	/* Kinds of addresses. */
	{ login, ONLY("-m addrtype --src-type UNICAST "), "ACCEPT INPUT 1 1" },
	{ login, ONLY("-m addrtype --src-type UNICAST --dst-type LOCAL "),
	  "ACCEPT INPUT 1 1" },
	{ from_nobody, ONLY("-m addrtype --src-type UNICAST "),
	  "DROP INPUT policy 0" },
	{ from_nobody, ONLY("-m addrtype --src-type UNSPEC "),
	  "ACCEPT INPUT 1 1" },
	{ from_v4, ONLY("-m addrtype ! --src-type UNICAST "),
	  "ACCEPT INPUT 1 1" },
	{ to_group, ONLY("-m addrtype ! --dst-type UNICAST "),
	  "ACCEPT INPUT 1 1" },
	{ any_source, ONLY("-m addrtype --src-type UNICAST ")
	  "-A INPUT -s ::/128 -j ACCEPT\n-A INPUT -s ff00::/8 -j ACCEPT\n"
	  "-A INPUT -s ::ffff:0:0/96 -j ACCEPT\n", "ACCEPT INPUT 3 3" },
	{ login, ONLY("-m addrtype --dst-type ANYCAST "),
	  "UNKNOWN INPUT 1 1 addrtype" },
	{ login, ONLY("-m addrtype --dst-type LOCAL,ANYCAST "),
	  "ACCEPT INPUT 1 1" },
	{ through, ":FORWARD DROP [0:0]\n-A FORWARD -m addrtype --dst-type"
	  " LOCAL,ANYCAST -j ACCEPT\n", "UNKNOWN FORWARD 1 1 addrtype" },
	{ to_us, ONLY("-m addrtype --dst-type LOCAL "), "ACCEPT INPUT 1 1" },
	{ to_us, "-A INPUT -m addrtype ! --dst-type LOCAL " DROP_ALL,
	  "ACCEPT INPUT policy 0" },
	/* From port to port of a bridge no hop is counted. */
	{ across, ":FORWARD DROP [0:0]\n-A FORWARD -m hl --hl-eq 255"
	  " -j ACCEPT\n", "ACCEPT FORWARD 1 1" },
	{ through, ":FORWARD DROP [0:0]\n-A FORWARD -m hl --hl-eq 63"
	  " -j ACCEPT\n", "ACCEPT FORWARD 1 1" },
	{ through, "*mangle\n:A - [0:0]\n-A POSTROUTING -j A\n-A A -i eth0 "
	  DROP_ALL, "DROP mangle A 1 1" },
	{ across, "*mangle\n:A - [0:0]\n-A POSTROUTING -j A\n-A A -i br0 "
	  DROP_ALL, "ACCEPT FORWARD policy 0" },
	/* The SYN has 40 bytes, or 44. */
	{ login, "-A INPUT -m length --length 0:40 " DROP_ALL TCPMSS,
	  "UNKNOWN INPUT 1 1 TCPMSS" },
	{ login, "-A INPUT -m length --length 41:50 " DROP_ALL TCPMSS,
	  "UNKNOWN INPUT 1 1 TCPMSS" },
	{ login, ONLY("-m length --length 40:44 ") TCPMSS, "ACCEPT INPUT 1 1" },
	{ login, "-A INPUT -m length --length 45 " DROP_ALL TCPMSS,
	  "ACCEPT INPUT policy 0" },
	{ running, "-A INPUT -m length --length 41: " DROP_ALL TCPMSS,
	  "ACCEPT INPUT policy 0" },
	/* It answers for a listener, or is passed by: who knows. */
	{ login, DROP "-A INPUT -p tcp -m tcp --dport 22 -j SYNPROXY\n",
	  "UNKNOWN INPUT 1 1 SYNPROXY" },
};

static const char *
way_of(const struct packet *p)
{
	if (!p->out[0])
		return "INPUT";
	return p->in[0] ? "FORWARD" : "OUTPUT";
}

int
main(void)
{
	rules_start();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tables *tables = firewall(cases[i].rules);
		struct packet p = cases[i].packet();
		struct walk_result r;
		struct str got = { 0 };

		walk(tables, way_of(&p), &p, &r);
		account(&r, &got);
		if (!is_str(str_text(&got), cases[i].expected, "case %zu", i))
			diag("%s", cases[i].rules);
		str_done(&got);
		tables_free(tables);
	}
	xt_done();
	return done_testing();
}
