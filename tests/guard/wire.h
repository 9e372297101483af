/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wire between two namespaces that is no veth pair. */
#ifndef TESTS_GUARD_WIRE_H
#define TESTS_GUARD_WIRE_H

#include <stdbool.h>

struct wire_end {
	int ns;
	const char *link;	/* the interface made there */
};

/* A TAP interface at each end and a process that carries frames from one to the
 * other: nothing that the kernel notes at a packet arrives with it, as over a
 * real wire. Across a veth pair what TCP confirms about a neighbour travels
 * along, and a neighbour that cannot be found does not show. False where there
 * are no TAP interfaces. */
bool wire_make(const struct wire_end *a, const struct wire_end *b);

#endif
