/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rehearsal takes: to set up, for an answer, and as a whole, in
 * milliseconds, the median of several. Asserts nothing. */
#include <time.h>
#include "../kernel/rehearsal.h"

#define ROUNDS 15

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

/* n logins from neighbouring addresses. */
static void
measure(const char *name, const struct tables *live,
	const struct tables *candidate, unsigned n)
{
	struct lifeline *all = xcalloc(n, sizeof(*all));
	struct vec lifelines = { 0 };
	double setup[ROUNDS], answer[ROUNDS], whole[ROUNDS];
	const char *said = "";

	for (unsigned i = 0; i < n; i++) {
		all[i] = login();
		all[i].peer.s6_addr[15] = (uint8_t)(i + 1);
		vec_push(&lifelines, &all[i]);
	}
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms();
		struct rehearsal_report *r =
			rehearsal_run(&lifelines, live, candidate, LIMIT_MS);
		struct rehearsed_lifeline *last =
			r->lifelines.n ? r->lifelines.v[n - 1] : NULL;

		whole[i] = now_ms() - start;
		setup[i] = r->setup_us / 1e3;
		answer[i] = r->answer_us / 1e3;
		said = !last ? "not usable" :
		       last->candidate == REHEARSED_PASS ? "pass" :
		       last->candidate == REHEARSED_FAIL ? "fail" : "not";
		rehearsal_report_free(r);
	}
	printf("# %-32s set-up %6.1f  answer %6.2f  whole %7.1f ms  %s\n",
	       name, median(setup, ROUNDS), median(answer, ROUNDS),
	       median(whole, ROUNDS), said);
	fflush(stdout);
	vec_done(&lifelines);
	free(all);
}

/* n rules in front of those that let a login in. */
static struct tables *
large(unsigned n)
{
	struct str text = { 0 };
	struct tables *tables;

	for (unsigned i = 0; i < n; i++)
		str_addf(&text, "-A INPUT -s 2001:db8:f:%x::/64 -p tcp -m tcp "
			 "--dport %u -j DROP\n", i & 0xffff, 1 + i % 60000);
	str_add(&text, GOOD);
	tables = firewall(text.s);
	str_done(&text);
	return tables;
}

int
main(void)
{
	struct tables *none, *good, *drop, *l1, *l2;

	rehearsal_set_up();
	none = firewall("");
	good = firewall(GOOD);
	drop = firewall("-P INPUT DROP\n");
	l1 = large(10000);
	l2 = large(100000);
	measure("no rules, 1 login", none, none, 1);
	measure("a good firewall, 1 login", good, good, 1);
	measure("a good firewall, 20 logins", good, good, 20);
	measure("policy DROP, 1 login", good, drop, 1);
	measure("policy DROP, 5 logins", good, drop, 5);
	measure("10,000 rules, 1 login", l1, l1, 1);
	measure("100,000 rules, 1 login", l2, l2, 1);
	ok(true, "measured");
	return done_testing();
}
