/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk on 100,000 rules, and the judgement of a session on them. */
#include <time.h>
#include <sallyport/guard.h>
#include "../unit/rules.h"

#define RULES 100000

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Rules of many kinds that a login to port 22 passes by, then the accept. */
static struct ruleset *
flat(void)
{
	struct str text = { 0 };
	struct ruleset *rs;

	str_add(&text, ":INPUT DROP [0:0]\n");
	for (unsigned i = 0; i < RULES; i++)
		switch (i % 5) {
		case 0:
			str_addf(&text, "-A INPUT -s 2001:db8:%x:%x::/64"
				 " -j DROP\n", 1 + (i >> 16), i & 0xffff);
			break;
		case 1:
			str_addf(&text, "-A INPUT -p tcp -m tcp --dport %u"
				 " -j ACCEPT\n", 1024 + i % 60000);
			break;
		case 2:
			str_add(&text, "-A INPUT -p tcp -m conntrack --ctstate"
				" NEW -m multiport --dports 80,443 -j ACCEPT\n");
			break;
		case 3:
			str_add(&text, "-A INPUT -i lo -p udp -j ACCEPT\n");
			break;
		case 4:
			str_add(&text, "-A INPUT -p ipv6-icmp -m icmp6"
				" --icmpv6-type 1 -j ACCEPT\n");
			break;
		}
	str_add(&text, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
		       "-A INPUT -p ipv6-icmp -j ACCEPT\n");
	rs = rules(str_text(&text));
	str_done(&text);
	return rs;
}

/* As many rules in chains that are all jumped to. */
static struct ruleset *
chained(void)
{
	struct str text = { 0 };
	struct ruleset *rs;
	unsigned chains = RULES / 20;

	str_add(&text, ":INPUT DROP [0:0]\n");
	for (unsigned i = 0; i < chains; i++)
		str_addf(&text, ":C%u - [0:0]\n", i);
	for (unsigned i = 0; i < chains; i++)
		str_addf(&text, "-A INPUT -j C%u\n", i);
	str_add(&text, "-A INPUT -j ACCEPT\n");
	for (unsigned i = 0; i < RULES - chains; i++)
		str_addf(&text, "-A C%u -p tcp -m tcp --dport %u -j DROP\n",
			 i % chains, 1024 + i % 60000);
	rs = rules(str_text(&text));
	str_done(&text);
	return rs;
}

static struct packet
login(void)
{
	struct packet p = {
		.in = "eth0",
		.src = address("2001:db8:ffff::77"), .src_len = 128,
		.dst = address("2001:db8:ffff::1"), .dst_len = 128,
		.proto = IPPROTO_TCP,
		.sport = { 1024, 65535 }, .dport = { 22, 22 },
		.tcp_flags = 2,
		.hop_limit = { 1, 255 }, .length = { 60, 120 },
		.ct = CT_NEW,
	};

	return p;
}

static void
bench_walk(struct ruleset *rs, const char *what)
{
	struct tables *tables = tables_new();
	struct packet p = login();
	struct walk_result r;
	double best = 1e9;

	tables_put_take(tables, rs);

	for (int i = 0; i < 5; i++) {
		double start = now_ms(), ms;

		walk(tables, "INPUT", &p, &r);
		ms = now_ms() - start;
		best = ms < best ? ms : best;
	}
	is_int(r.verdict, VERDICT_ACCEPT, "%s: accepted", what);
	diag("%s, %d rules: %.1f ms", what, RULES, best);
	ok(best < 50, "%s: under 50 ms", what);
	tables_free(tables);
}

static void
bench_judge(void)
{
	struct tables *tables = tables_new();
	struct lifeline ll = {
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
		.running = true,
		.peer = address("2001:db8:ffff::77"), .peer_port = 40000,
		.local = address("2001:db8:ffff::1"), .local_port = 22,
		.link.ifname = "eth0", .link.gateway = address("fe80::1"),
	};
	struct vec lifelines = { 0 };
	double start;

	tables_put_take(tables, flat());
	vec_push(&lifelines, &ll);
	start = now_ms();
	guard_report_free(guard_judge(&lifelines, tables, tables,
				      false));
	diag("a session judged, %d rules: %.1f ms", RULES, now_ms() - start);
	vec_done(&lifelines);
	tables_free(tables);
}

int
main(void)
{
	rules_start();
	bench_walk(flat(), "one chain");
	bench_walk(chained(), "many chains");
	bench_judge();
	xt_done();
	return done_testing();
}
