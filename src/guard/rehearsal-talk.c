/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said over a connection, each way: a nonce on a full-size segment, as
 * an open connection alone proves nothing. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

void
talk_end_at_once(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

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

bool
talk_in(struct talk *talk)
{
	nonce_new(talk->nonce);
	talk->got = 0;
	send_nonce(talk);
	if (!act_wait(talk->act, talk->fd, is_heard_inside, send_nonce, talk))
		return false;
	talk->end->seq += (uint32_t)tcp_segment_size(talk->end);
	return true;
}

static void
say_nonce(const struct talk *talk)
{
	size_t n = tcp_segment_size(talk->end);
	unsigned char *data = xcalloc(1, n);

	memcpy(data, talk->nonce, NONCE_SIZE);
	if (send(talk->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		talk->end->reset = true;
	free(data);
}

static bool
is_heard_outside(void *arg)
{
	const struct talk *talk = arg;

	return talk->end->got >= NONCE_SIZE &&
	       memcmp(talk->end->got_data, talk->nonce, NONCE_SIZE) == 0;
}

bool
talk_out(struct talk *talk)
{
	nonce_new(talk->nonce);
	talk->end->got = 0;
	say_nonce(talk);
	return act_wait(talk->act, -1, is_heard_outside, NULL, talk);
}
