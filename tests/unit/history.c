/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history says of trials, of others and of restarts, and that every
 * revision can be restored. */
#include "history.h"

static void
test_import_and_external(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct changeset *cs;
	struct revision *rev;
	int64_t id;

	is_int(newest(history), -1, "an empty history has no newest revision");
	is_int(sync_live(history, live, 1000), 1, "the first look is revision 1");
	rev = must_get(history, 1);
	is_str(rev->origin, "import", "it is an import");
	is_str(rev->state, "applied", "which is in force");
	is_str(rev->actor.user, "root", "by who looked");
	is_int(rev->parent, 0, "it has no parent");
	ok(rev->keyframe, "and is a keyframe");
	ok(!rev->changes, "without changes");
	revision_free(rev);
	is_int(sync_live(history, live, 1500), 0, "the same table is no news");

	cs = random_changes(live, 3);
	id = sync_live(history, live, 2000);
	is_int(id, 2, "another table is revision 2");
	rev = must_get(history, id);
	is_str(rev->origin, "external", "it is external");
	is_str(rev->actor.user, NULL, "by unknown");
	is_int(rev->parent, 1, "on revision 1");
	is_int(rev->since_s, 1500, "after the table was last seen without it");
	is_int(rev->time_s, 2000, "and before it was found");
	ok(rev->changes && rev->changes->changes.n > 0, "its changes are known");
	ok(rebuilds(history, id, live), "its table can be rebuilt");
	revision_free(rev);
	is_int(sync_live(history, live, 3000), 0, "found once, it is no news");
	changeset_free(cs);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

static const char hostile[] = "\033]0;x\007 '); DROP TABLE revision; --\n"
	"\xff\xfe\xc3 \xe2\x80\xae%s";

static void
test_trial_round_trip(void)
{
	struct history *history = must_open();
	struct ruleset *before = empty_table();
	struct trial *trial = random_trial(before, 2, 5000);
	struct str got = {0}, expected = {0};
	struct revision *rev, *first;
	int64_t id;

	free(trial->message);
	trial->message = xstrdup(hostile);
	trial->override = xstrdup("vps.example");
	id = record(history, trial);
	is_int(id, 2, "a trial on an unknown table is revision 2, after it");
	rev = must_get(history, id);
	is_str(rev->message, hostile, "a hostile message survives");
	is_str(rev->state, "on trial", "it is on trial");
	is_str(rev->origin, "edit", "from an edit");
	is_str(rev->actor.user, "alice", "who");
	is_int(rev->actor.uid, 1000, "with which uid");
	is_str(rev->actor.from, "2001:db8::77", "from where");
	is_str(rev->actor.tty, "pts/3", "on which terminal");
	is_str(rev->actor.host, "vps.example", "on which host");
	is_str(rev->override, "vps.example", "against the guard");
	is_str(rev->trial_id, trial->id, "which trial");
	is_str(rev->boot_id, trial->boot_id, "which boot");
	first = must_get(history, 1);
	ok(rev->netns_cookie == first->netns_cookie, "in the namespace here");
	revision_free(first);
	is_str(rev->fingerprint, trial_part(trial, 0)->after_print, "which table");
	is_str(rev->table, "filter", "of which name");
	is_int(rev->time_s, 5000, "when");
	is_int(rev->settled_s, 0, "it is not settled");
	changeset_describe(rev->changes, &got);
	changeset_describe(trial_part(trial, 0)->changes, &expected);
	is_str(str_text(&got), str_text(&expected), "the changes survive");
	ok(rebuilds(history, id, trial_part(trial, 0)->after), "the table can be rebuilt");
	ok(rebuilds(history, 1, before), "so can the one before");
	str_done(&got);
	str_done(&expected);
	revision_free(rev);
	trial_free(trial);
	ruleset_free(before);
	history_close(history);
	remove_db();
}

/* Comments with bytes that are no UTF-8, and other extensions. */
static void
test_rules_of_others(void)
{
	static const char text[] = "*filter\n:INPUT DROP [0:0]\n"
		"-A INPUT -m comment --comment \"\033[2J \xff\xc3 it's\""
		" -j ACCEPT\n"
		"-A INPUT -p tcp -m multiport --dports 80,443 -j REJECT\n"
		"COMMIT\n";
	struct history *history = must_open();
	struct ruleset *live = empty_table(), *found;

	sync_live(history, live, 1);
	if (ruleset_load(text, strlen(text), "text", "filter", &found) != OK)
		bail_out("%s", err_message());
	is_int(sync_live(history, found, 2), 2, "rules of others are recorded");
	ok(rebuilds(history, 2, found), "and come back byte for byte");
	is_int(sync_live(history, live, 3), 3, "their end too");
	ok(rebuilds(history, 3, live), "which can be rebuilt");
	ruleset_free(found);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

/* Each table's revision has what was lost of that table. */
static void
test_lost_apart(void)
{
	struct history *history = must_open();
	struct ruleset *before = empty_table(), *raw;
	struct trial *trial = random_trial(before, 1, 5000);
	struct trial *other;
	struct trial_part *part;
	struct revision *rev;
	int64_t id;

	if (ruleset_new_empty("raw", &raw) != OK)
		bail_out("no table: %s", err_message());
	other = random_trial(raw, 1, 5000);
	part = trial_add_part(trial);
	*part = *trial_part(other, 0);
	free(vec_pop(&other->parts));
	trial->lost = xstrdup("# opaque INPUT aa\n*raw\n"
			      "# opaque OUTPUT bb\n*filter\n# opaque x cc\n");
	settle(trial, TRIAL_REVERTED, "deadline");
	id = record(history, trial);
	rev = must_get(history, id);
	is_str(rev->table, "raw", "the last revision is of the last table");
	is_str(rev->lost, "# opaque OUTPUT bb\n", "what was lost of raw");
	revision_free(rev);
	id = record(history, trial);
	rev = must_get(history, id);
	is_str(rev->lost, "# opaque OUTPUT bb\n", "the same once more");
	revision_free(rev);
	rev = must_get(history, 2);
	is_str(rev->lost, "# opaque INPUT aa\n# opaque x cc\n",
	       "what was lost of filter");
	revision_free(rev);
	trial_free(other);
	trial_free(trial);
	ruleset_free(raw);
	ruleset_free(before);
	history_close(history);
	remove_db();
}

static void
test_trial_states(void)
{
	struct history *history = must_open();
	struct ruleset *before = empty_table();
	struct trial *trial = random_trial(before, 2, 5000);
	struct revision *rev;

	trial->state = TRIAL_ARMED;
	is_int(record(history, trial), 0, "an armed trial is no revision yet");
	is_int(newest(history), -1, "and leaves none");
	trial->state = TRIAL_ON;
	is_int(record(history, trial), 2, "one that runs is");
	is_int(record(history, trial), 2, "only once");
	is_int(newest(history), 2, "and stands meanwhile");
	settle(trial, TRIAL_CONFIRMED, NULL);
	is_int(record(history, trial), 2, "confirmed, it is the same revision");
	trial->state = TRIAL_ON;
	is_int(record(history, trial), 2, "an older record comes late");
	rev = must_get(history, 2);
	is_str(rev->state, "confirmed", "and takes nothing back");
	is_int(rev->settled_s, 5030, "it is known when");
	is_str(rev->settled_by.user, "root", "and by whom");
	revision_free(rev);
	is_int(sync_live(history, trial_part(trial, 0)->after, 6000), 0, "live is as confirmed");
	trial_free(trial);

	trial = random_trial(before, 1, 7000);
	trial->no_trial = true;
	settle(trial, TRIAL_CONFIRMED, NULL);
	rev = must_get(history, record(history, trial));
	is_str(rev->state, "applied", "without a trial it says so");
	is_int(rev->parent, 3, "what it began from was news");
	revision_free(rev);
	trial_free(trial);
	ruleset_free(before);
	history_close(history);
	remove_db();
}

static void
test_undone(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct trial *trial;
	struct revision *rev;
	struct changeset *theirs;
	int64_t id;

	sync_live(history, live, 1000);
	trial = random_trial(live, 2, 2000);
	record(history, trial);
	theirs = random_changes(trial_part(trial, 0)->after, 1);
	is_int(sync_live(history, trial_part(trial, 0)->after, 2010), 3,
	       "others change the table during a trial");
	settle(trial, TRIAL_REVERTED, "deadline");
	is_int(record(history, trial), 2, "the trial is reverted");
	is_int(newest(history), 1, "then neither stands, but what was before");
	is_int(sync_live(history, live, 2040), 0, "which live is again");
	rev = must_get(history, 2);
	is_str(rev->state, "reverted", "the revision says so");
	is_str(rev->reason, "deadline", "and why");
	revision_free(rev);
	changeset_free(theirs);
	trial_free(trial);

	trial = random_trial(live, 1, 3000);
	settle(trial, TRIAL_FAILED, "no memory");
	id = record(history, trial);
	is_int(id, 4, "a commit that failed is told");
	is_int(newest(history), 1, "but does not stand");
	trial_free(trial);

	trial = random_trial(live, 1, 4000);
	id = record(history, trial);
	settle(trial, TRIAL_NOT_REVERTED, "no memory");
	record(history, trial);
	is_int(newest(history), id, "one that cannot be reverted stands");
	settle(trial, TRIAL_REVERTED, "deadline");
	record(history, trial);
	is_int(newest(history), 1, "until it can");
	ok(rebuilds(history, id, trial_part(trial, 0)->after), "an undone table can be rebuilt");
	trial_free(trial);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

/* A trial that was reverted over what others did, and their table. */
static struct trial *
reverted_over(const struct ruleset *before, struct ruleset **theirs)
{
	struct trial *trial = random_trial(before, 2, 2000);
	struct trial_part *part = trial_part(trial, 0);

	*theirs = ruleset_copy(part->after);
	changeset_free(random_changes(*theirs, 3));
	vec_push(&part->found, ruleset_copy(*theirs));
	settle(trial, TRIAL_REVERTED, "deadline");
	return trial;
}

static void
test_found(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table(), *theirs;
	struct trial *trial = reverted_over(live, &theirs);
	struct revision *rev;
	int64_t found;

	sync_live(history, live, 1000);
	trial->state = TRIAL_ON;
	is_int(record(history, trial), 2, "a trial");
	trial->state = TRIAL_REVERTED;
	is_int(record(history, trial), 2, "is reverted over others' work");
	rev = must_get(history, 3);
	is_str(rev->origin, "external", "which is a revision");
	is_str(rev->state, "external", "of its own");
	is_str(rev->message, "as it stood before the revert of revision 2",
	       "that says what it is");
	is_int(rev->parent, 2, "on the trial's");
	is_str(rev->actor.user, NULL, "by unknown");
	ok(rev->since_s == 2000 && rev->time_s == 2030,
	   "between commit and revert");
	revision_free(rev);
	is_int(history_found(history, 2, &found), OK, "asked for");
	is_int(found, 3, "it is the one");
	ok(rebuilds(history, 3, theirs), "their table can be rebuilt");
	is_int(newest(history), 1, "what was before stands");
	is_int(record(history, trial), 2, "recorded once more");
	is_int(sync_live(history, live, 3000), 0, "live is no news");
	changeset_free(random_changes(live, 1));
	is_int(sync_live(history, live, 3010), 4, "nothing else was added");
	trial_free(trial);
	ruleset_free(theirs);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

/* The same where the table was seen while the trial ran, and where nobody
 * looked until all was over. */
static void
test_found_seen(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table(), *theirs;
	struct trial *trial = reverted_over(live, &theirs);
	struct revision *rev;

	trial->state = TRIAL_ON;
	record(history, trial);
	is_int(sync_live(history, theirs, 2010), 3, "it was seen on trial");
	trial->state = TRIAL_REVERTED;
	record(history, trial);
	rev = must_get(history, 3);
	is_str(rev->message, "as it stood before the revert of revision 2",
	       "then it is that revision");
	revision_free(rev);
	trial_free(trial);
	ruleset_free(theirs);

	trial = reverted_over(live, &theirs);
	is_int(record(history, trial), 4, "a trial that nobody saw");
	ok(rebuilds(history, 5, theirs), "and what others had");
	is_int(newest(history), 1, "neither stands");
	trial_free(trial);
	ruleset_free(theirs);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

static void
test_reboot(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct trial *trial;
	struct revision *rev;

	sync_live(history, live, 1000);
	trial = random_trial(live, 2, 2000);
	strcpy(trial->boot_id, "00000000-0000-0000-0000-000000000000");
	record(history, trial);
	is_int(sync_live(history, live, 9000), 0,
	       "after a restart live is what it was before the trial");
	rev = must_get(history, 2);
	is_str(rev->state, "ended by reboot", "the trial ended by the restart");
	is_int(rev->settled_s, 9000, "found at this time");
	revision_free(rev);
	is_int(newest(history), 1, "it does not stand");
	trial_free(trial);

	trial = random_trial(live, 2, 9500);
	record(history, trial);
	sync_live(history, trial_part(trial, 0)->after, 9600);
	rev = must_get(history, 3);
	is_str(rev->state, "on trial", "one of this boot goes on");
	revision_free(rev);
	trial_free(trial);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

#define REVISIONS 90

static void
test_rebuild_all(void)
{
	struct history *history = must_open();
	struct ruleset *tables[REVISIONS] = { empty_table() };
	unsigned frames = 0, bad = 0, i;
	struct revision *rev;
	struct trial *trial;

	sync_live(history, tables[0], 1);
	for (i = 1; i < REVISIONS; i++) {
		trial = random_trial(tables[i - 1], i < 60 ? 40 : 1, 10 * i);
		settle(trial, TRIAL_CONFIRMED, NULL);
		if (record(history, trial) != i + 1)
			bail_out("revision %u is not there", i + 1);
		tables[i] = ruleset_copy(trial_part(trial, 0)->after);
		trial_free(trial);
	}
	for (i = 0; i < REVISIONS; i++) {
		bad += !rebuilds(history, i + 1, tables[i]);
		rev = must_get(history, i + 1);
		frames += rev->keyframe;
		revision_free(rev);
		ruleset_free(tables[i]);
	}
	is_int(bad, 0, "each of %d revisions is rebuilt as it was", REVISIONS);
	ok(frames >= REVISIONS / 20 && frames < REVISIONS / 2,
	   "from keyframes here and there: %u", frames);
	history_close(history);
	remove_db();
}

static void
test_keyframe_when_large(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct revision *rev;
	int64_t id;

	changeset_free(random_changes(live, 100));
	sync_live(history, live, 1);
	changeset_free(random_changes(live, 1));
	id = sync_live(history, live, 2);
	rev = must_get(history, id);
	ok(!rev->keyframe, "a small change is stored as such");
	revision_free(rev);
	changeset_free(random_changes(live, 300));
	id = sync_live(history, live, 3);
	rev = must_get(history, id);
	ok(rev->keyframe, "a large one brings the whole table along");
	ok(rebuilds(history, id, live), "which is right");
	revision_free(rev);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

struct seen {
	int64_t ids[8];
	unsigned n;
	unsigned stop_at;
};

static bool
note(const struct revision *rev, void *arg)
{
	struct seen *seen = arg;

	seen->ids[seen->n++] = rev->id;
	return seen->n < seen->stop_at;
}

static unsigned
count(struct history *history, const char *grep, struct seen *seen)
{
	*seen = (struct seen){ .stop_at = 8 };
	if (history_each(history, "filter", grep, note, seen) != OK)
		diag("each: %s", err_message());
	return seen->n;
}

static void
test_each(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct trial *trial;
	struct str text = {0};
	struct seen seen;

	sync_live(history, live, 1);
	trial = random_trial(live, 1, 2);
	record(history, trial);
	changeset_free(random_changes(trial_part(trial, 0)->after, 1));
	sync_live(history, trial_part(trial, 0)->after, 3);
	is_int(count(history, NULL, &seen), 3, "all revisions are listed");
	ok(seen.ids[0] == 3 && seen.ids[2] == 1, "newest first");
	seen = (struct seen){ .stop_at = 2 };
	ok(history_each(history, "filter", NULL, note, &seen) == OK &&
	   seen.n == 2, "until enough is seen");
	is_int(count(history, "web server", &seen), 1, "by message");
	is_int(count(history, "alice", &seen), 1, "by user");
	is_int(count(history, "import", &seen), 1, "by origin");
	is_int(count(history, "on trial", &seen), 1, "by state");
	is_int(count(history, "100%", &seen), 0, "a text is not a pattern");
	changeset_describe(trial_part(trial, 0)->changes, &text);
	str_cut(&text, text.len - 1);
	is_int(count(history, str_text(&text), &seen), 1, "by what changed");
	seen.n = 0;
	ok(history_each(history, "mangle", NULL, note, &seen) == OK && !seen.n,
	   "another table has another history");
	str_done(&text);
	trial_free(trial);
	ruleset_free(live);
	history_close(history);
	remove_db();
}

int
main(void)
{
	make_test_dir();
	if (xt_init(false) != OK)
		bail_out("%s", err_message());
	test_import_and_external();
	test_trial_round_trip();
	test_rules_of_others();
	test_lost_apart();
	test_trial_states();
	test_undone();
	test_found();
	test_found_seen();
	test_reboot();
	test_rebuild_all();
	test_keyframe_when_large();
	test_each();
	xt_done();
	remove_test_dir();
	return done_testing();
}
