/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy routing: which table of routes is asked (ip -6 rule). */
#ifndef GUARD_ROUTING_RULES_H
#define GUARD_ROUTING_RULES_H

#include <stdbool.h>

struct nl_sock;

/* Does any rule look at the mark of a packet? Asked on sk (NETLINK_ROUTE). */
bool routing_by_mark(struct nl_sock *sk);

#endif
