/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from inside to the peer, who serves it here: the host's own TCP
 * has to be connected, and what is said has to be answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

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
	talk_end_at_once(fd);
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
	return ((struct talk *)arg)->end->asked;
}

static void
send_syn_ack(void *arg)
{
	tcp_syn_ack(((struct talk *)arg)->end);
}

static bool
is_connected(void *arg)
{
	const struct talk *talk = arg;
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	return getpeername(talk->fd, (struct sockaddr *)&sa, &len) == 0;
}

static enum lost
exchange(struct talk *talk)
{
	if (!talk_out(talk))
		return LOST_LATER;
	return talk_in(talk) ? LOST_NOTHING : LOST_BACK;
}

static enum lost
open_call(struct talk *talk)
{
	struct act *act = talk->act;
	struct before before = where_begin(act);

	talk->fd = begin_call(act);
	if (talk->fd < 0)
		return LOST_FIRST;
	if (!act_wait(act, -1, is_asked, NULL, talk))
		return where_lost(act, &before, false);
	send_syn_ack(talk);
	if (!act_wait(act, talk->fd, is_connected, send_syn_ack, talk))
		return LOST_ANSWER;
	talk->end->seq++;
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
	struct talk talk = { .act = act, .end = &end };
	int64_t start = now_us();
	enum lost lost;

	(void)keep;
	act->peer.hear = tcp_hear;
	act->peer.arg = &end;
	lost = open_call(&talk);
	act->answer_us = now_us() - start;
	if (!lost)
		lost = exchange(&talk);
	act->peer.hear = NULL;
	if (talk.fd >= 0)
		close(talk.fd);
	return lost;
}
