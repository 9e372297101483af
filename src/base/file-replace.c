/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An administrator's own file is replaced in one step and stays theirs: mode,
 * owner and the place that a symbolic link names are kept. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define MODE_NEW 0600

/* Write the file aside, as the old one is: who cannot keep the owner keeps the
 * old file. */
static enum err
write_like(const char *aside, const struct stat *old, const void *data,
	   size_t len)
{
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		      O_CLOEXEC, MODE_NEW);
	enum err err;

	if (fd < 0)
		return fail_errno(_("cannot create '%s'"), aside);
	err = fd_write_all(fd, data, len);
	if (!err && old && (old->st_uid != geteuid() ||
			    old->st_gid != getegid()) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		err = fail_errno(_("cannot keep the owner of '%s'"), aside);
	if (!err && old && fchmod(fd, old->st_mode & 07777) < 0)
		err = fail_errno(_("cannot keep the mode of '%s'"), aside);
	if (!err && fsync(fd) < 0)
		err = fail_errno(_("cannot write '%s'"), aside);
	close(fd);
	return err;
}

static enum err
replace(const char *path, const struct stat *old, const void *data, size_t len)
{
	char *aside = xasprintf("%s.%ld.new", path, (long)getpid());
	enum err err = write_like(aside, old, data, len);

	if (!err && rename(aside, path) < 0)
		err = fail_errno(_("cannot rename '%s' to '%s'"), aside, path);
	if (err)
		unlink(aside);
	else
		file_sync_parent(AT_FDCWD, path);
	free(aside);
	return err;
}

enum err
file_replace(const char *path, const void *data, size_t len)
{
	char *real = realpath(path, NULL);
	struct stat st;
	enum err err;

	if (!real && errno != ENOENT)
		return fail_errno(_("cannot write '%s'"), path);
	if (!real)
		return replace(path, NULL, data, len);
	if (stat(real, &st) < 0)
		err = fail_errno(_("cannot write '%s'"), path);
	else if (!S_ISREG(st.st_mode))
		err = fail(ERR_FAIL, _("'%s' is no regular file"), path);
	else
		err = replace(real, &st, data, len);
	free(real);
	return err;
}
