/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that survive kill -9 and a full disk: whoever reads one sees the old
 * text or the new, never a part. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define ASIDE_DIGITS 16

enum err
fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(_("cannot write"));
		p += n;
		len -= (size_t)n;
	}
	return OK;
}

static enum err
write_aside(int dirfd, const char *aside, const void *data, size_t len,
	    mode_t mode)
{
	int fd = openat(dirfd, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			O_CLOEXEC, mode);
	enum err err;

	if (fd < 0)
		return fail_errno(_("cannot create '%s'"), aside);
	err = fd_write_all(fd, data, len);
	if (err)
		fail_errno(_("cannot write '%s'"), aside);
	else if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		err = fail_errno(_("cannot write '%s'"), aside);
	if (close(fd) < 0 && !err)
		err = fail_errno(_("cannot write '%s'"), aside);
	return err;
}

void
file_sync_parent(int dirfd, const char *name)
{
	char *dir = xstrdup(name);
	char *slash = strrchr(dir, '/');
	int fd;

	if (slash)
		slash[slash == dir] = '\0';
	fd = openat(dirfd, slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

/* By way of aside, which must not be there. */
static enum err
write_by(int dirfd, const char *aside, const char *name, const void *data,
	 size_t len, mode_t mode)
{
	enum err err = write_aside(dirfd, aside, data, len, mode);

	if (!err && renameat(dirfd, aside, dirfd, name) < 0)
		err = fail_errno(_("cannot rename '%s' to '%s'"), aside, name);
	if (err)
		unlinkat(dirfd, aside, 0);
	else
		file_sync_parent(dirfd, name);
	return err;
}

enum err
file_write_atomic(int dirfd, const char *name, const void *data, size_t len,
		  mode_t mode)
{
	char *aside = xasprintf("%s.new", name);
	enum err err;

	/* Whatever was left there: a pipe, say, would make us wait. */
	unlinkat(dirfd, aside, 0);
	err = write_by(dirfd, aside, name, data, len, mode);
	free(aside);
	return err;
}

/* What the names that lie beside name begin with. Yours. */
static char *
beside_start(const char *name)
{
	return xasprintf(".%s.sallyport-", name);
}

static bool
is_beside(const char *entry, const char *start)
{
	size_t len = strlen(start);

	return strncmp(entry, start, len) == 0 &&
	       strlen(entry + len) == ASIDE_DIGITS &&
	       strspn(entry + len, "0123456789abcdef") == ASIDE_DIGITS;
}

/* What was left by whoever was killed, or they would fill the disk in the end. */
static void
remove_left(int dirfd, const char *start)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (is_beside(entry->d_name, start))
			unlinkat(dirfd, entry->d_name, 0);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

enum err
file_write_beside(int dirfd, const char *name, const void *data, size_t len,
		  mode_t mode)
{
	char *start = beside_start(name), *aside;
	unsigned long long random;
	enum err err;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		die("no random numbers");
	aside = xasprintf("%s%0*llx", start, ASIDE_DIGITS, random);
	remove_left(dirfd, start);
	err = write_by(dirfd, aside, name, data, len, mode);
	free(aside);
	free(start);
	return err;
}

enum err
file_remove(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return fail_errno(_("cannot remove '%s'"), name);
	file_sync_parent(dirfd, name);
	return OK;
}
