/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk on rules of filter made by hand: verdict, deciding rule, and the rule
 * of the hook's own chain that leads there. */
#include <sallyport/mem.h>
#include <sallyport/walk.h>
#include "packets.h"

static struct packet
nowhere(void)
{
	struct packet p = login();

	p.in[0] = '\0';
	p.in_unknown = true;
	return p;
}

static struct packet
dirty_name(void)
{
	struct packet p = login();

	memset(p.in, 'x', sizeof(p.in));
	strcpy(p.in, "eth0");
	return p;
}

static const struct walk_case {
	struct packet (*packet)(void);
	const char *rules;
	const char *expected;	/* verdict, deciding rule, hook_rule, why */
} cases[] = {
	/* Policies and the plain way. */
	{ login, "", "ACCEPT INPUT policy 0" },
	{ login, DROP, "DROP INPUT policy 0" },
	{ login, DROP SSH, "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -p tcp -m tcp --dport 2222 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, "-A INPUT -j REJECT\n" SSH, "DROP INPUT 1 1" },
	{ login, "-A INPUT -j LOG\n-A INPUT\n-A INPUT -j DROP\n",
	  "DROP INPUT 3 3" },
	{ login, "-A INPUT -j NFQUEUE\n", "UNKNOWN INPUT 1 1 NFQUEUE" },
	{ login, "-A INPUT -j QUEUE\n", "UNKNOWN INPUT 1 1 QUEUE" },
	/* Core fields. */
	{ login, DROP "-A INPUT -s 2001:db8::/32 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT ! -s 2001:db8::/32 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -s ::77/::ffff -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -d 2001:db8::2 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -i eth0 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -i eth+ -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -i eth -j ACCEPT\n", "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT ! -i lo -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ dirty_name, DROP "-A INPUT -i eth0 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT ! -p udp -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT ! -p tcp -j ACCEPT\n", "DROP INPUT policy 0" },
	/* An unknown interface is any but lo. */
	{ nowhere, DROP "-A INPUT -i lo -j ACCEPT\n", "DROP INPUT policy 0" },
	{ nowhere, "-A INPUT ! -i lo -j DROP\n", "DROP INPUT 1 1" },
	{ nowhere, DROP "-A INPUT -i eth0 -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 -i" },
	{ nowhere, DROP "-A INPUT -i l+ -j ACCEPT\n", "UNKNOWN INPUT 1 1 -i" },
	{ nowhere, DROP "-A INPUT -i eth0 -j ACCEPT\n" SSH,
	  "ACCEPT INPUT 1 1" },
	{ nowhere, DROP "-A INPUT -i + -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	/* tcp */
	{ any_port, DROP SSH, "ACCEPT INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m tcp --sport 1024:40000 -j DROP\n"
	  SSH, "DROP INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m tcp --sport 1024:65535 --dport 22"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m tcp --sport 1025:65535 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ any_port, DROP "-A INPUT -p tcp -m tcp ! --sport 5000:6000 -j ACCEPT\n"
	  "-A INPUT -p tcp -m tcp --sport 4999:6001 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -p tcp -m tcp --syn -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ running, DROP "-A INPUT -p tcp -m tcp --syn -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ running, "-A INPUT -p tcp -m tcp --tcp-flags PSH PSH -j DROP\n",
	  "DROP INPUT 1 1" },
	{ login, DROP "-A INPUT -p tcp -m tcp --tcp-option 8 -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 --tcp-option" },
	{ login, DROP "-A INPUT -p tcp -m tcp --dport 23 --tcp-option 8"
	  " -j ACCEPT\n", "DROP INPUT policy 0" },
	/* udp, multiport */
	{ datagram, DROP "-A INPUT -p udp -m udp --dport 443 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ datagram, DROP "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -p tcp -m multiport --dports 80,443,20:25"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m multiport --sports"
	  " 1024,1025:2000,2001:65535 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m multiport --sports"
	  " 1024,1026:65535 -j ACCEPT\n", "DROP INPUT policy 0" },
	{ any_port, DROP "-A INPUT -p tcp -m multiport ! --dports 80,443"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ any_port, DROP "-A INPUT -p tcp -m multiport --ports 22 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ any_port, "-A INPUT -p tcp -m multiport --ports 2000:3000 -j DROP\n",
	  "DROP INPUT 1 1" },
	/* icmp6 */
	{ solicitation, DROP "-A INPUT -p icmpv6 -m icmp6 --icmpv6-type 135"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ solicitation, DROP "-A INPUT -p icmpv6 -m icmp6 ! --icmpv6-type 135"
	  " -j ACCEPT\n", "DROP INPUT policy 0" },
	{ solicitation, DROP "-A INPUT -p icmpv6 -m icmp6 --icmpv6-type 135/1"
	  " -j ACCEPT\n", "DROP INPUT policy 0" },
	{ login, "-A INPUT -p icmpv6 -j DROP\n", "ACCEPT INPUT policy 0" },
	/* state and conntrack */
	{ running, DROP "-A INPUT -m state --state RELATED,ESTABLISHED"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -m state --state RELATED,ESTABLISHED"
	  " -j ACCEPT\n", "DROP INPUT policy 0" },
	{ solicitation, DROP "-A INPUT -m conntrack --ctstate"
	  " NEW,RELATED,ESTABLISHED -j ACCEPT\n", "DROP INPUT policy 0" },
	{ solicitation, DROP "-A INPUT -m conntrack --ctstate UNTRACKED"
	  " -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ solicitation, DROP "-A INPUT -m state --state UNTRACKED -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ solicitation, "-A INPUT -m conntrack --ctstate INVALID -j DROP\n",
	  "ACCEPT INPUT policy 0" },
	{ invalid, "-A INPUT -m conntrack --ctstate INVALID -j DROP\n",
	  "DROP INPUT 1 1" },
	{ login, DROP "-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ running, DROP "-A INPUT -m conntrack --ctdir ORIGINAL -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ reply, DROP "-A INPUT -m conntrack --ctdir ORIGINAL -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ reply, DROP "-A INPUT -m conntrack --ctdir REPLY -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ solicitation, DROP "-A INPUT -m conntrack --ctdir REPLY -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -m conntrack --ctproto 6 -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 conntrack" },
	{ login, DROP "-A INPUT -m conntrack --ctstate ESTABLISHED --ctproto 6"
	  " -j ACCEPT\n", "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ running, DROP "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 conntrack" },
	{ solicitation, DROP "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	/* The cheap ones. */
	{ login, DROP "-A INPUT -m comment --comment x -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -m iprange --src-range"
	  " 2001:db8::70-2001:db8::7f -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -m iprange ! --src-range"
	  " 2001:db8::70-2001:db8::7f -j ACCEPT\n", "DROP INPUT policy 0" },
	{ solicitation, DROP "-A INPUT -m hl --hl-eq 255 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -m hl --hl-gt 64 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, DROP "-A INPUT -m hl --hl-lt 65 -j ACCEPT\n",
	  "ACCEPT INPUT 1 1" },
	{ login, "-A INPUT -m length --length 0:39 -j DROP\n",
	  "ACCEPT INPUT policy 0" },
	{ login, "-A INPUT -m length ! --length 0:39 -j DROP\n",
	  "DROP INPUT 1 1" },
	/* Chains. */
	{ login, DROP ":A - [0:0]\n-A INPUT -j A\n-A A -p udp -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ login, ":A - [0:0]\n-A INPUT -j A\n-A A -j DROP\n", "DROP A 1 1" },
	{ login, DROP ":A - [0:0]\n-A INPUT -p udp\n-A INPUT -g A\n" SSH
	  "-A A -p udp -j ACCEPT\n", "DROP INPUT policy 2" },
	{ login, DROP "-A INPUT -j RETURN\n" SSH, "DROP INPUT policy 1" },
	{ login, DROP ":A - [0:0]\n-A INPUT -j A\n" SSH "-A A -j RETURN\n"
	  "-A A -j DROP\n", "ACCEPT INPUT 2 2" },
	{ login, DROP ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n" SSH
	  "-A A -g B\n-A A -j DROP\n-A B -p udp -j DROP\n",
	  "ACCEPT INPUT 2 2" },
	{ login, DROP ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n"
	  "-A A -j ACCEPT\n-A B -p udp -j DROP\n", "ACCEPT A 2 1" },
	/* Sets of packets. */
	{ any_source, DROP SSH, "ACCEPT INPUT 1 1" },
	{ any_source, "-A INPUT -s 2001:db8:bad::/48 -j DROP\n",
	  "DROP INPUT 1 1" },
	{ site, "-A INPUT -s 2001:db8:bad::/48 -j ACCEPT\n"
	  "-A INPUT ! -s 2001:db8:bad::/48 -j ACCEPT\n-A INPUT -j DROP\n",
	  "ACCEPT INPUT 1 1" },
	{ site, DROP "-A INPUT -s 2001:db8::/33 -j ACCEPT\n"
	  "-A INPUT -s 2001:db8:8000::/33 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ site, DROP "-A INPUT -s 2001:db8::/33 -j ACCEPT\n"
	  "-A INPUT -s 2001:db8:8000::/34 -j ACCEPT\n",
	  "DROP INPUT policy 0" },
	{ site, DROP "-A INPUT -s ::1/::f -j ACCEPT\n"
	  "-A INPUT ! -s ::1/::f -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ site, DROP "-A INPUT -s ::1/::1 -j ACCEPT\n"
	  "-A INPUT -s ::2/::2 -j ACCEPT\n"
	  "-A INPUT -s ::/::3 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	{ site, DROP "-A INPUT -m iprange --src-range"
	  " 2001:db8::-2001:db8:7fff:ffff:ffff:ffff:ffff:ffff -j ACCEPT\n"
	  "-A INPUT -s 2001:db8:8000::/33 -j ACCEPT\n", "ACCEPT INPUT 1 1" },
	/* What one piece was seen to come back from, another may not. */
	{ site, ":A - [0:0]\n-A INPUT -s 2001:db8::/33\n-A INPUT -j A\n"
	  "-A A ! -s 2001:db8::/33 -j DROP\n", "DROP A 1 2" },
	/* Each piece returns to where it came from. */
	{ site, ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n"
	  "-A INPUT ! -s 2001:db8::/33 -j DROP\n-A INPUT -j B\n"
	  "-A A -s 2001:db8::/33\n-A B -p udp -j DROP\n",
	  "DROP INPUT 2 2" },
	/* What is not modelled goes both ways. */
	{ login, DROP "-A INPUT -m cpu --cpu 1 -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 cpu" },
	{ login, DROP "-A INPUT -m cpu --cpu 1 -j ACCEPT\n" SSH,
	  "ACCEPT INPUT 1 1" },
	{ login, DROP "-A INPUT -m cpu --cpu 1 -j DROP\n" SSH,
	  "UNKNOWN INPUT 1 1 cpu" },
	{ login, DROP "-A INPUT -m limit --limit 1/s -j LOG\n" SSH,
	  "ACCEPT INPUT 2 2" },
	{ login, DROP "-A INPUT -m limit --limit 1/s -j ACCEPT\n",
	  "UNKNOWN INPUT 1 1 limit" },
	{ login, "-A INPUT -m cpu --cpu 1 -j RETURN\n-A INPUT -j DROP\n",
	  "UNKNOWN INPUT 1 1 cpu" },
	{ login, DROP ":A - [0:0]\n-A INPUT -m cpu --cpu 1 -j A\n" SSH
	  "-A A -p udp -j DROP\n", "ACCEPT INPUT 2 2" },
	{ any_port, "-A INPUT -m cpu --cpu 1 -j ACCEPT\n"
	  "-A INPUT -p tcp -m tcp --sport 1:5000 -j DROP\n"
	  "-A INPUT -j ACCEPT\n", "UNKNOWN INPUT 1 1 cpu" },
	{ any_port, "-A INPUT -p tcp -m tcp --sport 1:5000 -m cpu --cpu 1"
	  " -j ACCEPT\n-A INPUT -j DROP\n", "DROP INPUT 2 2" },
	{ login, "-A INPUT -m cpu --cpu 1 -p udp -j DROP\n",
	  "ACCEPT INPUT policy 0" },
	/* No extension header is there to match. */
	{ login, "-A INPUT -m rt --rt-type 0 -j DROP\n", "ACCEPT INPUT policy 0" },
	{ login, "-A INPUT -m rt ! --rt-type 0 -j DROP\n"
	  "-A INPUT -m frag ! --fragid 5 -j DROP\n-A INPUT -m hbh -j DROP\n"
	  "-A INPUT -m dst -j DROP\n" SSH DROP, "ACCEPT INPUT 5 5" },
	/* A match that may drop by itself is never harmless. */
	{ login, "-A INPUT -p tcp -m hashlimit --hashlimit-upto 1/sec"
	  " --hashlimit-name x -j LOG\n", "UNKNOWN INPUT 1 1 hashlimit" },
	{ datagram, "-A INPUT -p tcp -m hashlimit --hashlimit-upto 1/sec"
	  " --hashlimit-name x -j LOG\n", "ACCEPT INPUT policy 0" },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tables *rs = firewall(cases[i].rules);
		struct packet p = cases[i].packet();
		struct walk_result r;
		struct str got = { 0 };

		walk(rs, "INPUT", &p, &r);
		account(&r, &got);
		if (!is_str(str_text(&got), cases[i].expected, "case %zu", i))
			diag("%s", cases[i].rules);
		str_done(&got);
		tables_free(rs);
	}
}

/* Chains that each jump twice to the next are 2^n visits to the kernel. */
static void
test_doubling(unsigned chains, char second, const char *last,
	      const char *expected)
{
	struct str text = { 0 }, got = { 0 };
	struct packet p = login();
	struct walk_result r;
	struct tables *rs;

	for (unsigned i = 0; i < chains; i++)
		str_addf(&text, ":C%u - [0:0]\n", i);
	str_add(&text, DROP "-A INPUT -j C0\n" SSH);
	for (unsigned i = 0; i + 1 < chains; i++)
		str_addf(&text, "-A C%u -j C%u\n-A C%u -%c C%u\n", i, i + 1, i,
			 second, i + 1);
	str_addf(&text, "-A C%u %s\n", chains - 1, last);
	rs = firewall(str_text(&text));
	walk(rs, "INPUT", &p, &r);
	account(&r, &got);
	is_str(str_text(&got), expected, "%u chains that double: %s", chains,
	       last);
	tables_free(rs);
	str_done(&text);
	str_done(&got);
}

/* Every odd port is dropped in one ruleset and accepted in the other: far more
 * than 256 pieces. */
static void
test_bound(void)
{
	struct str text = { 0 };
	struct packet p = any_port();
	struct walk_result r;
	struct tables *rs;

	str_add(&text, DROP);
	for (unsigned port = 2001; port < 4000; port += 2)
		str_addf(&text, "-A INPUT -p tcp -m tcp --sport %u -j ACCEPT\n",
			 port);
	str_add(&text, SSH);
	rs = firewall(str_text(&text));
	walk(rs, "INPUT", &p, &r);
	is_int(r.verdict, VERDICT_UNKNOWN, "too many pieces are unknown");
	is_str(r.why, "too many cases", "and that is said");
	tables_free(rs);
	str_done(&text);
}

/* A thousand who are banned hide nobody else. */
static void
test_banned(void)
{
	struct str text = { 0 };
	struct packet p = any_source(), found;
	struct walk_result r;
	struct tables *rs;

	str_add(&text, DROP);
	for (unsigned i = 0; i < 1000; i++)
		str_addf(&text, "-A INPUT -s 2001:db8:%x::bad -j DROP\n", i);
	str_add(&text, SSH);
	rs = firewall(str_text(&text));
	is_int(walk_find(rs, "INPUT", &p, &found), VERDICT_ACCEPT,
	       "somebody is let in, a thousand are not");
	walk(rs, "INPUT", &found, &r);
	is_int(r.verdict, VERDICT_ACCEPT, "the one that is named");
	tables_free(rs);
	str_add(&text, "-I INPUT 1001 -j DROP\n");
	rs = firewall(str_text(&text));
	is_int(walk_find(rs, "INPUT", &p, &found), VERDICT_UNKNOWN,
	       "of too many it is not known");
	tables_free(rs);
	str_done(&text);
}

static void
test_source(void)
{
	struct tables *rs = firewall("-A INPUT -s 2001:db8:1::/48 -j ACCEPT\n"
				   "-A INPUT -s 2001:db8::/32 -j DROP\n");
	struct packet p = site(), found;
	struct walk_result r;
	struct in6_addr first = address("2001:db8:1::");
	struct in6_addr site_prefix = address("2001:db8::");

	walk(rs, "INPUT", &p, &r);
	is_int(r.verdict, VERDICT_DROP, "a part of the site is dropped");
	ok(addr_in_prefix(&r.src, &site_prefix, 32) &&
	   !addr_in_prefix(&r.src, &first, 48),
	   "a source that is dropped is named");
	is_int(walk_find(rs, "INPUT", &p, &found), VERDICT_ACCEPT,
	       "somebody is let in");
	ok(addr_equal(&found.src, &first) && found.src_len == 128, "who");
	p.src_len = 48;
	is_int(walk_find(rs, "INPUT", &p, &found), VERDICT_DROP, "nobody is");
	tables_free(rs);

	rs = firewall(DROP "-A INPUT -m cpu --cpu 1 -j ACCEPT\n");
	is_int(walk_find(rs, "INPUT", &p, &found), VERDICT_UNKNOWN,
	       "somebody may be");
	tables_free(rs);
}

static void
note_rule(const char *table, const char *chain, size_t rule, void *arg)
{
	str_addf(arg, "%s %s %zu, ", table, chain, rule);
}

static void
test_path(void)
{
	struct tables *rs = firewall(":A - [0:0]\n-A INPUT -p udp -j DROP\n"
				   "-A INPUT -j A\n" SSH "-A A -j LOG\n");
	struct str path = { 0 };
	struct packet p = login();
	struct walk_result r;

	walk_path(rs, "INPUT", &p, &r, note_rule, &path);
	is_str(str_text(&path), "filter INPUT 2, filter A 1, filter INPUT 3, ",
	       "the path");
	str_done(&path);
	tables_free(rs);
	rs = tables_new();
	walk(rs, "INPUT", &p, &r);
	is_int(r.verdict, VERDICT_ACCEPT, "tables that are not there accept");
	tables_free(rs);
}

int
main(void)
{
	rules_start();
	test_cases();
	test_doubling(40, 'j', "-p udp -j DROP", "ACCEPT INPUT 2 2");
	test_doubling(40, 'j', "-p tcp -m tcp --sport 1:50000 -j RETURN",
		      "ACCEPT INPUT 2 2");
	test_doubling(40, 'j', "-m cpu --cpu 1 -j DROP", "UNKNOWN C39 1 1 cpu");
	test_doubling(40, 'g', "-p udp -j DROP", "ACCEPT INPUT 2 2");
	test_bound();
	test_banned();
	test_source();
	test_path();
	xt_done();
	return done_testing();
}
