/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection of an SSH server's process. */
#ifndef GUARD_LOGIN_SOCKET_H
#define GUARD_LOGIN_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct login_socket {
	uint64_t inode;		/* 0: there is none */
	struct in6_addr peer;	/* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;		/* the peer's */
	bool local;		/* its packets never leave this host */
};

/* The one with the lowest descriptor that is established, in this network
 * namespace: it is there before any that the session forwards. */
void login_socket_find(pid_t pid, struct login_socket *found);

#endif
