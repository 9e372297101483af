/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sshd -T` prints what sshd is set to: where it will listen once it is started
 * anew. It is run without a shell, with an environment of its own and for no
 * longer than a second; what goes wrong with it is no answer. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "finder.h"

#define LIMIT_S 1
#define MAX_BYTES 65536

const char *
lifelines_sshd(void)
{
	static const char *const paths[] = {
		"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd",
	};

	if (geteuid() != 0 || !proc_same_netns(1) || !proc_same_mntns(1))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

static _Noreturn void
become(const char *path, int out)
{
	char *const argv[] = { (char *)path, (char *)"-T", NULL };
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			      (char *)"LC_ALL=C", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	/* Its end, should we be killed meanwhile. */
	signal(SIGALRM, SIG_DFL);
	alarm(LIMIT_S);
	execve(path, argv, env);
	_exit(127);
}

/* All of it, or false where it takes longer than it may. */
static bool
read_answer(int fd, struct str *out)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[4096];
	ssize_t n = 1;

	while (n > 0 && out->len < MAX_BYTES) {
		if (poll(&pfd, 1, LIMIT_S * 1000) != 1)
			return false;
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			str_addn(out, buf, (size_t)n);
	}
	return n == 0;
}

static bool
run(const char *path, struct str *out)
{
	int ends[2], status = 0;
	bool whole;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		become(path, ends[1]);
	close(ends[1]);
	whole = pid > 0 && read_answer(ends[0], out);
	close(ends[0]);
	if (pid < 0)
		return false;
	if (!whole)
		kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && whole && status == 0;
}

/* "listenaddress [::]:2222": an IPv6 address and a port. */
static bool
read_line(char *line, struct in6_addr *addr, uint16_t *port)
{
	static const char key[] = "listenaddress [";
	char *end;
	unsigned long n;

	if (!str_starts(line, key))
		return false;
	line += sizeof(key) - 1;
	end = strstr(line, "]:");
	if (!end)
		return false;
	*end = '\0';
	n = strtoul(end + 2, NULL, 10);
	*port = (uint16_t)n;
	return n > 0 && n <= UINT16_MAX && !addr_parse(line, addr);
}

static bool
is_known(const struct finder *f, uint16_t port)
{
	for (size_t i = 0; i < f->out->n; i++) {
		const struct lifeline *ll = f->out->v[i];

		if (ll->ssh && ll->any_peer && ll->local_port == port)
			return true;
	}
	return false;
}

void
finder_add_announced(struct finder *f)
{
	struct str answer = { 0 };
	struct lifeline ll = {
		.origin = LIFELINE_ANNOUNCED,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
		.any_peer = true,
	};
	char *save = NULL;

	if (f->src->sshd && run(f->src->sshd, &answer))
		for (char *line = strtok_r(answer.s, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			if (read_line(line, &ll.local, &ll.local_port) &&
			    !addr_is_loopback(&ll.local) &&
			    !is_known(f, ll.local_port))
				finder_add(f, &ll, 0);
	str_done(&answer);
}
