/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways of packets through the kernel's hooks: which tables see them there,
 * in which order. */
#ifndef GUARD_WALK_WAY_H
#define GUARD_WALK_WAY_H

#include "walk-internal.h"

/* A table's chain at a hook. */
struct station {
	const char *table;
	const char *hook;	/* the name of that chain */
	bool no_in;		/* the hook has no such interface */
	bool no_out;
	bool no_in_bridged;	/* nor has it where a bridge forwards */
	bool in_lost;		/* which one it shows depends on the sender */
	bool forwarded;		/* a hop was counted already */
};

#define STATIONS_MAX 8

struct way {
	const char *name;
	enum own own[ADDR_FIELDS];	/* whose addresses these packets bear */
	struct station stations[STATIONS_MAX + 1];	/* then no table */
};

const struct way *way_find(const char *name);	/* or NULL */

/* Does the station ask its rules about such packets? */
bool station_asks(const struct station *station, const struct packet *packet,
		  enum ct_state ct);

/* Does it see them before connection tracking does? */
bool station_is_before_conntrack(const struct station *station);

#endif
