/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of a WireGuard tunnel, which only its generic netlink family knows. */
#ifndef GUARD_WIREGUARD_H
#define GUARD_WIREGUARD_H

#include "links.h"

/* The peer that an address is routed to within the tunnel. */
struct wireguard_search {
	struct in6_addr inside;
	int best;		/* prefix length of the match; -1: none yet */
	struct tunnel *tunnel;	/* gets ports, mark and the peer's endpoint */
};

/* Take what a WG_CMD_GET_DEVICE answer says; it may come in several. */
void wireguard_read(const struct nlmsghdr *msg,
		    struct wireguard_search *search);

/* Complete tunnel, of link ifindex, for packets to inside. proto becomes 0 where
 * the kernel does not tell: without privilege. */
void wireguard_find(unsigned ifindex, const struct in6_addr *inside,
		    struct tunnel *tunnel);

#endif
