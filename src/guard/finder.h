/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The union of lifelines while it is made: shared by those who add to it. */
#ifndef GUARD_FINDER_H
#define GUARD_FINDER_H

#include <sallyport/lifeline.h>
#include "routes.h"
#include "sshd.h"

struct finder {
	const struct lifeline_sources *src;
	struct routes *routes;	/* NULL where the kernel tells none */
	struct vec listening;	/* TCP, all of this namespace */
	struct vec servers;	/* those that are an sshd's, borrowed */
	struct vec connections;	/* established from a port of theirs */
	struct inodes ancestors;
	bool strict;
	struct vec *out;
};

/* Add a copy of found, its links learnt, unless the same one is there: origins
 * come in the order of their certainty, and the first one stays. */
void finder_add(struct finder *f, const struct lifeline *found,
		unsigned ifindex);

/* What the settings add. Last, as it builds on what was found. */
void finder_add_settings(struct finder *f);

#endif
