/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial record on disk. There is always one whole record or none, and the
 * outcome of a trial can be written on a full disk. */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "record.h"

/* Room for reason, who and what was lost, on top of the record as armed, and
 * how much of it is left for what comes after what others had. */
#define SPARE_ROOM 65536
#define SPARE_ROOM_LEFT 16384

static char *
dump(json_t *json_take)
{
	char *text = json_dumps(json_take, JSON_COMPACT);

	json_decref(json_take);
	if (!text)
		die("cannot write the trial record as text");
	return text;
}

/* The record's text, the caller's to free(): the head, and in it, last, the
 * tables, which are made once. */
static char *
record_text(struct trial *trial, size_t *len)
{
	char *head = dump(trial_head_to_json(trial));
	struct str text = { 0 };

	if (!trial->parts_text)
		trial->parts_text = dump(trial_parts_to_json(trial));
	str_addn(&text, head, strlen(head) - 1);
	str_add(&text, ",\"tables\":");
	str_add(&text, trial->parts_text);
	str_addc(&text, '}');
	free(head);
	*len = text.len;
	return str_take(&text);
}

enum err
trial_save(struct trial *trial, int run_dir)
{
	size_t len;
	char *text = record_text(trial, &len);
	enum err err = file_write_atomic(run_dir, TRIAL_FILE, text, len, 0600);

	free(text);
	return err ? ERR_FAIL : OK;
}

static enum err
load_name(int run_dir, const char *name, struct trial **trial)
{
	struct str text = { 0 };
	json_error_t error;
	json_t *json;
	enum err err = file_read(run_dir, name, TRIAL_SIZE_MAX, &text);

	if (!err) {
		json = json_loadb(str_text(&text), text.len, 0, &error);
		err = json ? trial_from_json(json, trial) :
			     fail(ERR_FAIL, _("no JSON: line %d: %s"),
				  error.line, error.text);
		if (err)
			err = fail(err, _("the trial record '%s': %s"), name,
				   err_message());
		json_decref(json);
	}
	str_done(&text);
	return err;
}

enum err
trial_load(int run_dir, struct trial **trial)
{
	return load_name(run_dir, TRIAL_FILE, trial);
}

static enum err
spare_fill(int fd, size_t size)
{
	static const char blanks[4096] = { 0 };
	enum err err = OK;

	for (size_t done = 0; done < size && !err; done += sizeof(blanks))
		err = fd_write_all(fd, blanks, sizeof(blanks));
	if (!err && fsync(fd) < 0)
		err = fail_errno(_("cannot write '%s'"), TRIAL_SPARE);
	return err;
}

static enum err
spare_reach(int fd, size_t size)
{
	struct stat st;
	enum err err;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(ERR_FAIL, _("'%s' is not a regular file"),
			    TRIAL_SPARE);
	if (st.st_size >= (off_t)size)
		return OK;
	err = spare_fill(fd, size - (size_t)st.st_size);
	if (err && ftruncate(fd, st.st_size) < 0)
		return fail_errno(_("cannot write '%s'"), TRIAL_SPARE);
	return err;
}

static enum err
spare_hold(struct trial *trial, int run_dir, size_t room)
{
	enum err err;
	size_t len;
	int fd;

	free(record_text(trial, &len));
	fd = openat(run_dir, TRIAL_SPARE, O_WRONLY | O_CREAT | O_APPEND |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(_("cannot create '%s'"), TRIAL_SPARE);
	err = spare_reach(fd, len + room);
	close(fd);
	return err;
}

enum err
trial_spare_grow(struct trial *trial, int run_dir)
{
	return spare_hold(trial, run_dir, SPARE_ROOM_LEFT);
}

enum err
trial_spare_make(struct trial *trial, int run_dir)
{
	enum err err;

	unlinkat(run_dir, TRIAL_SPARE, 0);
	err = spare_hold(trial, run_dir, SPARE_ROOM);
	if (err)
		unlinkat(run_dir, TRIAL_SPARE, 0);
	return err;
}

/* Overwrites blocks that are there: needs no space. */
static enum err
spare_write(int run_dir, const char *text, size_t len)
{
	struct stat st;
	enum err err = OK;
	int fd = openat(run_dir, TRIAL_SPARE,
			O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(_("cannot open '%s'"), TRIAL_SPARE);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)len)
		err = fail(ERR_FAIL, _("'%s' is too small"), TRIAL_SPARE);
	if (!err)
		err = fd_write_all(fd, text, len);
	if (!err && (ftruncate(fd, (off_t)len) < 0 || fsync(fd) < 0))
		err = fail_errno(_("cannot write '%s'"), TRIAL_SPARE);
	close(fd);
	return err;
}

