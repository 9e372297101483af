/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of IPv6 addresses that can be cut in two where a rule's condition holds
 * for a part of it: an interval whose addresses also agree with some fixed
 * bits. Never empty. */
#ifndef GUARD_ADDRSET_H
#define GUARD_ADDRSET_H

#include <netinet/in.h>
#include <stdbool.h>

struct addr_set {
	struct in6_addr lo;	/* the interval, both ends in */
	struct in6_addr hi;
	struct in6_addr mask;	/* bits that are fixed */
	struct in6_addr value;	/* to this; zero elsewhere */
};

/* How a condition stands to a set. */
enum part {
	PART_NONE,	/* it holds for nothing in it */
	PART_ALL,
	PART_CUT,	/* for a part: the set is cut, ask again for each */
};

void addr_set_prefix(struct addr_set *set, const struct in6_addr *addr,
		     unsigned len);

/* The lowest address of the set; false when there is none. */
bool addr_set_first(const struct addr_set *set, struct in6_addr *first);

/* (address & mask) == value, the mask of any shape, as the kernel compares.
 * PART_CUT: *set is now one part and *rest the other. */
enum part addr_set_masked(struct addr_set *set, const struct in6_addr *value,
			  const struct in6_addr *mask, struct addr_set *rest);

/* min <= address <= max. */
enum part addr_set_within(struct addr_set *set, const struct in6_addr *min,
			  const struct in6_addr *max, struct addr_set *rest);

#endif
