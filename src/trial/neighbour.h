/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the kernel's neighbour cache, and making them probe (RFC 4861
 * 7.3). */
#ifndef TRIAL_NEIGHBOUR_H
#define TRIAL_NEIGHBOUR_H

#include <stdbool.h>
#include <sallyport/trial.h>

enum neighbour {
	NEIGHBOUR_NONE,		/* no such entry, or it cannot be asked */
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,	/* it was reachable: STALE, DELAY */
	NEIGHBOUR_PROBING,	/* PROBE, INCOMPLETE */
	NEIGHBOUR_FAILED,
	NEIGHBOUR_STATIC,	/* PERMANENT, NOARP: not to be touched */
};

enum neighbour neighbour_state(const struct trial_neighbour *n);

/* Make an entry that is REACHABLE or STALE probe. False: it was not done. A
 * static one would be lost by it. */
bool neighbour_probe(const struct trial_neighbour *n);

#endif
