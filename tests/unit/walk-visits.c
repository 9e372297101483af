/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many rules the kernel may look at for one packet. */
#include <inttypes.h>
#include <sallyport/mem.h>
#include "packets.h"

static const struct visits_case {
	const char *what;
	const char *way;
	const char *rules;
	uint64_t expected;
} cases[] = {
	{ "no rules", "INPUT", "", 0 },
	{ "each once", "INPUT", DROP SSH SSH "-A INPUT\n", 3 },
	{ "another way", "OUTPUT", DROP SSH SSH, 0 },
	{ "a jump", "INPUT", ":A - [0:0]\n-A INPUT -j A\n" SSH "-A A\n-A A\n",
	  4 },
	{ "two jumps", "INPUT", ":A - [0:0]\n-A INPUT -j A\n-A INPUT -j A\n"
	  "-A A\n-A A\n", 6 },
	{ "a goto, or what is below it", "INPUT", ":A - [0:0]\n-A INPUT -g A\n"
	  SSH "-A A\n-A A\n", 3 },
	{ "what is below it is more", "INPUT", ":A - [0:0]\n-A INPUT -g A\n"
	  SSH SSH SSH "-A A\n-A A\n", 4 },
	{ "a jump to a goto", "INPUT", ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n"
	  SSH "-A A -g B\n-A B\n", 4 },
	{ "all tables of the way", "INPUT", SSH "*raw\n-A PREROUTING\n-A OUTPUT\n"
	  "*mangle\n-A PREROUTING\n-A INPUT\n-A FORWARD\n*nat\n-A PREROUTING\n"
	  "-A POSTROUTING\n*security\n-A INPUT\n", 6 },
	{ "chains of two tables", "FORWARD", ":A - [0:0]\n-A FORWARD -j A\n"
	  "-A A\n*mangle\n:A - [0:0]\n-A FORWARD -j A\n-A FORWARD -j A\n-A A\n"
	  "-A A\n", 8 },
	{ "a circle", "INPUT", ":A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n"
	  "-A A -j B\n-A B -j A\n", UINT64_MAX },
};

static void
is_count(uint64_t got, uint64_t expected, const char *what)
{
	if (!ok(got == expected, "%s", what))
		diag("got %" PRIu64 ", not %" PRIu64, got, expected);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tables *tables = firewall(cases[i].rules);

		is_count(walk_visits(tables, cases[i].way), cases[i].expected,
			 cases[i].what);
		tables_free(tables);
	}
}

/* Each chain jumps to the next, once or twice. */
static struct tables *
ladder(unsigned chains, bool twice)
{
	struct str text = { 0 };
	struct tables *tables;

	for (unsigned i = 0; i < chains; i++)
		str_addf(&text, ":C%u - [0:0]\n", i);
	str_add(&text, "-A INPUT -j C0\n");
	for (unsigned i = 0; i + 1 < chains; i++)
		for (unsigned n = 0; n < 1 + (unsigned)twice; n++)
			str_addf(&text, "-A C%u -j C%u\n", i, i + 1);
	tables = firewall(str_text(&text));
	str_done(&text);
	return tables;
}

static void
test_ladders(void)
{
	struct tables *tables = ladder(21, true);

	is_count(walk_visits(tables, "INPUT"), (UINT64_C(1) << 21) - 1,
		 "20 chains that jump twice");
	tables_free(tables);
	tables = ladder(200, true);
	is_count(walk_visits(tables, "INPUT"), UINT64_MAX, "more than a number");
	tables_free(tables);
	tables = ladder(50000, false);
	is_count(walk_visits(tables, "INPUT"), 50000, "50,000 chains deep");
	tables_free(tables);
}

int
main(void)
{
	rules_start();
	test_cases();
	test_ladders();
	xt_done();
	return done_testing();
}
