/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams: UDP, and protocols without ports, which tunnels are. A first one,
 * its answer, and both once more, when conntrack knows the flow. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define HOPS 64

/* What is sent: a header that some protocols look at, then the nonce. A zero
 * flags word is the plainest header of GRE (RFC 2784). */
struct payload {
	unsigned char head[8];
	unsigned char nonce[NONCE_SIZE];
};

struct flow {
	struct act *act;
	int fd;			/* inside, or in the yard */
	bool udp;
	uint16_t port;		/* the peer's */
	uint16_t host_port;	/* 0: not known yet */
	struct payload said;
	bool heard_outside;
	struct sockaddr_in6 from;	/* of what was heard inside */
};

static void
hear(void *arg, const struct heard *heard)
{
	struct flow *flow = arg;
	const struct udphdr *udp = (const void *)heard->l4;
	size_t skip = flow->udp ? sizeof(*udp) : 0;

	if (heard->proto != flow->act->ll->proto ||
	    heard->len < skip + sizeof(flow->said) ||
	    !addr_equal(&heard->ip->ip6_dst, &flow->act->far) ||
	    (flow->udp && udp->uh_dport != htons(flow->port)) ||
	    memcmp(heard->l4 + skip, &flow->said, sizeof(flow->said)) != 0)
		return;
	flow->heard_outside = true;
	flow->act->near = heard->ip->ip6_src;
	if (flow->udp)
		flow->host_port = ntohs(udp->uh_sport);
}

/* From the peer. */
static void
send_in(void *arg)
{
	struct flow *flow = arg;
	const struct act *act = flow->act;
	struct {
		struct udphdr udp;
		struct payload said;
	} p = { .said = flow->said };
	struct route_of way = { act->far, act->near };

	p.udp.uh_sport = htons(flow->port);
	p.udp.uh_dport = htons(flow->host_port);
	p.udp.uh_ulen = htons(sizeof(p));
	if (flow->udp)
		peer_send(&act->peer, &way, IPPROTO_UDP, HOPS, &p, sizeof(p),
			  offsetof(struct udphdr, uh_sum));
	else
		peer_send(&act->peer, &way, act->ll->proto, HOPS, &p.said,
			  sizeof(p.said), 0);
}

static bool
is_heard_inside(void *arg)
{
	struct flow *flow = arg;
	struct payload got;
	socklen_t len = sizeof(flow->from);
	ssize_t n;

	while ((n = recvfrom(flow->fd, &got, sizeof(got), MSG_DONTWAIT,
			     (struct sockaddr *)&flow->from, &len)) >= 0)
		if (n == (ssize_t)sizeof(got) &&
		    memcmp(&got, &flow->said, sizeof(got)) == 0)
			return true;
	return false;
}

static void
send_out(void *arg)
{
	struct flow *flow = arg;

	if (sendto(flow->fd, &flow->said, sizeof(flow->said), MSG_DONTWAIT,
		   (struct sockaddr *)&flow->from, sizeof(flow->from)) < 0)
		return;
}

static bool
is_heard_outside(void *arg)
{
	return ((struct flow *)arg)->heard_outside;
}

static bool
goes_in(struct flow *flow)
{
	nonce_new(flow->said.nonce);
	send_in(flow);
	return act_wait(flow->act, flow->fd, is_heard_inside, send_in, flow);
}

static bool
goes_out(struct flow *flow)
{
	nonce_new(flow->said.nonce);
	flow->heard_outside = false;
	send_out(flow);
	return act_wait(flow->act, -1, is_heard_outside, send_out, flow);
}

static struct flow
begin(struct act *act)
{
	return (struct flow){
		.act = act,
		.udp = act->ll->proto == IPPROTO_UDP,
		.port = act->ll->peer_port && !act->stranger ?
			act->ll->peer_port : act->port,
		.host_port = act->ll->local_port,
	};
}

