/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour discovery both ways: the neighbour asks for us, and we, once what
 * we know of it is doubted, ask whether it is still there (RFC 4861 7.2, 7.3). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define DISCARD_PORT 9
#define NUD_VALID (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

/* A neighbour's question for our address. */
struct question {
	struct act *act;
	const struct in6_addr *src;
	bool multicast;
};

static void
ask(void *arg)
{
	struct question *q = arg;

	peer_solicit(&q->act->peer, q->src, &q->act->host, q->multicast);
}

static bool
is_answered(void *arg)
{
	const struct question *q = arg;

	return q->act->peer.answered;
}

static enum lost
ask_host(struct act *act, const struct in6_addr *src, bool multicast)
{
	struct question q = { act, src, multicast };
	unsigned long before = kernel_count(COUNT_SOLICITATIONS);

	act->peer.answered = false;
	ask(&q);
	if (act_wait(act, -1, is_answered, ask, &q))
		return LOST_NOTHING;
	return kernel_count(COUNT_SOLICITATIONS) > before ? LOST_NA_OUT :
							    LOST_NS_IN;
}

enum lost
ndp_play(struct act *act)
{
	static const struct in6_addr link_local = {
		.s6_addr = { 0xfe, 0x80, [13] = 0x53, [15] = 0xfe }
	};
	const struct in6_addr *from[] = { &act->peer.hop, &link_local };
	size_t n = addr_is_link_local(from[0]) ? 1 : 2;
	enum lost lost = LOST_NOTHING;

	act->peer.hear = NULL;
	for (size_t i = 0; i < 2 * n && !lost; i++)
		lost = ask_host(act, from[i / 2], i % 2 == 0);
	return lost;
}

/* --- Our own question --- */

static bool
is_reachable(void *arg)
{
	struct act *act = arg;

	return net_neighbour_state(act->cable->ifindex, &act->peer.hop) ==
	       NUD_REACHABLE;
}

enum lost
ndp_probe(struct act *act)
{
	act->peer.hear = NULL;
	act->peer.asked = false;
	if (!net_doubt_neighbour(act->cable->ifindex, &act->peer.hop) ||
	    act_watch(act, is_reachable, act))
		return LOST_NOTHING;
	return act->peer.asked ? LOST_NA_IN : LOST_NS_OUT;
}

/* --- Between the host and the yard --- */

/* A neighbour as one side sees it. */
struct view {
	int ns;
	int inside;
	int ifindex;
	struct in6_addr addr;
	int wanted;		/* NUD_* */
};

static bool
is_seen(void *arg)
{
	const struct view *view = arg;
	int state = 0;

	if (scene_enter(view->ns))
		state = net_neighbour_state(view->ifindex, &view->addr);
	scene_enter(view->inside);
	return state & view->wanted;
}

/* A byte that nobody expects makes the kernel ask for the address at once. */
static void
call_out(const struct view *view)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr = view->addr,
		.sin6_port = htons(DISCARD_PORT),
	};
	int fd;

	if (addr_is_link_local(&view->addr))
		to.sin6_scope_id = (uint32_t)view->ifindex;
	if (!scene_enter(view->ns))
		return;
	net_forget_neighbours(view->ifindex);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && sendto(fd, "", 1, MSG_DONTWAIT, (struct sockaddr *)&to,
			      sizeof(to)) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
	scene_enter(view->inside);
}

static void
doubt(const struct view *view)
{
	if (scene_enter(view->ns))
		net_doubt_neighbour(view->ifindex, &view->addr);
	scene_enter(view->inside);
}

/* The yard asks everybody on its link, then the host alone. */
static bool
yard_sees_host(struct act *act)
{
	struct view host = {
		.ns = act->yard->ns,
		.inside = act->scene->inside,
		.ifindex = act->yard->far_ifindex,
		.addr = *yard_host(act->yard),
		.wanted = NUD_VALID,
	};

	call_out(&host);
	if (!act_watch(act, is_seen, &host))
		return false;
	host.wanted = NUD_REACHABLE;
	doubt(&host);
	return act_watch(act, is_seen, &host);
}

static bool
host_sees_yard(struct act *act)
{
	const struct lifeline_link *inner = &act->ll->inner;
	struct view hop = {
		.ns = act->scene->inside,
		.inside = act->scene->inside,
		.ifindex = act->yard->ifindex,
		.addr = addr_is_any(&inner->gateway) ? act->near :
						       inner->gateway,
		.wanted = NUD_REACHABLE,
	};

	doubt(&hop);
	return act_watch(act, is_seen, &hop);
}

enum lost
ndp_play_yard(struct act *act)
{
	struct before before = where_begin(act);

	act->peer.hear = NULL;
	if (!yard_sees_host(act))
		return kernel_count(COUNT_SOLICITATIONS) >
		       before.asked_inside ? LOST_NA_OUT : LOST_NS_IN;
	before = where_begin(act);
	if (host_sees_yard(act))
		return LOST_NOTHING;
	return where_begin(act).asked_yard > before.asked_yard ? LOST_NA_IN :
								 LOST_NS_OUT;
}
