/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the judge of flows. */
#ifndef GUARD_FLOWS_JUDGE_H
#define GUARD_FLOWS_JUDGE_H

#include <sallyport/walk.h>
#include "flows-internal.h"
#include "routes.h"

/* How much of a flow a set of packets still says. */
enum level {
	LEVEL_WAY,		/* its way and protocol */
	LEVEL_SERVICE,		/* and its destination and port */
	LEVEL_SOURCE,		/* and its source, or that one's class */
	LEVEL_LINKS,		/* and its links: the routes must be asked */
	LEVEL_EXACT,		/* and the source's port */
};

enum way { WAY_INPUT, WAY_OUTPUT, WAY_FORWARD };

/* The tables as packets meet them that nat has not led elsewhere yet, and
 * behind that. */
struct parts {
	struct tables *front;
	struct tables *behind;
};

struct judge {
	const struct tables *before;
	const struct tables *now;
	struct parts parts_before;	/* made when they are needed */
	struct parts parts_now;
	struct routes *routes;
	struct source_classes *classes;
	void *kinds;		/* tsearch(3) */
	void *hops;
	size_t walks;
};

/* --- flows-packet.c: which way a flow goes, and packets like its first --- */

enum way judge_way(const struct judge *judge, const struct flow *flow);

/* From this host to itself? */
bool judge_is_within(const struct judge *judge, const struct flow *flow);

/* The link of the route to an address; "" where it is not known. */
const char *judge_link(struct judge *judge, const struct in6_addr *addr);

/* The first packet of all connections that are like the flow so far. */
struct packet judge_packet(struct judge *judge, const struct flow *flow,
			   enum way way, enum level level);

/* --- flows-nat.c --- */

/* Does nat lead it elsewhere? */
bool flow_is_led(const struct flow *flow);

/* Is what nat makes of a new one certain, and the same as before? OPEN: the
 * same. CLOSED: it is not led there any more. Makes both parts of the tables. */
enum fate judge_lead(struct judge *judge, const struct flow *flow);

#endif
