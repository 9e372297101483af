/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box: a helper process is started when it is first asked, and no answer is
 * waited for any longer than the limit. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-helper.h"
#include "tryout-internal.h"

/* A large table takes longer: 304 ms for 100,000 rules (facts). */
#define BYTES_PER_MS 20000

/* So many helpers may fail, in a session, before no more are started. */
#define FAILURES_MAX 3

struct tryout_box {
	int limit_ms;
	pid_t pid;		/* 0: there is no helper */
	int fd;
	bool user_ns;
	bool told;
	unsigned failures;
	char *reason;		/* of the last one */
};

struct tryout_box *
tryout_box_new(int limit_ms)
{
	struct tryout_box *box = xcalloc(1, sizeof(*box));

	box->limit_ms = limit_ms;
	box->fd = -1;
	return box;
}

static void
box_stop(struct tryout_box *box)
{
	if (box->fd >= 0)
		close(box->fd);
	box->fd = -1;
	if (box->pid > 0) {
		kill(box->pid, SIGKILL);
		while (waitpid(box->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	box->pid = 0;
}

void
tryout_box_free(struct tryout_box *box)
{
	if (!box)
		return;
	box_stop(box);
	free(box->reason);
	free(box);
}

/* Wait for the helper; false: not within the limit. */
static bool
box_wait(const struct tryout_box *box, short events, int limit_ms)
{
	struct pollfd p = { .fd = box->fd, .events = events };
	int n;

	do
		n = poll(&p, 1, limit_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static bool
box_send(const struct tryout_box *box, const void *data, size_t len)
{
	for (const char *at = data; len > 0;) {
		ssize_t n = send(box->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN &&
		    box_wait(box, POLLOUT, box->limit_ms))
			continue;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
box_receive(const struct tryout_box *box, struct reply *reply, int limit_ms)
{
	return box_wait(box, POLLIN, limit_ms) &&
	       recv(box->fd, reply, sizeof(*reply), MSG_DONTWAIT) ==
	       (ssize_t)sizeof(*reply);
}

static bool
box_fork(struct tryout_box *box)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return false;
	box->pid = fork();
	if (box->pid == 0)
		helper_main(fds[1], parent);
	close(fds[1]);
	box->fd = fds[0];
	return box->pid > 0;
}

/* reason is eaten. */
static bool
box_fails(struct tryout_box *box, char *reason)
{
	free(box->reason);
	box->reason = reason;
	box->told = false;
	box->failures++;
	box_stop(box);
	return false;
}

/* There is no use in another one. */
static bool
box_gives_up(struct tryout_box *box, char *reason)
{
	box_fails(box, reason);
	box->failures = FAILURES_MAX;
	return false;
}

bool
box_start(struct tryout_box *box)
{
	struct reply hello;

	if (box->pid > 0)
		return true;
	if (box_gave_up(box))
		return false;
	if (!box_fork(box))
		return box_fails(box, xasprintf(_("cannot start a process: %s"),
						strerror(errno)));
	if (!box_receive(box, &hello, box->limit_ms))
		return box_fails(box, xstrdup(_("the kernel makes no network "
			"namespace in time")));
	if (hello.error == ENOSPC)
		return box_gives_up(box, xstrdup(_("no more network namespaces "
			"may be made (user.max_net_namespaces)")));
	if (hello.error)
		return box_gives_up(box, xasprintf(_("the kernel makes no "
			"network namespace: %s"), strerror(hello.error)));
	box->user_ns = hello.flag;
	return true;
}

/* A helper that does not answer is not waited for: it goes. */
static bool
box_ask(struct tryout_box *box, const struct request *ask,
	const struct str *items, struct reply *reply)
{
	int more = (int)((items ? items->len : 0) / BYTES_PER_MS);

	if (!box_start(box))
		return false;
	if (box_send(box, ask, sizeof(*ask)) &&
	    (!items || box_send(box, items->s, items->len)) &&
	    box_receive(box, reply, box->limit_ms + more))
		return true;
	return box_fails(box, xstrdup(_("the kernel does not answer in time")));
}

struct box_answer
box_load(struct tryout_box *box, const char *table, const struct str *items)
{
	struct request ask = { .kind = ASK_LOAD, .len = items->len };
	struct box_answer answer = { .kind = BOX_UNAVAILABLE };
	struct reply reply;

	str_copy(ask.name, sizeof(ask.name), table);
	if (!box_ask(box, &ask, items, &reply))
		return answer;
	answer.error = reply.error;
	if (!reply.error)
		answer.kind = BOX_ACCEPTED;
	else if (reply.flag)
		answer.kind = BOX_REFUSED;
	else if (reply.error == ENOENT)
		answer.kind = BOX_NO_TABLE;
	else
		box_fails(box, xasprintf(_("cannot open table '%s': %s"),
					 table, strerror(reply.error)));
	return answer;
}

int
box_has(struct tryout_box *box, const char *name, unsigned revision,
	bool target)
{
	struct request ask = { .kind = target ? ASK_TARGET : ASK_MATCH,
			       .revision = revision };
	struct reply reply;

	str_copy(ask.name, sizeof(ask.name), name);
	return box_ask(box, &ask, NULL, &reply) ? reply.error : -1;
}

const char *
box_reason(const struct tryout_box *box)
{
	return box->reason;
}

bool
box_in_user_ns(const struct tryout_box *box)
{
	return box->user_ns;
}

bool
box_gave_up(const struct tryout_box *box)
{
	return box->failures >= FAILURES_MAX;
}

bool
box_tell(struct tryout_box *box)
{
	bool first = !box->told;

	box->told = true;
	return first;
}
