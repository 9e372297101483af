/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard on lifelines made by hand: what is refused and why, what it says,
 * and that its own fix mends what it refuses. */
#include <sallyport/guard.h>
#include <sallyport/mem.h>
#include "lifelines.h"

/* The rows that the article printed (facts.md): no ICMPv6 among them. */
#define ARTICLE \
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	"-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n" \
	"-A INPUT -p udp -m udp --dport 443 -j ACCEPT\n" \
	"-A FORWARD -s 2030:abcd:ef::/64 -j ACCEPT\n" \
	"-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT\n" \
	"-A FORWARD -p udp -m udp --dport 4001 -j ACCEPT\n"

#define ONLY_ETH0 GOOD ":OUTPUT DROP [0:0]\n-A OUTPUT -o eth0 -j ACCEPT\n"

static const struct guard_case {
	const char *what;
	struct lifeline (*lifeline)(void);
	const char *live;
	const char *candidate;
	const char *summary;
} cases[] = {
	{ "all is well", session, "", GOOD, LINE "  safe (walked)" },
	{ "no rules", session, "", "", LINE "  safe (walked)" },
	{ "the article", session, "", ARTICLE,
	  LINE "  REFUSED: neighbour solicitation in: INPUT policy" },
	{ "the article already live", session, ARTICLE, ARTICLE,
	  LINE "  REFUSED: neighbour solicitation in: INPUT policy" },
	{ "the article, a stale session", stale, "", ARTICLE,
	  LINE "  REFUSED: neighbour solicitation in: INPUT policy" },
	{ "the article over a tunnel", tunnel, "", ARTICLE,
	  LINE "  safe (walked), 1 warning" },
	{ "the article on a link", neighbour, "", ARTICLE,
	  "ssh 2001:db8::77 -> :22  REFUSED: neighbour solicitation in:"
	  " INPUT policy" },
	{ "no port 22", session, GOOD, DROP ALIVE NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "another port", session, GOOD,
	  DROP ALIVE "-A INPUT -p tcp -m tcp --dport 2222 -j ACCEPT\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "policy DROP only", session, "", DROP,
	  LINE "  REFUSED: the running connection in: INPUT policy" },
	{ "ESTABLISHED only", session, GOOD, DROP ALIVE,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "a narrower source", session, GOOD,
	  DROP ALIVE "-A INPUT -s 2001:db8::/48 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "a source that fits", session, GOOD,
	  DROP ALIVE "-A INPUT -s 2001:db8:77::/64 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" NDP KIND, LINE "  safe (walked)" },
	{ "another interface", session, GOOD,
	  DROP ALIVE "-A INPUT -i eth1 -p tcp -m tcp --dport 22 -j ACCEPT\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "some source ports", session, GOOD,
	  DROP ALIVE "-A INPUT -p tcp -m tcp --sport 32768:60999 --dport 22"
	  " -j ACCEPT\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "goto past the accept", session, GOOD,
	  DROP ":A - [0:0]\n" ALIVE "-A INPUT -p tcp -g A\n" SSH NDP
	  "-A A -p udp -j ACCEPT\n",
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "RETURN early", session, GOOD,
	  DROP ALIVE "-A INPUT -p tcp -j RETURN\n" SSH NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "REJECT first", session, GOOD,
	  DROP "-A INPUT -p tcp -j REJECT\n" ALIVE SSH NDP,
	  LINE "  REFUSED: the running connection in: INPUT 1" },
	{ "a chain that accepts nothing", session, GOOD,
	  DROP ":SSH - [0:0]\n" ALIVE "-A INPUT -p tcp -j SSH\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT policy" },
	{ "OUTPUT DROP", session, GOOD, ":OUTPUT DROP [0:0]\n" GOOD,
	  LINE "  REFUSED: the running connection out: OUTPUT policy" },
	{ "OUTPUT DROP without discovery", session, GOOD,
	  ":OUTPUT DROP [0:0]\n" GOOD
	  "-A OUTPUT -m state --state ESTABLISHED -j ACCEPT\n",
	  LINE "  REFUSED: neighbour advertisement out: OUTPUT policy" },
	{ "advertisements only", session, GOOD, DROP ALIVE SSH
	  "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n",
	  LINE "  REFUSED: neighbour solicitation in: INPUT policy" },
	{ "solicitations only", session, GOOD, DROP ALIVE SSH
	  "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n",
	  LINE "  REFUSED: neighbour advertisement in: INPUT policy" },
	{ "NEW for ICMPv6", session, GOOD, DROP ALIVE SSH
	  "-A INPUT -p ipv6-icmp -m conntrack --ctstate NEW -j ACCEPT\n",
	  LINE "  REFUSED: neighbour solicitation in: INPUT policy" },
	{ "discovery from the link only", session, GOOD, DROP ALIVE SSH
	  "-A INPUT -s fe80::/10 -p ipv6-icmp -j ACCEPT\n" KIND,
	  LINE "  safe (walked), 1 warning" },
	{ "INVALID first", session, GOOD,
	  DROP "-A INPUT -m conntrack --ctstate INVALID -j DROP\n" ALIVE SSH NDP
	  KIND, LINE "  safe (walked)" },
	{ "a limit that was not there", session, GOOD, DROP ALIVE
	  "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min"
	  " -j ACCEPT\n" NDP,
	  LINE "  REFUSED: a new connection in: INPUT 2 cannot be judged"
	  " (limit)" },
	{ "a limit that was there", session, DROP ALIVE
	  "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min"
	  " -j ACCEPT\n" NDP, DROP ALIVE
	  "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min"
	  " -j ACCEPT\n" NDP "-A INPUT -p udp -j ACCEPT\n",
	  LINE "  unknown: a new connection in: INPUT 2 cannot be judged"
	  " (limit)" },
	{ "a link that is not known", stale, ONLY_ETH0, ONLY_ETH0,
	  LINE "  unknown: the answer to a new connection out: OUTPUT 1 cannot"
	  " be judged (-o)" },
	{ "lo dropped", loopback, GOOD, DROP "-A INPUT -i eth0 -j ACCEPT\n",
	  "ssh ::1 -> :22  REFUSED: the running connection in: INPUT policy" },
	{ "lo needs no discovery", loopback, "",
	  DROP "-A INPUT -i lo -j ACCEPT\n", "ssh ::1 -> :22  safe (walked)" },
	{ "IPv4", ipv4, "", DROP,
	  "ssh 192.0.2.1 -> :22 (IPv4)  not touched by IPv6 rules" },
	{ "a listener, closed to all", listener, GOOD, DROP NDP,
	  "ssh port 22  REFUSED: a new connection in: INPUT policy" },
	{ "a listener, open to fewer", listener, GOOD,
	  DROP ALIVE KIND
	  "-A INPUT -s 2001:db8:5::/48 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" NDP, "ssh port 22  safe (walked)" },
	{ "a listener, open to others", listener,
	  DROP "-A INPUT -s 2001:db8:5::/48 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" NDP,
	  DROP ALIVE KIND
	  "-A INPUT -s 2001:db8:6::/48 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" NDP, "ssh port 22  safe (walked)" },
	{ "a listener, closed before", listener, DROP, DROP SSH,
	  "no SSH over IPv6 to keep" },
	{ "a listener without discovery", listener, GOOD, DROP ALIVE SSH,
	  "ssh port 22  REFUSED: neighbour solicitation in: INPUT policy" },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lifeline ll = cases[i].lifeline();
		struct tables *live = firewall(cases[i].live);
		struct tables *candidate = firewall(cases[i].candidate);
		struct vec lifelines = { 0 };
		struct guard_report *report;
		struct str got = { 0 };
		bool refused = strstr(cases[i].summary, "REFUSED");
		bool unknown = strstr(cases[i].summary, "unknown");
		bool warning = strstr(cases[i].summary, "warning");

		vec_push(&lifelines, &ll);
		report = guard_judge(&lifelines, live, candidate, false);
		summary(report, &got);
		is_str(str_text(&got), cases[i].summary, "%s", cases[i].what);
		is_int(report->judgement, refused ? JUDGED_REFUSED :
		       unknown ? JUDGED_WARN :
		       warning ? JUDGED_ADVISED : JUDGED_SAFE,
		       "and its judgement");
		str_clear(&got);
		guard_refusal(report, &got);
		ok((got.len > 0) == (refused || unknown),
		   "a refusal has a reason, what is safe has none");
		guard_report_free(report);
		vec_done(&lifelines);
		str_done(&got);
		tables_free(live);
		tables_free(candidate);
	}
}

