/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names, which are looked up only when that was asked for, and by a child
 * that its alarm ends: a dead resolver, or several, cannot hold anybody up. It
 * sends back numbers, and those are read as any other. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "xt-internal.h"

#define PATIENCE 2	/* seconds */
#define ANSWER_SIZE 4096	/* some 90 addresses */

/* In the child: the numbers of the addresses, each with a newline. */
static void
send_numbers(int fd, const struct addrinfo *list)
{
	struct str text = { 0 };

	for (; list; list = list->ai_next) {
		char number[NI_MAXHOST];

		if (getnameinfo(list->ai_addr, list->ai_addrlen, number,
				sizeof(number), NULL, 0, NI_NUMERICHOST) == 0 &&
		    text.len + strlen(number) + 1 < ANSWER_SIZE)
			str_addf(&text, "%s\n", number);
	}
	if (write(fd, str_text(&text), text.len) < 0)
		_exit(1);
}

static _Noreturn void
look_up(int fd, const char *node, const struct addrinfo *hints)
{
	struct addrinfo *list;
	sigset_t alarms;
	int error;

	signal(SIGALRM, SIG_DFL);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	alarm(PATIENCE);
	error = libc_getaddrinfo(node, NULL, hints, &list);
	if (error == EAI_AGAIN)
		raise(SIGALRM);
	if (!error)
		send_numbers(fd, list);
	_exit(0);
}

/* All that comes from fd, as text. */
static void
receive(int fd, char text[ANSWER_SIZE])
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, text + len, ANSWER_SIZE - 1 - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	text[len] = '\0';
}

/* Ask a child; false where there was no answer in time. */
static bool
ask(const char *node, const struct addrinfo *hints, char answer[ANSWER_SIZE])
{
	int fds[2], status = 0;
	pid_t pid;

	answer[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		return true;
	pid = fork();
	if (pid == 0)
		look_up(fds[1], node, hints);
	close(fds[1]);
	if (pid > 0) {
		receive(fds[0], answer);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	return !WIFSIGNALED(status);
}

/* The addresses of these numbers, in one list. libc frees each on its own. */
static int
read_numbers(char *numbers, const char *service, const struct addrinfo *hints,
	     struct addrinfo **list)
{
	struct addrinfo numeric = *hints;
	char *rest = NULL;

	numeric.ai_flags |= AI_NUMERICHOST;
	*list = NULL;
	for (char *s = strtok_r(numbers, "\n", &rest); s;
	     s = strtok_r(NULL, "\n", &rest)) {
		while (*list)
			list = &(*list)->ai_next;
		if (libc_getaddrinfo(s, service, &numeric, list))
			*list = NULL;
	}
	return 0;
}

int
resolve_host(const char *node, const char *service,
	     const struct addrinfo *hints, struct addrinfo **list)
{
	struct addrinfo numeric = *hints;
	char answer[ANSWER_SIZE];
	struct addrinfo *found;
	int error;

	numeric.ai_flags |= AI_NUMERICHOST;
	error = libc_getaddrinfo(node, service, &numeric, list);
	if (error != EAI_NONAME || hints->ai_flags & AI_NUMERICHOST)
		return error;
	if (!box_resolve)
		box_fail(PARAMETER_PROBLEM,
			 _("'%s' is no IPv6 address; names of hosts are looked "
			   "up only with --resolve"), node);
	if (!ask(node, hints, answer))
		box_fail(PARAMETER_PROBLEM,
			 _("the name '%s' cannot be looked up: no name server "
			   "answers"), node);
	read_numbers(answer, service, hints, &found);
	if (!found)
		box_fail(PARAMETER_PROBLEM,
			 _("there is no host '%s' with an IPv6 address"), node);
	*list = found;
	return 0;
}
