/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the sandbox. Private to src/cli/. */
#ifndef SALLYPORT_SANDBOX_INTERNAL_H
#define SALLYPORT_SANDBOX_INTERNAL_H

#include <stdint.h>
#include <sys/types.h>
#include <sallyport/sandbox.h>

#define SANDBOX_HOST "2001:db8:1::10"
#define SANDBOX_PEER "2001:db8:77::77"
#define SANDBOX_SSH_PORT 22

/* sandbox-ns.c: leave the machine for namespaces of our own, as root of a user
 * namespace where we are not root. Children are in a new process namespace. */
enum err sandbox_leave(void) must_check;

/* In its first process: /proc of the new namespace, /run in memory, a name. */
enum err sandbox_furnish(void) must_check;

/* sandbox-net.c: the host's network; pid is a process in the peer's namespace,
 * which gets the other end of the cable. */
enum err sandbox_net_host(pid_t pid) must_check;

/* The peer's side, by a process in its namespace. */
enum err sandbox_net_peer(void) must_check;

/* sandbox-peer.c: an sshd of sorts, and who is logged in to it. */
enum err sandbox_listen(int *fd) must_check;
_Noreturn void sandbox_sshd(int fd);

/* Logged in through fd, from port on: lives until it is killed. */
enum err sandbox_log_in(int *fd, uint16_t *port) must_check;
_Noreturn void sandbox_stay_logged_in(int fd, uint16_t port);

/* Logs in now and then, and out again. */
_Noreturn void sandbox_new_logins(void);

/* sandbox-init.c: the first process of the sandbox and the peer. It ends, and
 * with it every process of the sandbox, when word is closed or we die. */
struct sandbox_init {
	pid_t pid;
	int word;
};
enum err sandbox_start(struct sandbox_init *init, uint16_t *peer_port) must_check;
void sandbox_stop(struct sandbox_init *init);

#endif
