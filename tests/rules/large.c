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
	const char *parts[6];		/* every second one is there n times */
	void (*add)(struct str *out, unsigned n);	/* instead of them */
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

static const struct shape shapes[] = {
	{ "rules", 5000, .add = add_rules },
	{ "chains", 2500, .add = add_chains },
	{ "addresses in one rule", 20000,
	  .parts = { "-A INPUT -s ", "::1,", "::2 -j ACCEPT\n" } },
	{ "lines of nothing", 100000,
	  .parts = { "", "# nothing\r\n\n", "" } },
	{ "matches in one rule", 32000,
	  .parts = { "-A INPUT", " -m tcp", "\n" },
	  .refusal = "the rule is too long" },
	{ "pairs of addresses", 8000,
	  .parts = { "-A INPUT -d ", "::1,", "::2 -s ", "::1,", "::2\n" },
	  .refusal = "more rules than a table" },
	{ "a quoted word", 250000,
	  .parts = { "-A INPUT -m comment --comment \"", "\\\\\\\"", "\"\n" } },
	{ "quotes, the last one open", 100000,
	  .parts = { "-A INPUT ", "\"\\\"\" ", "\"\n" }, .refusal = "quote" },
	{ "words", 100000,
	  .parts = { "-A INPUT -j ", "x ", "\n" }, .refusal = "'x'" },
	{ "a chain's name", 1 << 20, .parts = { ":", "x", " - [0:0]\n" },
	  .refusal = "name" },
	{ "unknown options", 50000,
	  .parts = { "-A INPUT", " --dport", "\n" },
	  .refusal = "--dport" },
	{ "an opaque rule", 250000,
	  .parts = { "# opaque INPUT ", "AAAA", "\n" },
	  .refusal = ":2: " },
};

static void
add_parts(const char *const *parts, struct str *out, unsigned n)
{
	for (size_t i = 0; parts[i]; i++)
		repeat(out, parts[i], i % 2 ? n : 1);
}

/* CPU seconds of the fastest of three. */
static double
seconds(const struct shape *shape, unsigned n, enum err *err)
{
	struct str text = { 0 };
	double best = 1e9;

	str_add(&text, "*filter\n");
	if (shape->add)
		shape->add(&text, n);
	else
		add_parts(shape->parts, &text, n);
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