static void
test_fixes(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lifeline ll = cases[i].lifeline();
		struct tables *live = firewall(cases[i].live);
		struct tables *candidate = firewall(cases[i].candidate);
		struct tables *fixed = NULL;
		struct vec lifelines = { 0 };
		bool refused = strstr(cases[i].summary, "REFUSED");
		enum err err;

		vec_push(&lifelines, &ll);
		err = guard_fix(&lifelines, live, candidate, &fixed);
		is_int(err, refused ? OK : ERR_NOT_FOUND, "fix: %s",
		       cases[i].what);
		if (!err)
			check_fixed(&lifelines, live, candidate, fixed);
		vec_done(&lifelines);
		tables_free(live);
		tables_free(candidate);
		tables_free(fixed);
	}
}

static void
test_fix_texts(void)
{
	fix_text(session(), "", ARTICLE,
		 "+ INPUT 6: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
		 "+ INPUT 7: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n",
		 "the article lacks two rules");
	fix_text(session(), GOOD, DROP ALIVE NDP,
		 "+ INPUT 4: -p tcp -m tcp --dport 22 -j ACCEPT\n",
		 "for anybody, as it was");
	fix_text(session(), DROP, DROP ALIVE NDP,
		 "+ INPUT 4: -s 2001:db8:77::77/128 -p tcp -m tcp --dport 22"
		 " -j ACCEPT\n", "for the peer alone where it was closed");
	fix_text(session(), DROP ALIVE "-A INPUT -s 2001:db8:77::/64 -p tcp"
		 " -m tcp --dport 22 -j ACCEPT\n" NDP, DROP ALIVE NDP,
		 "+ INPUT 4: -s 2001:db8:77::/64 -p tcp -m tcp --dport 22"
		 " -j ACCEPT\n", "for the prefix that it was open to");
	fix_text(session(), GOOD, DROP "-A INPUT -p udp -j ACCEPT\n"
		 "-A INPUT -p tcp -j REJECT\n" ALIVE SSH NDP,
		 "+ INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n",
		 "before the rule that rejects");
	fix_text(session(), GOOD, DROP ":A - [0:0]\n-A INPUT -p udp -j A\n"
		 "-A INPUT -p tcp -j A\n" SSH NDP "-A A -j DROP\n",
		 "+ INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n",
		 "before the jump, not in another program's chain");
	fix_text(session(), GOOD, DROP ALIVE "-A INPUT -p tcp -j RETURN\n" SSH
		 NDP, "+ INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n",
		 "before the RETURN, though the policy decides");
	fix_text(listener(), DROP "-A INPUT -s 2001:db8:5::/48 -p tcp -m tcp"
		 " --dport 22 -j ACCEPT\n" NDP, DROP NDP,
		 "+ INPUT 3: -s 2001:db8:5::/48 -p tcp -m tcp --dport 22"
		 " -j ACCEPT\n", "a listener opens to whom it was open");
}

