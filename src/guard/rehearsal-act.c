/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lifeline in the scene: its packets in the order in which a login sends them,
 * with a cold neighbour cache, and what is waited for. */
#include <string.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define TRIES 3		/* of each packet, within its time */
#define LOOK_US 1000

bool
act_wait(struct act *act, int also_fd, bool (*done)(void *arg),
	 void (*again)(void *arg), void *arg)
{
	int64_t start = now_us(), took;
	bool came = false;

	for (int i = 1; i <= TRIES && !came; i++) {
		int64_t until = start + act->wait_us * i / TRIES;

		if (again && i > 1)
			again(arg);
		do
			came = done(arg);
		while (!came && peer_turn(&act->peer, also_fd, until));
	}
	took = now_us() - start;
	if (came && took > act->slowest_us)
		act->slowest_us = took;
	return came;
}

bool
act_watch(struct act *act, bool (*done)(void *arg), void *arg)
{
	int64_t start = now_us(), end = start + act->wait_us, took;
	bool came;

	for (came = done(arg); !came && now_us() < end; came = done(arg))
		peer_turn(&act->peer, -1, now_us() + LOOK_US);
	took = now_us() - start;
	if (came && took > act->slowest_us)
		act->slowest_us = took;
	return came;
}

/* --- Playing --- */

/* Nobody knows where anybody is. */
static void
forget_neighbours(const struct act *act)
{
	net_forget_neighbours(act->cable->ifindex);
	if (!act->yard)
		return;
	net_forget_neighbours(act->yard->ifindex);
	if (scene_enter(act->yard->ns))
		net_forget_neighbours(act->yard->far_ifindex);
	scene_enter(act->scene->inside);
}

/* Has one before it met the same neighbour from the same address already? */
static bool
has_met(const struct act *act)
{
	for (const struct act *other = act->first; other < act; other++)
		if (other->met == act->round && other->cable == act->cable &&
		    addr_equal(&other->peer.hop, &act->peer.hop) &&
		    addr_equal(&other->host, &act->host))
			return true;
	return false;
}

/* Questions and answers, both ways. */
static enum lost
meet_neighbour(struct act *act)
{
	enum lost lost;

	if (act->cable->facts.noarp || act->ll->link.no_ndp || has_met(act))
		return LOST_NOTHING;
	lost = ndp_play(act);
	if (!lost)
		lost = ndp_probe(act);
	if (!lost)
		act->met = act->round;
	return lost;
}

enum lost
act_play(struct act *act, bool keep)
{
	enum lost lost;

	forget_neighbours(act);
	act->peer.asked = act->peer.answered = false;
	if (++act->port == act->ll->peer_port)
		act->port++;
	lost = act->kind->play(act, keep && act->kind->go_on);
	if (!lost)
		lost = meet_neighbour(act);
	if (!lost)
		lost = renewal_play(act);
	if (!lost && act->yard && !act->ll->inner.no_ndp &&
	    !act->yard->facts.noarp)
		lost = ndp_play_yard(act);
	return lost;
}

bool
act_is_running(const struct act *act)
{
	return (act->ll->running || act->tunnel) && act->kind->go_on;
}

enum lost
act_go_on(struct act *act)
{
	return act->kind->go_on(act);
}
