/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets to an address leave: the kernel's own route lookup, and what it
 * knows of the link and of our address there. */
#ifndef GUARD_ROUTES_H
#define GUARD_ROUTES_H

#include <sallyport/lifeline.h>
#include "links.h"

/* A connection to the kernel, and this host's addresses as they were then. */
struct routes;

struct route_query {
	struct in6_addr dst;
	struct in6_addr src;	/* :: for what the kernel would choose */
	unsigned ifindex;	/* that it must leave by; 0 for any */
	uint32_t mark;		/* of the packet (ip -6 rule fwmark) */
};

struct route {
	struct lifeline_link link;
	struct in6_addr source;	/* src, or what the kernel chooses */
	struct tunnel tunnel;	/* what the link is made of, or proto 0 */
	unsigned ifindex;
};

struct routes *routes_open(void);
void routes_close(struct routes *routes);

/* False where there is no route; it is zeroed then. */
bool routes_find(struct routes *routes, const struct route_query *query,
		 struct route *route);

/* What the link itself tells; who is met there is left open. False where there is
 * no such link. */
bool routes_link(struct routes *routes, unsigned ifindex,
		 struct lifeline_link *link);

/* Whether addr is an address of this host. */
bool routes_own(const struct routes *routes, const struct in6_addr *addr);

/* One question: the link of the route to dst, through interface ifindex unless
 * that is 0. */
bool route_lookup(const struct in6_addr *dst, unsigned ifindex,
		  struct lifeline_link *link);

#endif
