/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guardian and supervisor look after each other; where both stand still, whoever
 * waits for them does. They are told by trial.lock, which they hold: not by a name
 * or a number that a stranger may have. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "internal.h"

#define HOLDERS_MAX 16
#define SILENT_MS 1000		/* a word is waited for */
#define LOOK_MS 2000		/* somebody who runs makes a step in that time */
#define STUCK_MS 10000		/* past what a supervisor waits for */
#define PATIENCE_MS 60000

struct holders {
	struct stat lock;
	int fds[HOLDERS_MAX];	/* pidfds */
	size_t n;
	uint64_t steps;		/* it changes when one of them runs */
};

/* False where it cannot be read. Not file_read(): the error to be told is
 * another one. */
static bool
read_small(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

/* Is it the lock's file, and the lock by this descriptor? Who only asks about it
 * has the file open, too. What cannot be it by its name is not looked at: it may
 * be on a server that does not answer. */
static bool
is_held(const struct holders *holders, int process, const char *name)
{
	char path[64], link[PATH_MAX], info[1024];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "fd/%.32s", name);
	n = readlinkat(process, path, link, sizeof(link) - 1);
	if (n < 0)
		return false;
	link[n] = '\0';
	if (!strstr(link, "/" TRIAL_LOCK) ||
	    fstatat(process, path, &st, 0) < 0 ||
	    st.st_ino != holders->lock.st_ino ||
	    st.st_dev != holders->lock.st_dev)
		return false;
	snprintf(path, sizeof(path), "fdinfo/%.32s", name);
	return read_small(process, path, info, sizeof(info)) &&
	       strstr(info, "\nlock:");
}

static bool
holds_lock(const struct holders *holders, int process)
{
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool held = false;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (entry = readdir(dir); entry && !held; entry = readdir(dir))
		held = is_held(holders, process, entry->d_name);
	closedir(dir);
	return held;
}

static uint64_t
number_after(const char *text, const char *name)
{
	const char *s = strstr(text, name);

	return s ? strtoull(s + strlen(name), NULL, 10) : 0;
}

/* Times that it went to the processor, and how long it had it. */
static uint64_t
count_steps(int process)
{
	unsigned long long user = 0, system = 0;
	char buf[4096];
	const char *s;
	uint64_t steps = 0;

	if (read_small(process, "status", buf, sizeof(buf)))
		steps = number_after(buf, "\nvoluntary_ctxt_switches:") +
			number_after(buf, "\nnonvoluntary_ctxt_switches:");
	if (!read_small(process, "stat", buf, sizeof(buf)))
		return steps;
	s = strrchr(buf, ')');
	if (s && sscanf(s, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
			"%llu %llu", &user, &system) == 2)
		steps += user + system;
	return steps;
}

/* The pidfd comes first: what is found out of the number then is true of the one
 * that gets the signal, or that one is gone. */
static bool
take_holder(pid_t pid, void *arg)
{
	struct holders *holders = arg;
	char path[32];
	struct stat st;
	int fd, process;

	if (pid == getpid())
		return true;
	fd = process_watch(pid);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && process >= 0 && fstat(process, &st) == 0 &&
	    st.st_uid == geteuid() && holds_lock(holders, process)) {
		holders->steps = holders->steps * 31 + count_steps(process);
		holders->fds[holders->n++] = fd;
		fd = -1;
	}
	if (fd >= 0)
		close(fd);
	if (process >= 0)
		close(process);
	return holders->n < HOLDERS_MAX;
}

static void
holders_find(const struct guardian_options *opt, struct holders *holders)
{
	char *path = xasprintf("%s/%s", opt->run_dir, TRIAL_LOCK);

	*holders = (struct holders){ 0 };
	if (lstat(path, &holders->lock) == 0)
		proc_each(take_holder, holders);
	free(path);
}

static void
holders_signal(const struct holders *holders, int signo)
{
	for (size_t i = 0; i < holders->n; i++)
		pidfd_send_signal(holders->fds[i], signo, NULL, 0);
}

static void
holders_done(struct holders *holders)
{
	for (size_t i = 0; i < holders->n; i++)
		close(holders->fds[i]);
}

bool
guardian_may_be_stuck(const struct guardian_options *opt,
		      const struct trial *trial, int64_t now_ms)
{
	int64_t patience = opt->patience_ms ? opt->patience_ms : PATIENCE_MS;

	return trial_state_is_undecided(trial->state) &&
	       trial_is_ours(trial) &&
	       now_ms >= trial->deadline_ms + patience + STUCK_MS;
}

static bool
is_long_due(const struct guardian_options *opt, int64_t now_ms)
{
	struct trial *trial = NULL;
	int dir = -1;
	bool due = dir_open_ours(opt->run_dir, &dir) == OK &&
		   trial_load(dir, &trial) == OK &&
		   guardian_may_be_stuck(opt, trial, now_ms);

	if (dir >= 0)
		close(dir);
	trial_free(trial);
	return due;
}

/* Nobody of them made a step though it should go on: whoever resumes the record
 * undoes the change. */
static void
end_stuck(const struct guardian_options *opt, const struct guardian_mend *mend,
	  const struct holders *holders, int64_t now_ms)
{
	if (!holders->n || holders->steps != mend->steps ||
	    !is_long_due(opt, now_ms))
		return;
	process_note("the guardian does not act, and SIGCONT does not help: it "
		     "is killed");
	holders_signal(holders, SIGKILL);
}

void
guardian_mend(const struct guardian_options *opt, struct guardian_mend *mend,
	      int64_t now_ms)
{
	struct holders holders;

	if (now_ms < mend->next_ms)
		return;
	holders_find(opt, &holders);
	mend->next_ms = now_ms + LOOK_MS;
	switch (mend->round++ % 3) {
	case 0:
		holders_signal(&holders, SIGCONT);
		mend->next_ms = now_ms + SILENT_MS;
		break;
	case 1:
		mend->steps = holders.steps;
		break;
	case 2:
		end_stuck(opt, mend, &holders, now_ms);
		break;
	}
	holders_done(&holders);
}

void
guardian_mend_waiting(const struct guardian_options *opt,
		      struct guardian_client *client, int64_t now_ms)
{
	bool due = client->deadline_ms &&
		   now_ms >= client->deadline_ms + SILENT_MS;

	if (client->fd < 0 || (!client->asked && !due))
		client->mend = (struct guardian_mend){ 0 };
	else if (!client->mend.next_ms)
		client->mend.next_ms = now_ms + SILENT_MS;
	else
		guardian_mend(opt, &client->mend, now_ms);
}
