/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a packet came that was not answered: what the kernel knows of it at
 * each place on its way. */
#include <linux/neighbour.h>
#include <string.h>
#include <sys/random.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define WAITS (NUD_INCOMPLETE | NUD_FAILED)

static unsigned long
count_in(const struct act *act, int ns, enum kernel_count what)
{
	unsigned long n;

	if (ns == act->scene->inside || !scene_enter(ns))
		return kernel_count(what);
	n = kernel_count(what);
	scene_enter(act->scene->inside);
	return n;
}

struct before
where_begin(const struct act *act)
{
	struct before before = {
		.segments = count_in(act, act->ns, COUNT_TCP),
		.asked_inside = kernel_count(COUNT_SOLICITATIONS),
	};

	if (act->yard)
		before.asked_yard = count_in(act, act->yard->ns,
					     COUNT_SOLICITATIONS);
	return before;
}

bool
where_arrived(const struct act *act, const struct before *before)
{
	return count_in(act, act->ns, COUNT_TCP) > before->segments;
}

/* The first packet did not reach the yard: does the host look for it? */
static enum lost
lost_before_yard(const struct act *act, const struct before *before)
{
	const struct lifeline_link *inner = &act->ll->inner;
	const struct in6_addr *hop = inner->on_link ||
				     addr_is_any(&inner->gateway) ?
				     &act->near : &inner->gateway;

	if (!(net_neighbour_state(act->yard->ifindex, hop) & WAITS))
		return LOST_FIRST;
	return count_in(act, act->yard->ns, COUNT_SOLICITATIONS) >
	       before->asked_yard ? LOST_NA_IN : LOST_NS_OUT;
}

/* The answer did not leave the yard: does it look for the host? */
static bool
yard_waits(const struct act *act)
{
	int state = 0;

	if (scene_enter(act->yard->ns))
		state = net_neighbour_state(act->yard->far_ifindex,
					    yard_host(act->yard));
	scene_enter(act->scene->inside);
	return state & WAITS;
}

/* The host looks for its gateway, or for the peer on the link. */
static enum lost
lost_at_link(const struct act *act, enum lost otherwise)
{
	if (!(net_neighbour_state(act->cable->ifindex, &act->peer.hop) & WAITS))
		return otherwise;
	return act->peer.asked ? LOST_NA_IN : LOST_NS_OUT;
}

enum lost
where_lost(const struct act *act, const struct before *before, bool arrived)
{
	if (act->ll->way == LIFELINE_OUT)
		return lost_at_link(act, LOST_FIRST);
	if (!arrived && act->yard)
		return lost_before_yard(act, before);
	if (!arrived)
		return LOST_FIRST;
	if (act->yard && yard_waits(act))
		return kernel_count(COUNT_SOLICITATIONS) >
		       before->asked_inside ? LOST_NA_OUT : LOST_NS_IN;
	return lost_at_link(act, LOST_ANSWER);
}

void
nonce_new(unsigned char nonce[NONCE_SIZE])
{
	if (getrandom(nonce, NONCE_SIZE, 0) != NONCE_SIZE)
		memset(nonce, (int)now_us() & 0xff, NONCE_SIZE);
}