enum err
trial_settle(struct trial *trial, int run_dir)
{
	size_t len;
	char *text = record_text(trial, &len);
	enum err err = spare_write(run_dir, text, len);

	if (!err && renameat(run_dir, TRIAL_SPARE, run_dir, TRIAL_FILE) < 0)
		err = fail_errno(_("cannot rename '%s' to '%s'"), TRIAL_SPARE,
				 TRIAL_FILE);
	if (!err)
		fsync(run_dir);
	else
		err = file_write_atomic(run_dir, TRIAL_FILE, text, len, 0600);
	free(text);
	if (!err && trial_state_is_settled(trial->state)) {
		unlinkat(run_dir, TRIAL_SPARE, 0);
		unlinkat(run_dir, TRIAL_TRIES, 0);
	}
	return err ? ERR_FAIL : OK;
}

void
trial_forget(int run_dir)
{
	unlinkat(run_dir, TRIAL_FILE, 0);
	unlinkat(run_dir, TRIAL_SPARE, 0);
	unlinkat(run_dir, TRIAL_RESCUE, 0);
	unlinkat(run_dir, TRIAL_TRIES, 0);
	fsync(run_dir);
}

static char *
aside_name(const char *id)
{
	return xasprintf("trial-%s.json", id);
}

bool
trial_is_aside(int run_dir, const char *id)
{
	char *name = aside_name(id);
	bool found = faccessat(run_dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	free(name);
	return found;
}

enum err
trial_set_aside(int run_dir, const struct trial *trial)
{
	char *name = aside_name(trial->id);
	enum err err = OK;

	unlinkat(run_dir, TRIAL_RESCUE, 0);
	unlinkat(run_dir, TRIAL_TRIES, 0);
	if (renameat(run_dir, TRIAL_FILE, run_dir, name) < 0)
		err = fail_errno(_("cannot rename '%s' to '%s'"), TRIAL_FILE,
				 name);
	else
		fsync(run_dir);
	free(name);
	return err;
}

static bool
is_aside(const char *name)
{
	size_t len = strlen(name);

	return len == strlen("trial-.json") + 36 &&
	       strncmp(name, "trial-", 6) == 0 &&
	       strcmp(name + len - 5, ".json") == 0;
}

struct aside {
	char *name;
	struct timespec written;
};

static int
compare_asides(const void *a, const void *b)
{
	const struct aside *one = *(struct aside *const *)a;
	const struct aside *two = *(struct aside *const *)b;

	if (one->written.tv_sec != two->written.tv_sec)
		return one->written.tv_sec < two->written.tv_sec ? -1 : 1;
	return (one->written.tv_nsec > two->written.tv_nsec) -
	       (one->written.tv_nsec < two->written.tv_nsec);
}

/* The oldest first: history tells them in the order in which they were. */
static void
list_asides(DIR *dir, struct vec *asides)
{
	struct dirent *entry;
	struct aside *aside;
	struct stat st;

	for (entry = readdir(dir); entry; entry = readdir(dir)) {
		if (!is_aside(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		aside = xcalloc(1, sizeof(*aside));
		aside->name = xstrdup(entry->d_name);
		aside->written = st.st_mtim;
		vec_push(asides, aside);
	}
	if (asides->n > 1)
		qsort(asides->v, asides->n, sizeof(*asides->v),
		      compare_asides);
}

void
trial_each_aside(int run_dir, bool (*each)(const struct trial *, void *),
		 void *arg)
{
	int fd = openat(run_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct vec asides = { 0 };
	struct trial *trial;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	list_asides(dir, &asides);
	closedir(dir);
	for (size_t i = 0; i < asides.n; i++) {
		struct aside *aside = asides.v[i];

		if (load_name(run_dir, aside->name, &trial) == OK) {
			if (each(trial, arg))
				unlinkat(run_dir, aside->name, 0);
			trial_free(trial);
		}
		free(aside->name);
		free(aside);
	}
	vec_done(&asides);
}
