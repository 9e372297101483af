/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc and the kernel tell about processes, this one and others. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <sallyport/file.h>
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

bool
proc_is_stopped(pid_t pid)
{
	char buf[1024];
	const char *s;

	if (!proc_read(pid, "stat", buf, sizeof(buf)))
		return false;
	s = strrchr(buf, ')');
	return s && strncmp(s, ") T", 3) == 0;
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

static bool
same_namespace(pid_t pid, const char *kind)
{
	struct stat ours, theirs;
	char path[64], own[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	snprintf(own, sizeof(own), "/proc/self/ns/%s", kind);
	return stat(own, &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

bool
proc_same_netns(pid_t pid)
{
	return same_namespace(pid, "net");
}

bool
proc_same_mntns(pid_t pid)
{
	return same_namespace(pid, "mnt");
}

pid_t
proc_session(pid_t pid)
{
	return (pid_t)proc_stat(pid, 6);
}

unsigned
proc_tty(pid_t pid)
{
	return (unsigned)proc_stat(pid, 7);
}

/* Call each with what every open file of pid is a link to. */
static void
each_file(pid_t pid, bool (*each)(int dir, const char *name, const char *link,
				  void *arg), void *arg)
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
		if (!each(dirfd(dir), entry->d_name, link, arg))
			break;
	}
	closedir(dir);
}

struct socket_visit {
	bool (*each)(uint64_t inode, void *arg);
	void *arg;
};

static bool
visit_socket(int dir, const char *name, const char *link, void *arg)
{
	const struct socket_visit *visit = arg;

	return strncmp(link, "socket:[", 8) != 0 ||
	       visit->each(strtoull(link + 8, NULL, 10), visit->arg);
}

void
proc_each_socket(pid_t pid, bool (*each)(uint64_t inode, void *arg), void *arg)
{
	struct socket_visit visit = { each, arg };

	each_file(pid, visit_socket, &visit);
}

struct socket_fd_visit {
	bool (*each)(uint64_t inode, int fd, void *arg);
	void *arg;
};

static bool
visit_socket_fd(int dir, const char *name, const char *link, void *arg)
{
	const struct socket_fd_visit *visit = arg;

	(void)dir;
	return strncmp(link, "socket:[", 8) != 0 ||
	       visit->each(strtoull(link + 8, NULL, 10), atoi(name),
			   visit->arg);
}

void
proc_each_socket_fd(pid_t pid, bool (*each)(uint64_t inode, int fd, void *arg),
		    void *arg)
{
	struct socket_fd_visit visit = { each, arg };

	each_file(pid, visit_socket_fd, &visit);
}

int
proc_take_fd(pid_t pid, int fd)
{
	int process = pidfd_open(pid, 0);
	int taken = process < 0 ? -1 : pidfd_getfd(process, fd, 0);

	if (process >= 0)
		close(process);
	return taken;
}

struct tty_visit {
	bool (*each)(unsigned tty, void *arg);
	void *arg;
};

/* The number as /proc/PID/stat has it (new_encode_dev of linux/kdev_t.h). */
static bool
visit_tty(int dir, const char *name, const char *link, void *arg)
{
	const struct tty_visit *visit = arg;
	struct stat st;
	unsigned low;

	if ((strncmp(link, "/dev/pts/", 9) != 0 &&
	     strncmp(link, "/dev/tty", 8) != 0) ||
	    fstatat(dir, name, &st, 0) < 0 || !S_ISCHR(st.st_mode))
		return true;
	low = minor(st.st_rdev);
	return visit->each((low & 0xff) | major(st.st_rdev) << 8 |
			   (low & ~0xffu) << 12, visit->arg);
}

void
proc_each_tty(pid_t pid, bool (*each)(unsigned tty, void *arg), void *arg)
{
	struct tty_visit visit = { each, arg };

	each_file(pid, visit_tty, &visit);
}

void
proc_environ(pid_t pid, const char *name, struct str *out)
{
	size_t len = strlen(name);
	struct str text = { 0 };
	char path[64];
	enum err err;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	err = file_read(AT_FDCWD, path, 1 << 20, &text);
	for (const char *s = str_text(&text);
	     !err && s < str_text(&text) + text.len; s += strlen(s) + 1) {
		if (strncmp(s, name, len) == 0 && s[len] == '=') {
			str_add(out, s + len + 1);
			break;
		}
	}
	str_done(&text);
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
