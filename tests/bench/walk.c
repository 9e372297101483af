/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk on 100,000 rules, and the judgement of a session on them, beside
 * what ip6tables-legacy-save takes to write the same table. Processor time, best
 * of several. */
#include <sys/resource.h>
#include <time.h>
#include <sallyport/guard.h>
#include "../ns.h"
#include "../unit/rules.h"

#define RULES 100000

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static bool stock;	/* the stock tools can be asked */

static double
children_ms(void)
{
	struct rusage r;

	getrusage(RUSAGE_CHILDREN, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

/* What ip6tables-legacy-save takes for the table; 0 where it cannot be asked. */
static double
save_ms(const struct ruleset *rs)
{
	struct str text = { 0 };
	FILE *load = stock ? popen("ip6tables-legacy-restore", "w") : NULL;
	double start;

	if (!load)
		return 0;
	ruleset_save(rs, false, &text);
	fputs(str_text(&text), load);
	str_done(&text);
	if (pclose(load) != 0)
		return 0;
	start = children_ms();
	if (system("ip6tables-legacy-save -t filter >/dev/null") != 0)
		return 0;
	return children_ms() - start;
}

static void
tell(const char *what, double ms, double save)
{
	if (save > 0)
		diag("%s, %d rules: %.1f ms, ip6tables-legacy-save %.1f ms, "
		     "ratio %.2f", what, RULES, ms, save, ms / save);
	else
		diag("%s, %d rules: %.1f ms", what, RULES, ms);
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
	double best = 1e9, save = save_ms(rs);

	tables_put_take(tables, rs);
	for (int i = 0; i < 5; i++) {
		double start = now_ms(), ms;

		walk(tables, "INPUT", &p, &r);
		ms = now_ms() - start;
		best = ms < best ? ms : best;
	}
	is_int(r.verdict, VERDICT_ACCEPT, "%s: accepted", what);
	tell(what, best, save);
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
	struct guard_report *report;
	const struct lifeline_verdict *verdict;
	double start, ms, save;

	tables_put_take(tables, flat());
	save = save_ms(tables_get(tables, "filter"));
	vec_push(&lifelines, &ll);
	start = now_ms();
	report = guard_judge(&lifelines, tables, tables, false);
	ms = now_ms() - start;
	verdict = report->verdicts.v[0];
	diag("its checks are %zu", verdict->checks.n);
	tell("a session judged", ms, save);
	ok(verdict->walked == VERDICT_ACCEPT, "the session is kept");
	guard_report_free(report);
	vec_done(&lifelines);
	tables_free(tables);
}

int
main(void)
{
	stock = ns_enter() == 0;
	rules_start();
	bench_walk(flat(), "one chain");
	bench_walk(chained(), "many chains");
	bench_judge();
	xt_done();
	return done_testing();
}
