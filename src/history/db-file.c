/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database is root's alone: a plain file, 0600, in a directory that nobody
 * else can write. An existing one is never opened here: to close it would drop
 * the locks that SQLite holds on it in this process. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum err
open_directory(const char *path, bool read_only, int *fd)
{
	size_t len = last_part(path) - path;
	char *dir;
	enum err err;

	if (len == 0)
		dir = xstrdup(".");
	else if (len == 1)
		dir = xstrdup("/");
	else
		dir = xstrndup(path, len - 1);
	err = read_only ? dir_open_ours(dir, fd) : dir_open_private(dir, fd);
	free(dir);
	return err;
}

/* The database and what SQLite keeps beside it. One that others may read, as a
 * copy of it does, is made private; one that others could write is not ours. */
static enum err
check_all(int dir, const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	enum err err = OK;

	for (size_t i = 0; i < ARRAY_LEN(suffixes) && !err; i++) {
		char *one = xasprintf("%s%s", path, suffixes[i]);
		struct stat st;

		if (fstatat(dir, last_part(one), &st,
			    AT_SYMLINK_NOFOLLOW) == 0)
			err = file_check_ours(&st, one);
		free(one);
	}
	return err;
}

static enum err
create(int dir, const char *path)
{
	int fd;

	fd = openat(dir, last_part(path),
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 && errno != EEXIST)
		return fail_errno(_("cannot create history '%s'"), path);
	if (fd != -1) {
		close(fd);
		fsync(dir);
	}
	return OK;
}

static enum err
make_private(int dir, const char *path)
{
	const char *name = last_part(path);
	struct stat st;

	if (faccessat(dir, ".", W_OK, AT_EACCESS) == -1)
		return fail_errno(_("cannot write history '%s'"), path);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return fail_errno(_("cannot open history '%s'"), path);
		return create(dir, path);
	}
	if ((st.st_mode & 077) && fchmodat(dir, name, 0600, 0) == -1)
		return fail_errno(_("cannot make history '%s' private"), path);
	return OK;
}

static enum err
prepare(int dir, const char *path, bool read_only)
{
	struct stat st;
	enum err err = check_all(dir, path);

	if (err)
		return err;
	if (!read_only)
		return make_private(dir, path);
	if (fstatat(dir, last_part(path), &st, AT_SYMLINK_NOFOLLOW) == 0)
		return OK;
	if (errno == ENOENT)
		return fail(ERR_NOT_FOUND, _("there is no history at '%s'"),
			    path);
	return fail_errno(_("cannot open history '%s'"), path);
}

enum err
db_file_prepare(const char *path, bool read_only)
{
	enum err err;
	int dir;

	err = open_directory(path, read_only, &dir);
	if (err == ERR_NOT_FOUND)
		return fail(err, _("there is no history at '%s'"), path);
	if (err)
		return err;
	err = prepare(dir, path, read_only);
	close(dir);
	return err;
}
