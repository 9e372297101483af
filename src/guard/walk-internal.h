/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the walk share: a set of packets that rules cut into
 * pieces, and the question whether a rule's options match a piece. */
#ifndef GUARD_WALK_INTERNAL_H
#define GUARD_WALK_INTERNAL_H

#include <sallyport/walk.h>
#include "addrset.h"

enum addr_field {
	ADDR_SRC,
	ADDR_DST,
	ADDR_FIELDS
};

enum range_field {
	RANGE_SPORT,
	RANGE_DPORT,
	RANGE_HOP_LIMIT,
	RANGE_LENGTH,
	RANGE_FIELDS
};

/* The fields of a packet set that can be cut; never empty. */
struct piece_set {
	struct addr_set addr[ADDR_FIELDS];
	struct range range[RANGE_FIELDS];
	uint8_t tcp_flags;
	uint8_t tcp_flags_any;
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_MAYBE,	/* hangs on something that is not modelled */
	MATCH_CUT,	/* set is cut: ask again for set and for rest */
};

struct question {
	const struct packet *packet;	/* what cannot be cut; names padded */
	struct piece_set *set;
	struct piece_set *rest;
	const char *why;	/* the first that is not modelled, or NULL */
	bool may_drop;		/* it may drop the packet by itself, whatever
				 * the answer (the kernel's hotdrop) */
};

/* A condition's part of the set as an answer; PART_CUT stays a cut. */
enum match match_answer(enum part part, bool invert);

/* MATCH_MAYBE, and why unless something before it was not modelled either. */
enum match match_maybe(struct question *q, const char *why);

struct xt_entry_match;
enum match match_extension(const struct xt_entry_match *m, struct question *q);

/* Do all of the rule's options match? why and may_drop are reset first. */
enum match rule_match(const struct rule *rule, struct question *q);

/* What the rule's target does to a packet that matches. */
enum action {
	ACTION_NEXT,	/* it goes on to the next rule */
	ACTION_ACCEPT,
	ACTION_DROP,
	ACTION_RETURN,
	ACTION_CHAIN,	/* jump or goto: rule_target() names the chain */
	ACTION_UNKNOWN,
};
enum action rule_action(const struct rule *rule);

#endif
