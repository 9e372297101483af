/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from inside to the peer, who serves it here: the host's own TCP
 * has to be connected, and what is said has to be answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

struct call {
	struct act *act;
	struct tcp_end *end;
	int fd;
	unsigned char nonce[NONCE_SIZE];
	size_t got;
	unsigned char got_data[NONCE_SIZE];
};

static int
begin_call(const struct act *act)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr = act->far,
		.sin6_port = htons(act->ll->peer_port),
		.sin6_scope_id = (uint32_t)act->cable->ifindex,
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	from.sin6_addr = act->ll->local;
	if (!addr_is_link_local(&act->far))
		to.sin6_scope_id = 0;
	if (addr_is_link_local(&from.sin6_addr))
		from.sin6_scope_id = (uint32_t)act->cable->ifindex;
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
	     errno == EINPROGRESS))
		return fd;
	close(fd);
	return -1;
}

static bool
is_asked(void *arg)
{
	return ((struct call *)arg)->end->asked;
}

static void
send_syn_ack(void *arg)
{
	tcp_syn_ack(((struct call *)arg)->end);
}

static bool
is_connected(void *arg)
{
	const struct call *call = arg;
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	return getpeername(call->fd, (struct sockaddr *)&sa, &len) == 0;
}

static bool
is_heard_outside(void *arg)
{
	const struct call *call = arg;

	return call->end->got >= NONCE_SIZE &&
	       memcmp(call->end->got_data, call->nonce, NONCE_SIZE) == 0;
}

static void
send_nonce(void *arg)
{
	struct call *call = arg;

	tcp_data(call->end, call->nonce, NONCE_SIZE);
}

static bool
is_heard_inside(void *arg)
{
	struct call *call = arg;
	unsigned char data[FRAME_MAX];
	ssize_t n;

	while ((n = recv(call->fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < n && call->got + (size_t)i < NONCE_SIZE;
		     i++)
			call->got_data[call->got + (size_t)i] = data[i];
		call->got += (size_t)n;
	}
	return call->got >= tcp_segment_size(call->end) &&
	       memcmp(call->got_data, call->nonce, NONCE_SIZE) == 0;
}

static void
say_nonce(const struct call *call)
{
	size_t n = tcp_segment_size(call->end);
	unsigned char *data = xcalloc(1, n);

	memcpy(data, call->nonce, NONCE_SIZE);
	if (send(call->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		call->end->reset = true;
	free(data);
}

static enum lost
exchange(struct call *call)
{
	nonce_new(call->nonce);
	call->end->got = 0;
	say_nonce(call);
	if (!act_wait(call->act, -1, is_heard_outside, NULL, call))
		return LOST_LATER;
	nonce_new(call->nonce);
	call->got = 0;
	send_nonce(call);
	if (!act_wait(call->act, call->fd, is_heard_inside, send_nonce, call))
		return LOST_BACK;
	call->end->seq += (uint32_t)tcp_segment_size(call->end);
	return LOST_NOTHING;
}

static enum lost
open_call(struct call *call)
{
	struct act *act = call->act;
	struct before before = where_begin(act);

	call->fd = begin_call(act);
	if (call->fd < 0)
		return LOST_FIRST;
	if (!act_wait(act, -1, is_asked, NULL, call))
		return where_lost(act, &before, false);
	send_syn_ack(call);
	if (!act_wait(act, call->fd, is_connected, send_syn_ack, call))
		return LOST_ANSWER;
	call->end->seq++;
	return LOST_NOTHING;
}

enum lost
tcp_out_play(struct act *act, bool keep)
{
	struct tcp_end end = {
		.peer = &act->peer,
		.way.src = act->far,
		.port = act->ll->peer_port,
		.seq = (uint32_t)now_us(),
		.serves = true,
	};
	struct call call = { .act = act, .end = &end };
	int64_t start = now_us();
	enum lost lost;

	(void)keep;
	act->peer.hear = tcp_hear;
	act->peer.arg = &end;
	lost = open_call(&call);
	act->answer_us = now_us() - start;
	if (!lost)
		lost = exchange(&call);
	act->peer.hear = NULL;
	if (call.fd >= 0)
		close(call.fd);
	return lost;
}
