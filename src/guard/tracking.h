/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which states a lifeline's packets are: what conntrack has no entry of, as
 * it did not run before or as rules of raw lead one direction past it, is not
 * ESTABLISHED (design section 5). */
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

/* Walk the packets of a running connection that conntrack takes for a new one:
 * nat may rewrite its sources then, and that is its end. */
void walk_taken_up(const struct tables *tables, const struct lifeline *ll,
		   const struct check *check, const struct packet *packet,
		   struct walk_result *result);

/* Walk packets that come in to a server by way of nat: ll->dialled. */
void walk_led(const struct tables *tables, const struct lifeline *ll,
	      const struct packet *packet, struct walk_result *result);

/* The tables with nothing but what packets meet that come in before nat has led
 * them elsewhere, or nothing but what they meet behind. Yours. */
struct tables *tables_part(const struct tables *tables, bool before);

/* The packet as it comes in, before nat has rewritten it. */
struct packet packet_as_dialled(const struct lifeline *ll,
				const struct packet *packet);

/* The rule of nat that leads the check's packets to the server, or NULL. */
const struct rule *led_rule(const struct tables *tables,
			    const struct lifeline *ll,
			    const struct check *check);

#endif
