/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file is opened with the caller's rights first. What happened in between
 * cannot matter, as it is that very file which is then read. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>
#include <sallyport/caller.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define GROUPS_MAX 1024

static struct {
	bool known;
	uid_t uid;
	gid_t groups[GROUPS_MAX];
	int n;
} caller;

void
caller_set(uid_t uid, gid_t gid, const char *user)
{
	caller.uid = uid;
	caller.known = uid != 0 && geteuid() == 0;
	caller.n = GROUPS_MAX;
	if (!user || getgrouplist(user, gid, caller.groups, &caller.n) < 0) {
		caller.groups[0] = gid;
		caller.n = 1;
	}
}

/* Nothing may go on with half of the rights of each. */
static int
open_as_caller(const char *path, int flags)
{
	gid_t groups[GROUPS_MAX], gid = getegid();
	int n = getgroups(GROUPS_MAX, groups);
	int fd = -1, error;

	if (n < 0 || setgroups(caller.n, caller.groups) < 0)
		return -1;
	if (setegid(caller.groups[0]) == 0 && seteuid(caller.uid) == 0)
		fd = open(path, flags);
	error = errno;
	if (seteuid(0) < 0 || setegid(gid) < 0 || setgroups(n, groups) < 0)
		die(_("cannot become root again"));
	errno = error;
	return fd;
}

int
caller_open(const char *path, int flags, bool *secret)
{
	int fd = -1;

	if (secret)
		*secret = false;
	if (caller.known)
		fd = open_as_caller(path, flags);
	if (fd >= 0)
		return fd;
	if (secret)
		*secret = caller.known;
	return open(path, flags);
}

enum err
caller_hide(enum err err, bool secret, const char *path)
{
	if (err != ERR_PARSE || !secret)
		return err;
	return fail(err, _("'%s' cannot be read as what it should be; why is "
			   "not shown, as user %u may not read that file: a "
			   "root shell shows it"), path, caller.uid);
}
