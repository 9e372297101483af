/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that leaves our world: it has nothing of its parent's, is in a
 * network namespace of its own, and dies with its parent. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sallyport/scratch.h>

/* Nothing that happens to the terminal or the session happens to us, and what
 * our parent does with signals is not for us. */
int
scratch_detach(int fd, const char *name)
{
	sigset_t none;
	int null;

	setsid();
	prctl(PR_SET_NAME, name);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	die_restore(NULL);
	dup2(fd, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0u, 0);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int std = 0; null >= 0 && std <= STDERR_FILENO; std++)
		dup2(null, std);
	if (null > STDERR_FILENO)
		close(null);
	return STDERR_FILENO + 1;
}

int
scratch_enter(bool *user_ns)
{
	*user_ns = false;
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (errno != EPERM)
		return errno;
	*user_ns = true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno;
}

bool
scratch_follow(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent;
}
