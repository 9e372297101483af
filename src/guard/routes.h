/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where packets to an address leave: the kernel's own route lookup. */
#ifndef GUARD_ROUTES_H
#define GUARD_ROUTES_H

#include <sallyport/lifeline.h>

/* The route to dst, through interface ifindex unless that is 0. False where
 * there is none; link is zeroed then. */
bool route_lookup(const struct in6_addr *dst, unsigned ifindex,
		  struct lifeline_link *link);

#endif
