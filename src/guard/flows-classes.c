/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that no rule tells apart: those that lie in the same ones of all the
 * prefixes that rules name as a source. The walk looks at a source in no other
 * way, but for two matches; where one of these is, each source is its own. */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "flows-internal.h"

#define MASKS_MAX 48
#define PREFIXES_MAX 65534

struct source_prefix {
	struct in6_addr addr;
	size_t mask;
	uint16_t number;	/* from 1; of no account in a comparison */
};

struct source_classes {
	struct in6_addr masks[MASKS_MAX];
	size_t n_masks;
	void *prefixes;		/* tsearch(3) */
	size_t n_prefixes;
	bool alone;		/* each source is its own class */
};

static int
compare_prefixes(const void *left, const void *right)
{
	const struct source_prefix *a = left, *b = right;
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return order ? order : (a->mask > b->mask) - (a->mask < b->mask);
}

static size_t
mask_number(struct source_classes *classes, const struct in6_addr *mask)
{
	size_t i = 0;

	while (i < classes->n_masks &&
	       memcmp(&classes->masks[i], mask, sizeof(*mask)) != 0)
		i++;
	if (i == MASKS_MAX)
		classes->alone = true;
	else if (i == classes->n_masks)
		classes->masks[classes->n_masks++] = *mask;
	return i;
}

static void
add_prefix(struct source_classes *classes, const struct in6_addr *addr,
	   const struct in6_addr *mask)
{
	static const struct in6_addr any;
	struct source_prefix key = { .addr = *addr }, *prefix;

	if (memcmp(mask, &any, sizeof(any)) == 0)
		return;
	key.mask = mask_number(classes, mask);
	if (tfind(&key, &classes->prefixes, compare_prefixes))
		return;
	if (classes->n_prefixes == PREFIXES_MAX) {
		classes->alone = true;
		return;
	}
	key.number = (uint16_t)++classes->n_prefixes;
	prefix = xmemdup(&key, sizeof(key));
	if (!tsearch(prefix, &classes->prefixes, compare_prefixes))
		die(_("out of memory"));
}

static void
add_rule(struct source_classes *classes, const struct rule *rule)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_match *m = NULL;

	add_prefix(classes, &entry->ipv6.src, &entry->ipv6.smsk);
	while ((m = rule_next_match(rule, m)) != NULL)
		if (strcmp(m->u.user.name, "iprange") == 0 ||
		    strcmp(m->u.user.name, "addrtype") == 0)
			classes->alone = true;
}

static void
add_tables(struct source_classes *classes, const struct tables *tables)
{
	for (size_t t = 0; t < tables->v.n; t++) {
		const struct ruleset *rs = tables->v.v[t];

		for (size_t c = 0; c < rs->chains.n; c++) {
			const struct chain *chain = rs->chains.v[c];

			for (size_t r = 0; r < chain->rules.n &&
			     !classes->alone; r++)
				add_rule(classes, chain_rule(chain, r));
		}
	}
}

struct source_classes *
source_classes_new(const struct tables *before, const struct tables *now)
{
	struct source_classes *classes = xcalloc(1, sizeof(*classes));

	add_tables(classes, before);
	add_tables(classes, now);
	return classes;
}

void
source_classes_free(struct source_classes *classes)
{
	if (!classes)
		return;
	tdestroy(classes->prefixes, free);
	free(classes);
}

static struct in6_addr
masked(const struct in6_addr *addr, const struct in6_addr *mask)
{
	struct in6_addr result = *addr;

	for (size_t i = 0; i < sizeof(result); i++)
		result.s6_addr[i] &= mask->s6_addr[i];
	return result;
}

bool
source_classes_find(const struct source_classes *classes,
		    const struct in6_addr *addr, uint16_t inside[CLASS_DEPTH])
{
	size_t n = 0;

	for (size_t i = 0; i < classes->n_masks && !classes->alone; i++) {
		struct source_prefix key = {
			.addr = masked(addr, &classes->masks[i]), .mask = i,
		};
		void *found = tfind(&key, &classes->prefixes,
				    compare_prefixes);

		if (!found)
			continue;
		if (n == CLASS_DEPTH)
			return false;
		inside[n++] = (*(struct source_prefix **)found)->number;
	}
	return !classes->alone;
}
