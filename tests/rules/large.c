/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Large texts are read whatever they are made of, and what no table can hold is
 * refused before it is made. How the time grows with the size is told, not
 * judged. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include <sallyport/tables.h>
#include "../tap.h"

/* A text of n of something, read or refused. */
struct shape {
	const char *name;
	unsigned n;			/* for the small one of two */
	void (*add)(struct str *out, unsigned n);
	const char *refusal;		/* in its message; NULL: it is read */
};

static void
repeat(struct str *out, const char *what, unsigned n)
{
	while (n--)
		str_add(out, what);
}

static void
add_rules(struct str *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		str_addf(out, "[%u:%u] -A INPUT -s 2001:db8:%x::/48 -p tcp -m "
			 "tcp --dport %u -m comment --comment \"rule %u\" "
			 "-j ACCEPT\n", i, i, i & 0xffff, 1 + i % 65535, i);
}

/* Many chains, each with rules that jump to another: what asks for a chain by its
 * name must not look at all of them. */
static void
add_chains(struct str *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		str_addf(out, ":chain-%u - [0:0]\n", i);
	for (unsigned i = 0; i < n; i++)
		str_addf(out, "-A chain-%u -s ::1/128 -j chain-%u\n"
			 "-A chain-%u -j ACCEPT\n", i, n - 1, n - 1 - i);
}

static void
add_matches(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT");
	repeat(out, " -m tcp", n);
	str_addc(out, '\n');
}

static void
add_sources(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT -s ");
	repeat(out, "::1,", n);
	str_add(out, "::2 -j ACCEPT\n");
}

static void
add_pairs(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT -d ");
	repeat(out, "::1,", n);
	str_add(out, "::2 -s ");
	repeat(out, "::1,", n);
	str_add(out, "::2\n");
}

static void
add_quotes(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT -m comment --comment \"");
	repeat(out, "\\\\\\\"", n);
	str_add(out, "\"\n");
}

static void
add_open_quotes(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT ");
	repeat(out, "\"\\\"\" ", n);
	str_add(out, "\"\n");
}

static void
add_words(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT -j ");
	repeat(out, "x ", n);
	str_addc(out, '\n');
}

static void
add_long_name(struct str *out, unsigned n)
{
	str_addc(out, ':');
	repeat(out, "x", n);
	str_add(out, " - [0:0]\n");
}

static void
add_empty_lines(struct str *out, unsigned n)
{
	repeat(out, "# nothing\r\n\n", n);
}

static void
add_unknown(struct str *out, unsigned n)
{
	str_add(out, "-A INPUT");
	repeat(out, " --dport", n);
	str_addc(out, '\n');
}

static void
add_opaque(struct str *out, unsigned n)
{
	str_add(out, "# opaque INPUT ");
	repeat(out, "AAAA", n);
	str_addc(out, '\n');
}

static const struct shape shapes[] = {
	{ "rules", 5000, add_rules, NULL },
	{ "chains", 2500, add_chains, NULL },
	{ "addresses in one rule", 20000, add_sources, NULL },
	{ "lines of nothing", 100000, add_empty_lines, NULL },
	{ "matches in one rule", 32000, add_matches, "the rule is too long" },
	{ "pairs of addresses", 8000, add_pairs, "more rules than a table" },
	{ "a quoted word", 250000, add_quotes, NULL },
	{ "quotes, the last one open", 100000, add_open_quotes, "quote" },
	{ "words", 100000, add_words, "'x'" },
	{ "a chain's name", 1 << 20, add_long_name, "name" },
	{ "unknown options", 50000, add_unknown, "--dport" },
	{ "an opaque rule", 250000, add_opaque, ":2: " },
};

/* CPU seconds of the fastest of three. */
static double
seconds(const struct shape *shape, unsigned n, enum err *err)
{
	struct str text = { 0 };
	double best = 1e9;

	str_add(&text, "*filter\n");
	shape->add(&text, n);
	str_add(&text, "COMMIT\n");
	for (int i = 0; i < 3; i++) {
		struct tables *tables = NULL;
		clock_t start = clock();
		double s;

		*err = tables_load(str_text(&text), text.len, "large", NULL,
				   NULL, &tables);
		s = (double)(clock() - start) / CLOCKS_PER_SEC;
		best = s < best ? s : best;
		tables_free(tables);
	}
	str_done(&text);
	return best;
}

/* Four times as much takes four times as long; sixteen times if each looked at
 * all others. What is done at once is not measured. */
static void
test_shape(const struct shape *shape)
{
	enum err err;
	double small = seconds(shape, shape->n, &err);
	double large = seconds(shape, shape->n * 4, &err);

	diag("%s: %.1f ms, four times as much: %.1f ms", shape->name,
	     small * 1e3, large * 1e3);
	if (shape->refusal)
		ok(err == ERR_PARSE && strstr(err_message(), shape->refusal),
		   "%s: refused", shape->name);
	else
		is_int(err, OK, "%s: read", shape->name);
	if (err)
		diag("%.200s", err_message());
}

int
main(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		test_shape(&shapes[i]);
	xt_done();
	return done_testing();
}
