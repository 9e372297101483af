/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New logins: who has logged in over SSH since a moment, as it happens. A new
 * login proves what the session that one sits in cannot: that the next one will
 * succeed.
 *
 * It counts when all of this holds:
 * - a process named sshd*, or dropbear, holds an established TCP connection of
 *   this network namespace, which no such process older than the moment
 *   holds too: what goes over a connection that was there before (a channel of
 *   ControlMaster) is no new login;
 * - somebody has authenticated himself. Before that an unprivileged process
 *   waits, in a cage (chroot or seccomp, sshd(8) "privilege separation"), for
 *   what the peer sends, and holds the connection. After it that one is gone,
 *   and a holder runs as the user, or has a login uid of its own (pam_loginuid),
 *   or has a child that leads a session of its own and has not the connection:
 *   the shell, the command, sftp. dropbear has no child at all before. */
#ifndef SALLYPORT_LOGIN_H
#define SALLYPORT_LOGIN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/vec.h>

struct login {
	struct in6_addr peer;	/* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;		/* the peer's */
	unsigned uid;		/* whom the session runs as */
	bool local;		/* from this host itself */
};

/* Has it come through the IPv6 rules? Not over IPv4, nor over lo. */
bool login_is_proof(const struct login *login);

struct login_watch;

/* since_ms: of the boot clock, CLOCK_BOOTTIME. */
struct login_watch *login_watch_new(int64_t since_ms);
void login_watch_free(struct login_watch *watch);

/* Push struct login *, yours, for each that was not told before; all: also where
 * that takes a look at every process. Never waits: no name service, and nothing
 * of /proc that takes a lock of the process. */
void login_watch_look(struct login_watch *watch, bool all,
		      struct vec *logins);

#endif
