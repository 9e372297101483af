/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private network namespace for tests in C: what is done to the filter in
 * it, nobody else notices. The xtables lock is private too, as all network
 * namespaces of a mount namespace share that file. */
#ifndef TESTS_NS_H
#define TESTS_NS_H

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"

static char ns_lock_path[64];

static int
ns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* An ordinary user becomes root of a user namespace of its own. */
static int
ns_become_root(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[48];

	if (uid == 0)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return -1;
	if (ns_write("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (ns_write("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	return ns_write("/proc/self/gid_map", map);
}

static int
ns_link_up(const char *name)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_flags = IFF_UP };
	int rc;

	if (fd < 0)
		return -1;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	rc = ioctl(fd, SIOCSIFFLAGS, &req);
	close(fd);
	return rc;
}

static void
ns_remove_lock(void)
{
	unlink(ns_lock_path);
}

static void
ns_private_lock(void)
{
	const char *dir = getenv("TMPDIR");

	snprintf(ns_lock_path, sizeof(ns_lock_path), "%.40s/xt-%d.lock",
		 dir ? dir : "/tmp", (int)getpid());
	setenv("XTABLES_LOCKFILE", ns_lock_path, 1);
	atexit(ns_remove_lock);
}

/* Into a new network namespace with lo up. 0, or -1 with errno. */
static int TAP_UNUSED
ns_enter(void)
{
	if (ns_become_root() < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	ns_private_lock();
	return ns_link_up("lo");
}

/* The same, or the whole test is skipped. */
static void TAP_UNUSED
ns_or_skip(void)
{
	if (ns_enter() < 0)
		skip_all("no private network namespace: %s", strerror(errno));
}

/* Run a command, its words parted by blanks, or give up. */
static void TAP_UNUSED __attribute__((format(printf, 1, 2)))
ns_run(const char *fmt, ...)
{
	char words[320], *argv[32];
	int n = 0, status;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	for (char *w = strtok(words, " "); w && n < 31; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		bail_out("%s %s failed", argv[0], n > 1 ? argv[1] : "");
}

/* What what() answers in a process of its own; -1 where that is killed. */
static int TAP_UNUSED
ns_answer_of(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(what());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
