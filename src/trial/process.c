/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to terminals and sessions does not happen to this process: it
 * has none of theirs, and only TERM and KILL mean anything to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sallyport/mem.h>
#include "internal.h"

static const int ignored[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1,
	SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXFSZ, SIGWINCH,
};

static void
our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGCHLD);
}

/* The client's descriptor alone survives, and not at 0, 1 or 2. */
static void
close_all_but(int *keep_fd)
{
	int fd;

	if (*keep_fd >= 0 && *keep_fd <= STDERR_FILENO)
		*keep_fd = fcntl(*keep_fd, F_DUPFD, STDERR_FILENO + 1);
	if (*keep_fd >= 0)
		fcntl(*keep_fd, F_SETFD, FD_CLOEXEC);
	if (*keep_fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)*keep_fd - 1, 0);
	close_range(*keep_fd < 0 ? STDERR_FILENO + 1 : (unsigned)*keep_fd + 1,
		    ~0u, 0);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int std = 0; fd >= 0 && std <= STDERR_FILENO; std++)
		dup2(fd, std);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Root's privilege; without it we are killed like any other. */
static void
spare_from_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "-1000", 5) < 0)
		errno = 0;
	close(fd);
}

/* As far as it goes without CAP_SYS_RESOURCE. */
static void
raise_to_hard(int resource)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return;
	now.rlim_cur = now.rlim_max;
	if (setrlimit(resource, &now) < 0)
		process_note("a limit stays: %s", strerror(errno));
}

/* What the shell that starts us limits is no limit to a revert. */
static void
lift_limits(void)
{
	static const struct {
		int resource;
		rlim_t least;
	} limits[] = {
		{ RLIMIT_NOFILE, 1024 },
		{ RLIMIT_FSIZE, RLIM_INFINITY },
		{ RLIMIT_CPU, RLIM_INFINITY },
		{ RLIMIT_AS, RLIM_INFINITY },
		{ RLIMIT_DATA, RLIM_INFINITY },
	};
	struct rlimit now;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (getrlimit(limits[i].resource, &now) < 0 ||
		    now.rlim_cur >= limits[i].least)
			continue;
		if (now.rlim_max > limits[i].least)
			now.rlim_cur = limits[i].least;
		else
			now.rlim_cur = now.rlim_max = limits[i].least;
		if (setrlimit(limits[i].resource, &now) < 0)
			raise_to_hard(limits[i].resource);
	}
}

void
process_detach(int *keep_fd)
{
	sigset_t set;

	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	our_signals(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	close_all_but(keep_fd);
	umask(077);
	setsid();
	spare_from_oom();
	lift_limits();
}

/* Whoever enters a frozen cgroup stands still. */
static bool
is_frozen(const char *cgroup)
{
	char path[96], word = '0';
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.freeze", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &word, 1) < 0)
		errno = 0;
	close(fd);
	return word == '1';
}

/* What kills the cgroup of our session (loginctl kill-session, a container's
 * end) spares us then. Where cgroup v2 cannot be written we stay where we are. */
void
process_leave_cgroup(void)
{
	static const char *const roots[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
	};

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		struct statfs fs;
		char path[64];
		int fd;

		if (statfs(roots[i], &fs) < 0 ||
		    fs.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		snprintf(path, sizeof(path), "%s/sallyport", roots[i]);
		if ((mkdir(path, 0755) < 0 && errno != EEXIST) ||
		    is_frozen(path))
			return;
		strcat(path, "/cgroup.procs");
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, "0", 1) < 0)
			errno = 0;
		if (fd >= 0)
			close(fd);
		return;
	}
}

void
process_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

int
process_signals(void)
{
	sigset_t set;

	our_signals(&set);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
process_next_signal(int signal_fd)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

bool
process_lives(pid_t pid, int *status)
{
	return pid > 0 &&
	       (getppid() == pid || waitpid(pid, status, WNOHANG) == 0);
}

bool
process_is_terminated(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, SIGTERM) == 1;
}

/* What a log reader shows on a terminal shall not control it. Nothing is
 * allocated: the guardian may have no memory. */
static void
make_visible(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* Not syslog(3): that waits for a log daemon that is stopped. */
void
process_note(const char *fmt, ...)
{
	struct sockaddr_un log = {
		.sun_family = AF_UNIX, .sun_path = "/dev/log",
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[1024];
	va_list ap;
	int len;

	if (fd < 0)
		return;
	len = snprintf(text, sizeof(text), "<%d>sallyport[%d]: ",
		       LOG_AUTHPRIV | LOG_WARNING, (int)getpid());
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	make_visible(text);
	sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
	       (struct sockaddr *)&log, sizeof(log));
	close(fd);
}
