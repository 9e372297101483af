/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that find flows and end them. */
#ifndef GUARD_FLOWS_INTERNAL_H
#define GUARD_FLOWS_INTERNAL_H

#include <sallyport/flows.h>

/* Read conntrack and call each with every IPv6 entry; the flow is borrowed, its
 * way, rule and lifeline are open. What each returns true for keeps its entry:
 * the flow is copied and pushed to kept. *seen gets how many there were. */
enum err conntrack_each(bool (*each)(struct flow *flow, void *arg), void *arg,
			struct vec *kept, size_t *seen) must_check;

/* ERR_NOT_FOUND: it is not there any more. */
enum err conntrack_delete(const struct flow *flow) must_check;

void flow_free(struct flow *flow);

/* Close the TCP socket of this host that has this end of the flow, if any. */
void flow_close_socket(const struct flow *flow);

#endif
