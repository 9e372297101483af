/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first process of the sandbox. When it ends the kernel kills every other
 * one, and with the last of them the namespaces go: so it ends when the program
 * outside does, whatever became of that one. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/close_range.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "sandbox-internal.h"

/* What a process of the sandbox tells the one that waits for it. */
struct report {
	enum err err;
	uint16_t port;
	char text[512];
};

static void
report(int fd, enum err err, uint16_t port)
{
	struct report report = { .err = err, .port = port };

	snprintf(report.text, sizeof(report.text), "%s",
		 err ? err_message() : "");
	send(fd, &report, sizeof(report), MSG_NOSIGNAL);
}

static enum err
hear(int fd, uint16_t *port)
{
	struct report report;

	if (recv(fd, &report, sizeof(report), 0) != sizeof(report))
		return fail(ERR_FAIL, _("a process of the sandbox died"));
	if (report.err)
		return fail(report.err, "%s", report.text);
	*port = report.port;
	return OK;
}

/* Keep of what we inherited only fd, which becomes 3, and no terminal. */
static int
detach(int fd)
{
	int null = open("/dev/null", O_RDWR);
	int i;

	setsid();
	for (i = 0; i < 3; i++)
		dup2(null, i);
	dup2(fd, 3);
	close_range(4, ~0U, 0);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	return 3;
}

/* Fork with a socket between us; the child gets its end in *fd and 0. */
static enum err
fork_with_socket(pid_t *pid, int *fd)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return fail_errno(_("cannot make a socket"));
	*pid = fork();
	if (*pid == -1) {
		close(pair[0]);
		close(pair[1]);
		return fail_errno(_("cannot start a process"));
	}
	*fd = *pid == 0 ? detach(pair[1]) : pair[0];
	if (*pid != 0)
		close(pair[1]);
	return OK;
}

/* The peer's namespace: one process stays logged in, one comes and goes. */
static _Noreturn void
peer_main(int fd)
{
	uint16_t port = 0;
	int connection;
	enum err err;

	err = unshare(CLONE_NEWNET) == 0 ? OK :
	      fail_errno(_("cannot make the peer's namespace"));
	report(fd, err, 0);
	if (err || hear(fd, &port) != OK)
		_exit(1);
	err = sandbox_net_peer();
	if (!err)
		err = sandbox_log_in(&connection, &port);
	report(fd, err, port);
	if (err)
		_exit(1);
	close(fd);
	if (fork() == 0)
		sandbox_new_logins();
	sandbox_stay_logged_in(connection, port);
}

static enum err
start_peer(uint16_t *port)
{
	enum err err;
	pid_t pid;
	int fd;

	err = fork_with_socket(&pid, &fd);
	if (err)
		return err;
	if (pid == 0)
		peer_main(fd);
	err = hear(fd, port);
	if (!err)
		err = sandbox_net_host(pid);
	report(fd, err, 0);
	if (!err)
		err = hear(fd, port);
	close(fd);
	return err;
}

static enum err
start_sshd(void)
{
	enum err err;
	int fd;

	err = sandbox_listen(&fd);
	if (err)
		return err;
	switch (fork()) {
	case -1:
		return fail_errno(_("cannot start a process"));
	case 0:
		sandbox_sshd(fd);
	}
	close(fd);
	return OK;
}

/* Orphans of the sandbox become our children: with SIGCHLD ignored the kernel
 * reaps them. */
static _Noreturn void
init_main(int fd)
{
	uint16_t port = 0;
	enum err err;
	char end;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "sandbox");
	signal(SIGCHLD, SIG_IGN);
	err = sandbox_furnish();
	if (!err)
		err = start_sshd();
	if (!err)
		err = start_peer(&port);
	report(fd, err, port);
	while (!err && recv(fd, &end, 1, 0) == -1 && errno == EINTR)
		;
	_exit(0);
}

enum err
sandbox_start(struct sandbox_init *init, uint16_t *peer_port)
{
	enum err err;

	err = fork_with_socket(&init->pid, &init->word);
	if (err)
		return err;
	if (init->pid == 0)
		init_main(init->word);
	err = hear(init->word, peer_port);
	if (err)
		sandbox_stop(init);
	return err;
}

/* The first process is reaped last: then all others are gone. */
void
sandbox_stop(struct sandbox_init *init)
{
	kill(init->pid, SIGKILL);
	while (waitpid(init->pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(init->word);
}
