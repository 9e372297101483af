/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expires and is renewed: the router speaks up, to all and to us alone, and
 * a lease is asked for and answered. Both are link-local talk. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define HOPS 255		/* RFC 4861 6.1.2 */
#define LIFETIME_S 1800
#define DHCP_CLIENT 546		/* RFC 8415 7.2 */
#define DHCP_SERVER 547

static const struct in6_addr all_nodes = {
	.s6_addr = { 0xff, 0x02, [15] = 1 }
};
static const struct in6_addr all_dhcp = {
	.s6_addr = { 0xff, 0x02, [13] = 1, [15] = 2 }
};
static const struct in6_addr some_router = {
	.s6_addr = { 0xfe, 0x80, [13] = 0x53, [15] = 0xfe }
};

struct renewal {
	struct act *act;
	struct in6_addr router;
	struct in6_addr host;		/* our link-local address */
	struct in6_addr to;		/* of an advertisement */
	unsigned long before;		/* advertisements that came in */
	int fd;				/* of the DHCPv6 client */
	bool asked;			/* the server was */
	unsigned char nonce[NONCE_SIZE];
};

/* --- Router advertisements --- */

static void
advertise(void *arg)
{
	const struct renewal *r = arg;
	struct route_of way = { r->router, r->to };
	struct nd_router_advert ra = { .nd_ra_type = ND_ROUTER_ADVERT };

	ra.nd_ra_router_lifetime = htons(LIFETIME_S);
	peer_send(&r->act->peer, &way, IPPROTO_ICMPV6, HOPS, &ra, sizeof(ra),
		  offsetof(struct icmp6_hdr, icmp6_cksum));
}

static bool
is_advertised(void *arg)
{
	const struct renewal *r = arg;

	return kernel_count(COUNT_ADVERTISEMENTS) > r->before;
}

static bool
comes_in(struct renewal *r, const struct in6_addr *to)
{
	r->to = *to;
	r->before = kernel_count(COUNT_ADVERTISEMENTS);
	advertise(r);
	return act_wait(r->act, -1, is_advertised, advertise, r);
}

/* --- DHCPv6 --- */

static void
hear_request(void *arg, const struct heard *heard)
{
	struct renewal *r = arg;
	const struct udphdr *udp = (const void *)heard->l4;

	if (heard->proto == IPPROTO_UDP && heard->len > sizeof(*udp) &&
	    udp->uh_dport == htons(DHCP_SERVER) &&
	    addr_equal(&heard->ip->ip6_dst, &all_dhcp))
		r->asked = true;
}

static int
open_client(const struct renewal *r)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = r->host,
		.sin6_port = htons(DHCP_CLIENT),
		.sin6_scope_id = (uint32_t)r->act->cable->ifindex,
	};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
ask_server(void *arg)
{
	const struct renewal *r = arg;
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = all_dhcp,
		.sin6_port = htons(DHCP_SERVER),
		.sin6_scope_id = (uint32_t)r->act->cable->ifindex,
	};

	if (sendto(r->fd, r->nonce, sizeof(r->nonce), 0,
		   (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return;
}

static bool
is_server_asked(void *arg)
{
	return ((const struct renewal *)arg)->asked;
}

static void
answer_client(void *arg)
{
	const struct renewal *r = arg;
	struct route_of way = { r->router, r->host };
	struct {
		struct udphdr udp;
		unsigned char nonce[NONCE_SIZE];
	} p;

	memset(&p.udp, 0, sizeof(p.udp));
	memcpy(p.nonce, r->nonce, sizeof(p.nonce));
	p.udp.uh_sport = htons(DHCP_SERVER);
	p.udp.uh_dport = htons(DHCP_CLIENT);
	p.udp.uh_ulen = htons(sizeof(p));
	peer_send(&r->act->peer, &way, IPPROTO_UDP, HOPS, &p, sizeof(p),
		  offsetof(struct udphdr, uh_sum));
}

static bool
is_client_answered(void *arg)
{
	const struct renewal *r = arg;
	unsigned char got[NONCE_SIZE];

	while (recv(r->fd, got, sizeof(got), MSG_DONTWAIT) ==
	       (ssize_t)sizeof(got))
		if (memcmp(got, r->nonce, sizeof(got)) == 0)
			return true;
	return false;
}

static enum lost
renew_lease(struct renewal *r)
{
	enum lost lost = LOST_NOTHING;

	r->fd = open_client(r);
	if (r->fd < 0)
		return LOST_NOTHING;
	nonce_new(r->nonce);
	r->act->peer.hear = hear_request;
	r->act->peer.arg = r;
	ask_server(r);
	if (!act_wait(r->act, -1, is_server_asked, ask_server, r))
		lost = LOST_DHCP_OUT;
	if (!lost)
		answer_client(r);
	if (!lost &&
	    !act_wait(r->act, r->fd, is_client_answered, answer_client, r))
		lost = LOST_DHCP_IN;
	r->act->peer.hear = NULL;
	close(r->fd);
	return lost;
}

/* Where the link has no link-local address nobody can be spoken to so. */
static bool
find_host(const struct live_link *facts, struct in6_addr *host)
{
	for (size_t i = 0; i < facts->n_addrs; i++) {
		*host = facts->addrs[i].addr;
		if (addr_is_link_local(host))
			return true;
	}
	return false;
}

enum lost
renewal_play(struct act *act)
{
	const struct lifeline_link *link = &act->ll->link;
	struct renewal r = { .act = act, .router = link->gateway };
	bool spoken_to = find_host(&act->cable->facts, &r.host);

	if (!addr_is_link_local(&r.router))
		r.router = some_router;
	if (link->by_ra && (!comes_in(&r, &all_nodes) ||
			    (spoken_to && !comes_in(&r, &r.host))))
		return LOST_RA_IN;
	return link->leased && spoken_to ? renew_lease(&r) : LOST_NOTHING;
}
