/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an accept rule takes effect, and puts no ban out of force. */
#ifndef GUARD_PLACE_H
#define GUARD_PLACE_H

#include <sallyport/containers.h>
#include <sallyport/tables.h>
#include <sallyport/walk.h>

/* Does the filter drop the packets, and nothing more special than a policy, or a
 * rule without criteria, decides? Rules in doubt are left out: those may be bans,
 * or accept but some. */
bool place_is_closed(const struct tables *tables, const char *way,
		     const struct packet *packet);

/* Where packets on that way are dropped, insert the rule of spec (-p ... -j
 * ACCEPT) into the table that drops them, last but before what does: for the
 * filter's FORWARD into DOCKER-USER where that is in use and helps. found gets
 * what became of them before. ERR_NOT_FOUND where no accept rule helps, as they
 * are sent elsewhere. */
enum err place_accept(struct tables *tables, const char *way,
		      const struct packet *packet, const char *spec,
		      struct walk_result *found) must_check;

/* An address of from that no narrower source of any rule holds: whoever it is
 * that comes there. */
struct in6_addr place_stranger(const struct tables *tables,
			       const struct prefix *from);

#endif
