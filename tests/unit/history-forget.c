/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Old revisions are forgotten: never the newest, never one that the others
 * cannot do without, and what stays is rebuilt as it was. */
#include "history.h"

#define DAY 86400
#define MADE 250

static void
add_rule(struct ruleset *rs)
{
	struct changeset *cs = changeset_new("filter");
	struct rule *rule = random_rule();

	if (changeset_push_take(cs, rs, change_insert("INPUT", 0, rule)))
		bail_out("no change: %s", err_message());
	rule_unref(rule);
	changeset_free(cs);
}

static int
count(struct history *history, int64_t *oldest)
{
	int n = 0;

	*oldest = 0;
	for (int64_t id = 1; id <= MADE; id++) {
		struct revision *rev;

		if (history_get(history, id, &rev) != OK)
			continue;
		if (!n++)
			*oldest = id;
		revision_free(rev);
	}
	return n;
}

/* MADE revisions, one a day. The table after each is kept in tables. */
static void
make(struct history *history, struct ruleset *tables[MADE])
{
	struct ruleset *live = empty_table();

	for (int i = 0; i < MADE; i++) {
		if (sync_live(history, live, (i + 1) * DAY) != i + 1)
			bail_out("no revision %d", i + 1);
		tables[i] = ruleset_copy(live);
		add_rule(live);
	}
	ruleset_free(live);
}

static bool
all_rebuilt(struct history *history, struct ruleset *tables[MADE], int from)
{
	for (int i = from; i <= MADE; i++) {
		struct ruleset *rs;
		bool same;

		if (history_ruleset(history, i, &rs) != OK)
			return false;
		same = ruleset_equal(rs, tables[i - 1]);
		ruleset_free(rs);
		if (!same)
			return false;
	}
	return true;
}

int
main(void)
{
	struct ruleset *tables[MADE];
	struct history *history;
	int64_t oldest;

	make_test_dir();
	atexit(remove_test_dir);
	history = must_open();
	make(history, tables);
	is_int(history_forget(history, "filter", DAY), OK, "nothing is older");
	is_int(count(history, &oldest), MADE, "and nothing goes");
	is_int(history_forget(history, "nat", 1000 * DAY), OK,
	       "another table's are old");
	is_int(count(history, &oldest), MADE, "nothing goes here");

	is_int(history_forget(history, "filter", 51 * DAY), OK,
	       "fifty are older");
	is_int(count(history, &oldest), MADE - 50, "and go");
	is_int(oldest, 51, "the oldest ones");
	ok(all_rebuilt(history, tables, 51), "those that stay are whole");

	is_int(history_forget(history, "filter", 1000 * DAY), OK,
	       "all are older");
	is_int(count(history, &oldest), HISTORY_KEPT, "a hundred stay");
	is_int(oldest, MADE - HISTORY_KEPT + 1, "the newest ones");
	ok(all_rebuilt(history, tables, (int)oldest), "and are whole");
	is_int(newest(history), MADE, "the newest stands");
	history_close(history);
	for (int i = 0; i < MADE; i++)
		ruleset_free(tables[i]);
	return done_testing();
}
