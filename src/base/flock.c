/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock that is waited for only so long, and whose holder can be named. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/proc.h>

#define RETRY_MS 10

/* A line of /proc/locks (fs/locks.c, lock_get_status) is
 * "1: FLOCK  ADVISORY  WRITE 1234 fd:01:5678 0 EOF". */
static pid_t
lock_line_holder(const char *line, const struct stat *st)
{
	unsigned major_nr, minor_nr;
	unsigned long inode;
	int pid;

	if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_nr,
		   &minor_nr, &inode) != 4)
		return 0;
	return inode == st->st_ino && major_nr == major(st->st_dev) &&
	       minor_nr == minor(st->st_dev) ? pid : 0;
}

static void
lock_holder(int fd, struct str *holder)
{
	FILE *locks = fopen("/proc/locks", "re");
	struct stat st;
	char line[256];
	pid_t pid = 0;

	if (!locks)
		return;
	if (fstat(fd, &st) == 0)
		while (pid <= 0 && fgets(line, sizeof(line), locks))
			pid = lock_line_holder(line, &st);
	fclose(locks);
	if (pid <= 0)
		return;
	proc_comm(pid, holder);
	str_addf(holder, holder->len ? " (pid %d)" : "pid %d", (int)pid);
}

enum err
file_lock(int fd, const struct clock *clock, int64_t deadline_ms,
	  struct str *holder)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_errno(_("cannot lock"));
		if (clock->boot_ms(clock) >= deadline_ms) {
			lock_holder(fd, holder);
			return fail(ERR_BUSY, _("the lock is held by %s"),
				    holder->len ? str_text(holder) :
				    _("another program"));
		}
		nanosleep(&pause, NULL);
	}
	return OK;
}
