/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a cell: the kernel's table, the record, the history after the
 * next start, and what was told; and the story that most cells have. */
#ifndef TESTS_TRIAL_MATRIX_LOOK_H
#define TESTS_TRIAL_MATRIX_LOOK_H

#include "matrix.h"

static void
told_add(const char *word)
{
	size_t len = strlen(found.told);

	snprintf(found.told + len, sizeof(found.told) - len, "%s%s",
		 len ? ", " : "", word);
}

static void
told_read(const char *name)
{
	int fd = open(in_dir(name), O_RDONLY | O_CLOEXEC);
	char word[96];
	ssize_t n = fd < 0 ? -1 : read(fd, word, sizeof(word) - 1);

	if (n >= 0) {
		word[n] = '\0';
		told_add(word);
	}
	if (fd >= 0)
		close(fd);
}

/* Nothing is written for the next boot. */
static struct world
next_world(void)
{
	static struct settings settings = { .no_boot = true };

	return (struct world){
		.settings = &settings,
		.boot_root = dir,
		.clock = &clock_system,
		.table = "filter",
		.db_path = db_path,
		.guardian = options,
		.actor = somebody,
	};
}

/* What every start does about what it finds. */
static enum apply_found
next_start(void)
{
	struct world world = next_world();
	struct trial *trial = NULL;
	enum apply_found at = apply_resume(&world, &trial);

	trial_free(trial);
	return at;
}

/* What `status` says to somebody who changes nothing by asking. */
static bool
status_alarms(void)
{
	struct str command = { 0 };
	bool alarms;

	str_addf(&command, "%s --read-only --run-dir %s --db %s status | "
		 "grep -q 'NOT REVERTED'", getenv("SALLYPORT") ?
		 getenv("SALLYPORT") : "./sallyport", run_dir, db_path);
	alarms = system(str_text(&command)) == 0;
	str_done(&command);
	return alarms;
}

/* Nobody is left and the deadline passes: the stated limit. It is said, and the
 * next start makes good. */
static void
make_good(const struct cell *cell)
{
	struct trial *trial = record();

	if (trial && !trial_state_is_settled(trial->state)) {
		while (now_ms() < trial->deadline_ms)
			pause_ms(10);
		if (status_alarms())
			told_add("status NOT REVERTED");
		if (cell->orphaned)
			cell->orphaned();
	}
	trial_free(trial);
	next_start();
	ok(all_left(10000), "the last guardian leaves");
}

static void
look_at_kernel(void)
{
	char *text = saved(true);

	snprintf(found.kernel, sizeof(found.kernel), "%s",
		 strcmp(text, old_text) == 0 ? "old" :
		 live_is(old_text) ? "old rules" :
		 live_is(new_text) ? "new" :
		 live_is(others_rules) ? "old + others" : "something else");
	if (strcmp(found.kernel, "something else") == 0)
		tap_quote("the table: ", text);
	free(text);
}

static void
look_at_record(const struct trial *trial)
{
	int fd = open(in_dir("when"), O_RDONLY | O_CLOEXEC);
	int64_t when;

	found.ms = -1;
	snprintf(found.record, sizeof(found.record), "%s%s%s%s",
		 trial ? trial_state_name(trial->state) : "none",
		 trial && trial->reason ? " (" : "",
		 trial && trial->reason ? trial->reason : "",
		 trial && trial->reason ? ")" : "");
	if (trial && trial->state == TRIAL_REVERTED && fd >= 0 &&
	    read(fd, &when, sizeof(when)) == sizeof(when))
		found.ms = (int)(when - trial->deadline_ms);
	if (fd >= 0)
		close(fd);
}

static bool
take_state(const struct revision *rev, void *arg)
{
	const struct trial *trial = arg;

	if (!rev->trial_id || strcmp(rev->trial_id, trial->id) != 0)
		return true;
	snprintf(found.history, sizeof(found.history), "%s", rev->state);
	return false;
}

static void
look_at_history(struct trial *trial)
{
	struct history *history;

	snprintf(found.history, sizeof(found.history), "none");
	if (!trial)
		return;
	if (history_open(db_path, true, &history) != OK) {
		diag("no history: %s", err_message());
		return;
	}
	if (history_each(history, NULL, NULL, take_state, trial) != OK)
		diag("no history: %s", err_message());
	history_close(history);
}

static void
look(void)
{
	struct trial *trial = record();

	look_at_kernel();
	look_at_record(trial);
	look_at_history(trial);
	trial_free(trial);
}

/* The usual story. */
static void
tell_story(const struct cell *cell)
{
	pid_t pid;

	if (cell->before)
		cell->before();
	if (cell->signo)
		plan(false, cell->victims, cell->signo, cell->at);
	if (cell->again)
		plan(true, G, SIGKILL, cell->again);
	pid = client_start(cell, "told");
	if (cell->during && await_file("on-trial", 10000)) {
		cell->during();
		put_file("go", "", 0);
	}
	if (cell->later && await_file("spoken", 10000))
		cell->later();
	client_wait(pid);
	told_read("told");
	ok(all_left(20000), "the guardian leaves");
	kill(pid, SIGKILL);
	make_good(cell);
	ok(!has_file("plan") && !has_file("plan2"), "it was done");
	look();
}

#endif
