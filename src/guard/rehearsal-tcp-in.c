/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from the peer to a listener of ours inside: only what the
 * listener accepted, and what was said and answered, counts. SYN-ACKs come from
 * a SYNPROXY too. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

/* One connection in the making. */
struct talk {
	struct act *act;
	struct tcp_end *end;
	int fd;
	unsigned char nonce[NONCE_SIZE];
	size_t got;		/* bytes that the listener's side has */
	unsigned char got_data[NONCE_SIZE];
};

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

static void
send_nonce(void *arg)
{
	struct talk *talk = arg;

	tcp_data(talk->end, talk->nonce, NONCE_SIZE);
}

static bool
is_heard_inside(void *arg)
{
	struct talk *talk = arg;
	unsigned char data[FRAME_MAX];
	ssize_t n;

	while ((n = recv(talk->fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
		if (talk->got < NONCE_SIZE) {
			size_t room = NONCE_SIZE - talk->got;

			memcpy(talk->got_data + talk->got, data,
			       (size_t)n < room ? (size_t)n : room);
		}
		talk->got += (size_t)n;
	}
	return talk->got >= tcp_segment_size(talk->end) &&
	       memcmp(talk->got_data, talk->nonce, NONCE_SIZE) == 0;
}

static bool
is_heard_outside(void *arg)
{
	const struct talk *talk = arg;

	return talk->end->got >= NONCE_SIZE &&
	       memcmp(talk->end->got_data, talk->nonce, NONCE_SIZE) == 0;
}

static void
answer_nonce(struct talk *talk)
{
	size_t n = tcp_segment_size(talk->end);
	unsigned char *data = xcalloc(1, n);

	memcpy(data, talk->nonce, NONCE_SIZE);
	if (send(talk->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		talk->end->reset = true;
	free(data);
}

static enum lost
exchange(struct act *act, struct tcp_end *end, int fd)
{
	struct talk talk = { .act = act, .end = end, .fd = fd };

	act->peer.hear = tcp_hear;
	act->peer.arg = end;
	nonce_new(talk.nonce);
	send_nonce(&talk);
	if (!act_wait(act, fd, is_heard_inside, send_nonce, &talk))
		return LOST_LATER;
	end->seq += (uint32_t)tcp_segment_size(end);
	end->got = 0;
	nonce_new(talk.nonce);
	answer_nonce(&talk);
	if (!act_wait(act, -1, is_heard_outside, NULL, &talk))
		return LOST_BACK;
	return LOST_NOTHING;
}

static void
hang_up(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
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
		hang_up(fd);
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
