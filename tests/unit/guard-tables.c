/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard on tables other than filter: what they do to a lifeline is refused
 * with their name, and mended where it is decided. */
#include <sallyport/mem.h>
#include "lifelines.h"

#define AWAY "-j DNAT --to-destination 2001:db8:e::1\n"
#define ZONE "*raw\n-A PREROUTING -j CT --zone 5\n-A OUTPUT -j CT --zone 5\n"
#define ZONE_IN "*raw\n-A PREROUTING -j CT --zone 5\n"
#define UNTRACK "*raw\n-A PREROUTING -p tcp -j CT --notrack\n" \
	"-A OUTPUT -p tcp -j CT --notrack\n"
#define SYN_ONLY DROP ALIVE NDP KIND "-A INPUT -p tcp -m tcp --dport 22 --syn" \
	" -m conntrack --ctstate NEW -j ACCEPT\n"
#define STATELESS DROP NDP KIND "-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
#define DOCKER \
	"*nat\n:DOCKER - [0:0]\n" \
	"-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n" \
	"-A OUTPUT ! -d ::1/128 -m addrtype --dst-type LOCAL -j DOCKER\n" \
	"-A POSTROUTING -s fd00:1::/64 ! -o docker0 -j MASQUERADE\n" \
	"-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT" \
	" --to-destination [fd00:1::2]:80\n"
#define RPFILTER "*mangle\n-A PREROUTING -m rpfilter --validmark --invert" \
	" -j DROP\n"
#define OLD_ONLY "*raw\n-A PREROUTING -p tcp -m tcp --syn -j CT --notrack\n"

/* Nobody is logged in now. */
static struct lifeline
login_to_come(void)
{
	struct lifeline ll = session();

	ll.running = false;
	return ll;
}

