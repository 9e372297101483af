/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several writers of one history, and a writer that is killed. */
#include "history.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A child that holds the write lock until it is killed. */
static pid_t
start_holder(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready) < 0)
		bail_out("no pipe");
	pid = fork();
	if (pid == 0) {
		sqlite3 *sq;

		sqlite3_open(db_path, &sq);
		sqlite3_exec(sq, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bail_out("the holder of the lock died");
	close(ready[0]);
	return pid;
}

static void
stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
test_locked(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct actor actor = {0};
	int64_t id, start;
	pid_t holder = start_holder();

	start = now_ms();
	is_int(history_sync(history, live, &actor, 1, &id), ERR_FAIL,
	       "a locked database cannot be written");
	ok(strstr(err_message(), "locked by another"), "and that is told");
	ok(now_ms() - start >= 1500 && now_ms() - start < 8000,
	   "after two seconds of patience");
	stop(holder);
	is_int(sync_live(history, live, 1), 1, "when it is free it is written");
	ruleset_free(live);
	history_close(history);
	remove_db();
}

/* Record trials on one table for as long as it goes. */
static void
write_for_ever(unsigned seed)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct trial *trial;
	int64_t id;

	random_state = seed;
	for (;;) {
		trial = random_trial(live, 3, 1);
		if (history_record_trial(history, trial, &id) != OK)
			_exit(1);
		settle(trial, TRIAL_CONFIRMED, NULL);
		if (history_record_trial(history, trial, &id) != OK)
			_exit(1);
		ruleset_free(live);
		live = ruleset_copy(trial_part(trial, 0)->after);
		trial_free(trial);
	}
}

static bool
rebuild_one(const struct revision *rev, void *arg)
{
	struct ruleset *rs = NULL;

	if (history_ruleset(arg, rev->id, &rs) != OK) {
		ok(false, "revision %lld: %s", (long long)rev->id,
		   err_message());
		return false;
	}
	ruleset_free(rs);
	return true;
}

/* So many are killed, and more until they got this far. */
#define KILLS 25
#define FAR 50

static void
test_killed(void)
{
	struct timespec pause_for = {0};
	int64_t last = -1, id;
	struct history *history;
	unsigned i, lost = 0;
	pid_t pid;

	for (i = 0; i < KILLS || (last < FAR && i < 20 * KILLS); i++) {
		pid = fork();
		if (pid == 0)
			write_for_ever(i + 1);
		pause_for.tv_nsec = 1000000L * (5 + below(60));
		nanosleep(&pause_for, NULL);
		stop(pid);
		history = must_open();
		id = newest(history);
		lost += id < last;
		last = id > last ? id : last;
		history_close(history);
	}
	ok(last >= FAR, "writers got somewhere before they were killed: %lld",
	   (long long)last);
	is_int(lost, 0, "no revision was lost by kill -9");
	history = must_open();
	ok(history_each(history, "filter", NULL, rebuild_one, history) == OK,
	   "every revision can be rebuilt");
	history_close(history);
	remove_db();
}

#define WRITERS 4
#define EACH 8

static void
write_some(unsigned seed)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct trial *trial;
	int64_t id;
	int i;

	random_state = seed;
	for (i = 0; i < EACH; i++) {
		trial = random_trial(live, 1, 1);
		if (history_record_trial(history, trial, &id) != OK) {
			diag("writer: %s", err_message());
			_exit(1);
		}
		trial_free(trial);
	}
	_exit(0);
}

static bool
count_trial(const struct revision *rev, void *arg)
{
	*(int *)arg += rev->trial_id != NULL;
	return true;
}

static void
test_many_writers(void)
{
	int i, status, trials = 0, failed = 0;
	struct history *history;
	pid_t pids[WRITERS];

	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			write_some(i + 1);
	}
	for (i = 0; i < WRITERS; i++) {
		waitpid(pids[i], &status, 0);
		failed += status != 0;
	}
	is_int(failed, 0, "several programs make and write a new history");
	history = must_open();
	ok(history_each(history, "filter", NULL, count_trial, &trials) == OK &&
	   trials == WRITERS * EACH, "each trial is there: %d", trials);
	history_close(history);
	remove_db();
}

int
main(void)
{
	make_test_dir();
	if (xt_init(false) != OK)
		bail_out("%s", err_message());
	test_locked();
	test_killed();
	test_many_writers();
	xt_done();
	remove_test_dir();
	return done_testing();
}
