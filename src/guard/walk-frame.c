/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet shows of the frame that it came in. */
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_pkttype.h>
#include <sallyport/addr.h>
#include "walk-internal.h"

/* A packet to a group comes in a frame to a group where the link has such
 * frames, and in one for this host where it is a tunnel's. */
static enum match
match_group(const struct xt_pkttype_info *info, struct question *q)
{
	if (info->pkttype == PACKET_MULTICAST && q->packet->ethernet)
		return match_answer(PART_ALL, info->invert);
	if (info->pkttype == PACKET_MULTICAST ||
	    (info->pkttype == PACKET_HOST && !q->packet->ethernet))
		return match_maybe(q, "pkttype");
	return match_answer(PART_NONE, info->invert);
}

/* Packets of the host's own show PACKET_HOST on their way out, whatever they
 * go to (xt_pkttype.c). */
enum match
match_pkttype(const void *data, struct question *q)
{
	static const struct in6_addr multicast = { .s6_addr = { 0xff } };
	const struct xt_pkttype_info *info = data;
	struct in6_addr mask = addr_mask(8);
	enum part group = PART_NONE;

	if (q->own[ADDR_SRC] != OWN_YES)
		group = in_mask(q, ADDR_DST, &multicast, &mask);
	if (group == PART_CUT)
		return MATCH_CUT;
	if (group == PART_ALL)
		return match_group(info, q);
	return match_answer(info->pkttype == PACKET_HOST ? PART_ALL : PART_NONE,
			    info->invert);
}

/* Frames of a link that is not Ethernet match nothing, inverted or not
 * (xt_mac.c). */
enum match
match_mac(const void *data, struct question *q)
{
	const struct xt_mac_info *info = data;
	const struct packet *p = q->packet;

	if (strcmp(p->in, "lo") == 0)
		return MATCH_NO;
	if (!p->ethernet || !p->mac_known)
		return match_maybe(q, "mac");
	return match_answer(memcmp(p->mac, info->srcaddr, sizeof(p->mac)) == 0 ?
			    PART_ALL : PART_NONE, info->invert);
}
