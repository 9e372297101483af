/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP sockets of this network namespace, as sock_diag(7) shows to anyone, or
 * /proc/net where the kernel has none; and UDP sockets. */
#ifndef GUARD_SOCKETS_H
#define GUARD_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/err.h>
#include <sallyport/vec.h>

struct ip_socket {
	int family;
	struct in6_addr local;	/* IPv4 as ::ffff:a.b.c.d */
	struct in6_addr peer;
	uint16_t local_port;
	uint16_t peer_port;
	unsigned ifindex;	/* that it is bound to; 0 for none */
	uint64_t inode;		/* as in /proc/PID/fd */
	unsigned came_by;	/* the link that its peer's packets come in
				 * by; 0 unknown (ingress.h) */
};

/* Push struct ip_socket *, yours, for each socket of AF_INET and AF_INET6 that
 * listens or is established from that local port; 0 for any. */
enum err sockets_listening(struct vec *out) must_check;
enum err sockets_established(uint16_t local_port, struct vec *out) must_check;

/* The UDP sockets that wait for anybody. */
enum err sockets_udp(struct vec *out) must_check;
void sockets_free(struct vec *sockets);

/* Close a connected TCP socket of this host, whoever has it: both ends are told.
 * False where there is none, or where the kernel does not do that. */
bool socket_destroy(const struct ip_socket *socket);

/* Which sockets are asked for. */
struct socket_query {
	uint8_t proto;
	unsigned states;	/* bits, by the numbers of netinet/tcp.h */
	uint16_t port;		/* local; 0 for any */
};

/* The same from /proc/net: udp, udp6, tcp or tcp6. */
enum err sockets_proc(const struct socket_query *query, struct vec *out)
	must_check;

#endif
