/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database when the world is unkind: foreign, broken, exposed, full. */
#include "history.h"

#include <errno.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sallyport/proc.h>
#include "../../src/history/db.h"
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
	refuses(false, ERR_FAIL, "no regular file", "a directory");
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

/* Put what is in the database into one of the schema's first form. */
static void
make_first_form(void)
{
	struct str sql = { 0 };
	char newer[192];

	snprintf(newer, sizeof(newer), "%s.newer", db_path);
	meddle("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
	if (rename(db_path, newer) < 0)
		bail_out("rename: %s", strerror(errno));
	str_addf(&sql, "ATTACH '%s' AS newer; %s"
		 "INSERT INTO revision SELECT * FROM newer.revision;"
		 "INSERT INTO keyframe SELECT * FROM newer.keyframe;"
		 "DETACH newer;"
		 "PRAGMA application_id = 0x53616c79; PRAGMA user_version = 1",
		 newer, schema_steps[0].sql);
	meddle(str_text(&sql));
	unlink(newer);
	chmod(db_path, 0600);
	str_done(&sql);
}

/* What an old database has was made where we are, be that the machine's own
 * network namespace or not. */
static void
take_home(void)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "UPDATE revision SET netns_cookie = %lld",
		 proc_same_netns(1) ? 0 : (long long)proc_netns_cookie());
	meddle(sql);
}

/* A database of the first form is brought up to date, nothing lost; then a
 * trial may have a revision in each of several tables. */
static void
test_first_form(void)
{
	struct ruleset *live = empty_table(), *raw;
	struct trial *trial = random_trial(live, 5, 100), *both;
	struct history *history = must_open();
	struct trial_part *part;

	sync_live(history, live, 1);
	is_int(record(history, trial), 2, "a trial is revision 2");
	history_close(history);
	make_first_form();
	history = must_open();
	take_home();
	ok(rebuilds(history, 1, live), "keyframes are kept");
	ok(rebuilds(history, 2, trial_part(trial, 0)->after),
	   "and changesets");
	settle(trial, TRIAL_CONFIRMED, NULL);
	is_int(record(history, trial), 2, "its trial goes on");

	both = random_trial(trial_part(trial, 0)->after, 3, 200);
	if (ruleset_new_empty("raw", &raw))
		bail_out("%s", err_message());
	part = trial_add_part(both);
	part->before = raw;
	part->after = ruleset_copy(raw);
	part->changes = random_changes(part->after, 4);
	ruleset_fingerprint(part->before, part->before_print);
	ruleset_fingerprint(part->after, part->after_print);
	is_int(record(history, both), 5, "a trial of two tables: 3, and 5 on "
	       "what was found of the second, 4");
	ok(rebuilds(history, 3, trial_part(both, 0)->after) &&
	   rebuilds(history, 5, part->after), "each in its table");
	is_int(record(history, both), 5, "once only");
	history_close(history);
	trial_free(trial);
	trial_free(both);
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
	test_first_form();
	test_broken_rows();
	test_full_disk();
	xt_done();
	remove_test_dir();
	return done_testing();
}
