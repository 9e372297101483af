/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at a process: whose child it is, whom it runs as, how it is
 * confined. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/proc.h>

#define STATUS_MAX 65536

static enum err
read_file(pid_t pid, const char *name, struct str *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return file_read(AT_FDCWD, path, STATUS_MAX, out);
}

/* proc(5): "PID (NAME) STATE PPID PGRP SESSION ...", STARTTIME is field 22. */
static bool
take_stat(const char *text, struct proc_status *status)
{
	const char *s = strrchr(text, ')');
	int parent, session;

	if (!s || sscanf(s, ") %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u "
			 "%*u %*d %*d %*d %*d %*d %*d %llu", &status->state,
			 &parent, &session, &status->start_ticks) != 4)
		return false;
	status->parent = parent;
	status->session = session;
	return true;
}

/* The number behind the name, "Uid:" of four; 0 where there is none. */
static unsigned long
number(const char *text, const char *name)
{
	const char *s = strstr(text, name);

	return s ? strtoul(s + strlen(name), NULL, 10) : 0;
}

static unsigned
read_loginuid(pid_t pid)
{
	struct str text = { 0 };
	unsigned uid = (unsigned)-1;

	if (!read_file(pid, "loginuid", &text) && text.len)
		uid = (unsigned)strtoul(str_text(&text), NULL, 10);
	str_done(&text);
	return uid;
}

bool
proc_status(pid_t pid, struct proc_status *status)
{
	struct str text = { 0 };
	bool good;

	*status = (struct proc_status){ .pid = pid };
	good = !read_file(pid, "stat", &text) &&
	       take_stat(str_text(&text), status);
	str_done(&text);
	good = good && !read_file(pid, "status", &text);
	if (good) {
		status->uid = (unsigned)number(str_text(&text), "\nUid:");
		status->seccomp = number(str_text(&text), "\nSeccomp:") +
				  number(str_text(&text), "\nSeccomp_filters:");
		status->loginuid = read_loginuid(pid);
	}
	str_done(&text);
	return good;
}

bool
proc_same_root(pid_t a, pid_t b)
{
	char path[2][64], root[2][256];
	pid_t pids[2] = { a, b };

	for (int i = 0; i < 2; i++) {
		ssize_t n;

		snprintf(path[i], sizeof(path[i]), "/proc/%d/root",
			 (int)pids[i]);
		n = readlink(path[i], root[i], sizeof(root[i]) - 1);
		if (n < 0)
			return false;
		root[i][n] = '\0';
	}
	return strcmp(root[0], root[1]) == 0;
}

struct search {
	pid_t parent;
	bool (*each)(pid_t pid, void *arg);
	void *arg;
};

static bool
visit(pid_t pid, void *arg)
{
	const struct search *search = arg;

	return proc_parent(pid) != search->parent ||
	       search->each(pid, search->arg);
}

/* A kernel without the list of children (CONFIG_PROC_CHILDREN) has parents. */
void
proc_each_child(pid_t pid, bool (*each)(pid_t child, void *arg), void *arg)
{
	struct search search = { pid, each, arg };
	struct str text = { 0 };
	char name[48];

	snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	if (read_file(pid, name, &text)) {
		proc_each(visit, &search);
	} else {
		const char *s = str_text(&text);
		char *end;

		for (long child = strtol(s, &end, 10); end != s;
		     child = strtol(s, &end, 10)) {
			if (!each((pid_t)child, arg))
				break;
			s = end;
		}
	}
	str_done(&text);
}
