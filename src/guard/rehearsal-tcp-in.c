/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from the peer to a listener of ours inside: only what the
 * listener accepted, and what was said and answered, counts. SYN-ACKs come from
 * a SYNPROXY too. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

static void
send_syn(void *arg)
{
	tcp_syn(((struct talk *)arg)->end);
}

static bool
is_linked(void *arg)
{
	const struct talk *talk = arg;

	return talk->end->linked || talk->end->reset;
}

static bool
is_from(int fd, const struct tcp_end *end)
{
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	return getpeername(fd, (struct sockaddr *)&sa, &len) == 0 &&
	       ntohs(sa.sin6_port) == end->port &&
	       addr_equal(&sa.sin6_addr, &end->way.src);
}

static bool
is_accepted(void *arg)
{
	struct talk *talk = arg;
	int fd;

	while ((fd = accept4(talk->act->listener, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (is_from(fd, talk->end)) {
			talk->fd = fd;
			return true;
		}
		close(fd);
	}
	return false;
}

static void
send_ack(void *arg)
{
	tcp_ack(((struct talk *)arg)->end);
}

static enum lost
open_connection(struct act *act, struct tcp_end *end, int *fd)
{
	struct talk talk = { .act = act, .end = end, .fd = -1 };
	struct before before = where_begin(act);

	act->peer.hear = tcp_hear;
	act->peer.arg = end;
	send_syn(&talk);
	if (!act_wait(act, -1, is_linked, send_syn, &talk) || end->reset)
		return where_lost(act, &before, !end->reset &&
				  where_arrived(act, &before));
	send_ack(&talk);
	if (!act_wait(act, act->listener, is_accepted, send_ack, &talk))
		return LOST_LATER;
	*fd = talk.fd;
	return LOST_NOTHING;
}

/* --- What is said --- */

static enum lost
exchange(struct act *act, struct tcp_end *end, int fd)
{
	struct talk talk = { .act = act, .end = end, .fd = fd };

	act->peer.hear = tcp_hear;
	act->peer.arg = end;
	if (!talk_in(&talk))
		return LOST_LATER;
	return talk_out(&talk) ? LOST_NOTHING : LOST_BACK;
}

/* The running connection has the ports of the real one, a new login never. What
 * is only asked about has the port that was named. */
static uint16_t
choose_port(const struct act *act, bool keep)
{
	const struct lifeline *ll = act->ll;
	bool named = keep || (!ll->ssh && !ll->running);

	return named && ll->peer_port ? ll->peer_port : act->port;
}

enum lost
tcp_in_play(struct act *act, bool keep)
{
	struct tcp_end end = {
		.peer = &act->peer,
		.way = { act->far, act->near },
		.port = choose_port(act, keep),
		.host_port = act->ll->local_port,
		.seq = (uint32_t)now_us(),
	};
	int64_t start = now_us();
	int fd = -1;
	enum lost lost = open_connection(act, &end, &fd);

	act->answer_us = now_us() - start;
	if (!lost)
		lost = exchange(act, &end, fd);
	act->peer.hear = NULL;
	if (lost || !keep) {
		if (fd >= 0)
			close(fd);
		return lost;
	}
	act->running = end;
	act->running_fd = fd;
	return LOST_NOTHING;
}

enum lost
tcp_in_go_on(struct act *act)
{
	enum lost lost = exchange(act, &act->running, act->running_fd);

	act->peer.hear = NULL;
	if (lost == LOST_LATER)
		return LOST_RUNNING;
	return lost ? LOST_RUNNING_BACK : LOST_NOTHING;
}
