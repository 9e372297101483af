/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a link is, as RTM_NEWLINK tells: neighbours or none, a bridge, a tunnel
 * and what its outer packets are. */
#ifndef GUARD_LINKS_H
#define GUARD_LINKS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct nl_sock;
struct nlmsghdr;

/* The packets that carry those of a link. */
struct tunnel {
	uint8_t proto;		/* of the outer packets; 0: no tunnel */
	bool v4;		/* they are IPv4 */
	struct in6_addr remote;	/* :: for any */
	struct in6_addr local;
	uint16_t remote_port;	/* 0: any, or none */
	uint16_t local_port;
	unsigned ifindex;	/* that they must leave by; 0 for any */
	uint32_t mark;		/* that they bear */
	bool wireguard;		/* whose ends wireguard_find() tells */
};

struct link_facts {
	char ifname[IFNAMSIZ];
	char kind[16];		/* IFLA_INFO_KIND, "" for none */
	bool no_ndp;		/* IFF_NOARP or IFF_LOOPBACK */
	bool nf_call;		/* a bridge that asks for ip6tables itself */
	struct tunnel tunnel;
};

/* False for a message that is no link's. */
bool link_read(const struct nlmsghdr *msg, struct link_facts *facts);

/* Ask the kernel on sk (NETLINK_ROUTE). */
bool link_find(struct nl_sock *sk, unsigned ifindex, struct link_facts *facts);

#endif
