/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database when the world is unkind: foreign, broken, locked, full, or its
 * writer killed. */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include "../ns.h"

static void
is_mode(const char *path, unsigned expected)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		ok(false, "%s is there", path);
		return;
	}
	is_int(st.st_mode & 0777, expected, "%s has mode %o",
	       path + strlen(test_dir) + 1, expected);
}

/* Run SQL on the database behind the history's back. */
static void
meddle(const char *sql)
{
	sqlite3 *sq;

	if (sqlite3_open(db_path, &sq) != SQLITE_OK ||
	    sqlite3_exec(sq, sql, NULL, NULL, NULL) != SQLITE_OK)
		bail_out("%s: %s", sql, sqlite3_errmsg(sq));
	sqlite3_close(sq);
}

static void
refuses(bool read_only, enum err expected, const char *part, const char *what)
{
	struct history *history = NULL;
	enum err err = history_open(db_path, read_only, &history);

	is_int(err, expected, "%s is refused", what);
	if (!ok(err && strstr(err_message(), part), "and told: %s", part))
		diag("got: %s", err_message());
	history_close(history);
}

static void
write_file(const char *text, size_t n)
{
	FILE *file = fopen(db_path, "w");

	if (!file || fwrite(text, 1, n, file) != n || fclose(file))
		bail_out("cannot write %s", db_path);
}

static void
test_permissions(void)
{
	char path[128];
	struct history *history;
	struct ruleset *live = empty_table();

	umask(0);
	history = must_open();
	sync_live(history, live, 1);
	snprintf(path, sizeof(path), "%s/db", test_dir);
	is_mode(path, 0700);
	is_mode(db_path, 0600);
	snprintf(path, sizeof(path), "%s-wal", db_path);
	is_mode(path, 0600);
	history_close(history);
	chmod(db_path, 0644);
	history_close(must_open());
	is_mode(db_path, 0600);

	snprintf(path, sizeof(path), "%s/other", test_dir);
	if (rename(db_path, path) < 0 || symlink(path, db_path) < 0)
		bail_out("cannot link");
	refuses(false, ERR_FAIL, "symbolic link", "a symbolic link");
	refuses(true, ERR_FAIL, "symbolic link", "one to be read");
	unlink(db_path);
	mkdir(db_path, 0700);
	refuses(false, ERR_FAIL, "not a file", "a directory");
	rmdir(db_path);
	snprintf(path, sizeof(path), "%s/db", test_dir);
	chmod(path, 0777);
	refuses(false, ERR_FAIL, path, "a directory that others can write");
	chmod(path, 0700);
	ruleset_free(live);
	umask(022);
}

static void
test_read_only(void)
{
	struct history *history;
	struct ruleset *live = empty_table();
	struct actor actor = {0};
	int64_t id;

	refuses(true, ERR_NOT_FOUND, "no history", "a missing one to be read");
	ok(access(db_path, F_OK) < 0, "and it is not made");
	history = must_open();
	sync_live(history, live, 1);
	history_close(history);
	if (history_open(db_path, true, &history) != OK)
		bail_out("not readable: %s", err_message());
	ok(rebuilds(history, 1, live), "what was written can be read");
	is_int(history_sync(history, live, &actor, 1000, &id), ERR_FAIL,
	       "but not written");
	ok(strstr(err_message(), "read-only"), "as it is read-only");
	history_close(history);
	ruleset_free(live);
	remove_db();
}

static void
test_foreign_and_broken(void)
{
	struct history *history;
	struct ruleset *live = empty_table();
	char junk[8192];
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = below(255) + 1;
	write_file(junk, sizeof(junk));
	refuses(false, ERR_FAIL, "damaged", "a file of noise");
	remove_db();
	meddle("CREATE TABLE theirs (a)");
	refuses(false, ERR_FAIL, "another program", "another's database");
	remove_db();

	history_close(must_open());
	meddle("PRAGMA user_version = 99");
	refuses(false, ERR_FAIL, "newer sallyport (format 99", "a newer format");
	refuses(true, ERR_FAIL, "newer sallyport", "one to be read");
	remove_db();
	write_file("", 0);
	refuses(true, ERR_NOT_FOUND, "old format", "an empty file to be read");
	history = must_open();
	is_int(sync_live(history, live, 1), 1, "but it can become a history");
	history_close(history);
	ruleset_free(live);
	remove_db();
}

static void
test_broken_rows(void)
{
	struct history *history = must_open();
	struct ruleset *live = empty_table();
	struct revision *rev = NULL;
	struct ruleset *rs = NULL;

	changeset_free(random_changes(live, 50));
	sync_live(history, live, 1);
	changeset_free(random_changes(live, 1));
	sync_live(history, live, 2);
	meddle("UPDATE revision SET changes = '{\"x' WHERE id = 2");
	is_int(history_get(history, 2, &rev), ERR_FAIL,
	       "changes that cannot be read are an error");
	ok(strstr(err_message(), "revision 2"), "which names the revision");
	is_int(history_ruleset(history, 2, &rs), ERR_FAIL, "nor rebuilt");
	changeset_free(random_changes(live, 1));
	is_int(sync_live(history, live, 3), 3, "what comes next is recorded");
	ok(rebuilds(history, 3, live), "with all that it takes to rebuild it");
	meddle("UPDATE revision SET fingerprint = 'x' WHERE id = 3");
	is_int(history_ruleset(history, 3, &rs), ERR_FAIL,
	       "a table that is not as its fingerprint is not given out");
	is_int(history_ruleset(history, 77, &rs), ERR_NOT_FOUND,
	       "there is no revision 77");
	is_int(history_get(history, 77, &rev), ERR_NOT_FOUND, "really not");
	ruleset_free(live);
	history_close(history);
	remove_db();
}

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
		live = ruleset_copy(trial->after);
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

static bool
enter_small_disk(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/db", test_dir);
	return !ns_become_root() && !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("small", path, "tmpfs", MS_NOSUID | MS_NODEV,
		      "size=512k,mode=0700");
}

/* Last: the process stays in its mount namespace. */
static void
test_full_disk(void)
{
	struct history *history;
	struct ruleset *live = empty_table();
	struct actor actor = {0};
	char path[80];
	int64_t id = 0, last = 0;
	enum err err = OK;
	int i;

	if (!enter_small_disk()) {
		skip("no small disk: %s", strerror(errno));
		return;
	}
	history = must_open();
	for (i = 1; !err && i < 1000; i++) {
		changeset_free(random_changes(live, 20));
		err = history_sync(history, live, &actor, i, &id);
		last = err ? last : id;
	}
	is_int(err, ERR_FAIL, "a full disk is an error");
	if (!ok(strstr(err_message(), "disk is full"), "that names itself"))
		diag("got: %s", err_message());
	is_int(newest(history), last, "what was written is still there");
	history_close(history);
	remove_db();
	history_close(must_open());
	snprintf(path, sizeof(path), "%s/db", test_dir);
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		bail_out("cannot remount: %s", strerror(errno));
	refuses(false, ERR_FAIL, "ead-only", "a disk that is read-only");
	umount(path);
	ruleset_free(live);
}

int
main(void)
{
	make_test_dir();
	if (xt_init(false) != OK)
		bail_out("%s", err_message());
	test_permissions();
	test_read_only();
	test_foreign_and_broken();
	test_broken_rows();
	test_locked();
	test_killed();
	test_many_writers();
	test_full_disk();
	xt_done();
	remove_test_dir();
	return done_testing();
}
