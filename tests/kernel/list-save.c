/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed ip6tables is the oracle for all that tests/rules/grammar and
 * tests/rules/corpus say. No extension is left out silently: each one that is
 * installed was loaded here, or is lacking in this kernel, or is not for IPv6;
 * and each of its options was given. */
#include "../rules/expand.h"
#include "../rules/objects.h"
#include "../rules/oracle.h"
#include <getopt.h>
#include <xtables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>

struct work {
	struct oracle oracle;
	bool is_here;		/* the table */
	struct vec taken;	/* of char *: lines, of all tables */
	struct vec turned_down;
	unsigned refused, differ;
	struct str lacking, refused_always, foreign;	/* names */
	unsigned covered, bare;
};

static void
move_all(struct vec *from, struct vec *to)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, from->v[i]);
	from->n = 0;
}

/* For other tests, all that stock takes in the file that ORACLE_KEEP names, as
 * stock saves it. */
static void
keep_text(const char *table)
{
	const char *path = getenv("ORACLE_KEEP");
	char *text;
	FILE *f;

	if (!path)
		return;
	text = oracle_run(NULL, "ip6tables-legacy-save -t %s", table);
	f = fopen(path, "a");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", path);
	free(text);
}

static void
table_end(struct work *w)
{
	if (!w->is_here)
		return;
	keep_text(w->oracle.table);
	oracle_compare(&w->oracle);
	w->differ += w->oracle.differ;
	w->refused += (unsigned)w->oracle.refused.n;
	for (size_t i = 0; i < w->oracle.refused.n; i++)
		diag("refused by both: %s: %s", w->oracle.table,
		     (char *)w->oracle.refused.v[i]);
	for (size_t i = 0; i < w->oracle.turned_down.n; i++)
		diag("the kernel refuses: %s: %s", w->oracle.table,
		     (char *)w->oracle.turned_down.v[i]);
	move_all(&w->oracle.taken, &w->taken);
	move_all(&w->oracle.turned_down, &w->turned_down);
	oracle_done(&w->oracle);
	w->is_here = false;
}

static void
try_batch(const struct batch *batch, void *arg)
{
	struct work *w = arg;
	struct vec lines = { 0 };

	if (strcmp(w->oracle.table, batch->table) != 0) {
		table_end(w);
		w->is_here = oracle_begin(&w->oracle, batch->table);
	}
	if (!w->is_here)
		return;
	for (size_t i = 0; i < batch->specs.n; i++)
		vec_push(&lines, xasprintf("-A here %s",
					   (char *)batch->specs.v[i]));
	oracle_try(&w->oracle, (char **)lines.v, lines.n);
	for (size_t i = 0; i < lines.n; i++)
		free(lines.v[i]);
	vec_done(&lines);
}

static char *
source(const char *name)
{
	const char *top = getenv("top_srcdir");

	return xasprintf("%s/tests/rules/%s", top ? top : ".", name);
}

/* Specs as they are, a table each part. */
static void
try_corpus(struct work *w)
{
	char *path = source("corpus");
	char line[1024], table[TABLE_NAME_SIZE] = "";
	struct batch batch = { .table = table };
	FILE *f = fopen(path, "r");

	if (!f)
		bail_out("cannot read %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '*')
			str_copy(table, sizeof(table), line + 1);
		if (*line == '*' || *line == '#')
			continue;
		vec_push(&batch.specs, line);
		try_batch(&batch, w);
		vec_done(&batch.specs);
	}
	fclose(f);
	free(path);
}

/* Does a line have this word, and this one somewhere behind it? */
static bool
has_words(const char *line, const char *extension, const char *option)
{
	const char *words[] = { extension, option };

	for (size_t i = 0; i < 2 && words[i]; i++) {
		size_t len = strlen(words[i]);

		line = strstr(line, words[i]);
		while (line && line[len] && line[len] != ' ')
			line = strstr(line + 1, words[i]);
		if (!line)
			return false;
		line += len;
	}
	return true;
}

static bool
is_said(const struct vec *lines, const char *extension, const char *option)
{
	for (size_t i = 0; i < lines->n; i++) {
		if (has_words(lines->v[i], extension, option))
			return true;
	}
	return false;
}

/* Only the machine's root can make the program that it names. */
static bool
is_out_of_reach(const char *option)
{
	return strcmp(option, "object-pinned") == 0 &&
	       access(OBJECTS_PROGRAM, F_OK) != 0;
}

/* An option of an extension in a line that parsed? */
static void
check_option(struct work *w, const char *extension, const char *option)
{
	char *word = xasprintf(" --%s", option);

	if (!is_said(&w->taken, extension, word) &&
	    !is_said(&w->turned_down, extension, word) &&
	    !is_out_of_reach(option)) {
		diag("never said:%s%s", extension, word);
		w->bare++;
	}
	free(word);
}