static const struct tables_case {
	const char *what;
	struct lifeline (*lifeline)(void);
	const char *live;
	const char *candidate;
	const char *summary;
	const char *fix;	/* NULL: none is needed or known */
} cases[] = {
	{ "a drop in raw", session, GOOD, GOOD "*raw\n-A PREROUTING -p udp"
	  " -j DROP\n-A PREROUTING -p tcp -j DROP\n",
	  LINE "  REFUSED: the running connection in: raw PREROUTING 2",
	  "*raw\n+ PREROUTING 2: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a policy of mangle", session, GOOD,
	  GOOD "*mangle\n:INPUT DROP [0:0]\n",
	  LINE "  REFUSED: the running connection in: mangle INPUT policy",
	  "*mangle\n"
	  "+ INPUT 1: -p tcp -m tcp --dport 22 -j ACCEPT\n"
	  "+ INPUT 2: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 3: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n" },
	{ "a drop on the way out", session, GOOD,
	  GOOD "*mangle\n-A POSTROUTING -p tcp -j DROP\n",
	  LINE "  REFUSED: the running connection out: mangle POSTROUTING 1",
	  "*mangle\n+ POSTROUTING 1: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "security", session, GOOD, GOOD "*security\n-A OUTPUT -j DROP\n",
	  LINE "  REFUSED: the running connection out: security OUTPUT 1",
	  "*security\n"
	  "+ OUTPUT 1: -p tcp -m tcp --sport 22 -j ACCEPT\n"
	  "+ OUTPUT 2: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
	  "+ OUTPUT 3: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n" },
	{ "two tables at once", session, GOOD,
	  DROP ALIVE NDP "*raw\n-A PREROUTING -p tcp -j DROP\n",
	  LINE "  REFUSED: the running connection in: raw PREROUTING 1",
	  "*raw\n+ PREROUTING 1: -p tcp -m tcp --dport 22 -j ACCEPT\n"
	  "*filter\n+ INPUT 4: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a chain of raw", session, GOOD, GOOD "*raw\n:BAD - [0:0]\n"
	  "-A PREROUTING -j BAD\n-A BAD -p tcp -j DROP\n",
	  LINE "  REFUSED: the running connection in: raw BAD 1",
	  "*raw\n+ PREROUTING 1: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	/* nat */
	{ "diverted", session, GOOD, GOOD "*nat\n-A PREROUTING -p tcp -m tcp"
	  " --dport 22 " AWAY,
	  LINE "  REFUSED: a new connection in: nat PREROUTING 1 (DNAT)",
	  "*nat\n+ PREROUTING 1: -d 2001:db8::1/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "Docker's other ports", session, GOOD, GOOD DOCKER,
	  LINE "  safe (walked)", NULL },
	{ "Docker takes the port", session, GOOD, GOOD DOCKER
	  "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 22 " AWAY,
	  LINE "  REFUSED: a new connection in: nat DOCKER 2 (DNAT)",
	  "*nat\n+ PREROUTING 1: -d 2001:db8::1/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "Docker, and a listener", listener, GOOD, GOOD DOCKER,
	  "ssh port 22  safe (walked)", NULL },
	{ "a listener, diverted", listener, GOOD, GOOD "*nat\n-A PREROUTING"
	  " -p tcp -m tcp --dport 22 " AWAY,
	  "ssh port 22  REFUSED: a new connection in: nat PREROUTING 1 (DNAT)",
	  "*nat\n+ PREROUTING 1: -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "diverted from another address", session, GOOD, GOOD "*nat\n"
	  "-A PREROUTING -d 2001:db8::2 -p tcp " AWAY, LINE "  safe (walked)",
	  NULL },
	{ "redirected to its port", session, GOOD, GOOD "*nat\n-A PREROUTING"
	  " -p tcp -m tcp --dport 22 -j REDIRECT --to-ports 22\n",
	  LINE "  REFUSED: a new connection in: nat PREROUTING 1 cannot be"
	  " judged (REDIRECT)",
	  "*nat\n+ PREROUTING 1: -d 2001:db8::1/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "sources rewritten", session, GOOD, GOOD "*nat\n-A POSTROUTING"
	  " -j MASQUERADE\n-A INPUT -j SNAT --to-source 2001:db8::9\n",
	  LINE "  safe (walked)", NULL },
	{ "TPROXY", session, GOOD, GOOD "*mangle\n-A PREROUTING -p tcp -j"
	  " TPROXY --on-port 1080\n", LINE "  REFUSED: the running connection"
	  " in: mangle PREROUTING 1 (TPROXY)",
	  "*mangle\n+ PREROUTING 1: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	/* mangle's changes */
	{ "marks and the like", session, GOOD, GOOD "*mangle\n"
	  "-A PREROUTING -j MARK --set-mark 1\n"
	  "-A PREROUTING -j CONNMARK --save-mark\n"
	  "-A PREROUTING -j TOS --set-tos 4\n"
	  "-A OUTPUT -j DSCP --set-dscp 8\n"
	  "-A POSTROUTING -j CLASSIFY --set-class 1:1\n"
	  "-A POSTROUTING -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu\n",
	  LINE "  safe (walked)", NULL },
	{ "discovery loses its hop limit", session, GOOD,
	  GOOD "*mangle\n-A POSTROUTING -j HL --hl-set 64\n",
	  LINE "  REFUSED: neighbour advertisement out: mangle POSTROUTING 1"
	  " (HL)", "*mangle\n"
	  "+ POSTROUTING 1: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
	  "+ POSTROUTING 2: -p ipv6-icmp -m icmp6 --icmpv6-type 135"
	  " -j ACCEPT\n" },
	/* raw and connection tracking */
	{ "untracked under rules of states", session, GOOD,
	  DROP ALIVE NDP "-A INPUT -p tcp -m tcp --dport 22 -m conntrack"
	  " --ctstate NEW -j ACCEPT\n" UNTRACK,
	  LINE "  REFUSED: the running connection in: INPUT policy",
	  "+ INPUT 5: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "untracked under rules of ports", session, GOOD, STATELESS UNTRACK,
	  LINE "  safe (walked)", NULL },
	{ "untracked out only", session, GOOD,
	  GOOD ":OUTPUT DROP [0:0]\n-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
	  "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
	  "*raw\n-A OUTPUT -p tcp -j CT --notrack\n",
	  LINE "  REFUSED: the running connection out: OUTPUT policy",
	  "+ OUTPUT 3: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "untracked in only, answers are INVALID", login_to_come, GOOD,
	  GOOD ":OUTPUT DROP [0:0]\n-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
	  "-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\n"
	  "*raw\n-A PREROUTING -p tcp -j CT --notrack\n",
	  LINE "  REFUSED: the answer to a new connection out: OUTPUT policy",
	  "+ OUTPUT 3: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "another zone, old sessions have no entry", session, SYN_ONLY,
	  SYN_ONLY ZONE,
	  LINE "  REFUSED: the running connection in (no conntrack entry):"
	  " INPUT policy", "+ INPUT 7: -s 2001:db8:77::77/128 -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "the same zone", session, SYN_ONLY ZONE, SYN_ONLY ZONE,
	  LINE "  safe (walked)", NULL },
	{ "a zone for those to come", login_to_come, SYN_ONLY, SYN_ONLY ZONE,
	  LINE "  safe (walked)", NULL },
	{ "another zone, taken up again", session, GOOD, GOOD ZONE,
	  LINE "  safe (walked)", NULL },
	{ "another zone, not taken up", strict, GOOD, DROP
	  "-A INPUT -m conntrack --ctstate INVALID -j DROP\n" ALIVE SSH NDP
	  ZONE, LINE "  REFUSED: the running connection in (no conntrack"
	  " entry): INPUT 1",
	  "+ INPUT 1: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a zone of one way only", login_to_come, GOOD, GOOD
	  ":OUTPUT DROP [0:0]\n-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
	  "-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\n"
	  ZONE_IN, LINE "  REFUSED: the answer to a new connection out:"
	  " OUTPUT policy", "+ OUTPUT 3: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "a zone that the answers share", login_to_come, GOOD, GOOD
	  ":OUTPUT DROP [0:0]\n-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
	  "-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\n"
	  "*raw\n-A PREROUTING -j CT --zone-orig 5\n",
	  LINE "  safe (walked)", NULL },
	{ "only the SYN untracked", login_to_come, DROP ALIVE SSH NDP,
	  DROP ALIVE NDP "-A INPUT -p tcp -m tcp --dport 22 -m conntrack"
	  " --ctstate UNTRACKED -j ACCEPT\n" OLD_ONLY,
	  LINE "  REFUSED: an established connection in: INPUT policy cannot be"
	  " judged (CT)", "+ INPUT 5: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "events and no zone", session, SYN_ONLY, SYN_ONLY "*raw\n"
	  "-A PREROUTING -j CT --ctevents new\n", LINE "  safe (walked)", NULL },
	{ "untracked on lo", loopback, "", DROP "-A INPUT -i lo -m conntrack"
	  " --ctstate NEW,ESTABLISHED -j ACCEPT\n*raw\n-A OUTPUT -o lo"
	  " -j CT --notrack\n", "ssh ::1 -> :22  REFUSED: the running"
	  " connection in: INPUT policy",
	  "+ INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	/* What cannot be told does not hide what can. */
	{ "the way back", session, GOOD RPFILTER, GOOD RPFILTER,
	  LINE "  safe (walked)", NULL },
	{ "the way back, and a lockout", session, GOOD RPFILTER,
	  DROP ALIVE NDP RPFILTER,
	  LINE "  REFUSED: a new connection in: INPUT policy",
	  "+ INPUT 4: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a doubt that was there, and a lockout", session, GOOD "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j DROP\n", DROP ALIVE NDP "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j DROP\n",
	  LINE "  REFUSED: a new connection in: INPUT policy",
	  "+ INPUT 4: -s 2001:db8:77::77/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	/* What was so before is said. */
	{ "a doubt of mangle that was there", session, GOOD "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j DROP\n", GOOD "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j DROP\n-A INPUT\n",
	  LINE "  unknown: the running connection in: mangle PREROUTING 1"
	  " cannot be judged (cpu)", NULL },
	{ "a doubt of mangle that was not", session, GOOD, GOOD "*mangle\n"
	  "-A PREROUTING -m cpu --cpu 1 -j DROP\n",
	  LINE "  REFUSED: the running connection in: mangle PREROUTING 1"
	  " cannot be judged (cpu)", "*mangle\n"
	  "+ PREROUTING 1: -p tcp -m tcp --dport 22 -j ACCEPT\n"
	  "+ PREROUTING 2: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ PREROUTING 3: -p ipv6-icmp -m icmp6 --icmpv6-type 136"
	  " -j ACCEPT\n" },
};

static void
test_case(const struct tables_case *c)
{
	report_is(c->lifeline(), c->live, c->candidate, summary, c->summary,
		  c->what);
	fix_text(c->lifeline(), c->live, c->candidate, c->fix ? c->fix : "",
		 c->what);
}

static void
refusal(const char *live, const char *candidate, const char *expected)
{
	report_is(session(), live, candidate, guard_refusal, expected,
		  "the refusal in one sentence");
}

#define TAKEN GOOD "*nat\n-A PREROUTING -p tcp " AWAY
#define SPOILED GOOD "*mangle\n-A OUTPUT -j HL --hl-dec 1\n"

static void
test_refusals(void)
{
	refusal(GOOD, GOOD "*raw\n:OUTPUT DROP [0:0]\n",
		LINE ": the running connection out would be dropped by"
		" raw OUTPUT policy");
	refusal(GOOD, TAKEN, LINE ": a new connection in would be diverted by"
		" nat PREROUTING 1 (DNAT)");
	refusal(TAKEN, TAKEN, LINE ": a new connection in is diverted by"
		" nat PREROUTING 1 (DNAT), and was before");
	refusal(GOOD, SPOILED, LINE ": neighbour advertisement out would lose"
		" its hop limit of 255 by mangle OUTPUT 1 (HL)");
	refusal(SPOILED, SPOILED, LINE ": neighbour advertisement out loses"
		" its hop limit of 255 by mangle OUTPUT 1 (HL), and did"
		" before");
}

/* A listener that raw closes to all is closed. */
static void
test_closed(void)
{
	struct tables *live = firewall(GOOD "*raw\n-A PREROUTING -p tcp"
				       " -j DROP\n");
	struct tables *candidate = firewall(DROP);
	struct lifeline ll = listener();
	struct vec lifelines = { 0 };
	struct guard_report *report;

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, candidate, false);
	ok(report->none, "closed in raw already, nothing to keep");
	guard_report_free(report);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(candidate);
}

int
main(void)
{
	rules_start();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		test_case(&cases[i]);
	test_refusals();
	test_closed();
	xt_done();
	return done_testing();
}
