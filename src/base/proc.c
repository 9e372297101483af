/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc and the kernel tell about processes, this one and others. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/proc.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71	/* asm-generic/socket.h, Linux 5.14 */
#endif

/* A small file of /proc; false where it cannot be read. */
static bool
proc_read(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* The field of /proc/PID/stat, counted from 1 as proc(5) does, for fields
 * past the name, which may hold blanks and parentheses. 0 where unknown. */
static unsigned long long
proc_stat(pid_t pid, int field)
{
	char buf[1024];
	char *s;

	if (!proc_read(pid, "stat", buf, sizeof(buf)))
		return 0;
	s = strrchr(buf, ')');
	for (int at = 2; s && at < field; at++)
		s = strchr(s + 1, ' ');
	return s ? strtoull(s + 1, NULL, 10) : 0;
}

pid_t
proc_parent(pid_t pid)
{
	return (pid_t)proc_stat(pid, 4);
}

uint64_t
proc_start_time(pid_t pid)
{
	return proc_stat(pid, 22);
}

bool
proc_alive(pid_t pid, uint64_t start_time)
{
	return pid > 0 && start_time && proc_start_time(pid) == start_time;
}

void
proc_comm(pid_t pid, struct str *out)
{
	char buf[64];

	if (!proc_read(pid, "comm", buf, sizeof(buf)))
		return;
	buf[strcspn(buf, "\n")] = '\0';
	str_add(out, buf);
}

uid_t
proc_loginuid(void)
{
	char buf[32];

	if (!proc_read(getpid(), "loginuid", buf, sizeof(buf)) || !buf[0])
		return (uid_t)-1;
	return (uid_t)strtoul(buf, NULL, 10);
}

uint64_t
proc_netns_cookie(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		cookie = 0;
	close(fd);
	return cookie;
}

bool
proc_same_netns(pid_t pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &ours) == 0 &&
	       stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

void
proc_each_socket(pid_t pid, bool (*each)(uint64_t inode, void *arg), void *arg)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return;
	for (entry = readdir(dir); entry; entry = readdir(dir)) {
		char link[64];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link,
				       sizeof(link) - 1);

		if (n < 0)
			continue;
		link[n] = '\0';
		if (strncmp(link, "socket:[", 8) == 0 &&
		    !each(strtoull(link + 8, NULL, 10), arg))
			break;
	}
	closedir(dir);
}

void
proc_each(bool (*each)(pid_t pid, void *arg), void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return;
	for (entry = readdir(dir); entry; entry = readdir(dir)) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && !each(pid, arg))
			break;
	}
	closedir(dir);
}
