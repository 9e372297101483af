/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A systemd that hangs may not keep a change waiting: what speaks to it for us
 * has a limit. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
#include "internal.h"
#include "systemd-run.h"

static _Noreturn void
become(char *const *argv)
{
	static char *const env[] = {
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL,
	};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	execve(argv[0], argv, env);
	_exit(127);
}

pid_t
program_start(char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv);
	return pid;
}

bool
program_end(pid_t pid, int ms)
{
	struct pollfd fd = { .events = POLLIN };
	int status = -1;

	if (pid < 0)
		return false;
	fd.fd = process_watch(pid);
	if (fd.fd < 0 || poll(&fd, 1, ms) <= 0)
		kill(pid, SIGKILL);
	if (fd.fd >= 0)
		close(fd.fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}
