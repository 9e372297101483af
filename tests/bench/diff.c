/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of large tables: what changeset_diff() takes, and in the same run
 * what the stock way takes, which is to save both and to call diff(1).
 * Milliseconds each, best of several, and their ratio. Asserts only counts. */
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/changeset.h>
#include <sallyport/mem.h>
#include "../ns.h"

static char dir[] = "/tmp/bench-XXXXXX";

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A mix of what people write; seed tells tables apart. */
static char *
spec(unsigned i, unsigned seed)
{
	unsigned k = i + seed;

	switch (i % 4) {
	case 0:
		return xasprintf("-s 2001:db8:%x::%x/128 -j DROP", k >> 16,
				 k & 0xffff);
	case 1:
		return xasprintf("-p tcp -m tcp --dport %u -m comment "
				 "--comment \"rule %u\" -j ACCEPT",
				 k % 65535 + 1, k);
	case 2:
		return xasprintf("-d 2001:db8:%x:%x::/64 -i eth0 -m conntrack "
				 "--ctstate NEW -j ACCEPT", k >> 16,
				 k & 0xffff);
	default:
		return xasprintf("-p udp -m multiport --dports %u,%u -m comment"
				 " --comment %x -j ACCEPT", k % 60000 + 1,
				 k % 60000 + 2, k);
	}
}

static char **
specs(unsigned n, unsigned seed)
{
	char **lines = xcalloc(n, sizeof(*lines));

	for (unsigned i = 0; i < n; i++)
		lines[i] = spec(i, seed);
	return lines;
}

static void
save_text(struct str *text, char *const *lines, unsigned n)
{
	str_add(text, "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
		      ":OUTPUT ACCEPT [0:0]\n");
	for (unsigned i = 0; i < n; i++)
		str_addf(text, "-A INPUT %s\n", lines[i]);
	str_add(text, "COMMIT\n");
}

static struct ruleset *
load(const struct str *text)
{
	struct ruleset *rs;

	if (ruleset_load(text->s, text->len, "bench", "filter", &rs))
		bail_out("%s", err_message());
	return rs;
}

static void
put_file(const char *name, const struct str *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "we");

	if (!f || fwrite(text->s, 1, text->len, f) != text->len || fclose(f))
		bail_out("cannot write %s", path);
	free(path);
}

/* The shell is the tests' own; its milliseconds. */
static double
shell(const char *command)
{
	char *line = xasprintf("cd %s && %s", dir, command);
	double start = now_ms();

	if (system(line) == -1)
		bail_out("cannot run %s", command);
	free(line);
	return now_ms() - start;
}

static double
stock(const struct str *a, const struct str *b, int times)
{
	double best = 1e9;

	put_file("a", a);
	put_file("b", b);
	while (times--) {
		double ms;

		shell("ip6tables-legacy-restore <a");
		ms = shell("ip6tables-legacy-save -t filter >a.out");
		shell("ip6tables-legacy-restore <b");
		ms += shell("ip6tables-legacy-save -t filter >b.out");
		ms += shell("diff a.out b.out >/dev/null");
		best = ms < best ? ms : best;
	}
	return best;
}

static double
ours(const struct ruleset *a, const struct ruleset *b, int times,
     size_t *changes)
{
	double best = 1e9;

	while (times--) {
		double start = now_ms(), ms;
		struct changeset *cs = changeset_diff(a, b, false);

		ms = now_ms() - start;
		best = ms < best ? ms : best;
		*changes = cs->changes.n;
		changeset_free(cs);
	}
	return best;
}

/* most: no more changes than these. */
static void
compare(const char *what, unsigned n, char *const *from, unsigned m,
	char *const *to, size_t most)
{
	struct str ta = { 0 }, tb = { 0 };
	struct ruleset *a, *b;
	size_t changes;
	double mine, theirs;
	int times = n > 50000 ? 3 : 7;

	save_text(&ta, from, n);
	save_text(&tb, to, m);
	a = load(&ta);
	b = load(&tb);
	mine = ours(a, b, times, &changes);
	theirs = stock(&ta, &tb, times);
	printf("# %-20s %7u rules %6zu changes  sallyport %8.1f ms  "
	       "save, save, diff %8.1f ms  ratio %.2f\n", what, n, changes,
	       mine, theirs, mine / theirs);
	ok(changes <= most, "%s, %u rules: %zu changes at most", what, n, most);
	ruleset_free(a);
	ruleset_free(b);
	str_done(&ta);
	str_done(&tb);
}

static void
free_specs(char **lines, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
}

static void
move(char **lines, size_t from, size_t to)
{
	char *line = lines[from];

	if (from < to)
		memmove(lines + from, lines + from + 1,
			(to - from) * sizeof(*lines));
	else
		memmove(lines + to + 1, lines + to,
			(from - to) * sizeof(*lines));
	lines[to] = line;
}

/* One rule for another, one that goes, one that comes, two moved. */
static void
bench_five(unsigned n)
{
	char **a = specs(n, 0), **b = specs(n, 0);

	free(b[n / 7]);
	b[n / 7] = xstrdup("-s 2001:db8:ffff::/64 -j DROP");
	move(b, n / 2, n / 3);
	move(b, n / 10, n - n / 10);
	free(b[n / 5]);
	b[n / 5] = xstrdup("-d 2001:db8:ffff::/64 -j DROP");
	move(b, n / 5, n / 4);
	compare("five differences", n, a, n, b, 5);
	free_specs(a, n);
	free_specs(b, n);
}

static void
bench_reversed(unsigned n)
{
	char **a = specs(n, 0), **b = specs(n, 0);

	for (unsigned i = 0; i < n / 2; i++) {
		char *line = b[i];

		b[i] = b[n - 1 - i];
		b[n - 1 - i] = line;
	}
	compare("reversed", n, a, n, b, n - 1);
	free_specs(a, n);
	free_specs(b, n);
}

static void
bench_other(unsigned n)
{
	char **a = specs(n, 0), **b = specs(n, 1000000);

	compare("nothing in common", n, a, n, b, 2 * (size_t)n);
	free_specs(a, n);
	free_specs(b, n);
}

/* Few kinds of rules, many times over: the hardest to align. */
static void
bench_repeated(unsigned n)
{
	char **a = xcalloc(n, sizeof(*a)), **b = xcalloc(n, sizeof(*b));
	unsigned x = 2463534242u;

	for (unsigned i = 0; i < n; i++) {
		x = x * 1103515245u + 12345u;
		a[i] = spec((x >> 16) % 5, 0);
		x = x * 1103515245u + 12345u;
		b[i] = spec((x >> 16) % 5, 0);
	}
	compare("five kinds, random", n, a, n, b, 2 * (size_t)n);
	free_specs(a, n);
	free_specs(b, n);
}

static void
bench_same(unsigned n)
{
	char **a = xcalloc(n, sizeof(*a));

	for (unsigned i = 0; i < n; i++)
		a[i] = spec(0, 0);
	compare("all alike, one less", n, a, n - 1, a, 1);
	free_specs(a, n);
}

int
main(void)
{
	static const unsigned sizes[] = { 10000, 100000 };

	ns_or_skip();
	if (!mkdtemp(dir) || xt_init(false) != OK)
		bail_out("cannot begin");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		bench_five(sizes[i]);
		bench_same(sizes[i]);
		bench_other(sizes[i]);
		bench_reversed(sizes[i]);
		bench_repeated(sizes[i]);
	}
	shell("rm -f a b a.out b.out");
	rmdir(dir);
	xt_done();
	return done_testing();
}
