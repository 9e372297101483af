/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of which a lifeline's checks are made. Each pushes struct check *
 * to checks. */
#ifndef GUARD_CHECKS_PARTS_H
#define GUARD_CHECKS_PARTS_H

#include "checks.h"

/* The packets of the connection itself; tunnel says that they carry another
 * lifeline. */
void checks_flow(const struct lifeline *ll, bool tunnel, struct vec *checks);

/* Neighbour discovery on each link that the lifeline crosses. */
void checks_neighbours(const struct lifeline *ll, struct vec *checks);

/* What keeps addresses and routes that expire. */
void checks_renewal(const struct lifeline *ll, struct vec *checks);

/* That nobody else has our address. */
void checks_duplicates(const struct lifeline *ll, struct vec *checks);

/* What is only good to have: for the lifeline; on its link and for the host. */
void checks_advice(const struct lifeline *ll, struct vec *checks);
void checks_advice_once(const struct lifeline *ll, struct vec *checks);

/* A check of packets on that way; its name is not translated yet. */
void checks_push(struct vec *checks, struct check check, const char *hook);

/* The packet comes in by one link and goes out by another; NULL: the host
 * itself is that end. */
void packet_set_links(struct packet *packet, const struct lifeline_link *in,
		      const struct lifeline_link *out);

/* Where the peer's packets come in. */
const struct lifeline_link *lifeline_from(const struct lifeline *ll);

/* With what is left open said: which of our addresses, that of the link; from
 * anybody, from all who are far away. */
struct lifeline lifeline_settle(const struct lifeline *ll);

/* Is it bridged by this host, and not routed: at both ends the same bridge? */
bool lifeline_is_bridged(const struct lifeline *ll);

/* All hop limits, and that which RFC 4861 asks for. */
extern const struct range any_hops;
extern const struct range ndp_hops;

/* fe80::/64. */
extern const struct in6_addr link_local;

#endif
