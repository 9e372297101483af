/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of state, which are ours alone, and files that are read as ours or
 * as anybody's. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/caller.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

/* mkdir -p of all but the last part with 0755, and of that with 0700. */
static enum err
dir_make(const char *path)
{
	char *copy = xstrdup(path);
	enum err err = OK;

	for (char *s = strchr(copy + 1, '/'); s && !err; s = strchr(s + 1, '/')) {
		*s = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			err = fail_errno(_("cannot make directory '%s'"), copy);
		*s = '/';
	}
	if (!err && mkdir(path, 0700) < 0 && errno != EEXIST)
		err = fail_errno(_("cannot make directory '%s'"), path);
	free(copy);
	return err;
}

/* It is root's, and we are somebody else: no fault of what stands there. */
static bool
needs_root(const struct stat *st)
{
	return st->st_uid == 0 && geteuid() != 0;
}

/* Why the directory could not be opened, errno, in words that help. */
static enum err
dir_not_opened(const char *path)
{
	int error = errno;
	struct stat st;

	if ((error == ELOOP || error == ENOTDIR) && lstat(path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return fail(ERR_FAIL, _("directory '%s' is a symbolic "
					"link, which is not followed"), path);
		if (!S_ISDIR(st.st_mode))
			return fail(ERR_FAIL, _("'%s' is no directory"), path);
	}
	if (error == EACCES && stat(path, &st) == 0 && needs_root(&st))
		return fail(ERR_FAIL, _("directory '%s' is root's: this needs "
					"root"), path);
	errno = error;
	return fail_errno(_("cannot open directory '%s'"), path);
}

enum err
dir_open_ours(const char *path, int *fd)
{
	struct stat st;
	enum err err = OK;

	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return dir_not_opened(path);
	if (fstat(*fd, &st) < 0)
		err = fail_errno(_("cannot look at directory '%s'"), path);
	else if (needs_root(&st))
		err = fail(ERR_FAIL, _("directory '%s' is root's: this needs "
				       "root"), path);
	else if (st.st_uid != geteuid())
		err = fail(ERR_FAIL, _("directory '%s' belongs to user %u, not to "
				       "you: refused"), path, st.st_uid);
	else if (st.st_mode & 022)
		err = fail(ERR_FAIL, _("directory '%s' may be written by others: "
				       "refused"), path);
	if (err) {
		close(*fd);
		*fd = -1;
	}
	return err;
}

/* Only where nobody can have another use for it. One that stays open to looks is
 * no reason to stop: its files are 0600. */
static void
dir_tighten(const char *path, int fd)
{
	struct stat st;

	if (strcmp(path, STATE_DIR) != 0 && strcmp(path, RUN_DIR) != 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_mode & 077)
		fchmod(fd, 0700);
}

enum err
dir_open_private(const char *path, int *fd)
{
	enum err err = dir_make(path);

	*fd = -1;
	if (!err)
		err = dir_open_ours(path, fd);
	if (!err)
		dir_tighten(path, *fd);
	return err;
}

/* name with the directory that it is in, where that can be told. Yours. */
static char *
whole_name(int dirfd, const char *name)
{
	char *link = xasprintf("/proc/self/fd/%d", dirfd);
	char dir[PATH_MAX];
	ssize_t n = dirfd == AT_FDCWD ? -1 : readlink(link, dir, sizeof(dir));

	free(link);
	if (n <= 0 || n == sizeof(dir))
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)n, dir, name);
}

enum err
file_read_fd(int fd, const char *name, size_t max, struct str *out)
{
	size_t start = out->len;
	char buf[65536];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(_("cannot read '%s'"), name);
		if (n == 0)
			return OK;
		if (out->len - start + (size_t)n > max)
			return fail(ERR_FAIL, _("'%s' is larger than %zu bytes"),
				    name, max);
		str_addn(out, buf, (size_t)n);
	}
}

static enum err
check_kind(int fd, const char *name, bool regular)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(_("cannot look at '%s'"), name);
	if (S_ISDIR(st.st_mode))
		return fail(ERR_FAIL, _("'%s' is a directory"), name);
	if (regular && !S_ISREG(st.st_mode))
		return fail(ERR_FAIL, _("'%s' is no regular file"), name);
	return OK;
}

enum err
file_check_ours(const struct stat *st, const char *name)
{
	if (S_ISLNK(st->st_mode))
		return fail(ERR_FAIL, _("'%s' is a symbolic link, which is not "
					"followed"), name);
	if (!S_ISREG(st->st_mode))
		return fail(ERR_FAIL, _("'%s' is no regular file"), name);
	if (needs_root(st))
		return fail(ERR_FAIL, _("'%s' is root's: this needs root"),
			    name);
	if (st->st_uid != geteuid())
		return fail(ERR_FAIL, _("'%s' belongs to user %u, not to you: "
					"refused"), name, st->st_uid);
	if (st->st_mode & 022)
		return fail(ERR_FAIL, _("'%s' may be written by others: "
					"refused"), name);
	return OK;
}

/* Open name of a directory of ours. whole is for messages. */
static enum err
open_ours(int dirfd, const char *name, const char *whole, int *fd)
{
	struct stat st;
	enum err err = OK;
	int error;

	*fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		     O_NOCTTY | O_CLOEXEC);
	error = errno;
	if (*fd >= 0 ? fstat(*fd, &st) < 0 :
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(_("cannot open '%s'"), whole);
	err = file_check_ours(&st, whole);
	errno = error;
	if (!err && *fd < 0)
		err = fail_errno(_("cannot open '%s'"), whole);
	return err;
}

static enum err
read_ours(int dirfd, const char *name, size_t max, struct str *out)
{
	char *whole = whole_name(dirfd, name);
	int fd;
	enum err err = open_ours(dirfd, name, whole, &fd);

	if (!err)
		err = file_read_fd(fd, whole, max, out);
	if (fd >= 0)
		close(fd);
	free(whole);
	return err;
}

enum err
file_read(int dirfd, const char *name, size_t max, struct str *out)
{
	enum err err;
	int fd;

	if (dirfd != AT_FDCWD)
		return read_ours(dirfd, name, max, out);
	fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(_("cannot open '%s'"), name);
	err = check_kind(fd, name, true);
	if (!err)
		err = file_read_fd(fd, name, max, out);
	close(fd);
	return err;
}

enum err
file_read_named(const char *path, size_t max, struct str *out, bool *secret)
{
	int fd = caller_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, secret);
	enum err err;

	if (fd < 0)
		return fail_errno(_("cannot open '%s'"), path);
	err = check_kind(fd, path, false);
	if (!err)
		err = file_read_fd(fd, path, max, out);
	close(fd);
	return err;
}
