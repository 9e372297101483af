/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients. However many, slow or broken they are, none makes the guardian
 * wait: lines have a length, output has a limit, and who exceeds one is out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define PEERS_MAX 64
#define LINE_MAX_BYTES ((size_t)65536)
#define OUTPUT_MAX ((size_t)1 << 20)
#define FIRST_SECONDS 10

struct peer *
peer_add(struct guardian *g, int fd)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));

	peer->fd = fd;
	vec_push(&g->peers, peer);
	return peer;
}

static void
peer_free(struct peer *peer)
{
	close(peer->fd);
	str_done(&peer->in);
	str_done(&peer->out);
	free(peer);
}

void
peers_done(struct guardian *g)
{
	while (g->peers.n)
		peer_free(vec_pop(&g->peers));
	vec_done(&g->peers);
}

void
peers_sweep(struct guardian *g)
{
	for (size_t i = g->peers.n; i-- > 0;) {
		struct peer *peer = g->peers.v[i];

		if (peer->gone)
			peer_free(vec_remove(&g->peers, i));
	}
}

/* Root and whoever we are; nobody else. */
static bool
may_speak(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* When there are too many the oldest goes: a forgotten one cannot keep the
 * administrator out. */
void
peer_accept(struct guardian *g)
{
	struct guardian_event event;
	struct peer *peer;
	int fd = accept4(g->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!may_speak(fd)) {
		close(fd);
		return;
	}
	if (g->peers.n >= PEERS_MAX)
		peer_free(vec_remove(&g->peers, 0));
	outcome_event(g, &event);
	peer = peer_add(g, fd);
	peer_say(peer, &event);
	life_tell(g, peer);
}

void
peer_flush(struct peer *peer)
{
	ssize_t n;

	if (peer->gone || !peer->out.len)
		return;
	n = send(peer->fd, peer->out.s, peer->out.len,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		peer->gone = errno != EAGAIN && errno != EWOULDBLOCK &&
			     errno != EINTR;
		return;
	}
	str_drop(&peer->out, (size_t)n);
}

void
peer_say(struct peer *peer, const struct guardian_event *event)
{
	if (peer->gone)
		return;
	if (peer->out.len > OUTPUT_MAX) {
		peer->gone = true;
		return;
	}
	event_write(event, &peer->out);
	peer_flush(peer);
}

void
peer_say_all(struct guardian *g, const struct guardian_event *event)
{
	for (size_t i = 0; i < g->peers.n; i++)
		peer_say(g->peers.v[i], event);
}

bool
peers_are_told(const struct guardian *g)
{
	for (size_t i = 0; i < g->peers.n; i++) {
		const struct peer *peer = g->peers.v[i];

		if (!peer->gone && peer->out.len)
			return false;
	}
	return true;
}

static void
handle_line(struct guardian *g, struct peer *peer, const char *line, size_t len,
	    void (*handle)(struct guardian *, struct peer *,
			   const struct request *))
{
	struct guardian_event denied = {
		.kind = EVENT_DENIED, .err = ERR_PARSE,
	};
	struct request request;

	if (request_read(line, len, &request) == OK) {
		handle(g, peer, &request);
	} else {
		denied.text = (char *)(uintptr_t)err_message();
		peer_say(peer, &denied);
	}
	request_done(&request);
}

void
peer_take(struct guardian *g, struct peer *peer,
	  void (*handle)(struct guardian *, struct peer *,
			 const struct request *))
{
	char buf[4096];
	const char *s, *end;
	ssize_t n = recv(peer->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n <= 0) {
		peer->gone = n == 0 || (errno != EAGAIN && errno != EINTR &&
					errno != EWOULDBLOCK);
		return;
	}
	str_addn(&peer->in, buf, (size_t)n);
	s = peer->in.s;
	for (end = memchr(s, '\n', peer->in.len); end;
	     end = memchr(s, '\n', peer->in.len - (size_t)(s - peer->in.s))) {
		handle_line(g, peer, s, (size_t)(end - s), handle);
		s = end + 1;
	}
	str_drop(&peer->in, (size_t)(s - peer->in.s));
	peer->gone = peer->gone || peer->in.len > LINE_MAX_BYTES;
}

enum err
peer_first(struct peer *peer, struct request *request)
{
	const struct timeval patience = { .tv_sec = FIRST_SECONDS };
	char buf[65536];
	struct str line = { 0 };
	enum err err = OK;
	ssize_t n;

	setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	do {
		n = recv(peer->fd, buf, sizeof(buf), 0);
		if (n > 0)
			str_addn(&line, buf, (size_t)n);
		else if (n == 0 || errno != EINTR)
			err = fail(ERR_FAIL,
				   _("the request did not come whole"));
		if (line.len > TRIAL_SIZE_MAX)
			err = fail(ERR_FAIL, _("the request is too large"));
	} while (!err && (!line.len || line.s[line.len - 1] != '\n'));
	if (!err)
		err = request_read(line.s, line.len, request);
	str_done(&line);
	return err;
}
