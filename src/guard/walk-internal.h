/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the walk share: a set of packets that rules cut into
 * pieces, the question whether a rule's options match a piece, and what its
 * target does to it. */
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

/* A number of which some bits may not be known; those are 0. */
struct bits {
	uint32_t value;
	uint32_t known;
};

/* The fields of a packet set that can be cut; never empty. */
struct piece_set {
	struct addr_set addr[ADDR_FIELDS];
	struct range range[RANGE_FIELDS];
	uint8_t tcp_flags;
	uint8_t tcp_flags_any;
	enum ct_state ct;	/* as it is seen where the piece is */
	bool ct_reply;
	bool ct_set;		/* it bears one already: CT leaves it alone */
	struct tracking tracking;
	bool zone_by_mark;	/* the zone is the mark that it leaves raw with, */
	unsigned zone_ways;	/* for these directions, as in xt_CT.h */
	bool forwarded;		/* its hop limit is one less */
	unsigned length_slack;	/* it may be longer by that */
	struct bits mark;
	struct bits ct_mark;	/* of its connection */
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_MAYBE,	/* hangs on something that is not modelled */
	MATCH_CUT,	/* set is cut: ask again for set and for rest */
};

/* Is an address one of this host's? */
enum own {
	OWN_UNKNOWN,
	OWN_NO,
	OWN_YES,
};

struct question {
	const struct packet *packet;	/* what cannot be cut; names padded */
	const enum own *own;		/* unicast addresses, by addr_field */
	const char *hook;
	struct piece_set *set;
	struct piece_set *rest;
	const char *why;	/* the first that is not modelled, or NULL */
	bool may_drop;		/* it may drop the packet by itself, whatever
				 * the answer (the kernel's hotdrop) */
	bool may_mark;		/* it may give it another mark */
};

/* A condition's part of the set as an answer; PART_CUT stays a cut. */
enum match match_answer(enum part part, bool invert);

/* MATCH_MAYBE, and why unless something before it was not modelled either. */
enum match match_maybe(struct question *q, const char *why);

/* Cut the set where a condition holds for a part of it. */
enum part in_mask(struct question *q, enum addr_field field,
		  const struct in6_addr *value, const struct in6_addr *mask);
enum part in_range(struct question *q, enum range_field field, uint32_t lo,
		   uint32_t hi);

struct xt_entry_match;
enum match match_extension(const struct xt_entry_match *m, struct question *q);

/* Do all of the rule's options match? why and may_drop are reset first. */
enum match rule_match(const struct rule *rule, struct question *q);

/* Connection tracking's own matches, walk-ct.c. */
enum match match_state(const void *data, struct question *q);
enum match match_conntrack1(const void *data, struct question *q);
enum match match_conntrack2(const void *data, struct question *q);
enum match match_conntrack3(const void *data, struct question *q);

/* Of addresses, walk-addr.c. */
enum match match_iprange(const void *data, struct question *q);
enum match match_addrtype(const void *data, struct question *q);
enum match match_rpfilter(const void *data, struct question *q);

/* Of marks, walk-mark.c. */
enum match match_mark(const void *data, struct question *q);
enum match match_connmark(const void *data, struct question *q);
bool bits_are(struct bits a, uint32_t value);
bool bits_equal(struct bits a, struct bits b);
struct bits bits_either(struct bits a, struct bits b);

/* Of frames, walk-frame.c. */
enum match match_pkttype(const void *data, struct question *q);
enum match match_mac(const void *data, struct question *q);

/* Before conntrack has seen it; and once it has, with what packet says. */
void ct_before(struct piece_set *set, const struct packet *packet);
void ct_after(struct piece_set *set, const struct packet *packet);

/* What the rule's target does to a packet that matches. */
enum action {
	ACTION_NEXT,	/* it goes on to the next rule */
	ACTION_MARK,	/* it does so after target_mark() */
	ACTION_CHANGE,	/* it does so after target_change() */
	ACTION_ACCEPT,
	ACTION_DROP,
	ACTION_RETURN,
	ACTION_CHAIN,	/* jump or goto: rule_target() names the chain */
	ACTION_REWRITE,	/* target_keeps() says what becomes of it */
	ACTION_DIVERT,
	ACTION_UNKNOWN,
};
enum action rule_action(const struct rule *rule);

struct xt_entry_target;
const struct xt_entry_target *rule_entry_target(const struct rule *rule,
						size_t *size);

/* Change the set's marks as the target does. */
void target_mark(const struct rule *rule, struct piece_set *set);

/* Change the set as the target changes packets. */
void target_change(const struct rule *rule, struct piece_set *set);

/* Does a target that rewrites destinations leave the set's as they are? */
enum match target_keeps(const struct rule *rule, struct question *q);

#endif
