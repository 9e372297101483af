/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces of the sandbox: network, mounts, processes and host name, and users
 * where we are not root. Mounts made in it are never seen outside. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include "sandbox-internal.h"

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS)

static enum err
write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	enum err err;

	if (fd == -1)
		return fail_errno(_("cannot open %s"), path);
	err = fd_write_all(fd, text, strlen(text));
	close(fd);
	return err;
}

/* Root inside, ourselves outside. */
static enum err
map_root(unsigned uid, unsigned gid)
{
	char map[32];
	enum err err;

	err = write_proc("/proc/self/setgroups", "deny");
	if (err)
		return err;
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	err = write_proc("/proc/self/uid_map", map);
	if (err)
		return err;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return write_proc("/proc/self/gid_map", map);
}

static enum err
not_allowed(void)
{
	if (errno == EPERM || errno == ENOSPC || errno == EACCES)
		return fail(ERR_FAIL,
			    _("no sandbox here: the kernel allows no new user namespace (it never does in a chroot, and user.max_user_namespaces or a security module may forbid it): %s"),
			    strerror(errno));
	return fail_errno(_("no sandbox here: cannot make namespaces"));
}

static enum err
leave_as_user(void)
{
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER | NAMESPACES) == -1)
		return not_allowed();
	return map_root(uid, gid);
}

enum err
sandbox_leave(void)
{
	enum err err = OK;

	if (geteuid() != 0 || unshare(NAMESPACES) == -1)
		err = leave_as_user();
	if (err)
		return err;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return fail_errno(_("no sandbox here: its mounts would be seen outside (in a chroot they are)"));
	return OK;
}

enum err
sandbox_furnish(void)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) == -1)
		return fail_errno(_("no sandbox here: cannot mount a /proc of its own"));
	if (mount("sallyport", "/run", "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=0755,size=256m") == -1)
		return fail_errno(_("no sandbox here: cannot mount a /run of its own"));
	if (sethostname("sandbox", strlen("sandbox")) == -1)
		return fail_errno(_("cannot name the sandbox"));
	return OK;
}
