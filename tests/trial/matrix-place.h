/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the run directory and of the record in it: full, read-only,
 * gone, of another boot or namespace, unreadable. */
#ifndef TESTS_TRIAL_MATRIX_PLACE_H
#define TESTS_TRIAL_MATRIX_PLACE_H

#include <linux/fs.h>
#include <sys/ioctl.h>
#include "matrix-machine.h"

static void
mount_run_dir(unsigned long flags, const char *data)
{
	if (mount("none", run_dir, "tmpfs", flags, data) < 0)
		bail_out("no tmpfs: %s", strerror(errno));
}

static void
on_tiny_disk(void)
{
	mount_run_dir(0, "mode=700,size=16k");
}

static void
on_few_inodes(void)
{
	mount_run_dir(0, "mode=700,nr_inodes=4");
}

static void
on_disk(void)
{
	mount_run_dir(0, "mode=700,size=256k,nr_inodes=40");
}

static void
on_read_only(void)
{
	mount_run_dir(MS_RDONLY, "mode=700");
}

static void
fill_disk(void)
{
	char path[128], block[4096] = "x";
	int fd;

	snprintf(path, sizeof(path), "%s/junk", run_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		;
	ok(errno == ENOSPC, "the disk is full");
	close(fd);
}

static void
fill_inodes(void)
{
	char path[128];
	int fd = 0;

	for (int i = 0; fd >= 0; i++) {
		snprintf(path, sizeof(path), "%s/junk-%d", run_dir, i);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		if (fd >= 0)
			close(fd);
	}
	ok(errno == ENOSPC, "there are no inodes");
}

static void
remove_run_dir(void)
{
	nftw(run_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
run_dir_is_file(void)
{
	rmdir(run_dir);
	close(open(run_dir, O_WRONLY | O_CREAT | O_EXCL, 0600));
}

/* Nothing can be created or renamed in it, as on what was remounted read-only:
 * that itself is refused while the guardian has its lock open. */
static bool
set_immutable(bool on)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int flags = 0;
	bool set = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	set = set && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
	close(fd);
	return set;
}

static void
freeze_run_dir(void)
{
	ok(mount(NULL, run_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 &&
	   errno == EBUSY, "it cannot be remounted read-only");
	ok(set_immutable(true), "it takes no change");
}

static void
thaw_run_dir(void)
{
	ok(await_live(old_text, 10000) >= 0, "the old rules are back");
	ok(set_immutable(false), "it takes changes again");
}

/* --- A record that was left behind --- */

static void
write_record(const char *text, size_t len)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (file_write_atomic(fd, TRIAL_FILE, text, len, 0600))
		bail_out("no record: %s", err_message());
	close(fd);
}

static void
edit_record(const char *key, json_t *value)
{
	char *text = record_text();
	json_t *json = json_loads(text, 0, NULL);
	char *out;

	json_object_set_new(json, key, value);
	out = json_dumps(json, 0);
	write_record(out, strlen(out));
	json_decref(json);
	free(out);
	free(text);
}

static void
of_another_boot(void)
{
	edit_record("boot_id",
		    json_string("00000000-0000-0000-0000-000000000000"));
}

static void
of_another_namespace(void)
{
	edit_record("netns_cookie", json_integer(1));
}

static void
cut_off(void)
{
	char *text = record_text();

	write_record(text, strlen(text) / 2);
	free(text);
}

static void
of_newer_format(void)
{
	edit_record("format", json_integer(99));
}

static void
emptied(void)
{
	write_record("", 0);
}

static const char *const found_words[] = {
	[FOUND_NOTHING] = "nothing", [FOUND_RUNNING] = "running",
	[FOUND_RESUMED] = "resumed", [FOUND_SETTLED] = "settled",
	[FOUND_FOREIGN] = "foreign", [FOUND_UNREADABLE] = "unreadable",
	[FOUND_UNGUARDED] = "unguarded",
};

static void
note_in_history(const struct trial *trial, bool sync)
{
	struct history *history;
	struct ruleset *rs = live();
	int64_t id;
	enum err err = history_open(db_path, false, &history);

	if (!err) {
		err = sync ? history_sync(history, rs, &somebody, 0, &id) :
			     history_record_trial(history, trial, &id);
		history_close(history);
	}
	ok(!err, "history has it: %s", err ? err_message() : "yes");
	ruleset_free(rs);
}

static void
orphan_trial(void)
{
	struct guardian_client client;

	start(&client, new_text, 60000);
	kill_all();
	ok(all_left(2000), "nobody guards it");
	guardian_disconnect(&client);
	edit_record("deadline_ms", json_integer(1));
}

/* On trial, everybody killed, the record overdue and spoilt: what the next start
 * finds, and what a new trial is told, which would lead back. */
static void
leave_record(const struct cell *cell)
{
	static const struct cell back = { .window = 300 };
	struct trial *was, *spoilt;
	char *before, *after;

	orphan_trial();
	was = record();
	cell->during();
	spoilt = record();
	note_in_history(spoilt ? spoilt : was, false);
	trial_free(spoilt);
	before = record_text();
	told_add(found_words[next_start()]);
	ok(all_left(5000), "nobody is started, or leaves");
	new_text = base_rules;
	client_wait(client_start(&back, "told"));
	new_text = new_rules;
	told_read("told");
	ok(all_left(5000), "the guardian leaves");
	note_in_history(NULL, true);
	after = record_text();
	look_at_kernel();
	look_at_history(was);
	snprintf(found.record, sizeof(found.record), "%s",
		 strcmp(before, after) == 0 ? "kept" : "another");
	free(before);
	free(after);
	trial_free(was);
}

#define NOT_BEGUN "old", "none", "none", "failed"
#define KEPT "new", "kept", "on trial"
#define CONFIRMED "new", "confirmed", "confirmed", "confirmed"

static const struct cell place_cells[] = {
	{ "disk full", "at the start", "run directory", NOT_BEGUN,
	  .before = on_tiny_disk },
	{ "disk full", "on trial", "run directory", REVERTS,
	  .before = on_disk, .during = fill_disk },
	{ "disk full", "on trial, confirm", "run directory", CONFIRMED,
	  .before = on_disk, .during = fill_disk, .wish = CONFIRM,
	  .window = 5000 },
	{ "disk full", "on trial, revert", "run directory", "old",
	  "reverted (asked)", "reverted", "reverted", .before = on_disk,
	  .during = fill_disk, .wish = REVERT, .window = 5000 },
	{ "disk full", "on trial, longer", "run directory", "old",
	  "reverted (deadline)", "reverted", "denied, reverted",
	  .before = on_disk, .during = fill_disk, .wish = EXTEND,
	  .window = LONG_WINDOW },
	{ "inodes gone", "at the start", "run directory", NOT_BEGUN,
	  .before = on_few_inodes },
	{ "inodes gone", "on trial", "run directory", REVERTS,
	  .before = on_disk, .during = fill_inodes },
	{ "inodes gone", "on trial, confirm", "run directory", CONFIRMED,
	  .before = on_disk, .during = fill_inodes, .wish = CONFIRM,
	  .window = 5000 },
	{ "inodes gone", "on trial, revert", "run directory", "old",
	  "reverted (asked)", "reverted", "reverted", .before = on_disk,
	  .during = fill_inodes, .wish = REVERT, .window = 5000 },
	{ "read-only", "at the start", "run directory", NOT_BEGUN,
	  .before = on_read_only },
	{ "read-only", "on trial", "run directory", REVERTS,
	  .before = on_disk, .during = freeze_run_dir, .later = thaw_run_dir,
	  .window = LONG_WINDOW },
	{ "read-only", "on trial, confirm", "run directory", "old",
	  "reverted (deadline)", "reverted", "denied, reverted",
	  .before = on_disk, .during = freeze_run_dir, .later = thaw_run_dir,
	  .wish = CONFIRM, .window = LONG_WINDOW },
	{ "a file in its place", "at the start", "run directory", NOT_BEGUN,
	  .before = run_dir_is_file },
	{ "removed", "on trial", "run directory", "old", "none", "none",
	  "reverted", .during = remove_run_dir },
	{ "removed", "on trial, confirm", "run directory", "old", "none",
	  "none", "denied, reverted", .during = remove_run_dir,
	  .wish = CONFIRM, .window = LONG_WINDOW },
	{ "left behind", "of another boot", "record", "new", "another",
	  "ended by reboot", "nothing, reverted", .run = leave_record,
	  .during = of_another_boot },
	{ "left behind", "of another namespace", "record", KEPT,
	  "foreign, failed", .run = leave_record,
	  .during = of_another_namespace },
	{ "left behind", "cut off", "record", KEPT, "unreadable, failed",
	  .run = leave_record, .during = cut_off },
	{ "left behind", "empty", "record", KEPT, "unreadable, failed",
	  .run = leave_record, .during = emptied },
	{ "left behind", "of a newer format", "record", KEPT,
	  "unreadable, failed", .run = leave_record,
	  .during = of_newer_format },
};

#endif