static void
check_options(struct work *w, const char *extension,
	      const struct xt_option_entry *entries, const struct option *old)
{
	for (; entries && entries->name; entries++)
		check_option(w, extension, entries->name);
	for (; old && old->name; old++)
		check_option(w, extension, old->name);
}

static void
check_all_options(struct work *w, bool is_match, const char *name,
		  const char *extension)
{
	struct xtables_match *m = NULL;
	struct xtables_target *t = NULL;

	if (is_match)
		m = xtables_find_match(name, XTF_TRY_LOAD, NULL);
	else
		t = xtables_find_target(name, XTF_TRY_LOAD);
	if (m)
		check_options(w, extension, m->x6_options,
			      m->x6_options ? NULL : m->extra_opts);
	if (t)
		check_options(w, extension, t->x6_options,
			      t->x6_options ? NULL : t->extra_opts);
}

/* Has the kernel any revision of it? */
static bool
kernel_has(bool is_match, const char *name)
{
	int option = is_match ? IP6T_SO_GET_REVISION_MATCH
			      : IP6T_SO_GET_REVISION_TARGET;
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	bool has = false;

	for (uint8_t i = 0; i < 8 && !has; i++) {
		struct xt_get_revision rev = { .revision = i };
		socklen_t len = sizeof(rev);

		str_copy(rev.name, sizeof(rev.name), name);
		has = getsockopt(fd, IPPROTO_IPV6, option, &rev, &len) == 0;
	}
	close(fd);
	return has;
}

/* Stock itself has no such extension of IPv6. */
static bool
is_foreign(char letter, const char *name)
{
	char *said = oracle_run(NULL, "ip6tables-legacy -A INPUT -%c %s 2>&1",
				letter, name);
	bool foreign = strstr(said, "Couldn't load") != NULL;

	free(said);
	return foreign;
}

static void
check_extension(const char *kind, const char *name, void *arg)
{
	struct work *w = arg;
	bool is_match = strcmp(kind, "match") == 0;
	char *word = xasprintf(" -%c %s", is_match ? 'm' : 'j', name);

	if (is_said(&w->taken, word, NULL))
		w->covered++;
	else if (is_said(&w->turned_down, word, NULL))
		str_addf(kernel_has(is_match, name) ? &w->refused_always
						    : &w->lacking, " %s", name);
	else if (is_foreign(is_match ? 'm' : 'j', name))
		str_addf(&w->foreign, " %s", name);
	else
		ok(false, "%s %s is tried", kind, name);
	check_all_options(w, is_match, name, word);
	free(word);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts. */
static unsigned
count_distinct(struct vec *lines)
{
	unsigned n = lines->n > 0;

	qsort(lines->v, lines->n, sizeof(*lines->v), by_text);
	for (size_t i = 1; i < lines->n; i++)
		n += strcmp(lines->v[i - 1], lines->v[i]) != 0;
	return n;
}

static void
report(struct work *w)
{
	unsigned distinct;

	xt_each_extension(check_extension, w);
	distinct = count_distinct(&w->taken);
	ok(distinct >= 2000, "%u different specs are compared", distinct);
	is_int(w->differ, 0, "stock and we take the same ones");
	is_int(w->bare, 0, "every option of every extension is given");
	ok(w->covered > 80, "%u extensions are loaded", w->covered);
	diag("%zu specs compared, %u refused by both, %zu refused by the kernel",
	     w->taken.n, w->refused, w->turned_down.n);
	diag("this kernel lacks:%s", str_text(&w->lacking));
	diag("this kernel refuses always:%s", str_text(&w->refused_always));
	diag("not for IPv6:%s", str_text(&w->foreign));
}

static void
work_done(struct work *w)
{
	for (size_t i = 0; i < w->taken.n; i++)
		free(w->taken.v[i]);
	for (size_t i = 0; i < w->turned_down.n; i++)
		free(w->turned_down.v[i]);
	vec_done(&w->taken);
	vec_done(&w->turned_down);
	str_done(&w->lacking);
	str_done(&w->refused_always);
	str_done(&w->foreign);
}

int
main(void)
{
	struct work w = { 0 };
	char *grammar = source("grammar");

	oracle_or_skip();
	expand_grammar(grammar, try_batch, &w);
	table_end(&w);
	w.oracle.table[0] = '\0';
	try_corpus(&w);
	table_end(&w);
	report(&w);
	work_done(&w);
	free(grammar);
	xt_done();
	return done_testing();
}
