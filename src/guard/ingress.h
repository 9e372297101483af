/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets of running connections come in. That need not be where their
 * answers leave. */
#ifndef GUARD_INGRESS_H
#define GUARD_INGRESS_H

#include <sys/types.h>
#include <sallyport/vec.h>

/* Fill came_by of each connection (struct ip_socket *) as far as its sockets may
 * be looked at. */
void ingress_learn(struct vec *connections);

/* The same for those that a process has open, whatever links there are. A
 * connection that was begun here and not accepted has none. */
void ingress_learn_of(pid_t pid, struct vec *connections);

#endif
