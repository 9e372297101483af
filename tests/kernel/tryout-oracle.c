/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tryouts and the oracle: changes by chance, which the kernel is asked about for
 * good as well, and all specs of tests/rules, which the stock tool loads. Both
 * agree about each that is tried. */
#include <sallyport/backend.h>
#include <sallyport/file.h>
#include <sallyport/text.h>
#include "tryout.h"
#include "../rules/expand.h"
#include "../rules/objects.h"

/* --- Changes by chance --- */

/* Rules of table mangle: jumps, verdicts, and what not every hook may reach. */
static const char *const pool[] = {
	"-j a", "-j b", "-j c", "-p tcp -j a", "-p tcp -j b", "-g c",
	"-p udp -g a", "-j ACCEPT", "-j RETURN", "-p tcp -j DROP",
	"-m rpfilter", "-m owner --uid-owner 0", "-p udp -m rpfilter -j b",
	"-j MARK --set-mark 1", "-m mac --mac-source 02:00:00:00:00:01 -j c",
};

static bool
is_pool_chain(const char *name, void *arg)
{
	(void)arg;
	return strlen(name) == 1;
}

static struct rule *
pool_rule(unsigned n)
{
	struct chain_names names = { is_pool_chain, NULL };
	struct vec rules = { 0 };
	size_t words;
	char **argv = words_split(pool[n % ARRAY_LEN(pool)], &words);
	struct rule *rule;

	if (xt_parse("mangle", (int)words, argv, &names, &rules) != OK)
		bail_out("%s", err_message());
	words_free(argv);
	rule = rules.v[0];
	vec_done(&rules);
	return rule;
}

/* One change by chance, applied to rs and pushed to cs. */
static enum err
change_by_chance(struct ruleset *rs, struct changeset *cs)
{
	const struct chain *chain = rs->chains.v[(size_t)rand() % rs->chains.n];
	size_t n = chain->rules.n, at = n ? (size_t)rand() % n : 0;
	int dice = rand() % 10;
	struct change *change;
	struct rule *rule;

	if (n > 0 && (dice < 2 || ruleset_rule_count(rs) > 30)) {
		change = change_delete(chain->name, at);
	} else if (n > 1 && dice < 4) {
		change = change_move(chain->name, at, (size_t)rand() % n);
	} else {
		rule = pool_rule((unsigned)rand());
		change = n > 0 && dice < 6 ?
			change_replace(chain->name, at, rule) :
			change_insert(chain->name, at, rule);
		rule_unref(rule);
	}
	return changeset_push_take(cs, rs, change);
}

/* What the kernel accepted, changed by chance: the kernel, asked for good in our
 * own namespace, and the tryout agree. */
static void
test_chance(struct tryout_box *box)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct ruleset *now = must_load("mangle", ":a - [0:0]\n:b - [0:0]\n"
					":c - [0:0]\n"), *live = NULL;
	unsigned refused = 0, different = 0, changes = 0;
	struct changeset *cs;

	if (be->ops->read(be, "mangle", &live))
		bail_out("%s", err_message());
	cs = changeset_diff(live, now, true);
	if (be->ops->commit(be, live, cs))
		bail_out("%s", err_message());
	srand(1);
	while (changes < 3000) {
		struct ruleset *next = ruleset_copy(now);
		struct tryout_report report;
		bool taken;

		changeset_free(cs);
		cs = changeset_new("mangle");
		if (change_by_chance(next, cs))
			bail_out("%s", err_message());
		taken = be->ops->commit(be, now, cs) == OK;
		tryout_rules(box, now, next, &report);
		if (taken != (report.verdict == TRYOUT_ACCEPTED)) {
			struct str text = { 0 };

			ruleset_save(now, false, &text);
			changeset_describe(cs, &text);
			diag("the kernel %s, we say '%s': %s",
			     taken ? "takes" : "refuses",
			     first_text(&report.refused), str_text(&text));
			str_done(&text);
			different++;
		}
		tryout_report_done(&report);
		refused += !taken;
		changes++;
		ruleset_free(taken ? now : next);
		now = taken ? next : now;
	}
	ok(refused > changes / 20, "%u changes by chance, %u of them refused",
	   changes, refused);
	is_int(different, 0, "the kernel and the tryout agree about each");
	changeset_free(cs);
	ruleset_free(now);
	ruleset_free(live);
	backend_free(be);
}

/* --- Specs --- */

static const char *const builtin[][6] = {
	{ "filter", "INPUT", "FORWARD", "OUTPUT" },
	{ "nat", "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING" },
	{ "mangle", "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING" },
	{ "raw", "PREROUTING", "OUTPUT" },
	{ "security", "INPUT", "FORWARD", "OUTPUT" },
};

/* Where the spec goes: a built-in chain, a chain that one reaches, or one that
 * none does. */
