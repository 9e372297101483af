/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that a lifeline lives on (design section 5). */
#ifndef GUARD_CHECKS_H
#define GUARD_CHECKS_H

#include <sallyport/guard.h>

/* Lowest source port of a login to come (RFC 6056 3.2: ports below are not
 * ephemeral). */
#define CLIENT_PORT_MIN 1024

/* Where somebody may come from who is not known: global, local to a site, on the
 * link. */
#define SOMEWHERE 3
extern const struct somewhere {
	struct in6_addr prefix;
	unsigned len;
} somewhere[SOMEWHERE];

/* The first packet of a new connection of the lifeline, and the way it goes. */
struct packet packet_new_connection(const struct lifeline *ll);
const char *lifeline_hook(const struct lifeline *ll);

/* Push a struct check *, yours, for each set of packets that the lifeline
 * needs, and that its outer one needs; nothing is judged yet. The peer and our
 * address must be known. advise: also what is good for the host as a whole. */
void checks_add(const struct lifeline *ll, bool advise, struct vec *checks);
void checks_free(struct vec *checks);

#endif
