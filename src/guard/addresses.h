/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's IPv6 addresses, and what keeps them. */
#ifndef GUARD_ADDRESSES_H
#define GUARD_ADDRESSES_H

#include <netinet/in.h>
#include <sallyport/vec.h>

struct nl_sock;
struct nlmsghdr;

/* An address with an end goes unless somebody renews it. */
enum lasts {
	LASTS,			/* for ever */
	LASTS_BY_RA,		/* router advertisements (SLAAC) */
	LASTS_BY_LEASE,		/* DHCPv6 */
};

struct own_address {
	struct in6_addr addr;
	unsigned ifindex;
	enum lasts lasts;
};

/* Read an RTM_NEWADDR; false for any other message. */
bool address_read(const struct nlmsghdr *msg, struct own_address *own);

/* Push struct own_address *, yours, for each; sk is of NETLINK_ROUTE. */
void addresses_list(struct nl_sock *sk, struct vec *out);

/* The one that is addr, or NULL. */
const struct own_address *addresses_find(const struct vec *addresses,
					 const struct in6_addr *addr);

#endif
