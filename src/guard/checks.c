/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must get through for a lifeline: its connection, the next login and its
 * replies, neighbour discovery on its links, and what renews its address and
 * its route. A tunnel lives on its outer packets too. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks-parts.h"

const struct range any_hops = { 1, 255 };
const struct range ndp_hops = { 255, 255 };	/* RFC 4861 7.1 */
const struct somewhere somewhere[SOMEWHERE] = {
	{ { .s6_addr = { 0x20 } }, 3 },
	{ { .s6_addr = { 0xfc } }, 7 },
	{ { .s6_addr = { 0xfe, 0x80 } }, 64 },
};
const struct in6_addr link_local = { .s6_addr = { 0xfe, 0x80 } };

static bool
set_link(char *name, const struct lifeline_link *link)
{
	if (link)
		memcpy(name, link->ifname, IFNAMSIZ);
	return link && !link->ifname[0];
}

void
packet_set_links(struct packet *packet, const struct lifeline_link *in,
		 const struct lifeline_link *out)
{
	packet->in_unknown = set_link(packet->in, in);
	packet->ethernet = in && in->ifname[0] && !in->no_ndp;
	packet->out_unknown = set_link(packet->out, out);
	packet->routed_by_mark = out && out->by_mark;
}

const struct lifeline_link *
lifeline_from(const struct lifeline *ll)
{
	return ll->from.ifname[0] ? &ll->from : &ll->link;
}

bool
lifeline_is_bridged(const struct lifeline *ll)
{
	return ll->way == LIFELINE_THROUGH && ll->link.bridged &&
	       strcmp(ll->link.ifname, ll->inner.ifname) == 0;
}

void
checks_push(struct vec *checks, struct check check, const char *hook)
{
	check.packet = _(check.packet);
	check.hook = hook;
	vec_push(checks, xmemdup(&check, sizeof(check)));
}

struct lifeline
lifeline_settle(const struct lifeline *ll)
{
	static const struct in6_addr global = { .s6_addr = { 0x20 } };
	struct lifeline settled = *ll;

	if (addr_is_any(&ll->local) && ll->way != LIFELINE_THROUGH)
		settled.local = ll->link.local;
	if (addr_is_any(&ll->peer) && !ll->v4) {
		settled.peer = global;
		settled.peer_len = 3;
	}
	return settled;
}

static void
add_needs(const struct lifeline *ll, bool tunnel, struct vec *checks)
{
	struct lifeline settled = lifeline_settle(ll);

	checks_flow(&settled, tunnel, checks);
	checks_neighbours(&settled, checks);
	checks_renewal(&settled, checks);
}

void
checks_add(const struct lifeline *ll, bool advise, struct vec *checks)
{
	add_needs(ll, false, checks);
	for (const struct lifeline *outer = ll->outer; outer && !outer->v4;
	     outer = outer->outer)
		add_needs(outer, true, checks);
	checks_advice(ll, checks);
	if (advise)
		checks_advice_once(ll, checks);
}

void
checks_free(struct vec *checks)
{
	for (size_t i = 0; i < checks->n; i++)
		free(checks->v[i]);
	vec_done(checks);
}
