/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules files are read in a time that grows as they do: four times the lines,
 * four times the time, whatever stands in them. Processor time, best of several. */
#include <time.h>
#include <sallyport/mem.h>
#include <sallyport/tables.h>
#include "../tap.h"

#define LINES 25000	/* and four times as many */
#define TIMES 3

/* They may take so many times the time: 4 is linear, 16 is quadratic. */
#define GROWTH 8.0

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* One chain. */
static void
write_one(struct str *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		str_addf(text, "[%u:%u] -A INPUT -s 2001:db8::%x/128 -p tcp "
			 "-m tcp --dport %u -j ACCEPT\n", i, i, i % 0xffff + 1,
			 i % 65535 + 1);
}

/* A thousand chains, jumped to from everywhere. */
static void
write_many(struct str *text, unsigned n)
{
	for (unsigned i = 0; i < 1000; i++)
		str_addf(text, ":chain-of-rules-%u - [0:0]\n", i);
	for (unsigned i = 0; i < n; i++)
		str_addf(text, i % 2 ? "-A chain-of-rules-%u -j ACCEPT\n" :
			 "-A INPUT -j chain-of-rules-%u\n", i * 7 % 1000);
}

/* As many chains as there are lines for. */
static void
write_chains(struct str *text, unsigned n)
{
	for (unsigned i = 0; i < n / 50; i++)
		str_addf(text, ":own-%u - [0:0]\n", i);
	for (unsigned i = 0; i < n; i++)
		str_addf(text, "-A own-%u -j ACCEPT\n", i / 50);
}

/* From the bottom to the top: each moves those above, which is not linear, but
 * cheap. */
static void
write_inserts(struct str *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		str_addf(text, "-I INPUT -s 2001:db8::%x/128 -j DROP\n",
			 i % 0xffff + 1);
}

/* Many addresses in a line. */
static void
write_lists(struct str *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		str_addf(text, "%s2001:db8::%x%s",
			 i % 100 ? "," : "-A INPUT -s ", i % 0xffff + 1,
			 i % 100 == 99 ? " -j DROP\n" : "");
}

static const struct shape {
	const char *name;
	void (*write)(struct str *text, unsigned n);
	double growth;
} shapes[] = {
	{ "one chain", write_one, GROWTH },
	{ "1,000 chains", write_many, GROWTH },
	{ "a chain for 50 rules", write_chains, GROWTH },
	{ "-I", write_inserts, 2 * GROWTH },
	{ "lists of 100 addresses", write_lists, GROWTH },
};

static double
load_ms(const struct str *text, const struct tables *live)
{
	struct tables *tables;
	double start = now_ms(), ms;

	if (tables_load(str_text(text), text->len, "text", NULL, live,
			&tables))
		bail_out("%s", err_message());
	ms = now_ms() - start;
	tables_free(tables);
	return ms;
}

static double
best_ms(const struct shape *shape, unsigned n)
{
	struct str text = { 0 };
	double least = 0;

	str_add(&text, "*filter\n");
	shape->write(&text, n);
	str_add(&text, "COMMIT\n");
	for (int i = 0; i < TIMES; i++) {
		double ms = load_ms(&text, NULL);

		least = i == 0 || ms < least ? ms : least;
	}
	str_done(&text);
	return least;
}

static void
bench_shape(const struct shape *shape)
{
	double few = best_ms(shape, LINES), many = best_ms(shape, 4 * LINES);

	ok(many < shape->growth * few, "%s", shape->name);
	diag("%-24s %7d rules %8.1f ms, %d rules %8.1f ms", shape->name, LINES,
	     few, 4 * LINES, many);
}

int
main(void)
{
	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		bench_shape(&shapes[i]);
	xt_done();
	return done_testing();
}