enum lost
datagram_in_play(struct act *act, bool keep)
{
	struct flow flow = begin(act);
	struct before before = where_begin(act);
	int64_t start = now_us();

	(void)keep;
	flow.fd = act->listener;
	act->peer.hear = hear;
	act->peer.arg = &flow;
	if (!goes_in(&flow))
		return where_lost(act, &before, false);
	if (!goes_out(&flow))
		return where_lost(act, &before, true);
	act->answer_us = now_us() - start;
	if (!goes_in(&flow))
		return LOST_LATER;
	return goes_out(&flow) ? LOST_NOTHING : LOST_BACK;
}

static struct sockaddr_in6
far_end(const struct act *act, const struct flow *flow)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = act->far,
		.sin6_port = flow->udp ? htons(flow->port) : 0,
	};

	if (addr_is_link_local(&act->far))
		sa.sin6_scope_id = (uint32_t)act->cable->ifindex;
	return sa;
}

static int
open_socket(const struct act *act, struct flow *flow)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6 };
	int type = flow->udp ? SOCK_DGRAM : SOCK_RAW, fd;

	sa.sin6_addr = act->ll->local;
	sa.sin6_port = flow->udp ? htons(act->ll->local_port) : 0;
	if (addr_is_link_local(&sa.sin6_addr))
		sa.sin6_scope_id = (uint32_t)act->cable->ifindex;
	fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    flow->udp ? 0 : act->ll->proto);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static enum lost
play_out(struct act *act, struct flow *flow)
{
	struct before before = where_begin(act);
	int64_t start = now_us();

	if (!goes_out(flow))
		return where_lost(act, &before, false);
	if (!goes_in(flow))
		return LOST_ANSWER;
	act->answer_us = now_us() - start;
	if (!goes_out(flow))
		return LOST_LATER;
	return goes_in(flow) ? LOST_NOTHING : LOST_BACK;
}

enum lost
datagram_out_play(struct act *act, bool keep)
{
	struct flow flow = begin(act);
	enum lost lost = LOST_FIRST;

	(void)keep;
	flow.from = far_end(act, &flow);
	act->peer.hear = hear;
	act->peer.arg = &flow;
	flow.fd = open_socket(act, &flow);
	if (flow.fd >= 0)
		lost = play_out(act, &flow);
	act->peer.hear = NULL;
	if (flow.fd >= 0)
		close(flow.fd);
	return lost;
}

/* --- Tunnels: either end may begin, and both have begun already --- */

static enum lost
begin_out(struct act *act)
{
	struct flow flow = begin(act);

	flow.fd = act->listener;
	flow.from = far_end(act, &flow);
	act->peer.hear = hear;
	act->peer.arg = &flow;
	return play_out(act, &flow);
}

/* From another port of the peer, where there are ports. */
static enum lost
begin_in(struct act *act)
{
	enum lost lost;

	act->stranger = true;
	lost = datagram_in_play(act, false);
	act->stranger = false;
	return lost;
}

/* Under the live rules it is enough that one end can begin; what a stranger
 * may there he must be allowed later as well. */
static enum lost
begin_tunnel(struct act *act)
{
	enum lost lost = begin_in(act);

	act->strangers = !lost;
	if (act->ll->any_peer)
		return lost;
	lost = datagram_in_play(act, false);
	if (lost)
		lost = begin_out(act);
	if (!lost)
		act->running_fd = dup(act->listener);
	return lost;
}

enum lost
tunnel_play(struct act *act, bool keep)
{
	enum lost lost;

	act->began |= keep;
	if (keep)
		lost = begin_tunnel(act);
	else if (act->began)
		lost = act->strangers ? begin_in(act) : LOST_NOTHING;
	else
		lost = begin_in(act);
	if (!lost && !act->began && !act->ll->any_peer)
		lost = begin_out(act);
	act->peer.hear = NULL;
	return lost;
}

enum lost
tunnel_go_on(struct act *act)
{
	struct flow flow = begin(act);
	enum lost lost = LOST_NOTHING;

	flow.fd = act->listener;
	flow.from = far_end(act, &flow);
	act->peer.hear = hear;
	act->peer.arg = &flow;
	if (!goes_in(&flow))
		lost = LOST_RUNNING;
	else if (!goes_out(&flow))
		lost = LOST_RUNNING_BACK;
	act->peer.hear = NULL;
	return lost;
}
