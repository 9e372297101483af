/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule is a kernel entry: a struct ip6t_entry with its matches and target,
 * byte for byte (include/uapi/linux/netfilter_ipv6/ip6_tables.h), immutable
 * and shared by reference.
 *
 * Its normal form, which every maker of rules keeps to, makes equal rules equal
 * bytes: comefrom and counters are zero; a standard target carries its label
 * ("ACCEPT", a chain, or "" for none) in its name and verdict 0; nfcache, which
 * the kernel never looks at, is zero but where the name would mislead about
 * that. With nfcache zero it is also the form that libip6tc takes back. */
#ifndef SALLYPORT_RULE_H
#define SALLYPORT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sallyport/err.h>
#include <sallyport/vec.h>

/* Longest chain name plus NUL: XT_EXTENSION_MAXNAMELEN. */
#define CHAIN_NAME_SIZE 29

struct xt_entry_match;	/* <linux/netfilter/x_tables.h> */
struct xt_entry_target;

struct counters {
	uint64_t packets;
	uint64_t bytes;
};

struct rule {
	unsigned refs;
	uint64_t id;	/* stays the same through move, replacement and rename of
			 * a chain */
	struct counters counters;	/* when it was read; not part of equality */
	bool standard;	/* rule_has_standard_target(); not part of equality */
	size_t size;
	_Alignas(16) unsigned char entry[];
};

/* A rule of its own id from an entry of size bytes. label is the name that the
 * target gets when it is a standard target (ip6tc_get_target's answer), NULL to
 * keep what it has: then the entry is in normal form already. The entry is
 * copied and brought to normal form. ERR_PARSE when offsets or sizes in the
 * entry do not hold together. */
enum err rule_new(const void *entry, size_t size, const char *label,
		  struct counters counters, struct rule **rule) must_check;

struct rule *rule_ref(const struct rule *rule);	/* yours; unref it */
void rule_unref(struct rule *rule);		/* takes NULL */
void rules_done(struct vec *rules);		/* unref all, and vec_done() */

/* Byte for byte, counters aside. */
bool rule_equal(const struct rule *a, const struct rule *b);

/* May one be an edit of the other? Protocol and target are alike, or all but the
 * target. */
bool rule_resembles(const struct rule *a, const struct rule *b);

/* Is it for every packet: no address, protocol, interface or match? */
bool rule_is_bare(const struct rule *rule);

/* Name of the target: ACCEPT, DROP, a chain, an extension, or "" for none. */
const char *rule_target(const struct rule *rule);

/* Is the target a standard one (verdict or chain) rather than an extension? */
bool rule_has_standard_target(const struct rule *rule);

/* Is it for IPv4's ICMP, which IPv6 does not have: -p icmp? */
bool rule_is_icmp4(const struct rule *rule);

/* Its matches one after the other: the first one (NULL given), the next one, or
 * NULL. They lie in the rule's entry and are not to be written. */
struct xt_entry_match *rule_next_match(const struct rule *rule,
				       const struct xt_entry_match *match);

/* Its target where that is an extension, or NULL. */
const struct xt_entry_target *rule_extension(const struct rule *rule);

/* Does the rule jump or go to this chain? */
bool rule_jumps_to(const struct rule *rule, const char *chain);

bool rule_is_goto(const struct rule *rule);

/* May the rule stand in this chain? ERR_PARSE for -o in INPUT or PREROUTING and
 * for -i in OUTPUT or POSTROUTING, which ip6tables refuses. */
enum err rule_check_chain(const struct rule *rule, const char *chain) must_check;

/* The same rule (same id, same counters) with a standard target of another
 * name. Yours. */
struct rule *rule_retarget(const struct rule *rule, const char *label);

/* The same rule, same id, with other counters. Yours. */
struct rule *rule_with_counters(const struct rule *rule, struct counters counters);

/* The same rule, same counters, under another id: what replaces a rule takes
 * over its id, so that it is known for a replacement. Yours. */
struct rule *rule_with_id(const struct rule *rule, uint64_t id);

#endif
