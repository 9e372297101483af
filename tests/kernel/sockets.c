/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets as sock_diag tells them and as /proc/net does: the same. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "../../src/guard/sockets.h"
#include "../ns.h"

static int
open_socket(int family, int type, const char *addr, uint16_t port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(port) };
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	bool v6 = family == AF_INET6;
	int on = 1, fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (inet_pton(family, addr, v6 ? (void *)&sin6.sin6_addr :
					 (void *)&sin.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, v6 ? (void *)&sin6 : (void *)&sin,
		 v6 ? sizeof(sin6) : sizeof(sin)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) < 0))
		bail_out("%s port %u: %s", addr, port, strerror(errno));
	return fd;
}

static int
dial(int family, const char *addr, uint16_t port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(port) };
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	bool v6 = family == AF_INET6;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(family, addr, v6 ? (void *)&sin6.sin6_addr :
					 (void *)&sin.sin_addr) != 1 ||
	    connect(fd, v6 ? (void *)&sin6 : (void *)&sin,
		    v6 ? sizeof(sin6) : sizeof(sin)) < 0)
		bail_out("connect to %s: %s", addr, strerror(errno));
	return fd;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In any order. */
static void
describe(const struct vec *sockets, struct str *out)
{
	struct vec lines = { 0 };

	for (size_t i = 0; i < sockets->n; i++) {
		const struct ip_socket *s = sockets->v[i];
		struct str line = { 0 };

		str_addf(&line, "%d ", s->family);
		addr_format(&line, &s->local);
		str_addf(&line, " %u ", s->local_port);
		addr_format(&line, &s->peer);
		str_addf(&line, " %d %llu\n", s->peer_port != 0,
			 (unsigned long long)s->inode);
		vec_push(&lines, str_take(&line));
	}
	qsort(lines.v, lines.n, sizeof(*lines.v), compare);
	for (size_t i = 0; i < lines.n; i++) {
		str_add(out, lines.v[i]);
		free(lines.v[i]);
	}
	vec_done(&lines);
}

static void
same(struct vec *diag, uint8_t proto, unsigned state, uint16_t port,
     size_t n, const char *what)
{
	const struct socket_query query = { proto, 1u << state, port };
	struct vec proc = { 0 };
	struct str expected = { 0 }, got = { 0 };

	if (sockets_proc(&query, &proc))
		bail_out("%s", err_message());
	describe(diag, &expected);
	describe(&proc, &got);
	is_int(diag->n, n, "%s: all", what);
	is_str(str_text(&got), str_text(&expected), "%s: the same", what);
	sockets_free(diag);
	sockets_free(&proc);
	str_done(&expected);
	str_done(&got);
}

int
main(void)
{
	struct vec listening = { 0 }, some = { 0 }, other = { 0 }, udp = { 0 };

	ns_or_skip();
	open_socket(AF_INET6, SOCK_STREAM, "::", 22);
	open_socket(AF_INET6, SOCK_STREAM, "::1", 2222);
	open_socket(AF_INET, SOCK_STREAM, "127.0.0.1", 2222);
	open_socket(AF_INET6, SOCK_DGRAM, "::1", 60001);
	open_socket(AF_INET, SOCK_DGRAM, "127.0.0.1", 60002);
	dial(AF_INET6, "::1", 22);
	dial(AF_INET, "127.0.0.1", 22);
	dial(AF_INET6, "::1", 2222);
	if (sockets_listening(&listening) || sockets_established(22, &some) ||
	    sockets_established(2222, &other) || sockets_udp(&udp))
		bail_out("%s", err_message());
	same(&listening, IPPROTO_TCP, TCP_LISTEN, 0, 3, "those that listen");
	same(&some, IPPROTO_TCP, TCP_ESTABLISHED, 22, 2, "established");
	same(&other, IPPROTO_TCP, TCP_ESTABLISHED, 2222, 1, "at another port");
	same(&udp, IPPROTO_UDP, TCP_CLOSE, 0, 2, "UDP");
	return done_testing();
}
