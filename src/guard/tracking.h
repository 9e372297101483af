/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which states a lifeline's packets are, where rules of raw have a say in
 * connection tracking: what one direction does not track, or tracks in another
 * zone, the other one does not know (design section 5). */
#ifndef GUARD_TRACKING_H
#define GUARD_TRACKING_H

#include <sallyport/guard.h>

/* Walk the check's packets under tables, in every state that they may be in
 * there. The running connection was begun under live. They are accepted when
 * they are in each of these states, dropped when they are in each, and else
 * UNKNOWN. */
void walk_tracked(const struct tables *live, const struct tables *tables,
		  const struct lifeline *ll, const struct check *check,
		  struct walk_result *result);

#endif
