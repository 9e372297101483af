/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The union of lifelines while it is made: shared by those who add to it. */
#ifndef GUARD_FINDER_H
#define GUARD_FINDER_H

#include <sallyport/lifeline.h>
#include "inodes.h"
#include "routes.h"

struct finder {
	const struct lifeline_sources *src;
	struct routes *routes;	/* NULL where the kernel tells none */
	struct vec listening;	/* TCP, all of this namespace */
	struct vec servers;	/* those that are an sshd's, borrowed */
	bool daemon;		/* an sshd itself has one of them open */
	struct vec connections;	/* established from a port of theirs */
	struct vec udp;		/* UDP, all that wait for anybody */
	struct inodes ancestors;
	bool strict;
	struct vec *out;
};

/* Add a copy of found, its links learnt, unless the same one is there: origins
 * come in the order of their certainty, and the first one stays. */
void finder_add(struct finder *f, const struct lifeline *found,
		unsigned ifindex);

/* Sessions of an sshd that listens no more, into connections. */
enum err finder_find_orphans(struct finder *f) must_check;

/* mosh sessions. */
void finder_add_mosh(struct finder *f);

/* Ports that sshd -T names and nobody listens on. */
void finder_add_announced(struct finder *f);

/* What the settings add. Last, as it builds on what was found. */
void finder_add_settings(struct finder *f);

#endif
