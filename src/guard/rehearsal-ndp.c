/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour discovery both ways: the neighbour asks for us, and we, once what
 * we know of it is doubted, ask whether it is still there (RFC 4861 7.2, 7.3). */
#include <linux/neighbour.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

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

	peer_solicit(&q->act->peer, q->src, &q->act->near, q->multicast);
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

	return act->peer.asked &&
	       net_neighbour_state(act->cable->ifindex, &act->peer.hop) ==
	       NUD_REACHABLE;
}

enum lost
ndp_probe(struct act *act)
{
	act->peer.hear = NULL;
	act->peer.asked = false;
	if (!net_doubt_neighbour(act->cable->ifindex, &act->peer.hop,
				 act->cable->peer_mac) ||
	    act_wait(act, -1, is_reachable, NULL, act))
		return LOST_NOTHING;
	return act->peer.asked ? LOST_NA_IN : LOST_NS_OUT;
}