static char *
place_of(const char *table, unsigned at, const char *spec)
{
	const char *const *row = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_LEN(builtin) && !row; i++) {
		if (strcmp(builtin[i][0], table) == 0)
			row = builtin[i] + 1;
	}
	while (row && n < 5 && row[n])
		n++;
	if (!row || at % 3 == 0)
		return xasprintf(":here - [0:0]\n:there - [0:0]\n-A here %s\n",
				 spec);
	if (at % 3 == 1)
		return xasprintf(":here - [0:0]\n:there - [0:0]\n-A %s %s\n",
				 row[at / 3 % n], spec);
	return xasprintf(":here - [0:0]\n:there - [0:0]\n-A %s -j here\n"
			 "-A here %s\n", row[at / 3 % n], spec);
}

struct tally {
	struct tryout_box *box;
	unsigned batches;
	unsigned tried, refused, untried, unreadable, different;
};

/* What we say of a spec in its place. */
enum said { ACCEPTED, REFUSED, UNTRIED, UNREADABLE };

static enum said
ask_us(struct tally *tally, const char *table, const char *rules)
{
	char *text = xasprintf("*%s\n%sCOMMIT\n", table, rules);
	struct tryout_report report = { 0 };
	struct ruleset *rs = NULL;
	enum said said;

	if (ruleset_load(text, strlen(text), "corpus", table, &rs) != OK) {
		free(text);
		return UNREADABLE;
	}
	tryout_rules(tally->box, NULL, rs, &report);
	said = report.verdict == TRYOUT_ACCEPTED ? ACCEPTED : REFUSED;
	if (report.verdict == TRYOUT_UNAVAILABLE)
		bail_out("%s", report.reason);
	if (report.untried.n > 0)
		said = UNTRIED;
	tryout_report_done(&report);
	ruleset_free(rs);
	free(text);
	return said;
}

static void
compare(struct tally *tally, const char *table, const char *rules,
	enum said said)
{
	/* Lists and the like of the rules before may be in the way. */
	bool taken = stock_takes(table, rules) ||
		     (stock_takes(table, "") && stock_takes(table, rules));

	if (taken == (said == ACCEPTED))
		return;
	diag("stock %s, we do not: %s", taken ? "takes" : "refuses", rules);
	tally->different++;
}

/* What we accept is given to stock at once; one by one what it does not take
 * so, and what we refuse. */
static void
try_batch(const struct batch *batch, void *arg)
{
	struct tally *tally = arg;
	struct vec accepted = { 0 };
	struct str all = { 0 };
	unsigned at = tally->batches++;

	for (size_t i = 0; i < batch->specs.n; i++) {
		char *rules = place_of(batch->table, at, batch->specs.v[i]);
		enum said said = ask_us(tally, batch->table, rules);

		tally->tried += said == ACCEPTED || said == REFUSED;
		tally->refused += said == REFUSED;
		tally->untried += said == UNTRIED;
		tally->unreadable += said == UNREADABLE;
		if (said == ACCEPTED) {
			str_add(&all, rules);
			vec_push(&accepted, rules);
			continue;
		}
		if (said == REFUSED)
			compare(tally, batch->table, rules, said);
		free(rules);
	}
	if (accepted.n > 1 && stock_takes(batch->table, str_text(&all)))
		all.len = 0;
	for (size_t i = 0; i < accepted.n; i++) {
		if (all.len)
			compare(tally, batch->table, accepted.v[i], ACCEPTED);
		free(accepted.v[i]);
	}
	vec_done(&accepted);
	str_done(&all);
}

static char *
rules_path(const char *name)
{
	const char *top = getenv("top_srcdir");

	return xasprintf("%s/tests/rules/%s", top ? top : ".", name);
}

/* The corpus has a spec a line. */
static void
try_corpus(struct tally *tally)
{
	char *path = rules_path("corpus");
	struct str text = { 0 };
	char table[32] = "", *rest = NULL;

	if (file_read(AT_FDCWD, path, 1 << 24, &text))
		bail_out("%s", err_message());
	for (char *line = strtok_r(text.s, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		struct batch batch = { .table = table };

		if (*line == '*')
			snprintf(table, sizeof(table), "%s", line + 1);
		if (*line == '*' || *line == '#')
			continue;
		vec_push(&batch.specs, line);
		try_batch(&batch, tally);
		vec_done(&batch.specs);
	}
	str_done(&text);
	free(path);
}

static void
test_specs(struct tryout_box *box)
{
	struct tally tally = { .box = box };
	char *grammar = rules_path("grammar");

	objects_make();
	try_corpus(&tally);
	expand_grammar(grammar, try_batch, &tally);
	ok(tally.tried > 2000, "%u specs are tried", tally.tried);
	ok(tally.refused > 100, "%u of them are refused", tally.refused);
	is_int(tally.different, 0, "the stock tool agrees about each");
	diag("%u untried, %u not read", tally.untried, tally.unreadable);
	free(grammar);
}

int
main(void)
{
	struct tryout_box *box;

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (system("command -v ip6tables-legacy-restore >/dev/null") != 0)
		skip_all("no ip6tables-legacy");
	ns_or_skip();
	if (xt_init(false))
		bail_out("%s", err_message());
	box = tryout_box_new(LIMIT_MS);
	test_chance(box);
	test_specs(box);
	tryout_box_free(box);
	xt_done();
	return done_testing();
}
