/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection from the peer to a listener of ours inside: only what the
 * listener accepted, and what was said and answered, counts. SYN-ACKs come from
 * a SYNPROXY too. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

#define NONCE_SIZE 32

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

/* No SYN-ACK came: what the kernel knows inside tells how far things went. */
static enum lost
where_lost(const struct act *act, const struct tcp_end *end,
	   unsigned long before)
{
	if (end->reset || kernel_count(COUNT_TCP) == before)
		return LOST_SYN_IN;
	if (!(net_neighbour_state(act->cable->ifindex, &act->peer.hop) &
	      (NUD_INCOMPLETE | NUD_FAILED)))
		return LOST_SYN_ACK_OUT;
	return act->peer.asked ? LOST_NA_IN : LOST_NS_OUT;
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

enum lost
tcp_in_open(struct act *act, struct tcp_end *end, int *fd)
{
	struct talk talk = { .act = act, .end = end, .fd = -1 };
	unsigned long before = kernel_count(COUNT_TCP);

	act->peer.hear = tcp_hear;
	act->peer.arg = end;
	send_syn(&talk);
	if (!act_wait(act, -1, is_linked, send_syn, &talk) || end->reset)
		return where_lost(act, end, before);
	send_ack(&talk);
	if (!act_wait(act, act->listener, is_accepted, send_ack, &talk))
		return LOST_DATA_IN;
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

static void
new_nonce(struct talk *talk)
{
	if (getrandom(talk->nonce, NONCE_SIZE, 0) != NONCE_SIZE)
		memset(talk->nonce, (int)now_us() & 0xff, NONCE_SIZE);
}

enum lost
tcp_in_exchange(struct act *act, struct tcp_end *end, int fd)
{
	struct talk talk = { .act = act, .end = end, .fd = fd };

	act->peer.hear = tcp_hear;
	act->peer.arg = end;
	new_nonce(&talk);
	send_nonce(&talk);
	if (!act_wait(act, fd, is_heard_inside, send_nonce, &talk))
		return LOST_DATA_IN;
	end->seq += (uint32_t)tcp_segment_size(end);
	end->got = 0;
	new_nonce(&talk);
	answer_nonce(&talk);
	if (!act_wait(act, -1, is_heard_outside, NULL, &talk))
		return LOST_DATA_OUT;
	return LOST_NOTHING;
}
