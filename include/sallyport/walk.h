/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk: our own evaluation of a set of packets against a ruleset. Exact for
 * the options that its table lists by name, UNKNOWN for all others, and UNKNOWN
 * is never taken for ACCEPT (design section 5). */
#ifndef SALLYPORT_WALK_H
#define SALLYPORT_WALK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/ruleset.h>

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

/* A set of packets: every one must be accepted for ACCEPT. */
struct packet {
	char in[IFNAMSIZ];	/* "" where the hook has none */
	char out[IFNAMSIZ];
	bool in_unknown;	/* the name is not known, but it is not lo:
				 * rules naming another one are UNKNOWN */
	bool out_unknown;
	struct in6_addr src;
	unsigned src_len;	/* prefix length: 128 for one address, 0 for any */
	struct in6_addr dst;
	unsigned dst_len;
	uint8_t proto;		/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6 ... */
	struct range sport;	/* tcp, udp */
	struct range dport;
	uint8_t tcp_flags;	/* FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 */
	uint8_t tcp_flags_any;	/* those that may be set or not */
	uint8_t icmp_type;
	uint8_t icmp_code;
	struct range hop_limit;
	struct range length;	/* with the IPv6 header, as length counts */
	enum ct_state ct;
	bool ct_reply;		/* the direction for ctdir */
};

/* The answer and the rule that decides it. */
struct walk_result {
	enum verdict verdict;
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
				 * several. Else NULL. Borrowed from rs. */
	struct in6_addr src;	/* DROP: one source address that meets it */
};

/* Walk packets that enter at the built-in chain hook ("INPUT", "OUTPUT",
 * "FORWARD"). A chain that rs does not have accepts. Terminates on any ruleset
 * (at most a fixed number of rule visits, then UNKNOWN). */
void walk(const struct ruleset *rs, const char *hook, const struct packet *packet,
	  struct walk_result *result);

/* The same, calling met with each rule whose target was entered for some packet
 * of the set, in order. met may be NULL. */
void walk_path(const struct ruleset *rs, const char *hook,
	       const struct packet *packet, struct walk_result *result,
	       void (*met)(const char *chain, size_t rule, void *arg), void *arg);

/* Is any packet of the set accepted? VERDICT_ACCEPT: one for certain; UNKNOWN:
 * perhaps; DROP: none. Unless DROP, *found is the set with the source and the
 * destination of such a packet, one address each. */
enum verdict walk_find(const struct ruleset *rs, const char *hook,
		       const struct packet *packet, struct packet *found);

/* "ACCEPT", "DROP", "UNKNOWN". */
const char *verdict_name(enum verdict verdict);

/* "INPUT 3" or "INPUT policy", as the guard names the deciding rule. */
void walk_result_rule(const struct walk_result *result, struct str *out);

#endif
