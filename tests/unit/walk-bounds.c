/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk comes to an end on whatever the kernel takes, and soon: chains that
 * double, that are marked on the way, that lie deep, and random ones. */
#include <time.h>
#include <sallyport/mem.h>
#include "packets.h"

/* Processor time; the longest of them took a second where this was written. */
#define SECONDS_MAX 10.0
#define RULESETS 400

static uint64_t seed = 0x5a11ab0d;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What a walk took, all its three questions. */
static double
walk_all(const struct tables *tables, const struct packet *p,
	 struct walk_result *r)
{
	double start = seconds();
	struct tracking tracking;
	struct packet found;

	walk(tables, "INPUT", p, r);
	walk_find(tables, "INPUT", p, &found);
	walk_tracking(tables, "INPUT", p, &tracking);
	return seconds() - start;
}

static void
is_soon(const char *what, struct str *text, struct packet p,
	const char *expected)
{
	struct tables *tables = firewall(str_text(text));
	struct walk_result r;
	struct str got = { 0 };
	double took = walk_all(tables, &p, &r);

	account(&r, &got);
	is_str(str_text(&got), expected, "%s", what);
	if (!ok(took < SECONDS_MAX, "%s: soon", what))
		diag("%.1f s", took);
	str_done(&got);
	str_done(text);
	tables_free(tables);
}

/* Each chain leads to the next, by each of these words; the last one has the
 * rules of last, between semicolons. */
static void
add_ladder(struct str *text, unsigned chains, const char *const *ways,
	   const char *last)
{
	for (unsigned i = 0; i < chains; i++)
		str_addf(text, ":C%u - [0:0]\n", i);
	str_add(text, "-A INPUT -j C0\n");
	for (unsigned i = 0; i + 1 < chains; i++)
		for (const char *const *way = ways; *way; way++)
			str_addf(text, "-A C%u %s C%u\n", i, *way, i + 1);
	for (const char *s = last; s; s = strchr(s, ';')) {
		s += *s == ';';
		str_addf(text, "-A C%u %.*s\n", chains - 1,
			 (int)strcspn(s, ";"), s);
	}
}

static void
test_ladders(void)
{
	static const char *const once[] = { "-j", NULL };
	static const char *const goes[] = { "-g", NULL };
	static const char *const twice[] = { "-j", "-j", NULL };
	static const char *const cut[] = {
		"-p tcp -m tcp --sport 1:9999 -j",
		"-p tcp -m tcp --sport 5000:20000 -j", "-j", NULL
	};
	static const char *const doubted[] = { "-m cpu --cpu 1 -j", "-j",
					       NULL };
	static const char *const jump_goto[] = { "-j", "-g", NULL };
	static const struct ladder {
		const char *what;
		unsigned chains;
		const char *const *ways;
		const char *last;
		const char *expected;
	} ladders[] = {
		{ "deep jumps", 50000, once, "-p udp -j DROP",
		  "ACCEPT INPUT policy 0" },
		{ "deep gotos", 50000, goes, "-j DROP", "DROP C49999 1 1" },
		{ "doubled and deep", 20000, twice, "-p udp -j DROP",
		  "ACCEPT INPUT policy 0" },
		{ "doubled by gotos", 20000, jump_goto, "-p udp -j DROP",
		  "ACCEPT INPUT policy 0" },
		{ "doubled in doubt", 60, doubted, "-p udp -j DROP",
		  "UNKNOWN C58 1 1 too many cases" },
		{ "cut at each step", 60, cut, "-p udp -j DROP",
		  "ACCEPT INPUT policy 0" },
		{ "marked at each step", 60, twice,
		  "-j MARK --set-mark 1;-j MARK --set-mark 2",
		  "UNKNOWN C57 1 1 too many cases" },
	};

	for (size_t i = 0; i < ARRAY_LEN(ladders); i++) {
		const struct ladder *l = &ladders[i];
		struct str text = { 0 };

		add_ladder(&text, l->chains, l->ways, l->last);
		is_soon(l->what, &text, any_port(), l->expected);
	}
}

/* A circle, which the kernel would refuse, is not known either. */
static void
test_circle(void)
{
	struct str text = { 0 };

	str_add(&text, ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n"
		"-A B -g A\n");
	is_soon("a circle", &text, any_port(),
		"UNKNOWN B 1 1 too many cases");
}

static void
add_random_rule(struct str *text, const char *chain, unsigned from,
		unsigned chains)
{
	static const char *const options[] = {
		"", "", "-p tcp -m tcp --sport 1024:30000",
		"-p tcp -m tcp ! --sport 20000:40000", "-m cpu --cpu 1",
		"-s 2001:db8::/33", "-s ::1/::1", "-m mark --mark 1",
		"-p tcp -m multiport --sports 2000,3000:4000,5000",
		"-m limit --limit 1/sec", "-p udp",
	};
	static const char *const targets[] = {
		"-j RETURN", "-j MARK --xor-mark 1", "-j ACCEPT", "-j LOG",
	};

	str_addf(text, "-A %s %s ", chain, options[draw(ARRAY_LEN(options))]);
	if (from < chains && draw(8))
		str_addf(text, "-%c C%u\n", draw(3) ? 'j' : 'g',
			 from + draw(chains - from < 3 ? chains - from : 3));
	else if (draw(30) == 0)
		str_add(text, "-j DROP\n");
	else
		str_addf(text, "%s\n", targets[draw(ARRAY_LEN(targets))]);
}

/* Jumps lead on, as the kernel wants it. */
static struct tables *
random_tables(void)
{
	unsigned chains = 5 + draw(40);
	struct str text = { 0 };
	struct tables *tables;

	for (unsigned i = 0; i < chains; i++)
		str_addf(&text, ":C%u - [0:0]\n", i);
	for (unsigned i = 0; i < 5; i++)
		add_random_rule(&text, "INPUT", 0, chains);
	for (unsigned i = 0; i < chains; i++) {
		char name[16];

		snprintf(name, sizeof(name), "C%u", i);
		for (unsigned n = draw(5); n; n--)
			add_random_rule(&text, name, i + 1, chains);
	}
	tables = firewall(str_text(&text));
	str_done(&text);
	return tables;
}

static void
test_random(void)
{
	unsigned counts[3] = { 0 };
	double longest = 0, took;

	for (unsigned i = 0; i < RULESETS; i++) {
		struct tables *tables = random_tables();
		struct packet p = site();
		struct walk_result r;

		p.sport = any_port().sport;
		took = walk_all(tables, &p, &r);
		longest = took > longest ? took : longest;
		counts[r.verdict]++;
		tables_free(tables);
	}
	diag("%u random rulesets: %u accept, %u drop, %u unknown; the longest "
	     "took %.2f s", RULESETS, counts[VERDICT_ACCEPT],
	     counts[VERDICT_DROP], counts[VERDICT_UNKNOWN], longest);
	ok(longest < SECONDS_MAX, "none takes long");
	ok(counts[VERDICT_ACCEPT] && counts[VERDICT_DROP] &&
	   counts[VERDICT_UNKNOWN], "and each answer is among them");
}

int
main(void)
{
	rules_start();
	test_ladders();
	test_circle();
	test_random();
	xt_done();
	return done_testing();
}
