/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The peer on the outside of a cable: the gateway, or a neighbour on the link.
 * It answers who asks for it (RFC 4861 7.2.4) and asks for the host itself. */
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define NDP_HOPS 255

/* A solicitation or an advertisement with one link address. */
struct ndp_packet {
	struct icmp6_hdr icmp;
	struct in6_addr target;
	uint8_t option;
	uint8_t units;
	unsigned char mac[ETH_ALEN];
};

int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
peer_send(const struct peer *peer, const struct route_of *way, uint8_t proto,
	  uint8_t hops, const void *payload, size_t len, size_t sum)
{
	const struct cable *cable = peer->cable;
	struct frame f = { .len = 0 };
	ssize_t n;

	frame_make(&f, cable->peer_mac, cable->facts.mac, way, proto, hops,
		   payload, len, sum);
	do
		n = send(cable->fd, f.data, f.len, 0);
	while (n < 0 && errno == EINTR);
}

static void
send_ndp(const struct peer *peer, const struct route_of *way, uint8_t type,
	 uint32_t flags, const struct in6_addr *target)
{
	struct ndp_packet p = { .target = *target, .units = 1 };

	p.icmp.icmp6_type = type;
	p.icmp.icmp6_data32[0] = flags;
	p.option = type == ND_NEIGHBOR_ADVERT ? ND_OPT_TARGET_LINKADDR :
						ND_OPT_SOURCE_LINKADDR;
	memcpy(p.mac, peer->cable->peer_mac, ETH_ALEN);
	peer_send(peer, way, IPPROTO_ICMPV6, NDP_HOPS, &p, sizeof(p),
		  offsetof(struct icmp6_hdr, icmp6_cksum));
}

void
peer_solicit(struct peer *peer, const struct in6_addr *src,
	     const struct in6_addr *target, bool multicast)
{
	struct route_of way = { *src, *target };

	if (multicast)
		way.dst = addr_solicited_node(target);
	send_ndp(peer, &way, ND_NEIGHBOR_SOLICIT, 0, target);
}

/* Who asks whether an address is free is not answered. */
static void
hear_solicitation(struct peer *peer, const struct heard *heard)
{
	const struct ndp_packet *p = (const void *)heard->l4;
	struct route_of way = { p->target, heard->ip->ip6_src };

	if (addr_is_any(&heard->ip->ip6_src))
		return;
	if (addr_equal(&p->target, &peer->hop))
		peer->asked = true;
	send_ndp(peer, &way, ND_NEIGHBOR_ADVERT,
		 ND_NA_FLAG_SOLICITED | ND_NA_FLAG_OVERRIDE | ND_NA_FLAG_ROUTER,
		 &p->target);
}

static void
hear_packet(struct peer *peer, const struct heard *heard)
{
	const struct ndp_packet *p = (const void *)heard->l4;
	size_t bare = sizeof(p->icmp) + sizeof(p->target);

	/* Other hop limits come from afar: nobody listens (RFC 4861 7.1). */
	if (heard->proto == IPPROTO_ICMPV6 && heard->len >= bare &&
	    heard->ip->ip6_hops == NDP_HOPS) {
		if (p->icmp.icmp6_type == ND_NEIGHBOR_SOLICIT)
			hear_solicitation(peer, heard);
		if (p->icmp.icmp6_type == ND_NEIGHBOR_ADVERT)
			peer->answered = true;
	}
	if (peer->hear)
		peer->hear(peer->arg, heard);
}

/* Our own frames are seen by the socket as well. */
static bool
hear_one(struct peer *peer)
{
	static _Alignas(4) unsigned char room[2 + ETH_HLEN + 65536];
	unsigned char *data = room + 2;	/* so that headers are aligned */
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	struct heard heard;
	ssize_t n = recvfrom(peer->cable->fd, data, sizeof(room) - 2,
			     MSG_DONTWAIT, (struct sockaddr *)&from, &size);

	if (n < 0)
		return false;
	if (from.sll_pkttype != PACKET_OUTGOING &&
	    frame_read(data, (size_t)n, &heard))
		hear_packet(peer, &heard);
	return true;
}

bool
peer_turn(struct peer *peer, int also_fd, int64_t until_us)
{
	struct pollfd fds[] = {
		{ .fd = peer->cable->fd, .events = POLLIN },
		{ .fd = also_fd, .events = POLLIN },
	};
	int64_t left = until_us - now_us();
	bool any = false;

	if (left <= 0)
		return false;
	if (poll(fds, 2, (int)(left / 1000) + 1) < 0 && errno != EINTR)
		return false;
	while (hear_one(peer))
		any = true;
	return any || fds[1].revents || now_us() < until_us;
}
