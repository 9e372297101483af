/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two things at once: whoever wins, all are told the same, and it is what the
 * kernel, the record and the history have. And how long a revert takes. */
#ifndef TESTS_TRIAL_MATRIX_RACE_H
#define TESTS_TRIAL_MATRIX_RACE_H

#include "matrix-machine.h"

/* What is heard until the end, a repeated answer and the trial's own state
 * aside. */
static void
hear_out(struct guardian_client *client, const char *between)
{
	struct guardian_event event;
	enum guardian_event_kind kind, last = EVENT_NONE;
	struct str told = { 0 };

	do {
		kind = await(client, &event, 15000);
		guardian_event_done(&event);
		if (kind != last && (kind == EVENT_EXTENDED ||
				     kind == EVENT_CONFIRMED ||
				     kind == EVENT_REVERTED ||
				     kind == EVENT_DENIED))
			str_addf(&told, "%s%s", told.len ? between : "",
				 event_words[kind]);
		last = kind;
	} while (client->fd >= 0 && kind != EVENT_NONE);
	told_add(str_text(&told));
	str_done(&told);
	guardian_disconnect(client);
}

static void
end_race(const struct cell *cell)
{
	ok(all_left(10000), "the guardian leaves");
	make_good(cell);
	look();
}

/* What was said is what is. */
static void
is_consistent(void)
{
	bool kept = strstr(found.told, "confirmed") != NULL;

	is_str(found.kernel, kept ? "new" : "old", "the kernel as was said");
	is_str(found.record, kept ? "confirmed" : strstr(found.record, "asked") ?
	       "reverted (asked)" : UNDONE, "and the record");
	is_str(found.history, kept ? "confirmed" : "reverted",
	       "and the history");
}

static int64_t
deadline(void)
{
	struct trial *trial = record();
	int64_t at = trial ? trial->deadline_ms : 0;

	trial_free(trial);
	return at;
}

/* A wish, so many milliseconds from the deadline. */
static void
race_the_deadline(const struct cell *cell)
{
	struct guardian_client client;
	int64_t at;

	start(&client, new_text, 600);
	at = deadline() + cell->offset;
	pause_ms((int)(at - now_ms()) - 2);
	while (now_ms() < at)	/* others race on the same processors */
		;
	speak(&client, cell->wish);
	hear_out(&client, " ");
	end_race(cell);
	is_consistent();
}

static void
race_each_other(const struct cell *cell)
{
	struct guardian_client a, b;

	start(&a, new_text, 20000);
	if (guardian_connect(&options, &b) != OK)
		bail_out("no second client");
	speak(&a, cell->offset ? REVERT : CONFIRM);
	speak(&b, cell->wish);
	hear_out(&a, " ");
	hear_out(&b, " ");
	end_race(cell);
	is_consistent();
}

/* Two administrators at once. */
static void
race_to_commit(const struct cell *cell)
{
	pid_t a = client_start(cell, "told"), b = client_start(cell, "told2");

	client_wait(a);
	client_wait(b);
	told_read("told");
	told_read("told2");
	end_race(cell);
}

/* --- How long it takes --- */

static char *
many_rules(int n, int from)
{
	struct str text = { 0 };

	str_add(&text, "*filter\n:INPUT DROP [1:60]\n:FORWARD DROP [0:0]\n"
		":OUTPUT ACCEPT [2:120]\n");
	for (int i = from; i < n + from; i++)
		str_addf(&text, "[%d:%d] -A INPUT -s 2001:db8::%x/128 -p tcp "
			 "-m tcp --dport %d -j ACCEPT\n", i, i * 60,
			 i % 0xfffe + 1, 1 + i % 60000);
	str_add(&text, "COMMIT\n");
	return str_take(&text);
}

static void
put_in_many(int n)
{
	old_text = many_rules(n, 1);
	new_text = many_rules(n, 3);
	load(old_text);
}

static void
thousand(void)
{
	put_in_many(1000);
}

static void
ten_thousand(void)
{
	put_in_many(10000);
}

#define EITHER "old|new", UNDONE "|confirmed", "reverted|confirmed"
#define CONFIRM_AT(ms, words) \
	{ "confirm", words, "at the deadline", EITHER, "confirmed|reverted", \
	  .run = race_the_deadline, .wish = CONFIRM, .offset = (ms) }
#define EXTEND_AT(ms, words) \
	{ "longer", words, "at the deadline", "old", UNDONE, "reverted", \
	  "extended reverted|reverted", .run = race_the_deadline, \
	  .wish = EXTEND, .offset = (ms) }

static const struct cell race_cells[] = {
	CONFIRM_AT(-20, "20 ms before"), CONFIRM_AT(-5, "5 ms before"),
	CONFIRM_AT(-2, "2 ms before"), CONFIRM_AT(-1, "1 ms before"),
	CONFIRM_AT(0, "in time"), CONFIRM_AT(1, "1 ms after"),
	CONFIRM_AT(2, "2 ms after"), CONFIRM_AT(5, "5 ms after"),
	CONFIRM_AT(20, "20 ms after"),
	EXTEND_AT(-5, "5 ms before"), EXTEND_AT(-1, "1 ms before"),
	EXTEND_AT(0, "in time"), EXTEND_AT(1, "1 ms after"),
	EXTEND_AT(5, "5 ms after"),
	{ "confirm", "twice", "two clients", "new", "confirmed", "confirmed",
	  "confirmed, confirmed", .run = race_each_other, .wish = CONFIRM },
	{ "confirm", "and revert", "two clients", "old|new",
	  "reverted (asked)|confirmed", "reverted|confirmed",
	  "confirmed, confirmed|reverted, reverted",
	  .run = race_each_other, .wish = REVERT },
	{ "revert", "and confirm", "two clients", "old|new",
	  "reverted (asked)|confirmed", "reverted|confirmed",
	  "confirmed, confirmed|reverted, reverted",
	  .run = race_each_other, .wish = CONFIRM, .offset = 1 },
	{ "revert", "twice", "two clients", "old", "reverted (asked)",
	  "reverted", "reverted, reverted", .run = race_each_other,
	  .wish = REVERT, .offset = 1 },
	{ "commit", "at once", "two clients", "old", UNDONE, "reverted",
	  "reverted, busy|busy, reverted", .run = race_to_commit,
	  .window = LONG_WINDOW },
	{ "none", "1,000 rules", "-", REVERTS, .before = thousand },
	{ "none", "10,000 rules", "-", REVERTS, .before = ten_thousand,
	  .window = 1000 },
	{ "kill -9", "on trial", "guardian, 1,000 rules", "old", UNDONE,
	  "reverted", "lost", G, .signo = SIGKILL, .before = thousand },
};

#endif