/* Rules that we do not see: nothing is proven, a drop of ours is refused. */
static void
test_other_world(void)
{
	struct lifeline ll = session();
	struct tables *good = firewall(GOOD), *bad = firewall(DROP);
	struct vec lifelines = { 0 };
	struct guard_report *report;
	struct str got = { 0 };

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, good, good, true);
	is_int(report->judgement, JUDGED_WARN, "another world: a warning");
	summary(report, &got);
	is_str(str_text(&got), LINE "  unknown: other rules exist that this"
	       " guard does not see", "and no word of safe");
	guard_report_free(report);
	report = guard_judge(&lifelines, good, bad, true);
	is_int(report->judgement, JUDGED_REFUSED, "a drop is a drop");
	guard_report_free(report);
	str_done(&got);
	vec_done(&lifelines);
	tables_free(good);
	tables_free(bad);
}

static void
test_explain(void)
{
	struct lifeline us = session(), old = ipv4(), port = listener();
	struct tables *live = firewall(""), *article = firewall(ARTICLE);
	struct vec lifelines = { 0 }, none = { 0 };
	struct guard_report *report;
	struct str got = { 0 };

	vec_push(&lifelines, &us);
	vec_push(&lifelines, &old);
	vec_push(&lifelines, &port);
	report = guard_judge(&lifelines, live, article, false);
	guard_explain(report, &got);
	is_str(str_text(&got),
	       LINE "  cut  (this session (SSH_CONNECTION))\n"
	       "  neighbour solicitation in would be dropped by INPUT policy\n"
	       "  neighbour advertisement in would be dropped by INPUT policy\n"
	       "ssh 192.0.2.1 -> :22 (IPv4)  IPv4: these rules do not touch it"
	       "  (this session (SSH_CONNECTION))\n"
	       "ssh port 22  judged by who is logged in"
	       "  (the SSH server listens)\n", "the whole account");
	str_clear(&got);
	guard_refusal(report, &got);
	is_str(str_text(&got), LINE ": neighbour solicitation in would be"
	       " dropped by INPUT policy", "the refusal in one sentence");
	guard_report_free(report);

	report = guard_judge(&none, live, article, false);
	ok(report->none && report->judgement == JUDGED_SAFE,
	   "no lifeline, no refusal");
	str_clear(&got);
	guard_explain(report, &got);
	ok(!strstr(str_text(&got), "safe"), "and nothing is called safe");
	guard_report_free(report);
	str_done(&got);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(article);
}

int
main(void)
{
	rules_start();
	test_cases();
	test_fixes();
	test_fix_texts();
	test_other_world();
	test_explain();
	xt_done();
	return done_testing();
}
