/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk: our own evaluation of a set of packets against all tables that they
 * meet on their way. Exact for the options that it lists by name, UNKNOWN for
 * all others, and UNKNOWN is never taken for ACCEPT (design section 5). */
#ifndef SALLYPORT_WALK_H
#define SALLYPORT_WALK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/tables.h>

enum verdict {
	VERDICT_ACCEPT,
	VERDICT_DROP,		/* REJECT counts as this */
	VERDICT_UNKNOWN,
};

enum ct_state {
	CT_NEW,
	CT_ESTABLISHED,
	CT_RELATED,
	CT_INVALID,
	CT_UNTRACKED,
};

/* A range of numbers, both ends in. */
struct range {
	uint32_t lo;
	uint32_t hi;
};

/* A set of packets: every one must be accepted for ACCEPT. They are whole, and
 * without extension headers; what is CT_NEW is the first packet of a
 * connection, and what goes through FORWARD has more than one hop left. */
struct packet {
	char in[IFNAMSIZ];	/* "" where the hook has none */
	char out[IFNAMSIZ];
	bool in_unknown;	/* the name is not known, but it is not lo:
				 * rules naming another one are UNKNOWN */
	bool out_unknown;
	bool routed_back;	/* answers to each source leave by in */
	bool ethernet;		/* what comes in comes in frames that bear
				 * Ethernet addresses */
	bool mac_known;
	uint8_t mac[6];		/* the sender's, of those frames */
	bool bridged;		/* FORWARD: from port to port of a bridge of
				 * this host, whose name in and out are, and
				 * not routed: it keeps its hop limit */
	bool routed_by_mark;	/* another mark may send it elsewhere: where a
				 * rule gives it one before it is routed, that
				 * is UNKNOWN */
	bool mark_unknown;	/* it may bear a mark before any rule gives it
				 * one: its socket does, or another program */
	struct in6_addr src;
	unsigned src_len;	/* prefix length: 128 for one address, 0 for any */
	struct in6_addr dst;
	unsigned dst_len;
	bool dst_local;		/* INPUT: dst holds no address but this host's,
				 * though which of them are is not known */
	uint8_t proto;		/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6 ... */
	struct range sport;	/* tcp, udp */
	struct range dport;
	uint8_t tcp_flags;	/* FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 */
	uint8_t tcp_flags_any;	/* those that may be set or not */
	uint8_t icmp_type;
	uint8_t icmp_code;
	struct range hop_limit;
	struct range length;	/* with the IPv6 header, as length counts */
	enum ct_state ct;	/* that conntrack gives it, unless a rule of raw
				 * says that it is not to be tracked */
	bool ct_reply;		/* the direction for ctdir */
};

/* What becomes of a packet that does not arrive: VERDICT_DROP. */
enum loss {
	LOSS_DROPPED,
	LOSS_DIVERTED,		/* sent to another address, port or socket */
	LOSS_HOP_LIMIT,		/* neighbour discovery without its hop limit of
				 * 255: its receiver drops it (RFC 4861 7.1) */
	LOSS_ASTRAY,		/* not led by nat to where it was: said by the
				 * guard, never by the walk */
};

/* The answer and the rule that decides it. That is a rule of the table filter
 * where the packets are accepted (every other table accepts them too), and
 * where they are not, the rule of the first table in which they end. */
struct walk_result {
	enum verdict verdict;
	enum loss loss;
	bool or_before;		/* DROP: or an earlier rule drops it already, on
				 * a condition that is not modelled */
	const char *table;	/* static */
	const char *hook;	/* the built-in chain of that table that led to
				 * the rule; static */
	char chain[CHAIN_NAME_SIZE];
	size_t rule;		/* from 1; 0 for the chain's policy */
	size_t hook_rule;	/* the rule of the hook's own chain from which
				 * the packet never came back: itself the one
				 * that decides, a jump, a goto or a RETURN; 0
				 * where it ran to the end of that chain */
	const char *why;	/* UNKNOWN: what is not modelled, an
				 * extension's name, "-i", "-o" or "too many
				 * cases". ACCEPT: the same where it is accepted
				 * whatever the answer, and the rule is one of
				 * several. DROP: the target that diverts or
				 * changes it. Else NULL. Borrowed of tables. */
	struct in6_addr src;	/* DROP: one source address that meets it */
};

/* Walk packets on their way to this host ("INPUT"), from it ("OUTPUT") or
 * through it ("FORWARD"): by each of the kernel's hooks, at each hook by each
 * table in the order of its priority; nat sees but the first packet of a
 * connection. A table or chain that is not there accepts. Terminates on any
 * ruleset (at most a fixed number of rule visits, then UNKNOWN). */
void walk(const struct tables *tables, const char *way,
	  const struct packet *packet, struct walk_result *result);

/* The same, calling met with each rule whose target was entered for some packet
 * of the set, in order. met may be NULL. */
void walk_path(const struct tables *tables, const char *way,
	       const struct packet *packet, struct walk_result *result,
	       void (*met)(const char *table, const char *chain, size_t rule,
			   void *arg), void *arg);

/* Is any packet of the set accepted? VERDICT_ACCEPT: one for certain; UNKNOWN:
 * perhaps; DROP: none. Unless DROP, *found is the set with the source and the
 * destination of such a packet, one address each. */
enum verdict walk_find(const struct tables *tables, const char *way,
		       const struct packet *packet, struct packet *found);

/* Where conntrack looks for the connection of packets that got through raw. */
struct tracking {
	bool known;		/* one answer holds for all of the set */
	bool tracked;
	uint16_t zone_original;	/* 0 unless a rule of raw names another one */
	uint16_t zone_reply;
};
void walk_tracking(const struct tables *tables, const char *way,
		   const struct packet *packet, struct tracking *tracking);

/* How many rules the kernel looks at, at most, for one packet on that way: a
 * chain that is jumped to twice is gone through twice. Conditions aside, so no
 * packet costs more and most cost less; UINT64_MAX where it is as many or more,
 * and for chains that jump in a circle, which the kernel refuses. */
uint64_t walk_visits(const struct tables *tables, const char *way);

/* "ACCEPT", "DROP", "UNKNOWN". */
const char *verdict_name(enum verdict verdict);

/* "INPUT 3", "INPUT policy" or, where it is not in filter, "raw PREROUTING 2",
 * as the guard names the deciding rule. */
void walk_result_rule(const struct walk_result *result, struct str *out);

#endif
