/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proof of life: after the commit the gateways and peers are made to answer for
 * their neighbour entries once more. One that answered before and does not now
 * ends the trial at once: left alone, that lockout would show after 31 to 53
 * seconds (facts), when many have said yes already. */
#include <stdlib.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"
#include "neighbour.h"

#define LOOK_MS 100
#define PATIENCE_MS 6000	/* three probes a second apart take 3.5 s */

static void
name(const struct trial_neighbour *n, struct str *out)
{
	addr_format(out, &n->addr);
	str_addf(out, "%%%s", n->ifname);
}

/* To one client, or to all. */
static void
tell(struct guardian *g, struct peer *peer, enum guardian_event_kind kind,
     const struct trial_neighbour *n)
{
	struct str text = { 0 };
	const struct guardian_event event = {
		.kind = kind,
		.deadline_ms = g->trial->deadline_ms,
		.text = (name(n, &text), text.s),
	};

	if (peer)
		peer_say(peer, &event);
	else
		peer_say_all(g, &event);
	str_done(&text);
}

void
life_begin(struct guardian *g)
{
	const struct vec *neighbours = &g->trial->neighbours;

	for (size_t i = 0; i < neighbours->n; i++) {
		struct trial_neighbour *n = neighbours->v[i];

		n->probed = neighbour_probe(n);
		g->probing = g->probing || n->probed;
		if (n->probed)
			tell(g, NULL, EVENT_ASKED, n);
	}
	g->life_ms = guardian_now(g) + LOOK_MS;
	g->life_end_ms = guardian_now(g) + PATIENCE_MS;
	logins_begin(g);
	step(g, "probed");
}

static void
on_answer(struct guardian *g, struct trial_neighbour *n)
{
	n->answered = true;
	tell(g, NULL, EVENT_ANSWERED, n);
}

static void
on_silence(struct guardian *g, const struct trial_neighbour *n)
{
	struct str who = { 0 };
	char *reason;

	name(n, &who);
	reason = xasprintf("the neighbour %s does not answer any more",
			   str_text(&who));
	revert_begin(g, reason, NULL);
	free(reason);
	str_done(&who);
}

void
life_tick(struct guardian *g)
{
	const struct vec *neighbours = &g->trial->neighbours;
	bool late = guardian_now(g) >= g->life_end_ms;

	g->probing = false;
	g->life_ms = guardian_now(g) + LOOK_MS;
	for (size_t i = 0; i < neighbours->n && g->phase == PHASE_WAIT; i++) {
		struct trial_neighbour *n = neighbours->v[i];
		enum neighbour state;

		if (!n->probed)
			continue;
		state = neighbour_state(n);
		n->probed = state == NEIGHBOUR_PROBING && !late;
		g->probing = g->probing || n->probed;
		if (state == NEIGHBOUR_REACHABLE)
			on_answer(g, n);
		else if (state == NEIGHBOUR_FAILED || state == NEIGHBOUR_NONE)
			on_silence(g, n);
	}
}

void
life_tell(struct guardian *g, struct peer *peer)
{
	if (g->phase != PHASE_WAIT)
		return;
	for (size_t i = 0; i < g->trial->neighbours.n; i++) {
		const struct trial_neighbour *n = g->trial->neighbours.v[i];

		if (n->probed)
			tell(g, peer, EVENT_ASKED, n);
		if (n->answered)
			tell(g, peer, EVENT_ANSWERED, n);
	}
	logins_tell(g, peer);
}
