/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets to an address leave: the kernel's own route lookup. */
#ifndef GUARD_ROUTES_H
#define GUARD_ROUTES_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

struct route {
	char ifname[IFNAMSIZ];
	struct in6_addr gateway;	/* :: where there is none */
	bool on_link;
	bool no_ndp;	/* the link is IFF_NOARP or loopback */
};

/* The route to dst, through interface ifindex unless that is 0. False where
 * there is none. */
bool route_lookup(const struct in6_addr *dst, unsigned ifindex,
		  struct route *route);

#endif
