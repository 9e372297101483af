/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several network namespaces in one test: each is a descriptor, and a socket
 * stays in the one where it was made. What goes wrong here ends the process:
 * it says nothing about the program under test. */
#ifndef TESTS_GUARD_NET_H
#define TESTS_GUARD_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sallyport/str.h>

_Noreturn void net_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

int net_new(void);		/* a new namespace; we stay where we are */
void net_enter(int ns);

/* Write a setting below /proc/sys of the namespace. */
void net_sysctl(int ns, const char *path, const char *value);

/* Run a program to its end in the namespace, with text, if not NULL, as its
 * input; its output goes to the descriptor out, or nowhere where that is -1.
 * Its exit status. */
int net_run(int ns, const char *const argv[], const char *text, int out);

/* The same; what it says, also as errors, is added to said. */
int net_hear(int ns, const char *const argv[], struct str *said);

/* The lines of ip(8), all of which must succeed. */
void net_ip(int ns, const char *batch);

/* Sockets of the namespace. An address "" is any; connecting takes at most
 * timeout_ms, and gives -1 where nobody answers. */
int net_listen(int ns, int type, const char *at, uint16_t port);
int net_connect(int ns, const char *from, const char *to, uint16_t port,
		int timeout_ms);
int net_udp(int ns, const char *to, uint16_t port);

/* A process called name that echoes what comes to the socket, or to the
 * connections that it accepts there. It ends with us. */
pid_t net_echo(const char *name, int fd);

/* Does a nonce come back within timeout_ms? Asked again where it is a
 * datagram, which may be lost. */
bool net_ask(int fd, int timeout_ms);

int64_t net_now_ms(void);

#endif
