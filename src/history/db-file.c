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
open_directory(const char *path, int *fd)
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
	err = dir_open_private(dir, fd);
	free(dir);
	return err;
}

static enum err
check(const char *path, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return fail(ERR_FAIL,
			    _("history '%s' is a symbolic link, which is not followed"),
			    path);
	if (!S_ISREG(st->st_mode))
		return fail(ERR_FAIL, _("history '%s' is not a file"), path);
	if (st->st_uid != geteuid() && geteuid() != 0)
		return fail(ERR_FAIL, _("history '%s' belongs to another user"),
			    path);
	return OK;
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
	enum err err;

	if (faccessat(dir, ".", W_OK, AT_EACCESS) == -1)
		return fail_errno(_("cannot write history '%s'"), path);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return fail_errno(_("cannot open history '%s'"), path);
		return create(dir, path);
	}
	err = check(path, &st);
	if (err)
		return err;
	if ((st.st_mode & 077) && fchmodat(dir, name, 0600, 0) == -1)
		return fail_errno(_("cannot make history '%s' private"), path);
	return OK;
}

enum err
db_file_prepare(const char *path, bool read_only)
{
	struct stat st;
	enum err err;
	int dir;

	if (read_only) {
		if (lstat(path, &st) == 0)
			return check(path, &st);
		if (errno == ENOENT)
			return fail(ERR_NOT_FOUND, _("there is no history at '%s'"),
				    path);
		return fail_errno(_("cannot open history '%s'"), path);
	}
	err = open_directory(path, &dir);
	if (err)
		return err;
	err = make_private(dir, path);
	close(dir);
	return err;
}
