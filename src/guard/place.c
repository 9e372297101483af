/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule is put as late as it helps. What comes before, bans above all, goes on
 * to decide first. */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include "fix-rule.h"
#include "place.h"

#define DOUBTS_MAX 256		/* rules */
#define DOCKER_USER "DOCKER-USER"

static struct chain *
chain_of(const struct tables *tables, const char *table, const char *name)
{
	const struct ruleset *rs = tables_get(tables, table);

	return rs ? ruleset_chain(rs, name) : NULL;
}

static bool
leave_out(struct tables *scratch, const struct walk_result *result)
{
	struct chain *chain = chain_of(scratch, result->table, result->chain);

	if (!chain || result->rule == 0)
		return false;
	rule_unref(vec_remove(&chain->rules, result->rule - 1));
	return true;
}

/* The same on scratch, which loses the rules in doubt. */
static void
walk_surely(struct tables *scratch, const char *way,
	    const struct packet *packet, struct walk_result *result)
{
	walk(scratch, way, packet, result);
	for (int i = 0; i < DOUBTS_MAX && result->verdict == VERDICT_UNKNOWN &&
	     leave_out(scratch, result); i++)
		walk(scratch, way, packet, result);
}

/* --- The place --- */

/* Where the rule that stands at pos of the one chain stands in the other, which
 * has more of them. */
static size_t
same_place(const struct chain *chain, size_t pos, const struct chain *other)
{
	if (pos >= chain->rules.n)
		return other->rules.n;
	for (size_t i = 0; i < other->rules.n; i++)
		if (other->rules.v[i] == chain->rules.v[pos])
			return i;
	return other->rules.n;
}

/* Would the rule help at pos of the chain of a filter that stands alone? */
static bool
helps(const struct tables *filter, const struct chain *chain, size_t pos,
      const struct rule *rule, const char *way, const struct packet *packet)
{
	struct tables *tried = tables_copy(filter);
	struct walk_result result;

	vec_insert(&chain_of(tried, "filter", chain->name)->rules, pos,
		   rule_ref(rule));
	walk(tried, way, packet, &result);
	tables_free(tried);
	return result.verdict == VERDICT_ACCEPT;
}

/* The last place in DOCKER-USER where it helps; false: none. */
static bool
docker_place(const struct tables *scratch, const struct rule *rule,
	     const char *way, const struct packet *packet, size_t *pos)
{
	struct tables *filter = tables_new();
	const struct chain *chain = chain_of(scratch, "filter", DOCKER_USER);
	size_t low = 0, high;
	bool found;

	tables_put_take(filter, ruleset_copy(tables_get(scratch, "filter")));
	found = chain && helps(filter, chain, 0, rule, way, packet);
	high = found ? chain->rules.n : 0;
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (helps(filter, chain, middle, rule, way, packet))
			low = middle;
		else
			high = middle - 1;
	}
	tables_free(filter);
	if (found)
		*pos = low;
	return found;
}

static enum err
insert(struct tables *tables, const struct tables *scratch, const char *way,
       const struct packet *packet, const char *spec,
       const struct walk_result *found)
{
	const struct ruleset *rs = tables_get(tables, found->table);
	const char *name = found->hook;
	size_t pos = found->hook_rule - 1;	/* SIZE_MAX: the end */
	struct rule *rule;
	struct chain *chain;
	enum err err = fix_parse(rs, spec, &rule);

	if (err)
		return err;
	if (strcmp(way, "FORWARD") == 0 && strcmp(rs->table, "filter") == 0 &&
	    docker_place(scratch, rule, way, packet, &pos))
		name = DOCKER_USER;
	chain = ruleset_chain(rs, name);
	pos = same_place(chain_of(scratch, rs->table, name), pos, chain);
	vec_insert(&chain->rules, pos, rule);
	return OK;
}

enum err
place_accept(struct tables *tables, const char *way,
	     const struct packet *packet, const char *spec,
	     struct walk_result *found)
{
	struct tables *scratch = tables_copy(tables);
	struct str rule = { 0 };
	enum err err = OK;

	walk_surely(scratch, way, packet, found);
	if (found->verdict == VERDICT_DROP && found->loss == LOSS_DROPPED) {
		err = insert(tables, scratch, way, packet, spec, found);
	} else if (found->verdict == VERDICT_DROP) {
		walk_result_rule(found, &rule);
		err = fail(ERR_NOT_FOUND, _("%s sends such packets elsewhere "
			   "(%s): no rule here can open it"), str_text(&rule),
			   found->why);
		str_done(&rule);
	}
	found->why = NULL;
	tables_free(scratch);
	return err;
}

static bool
is_general(const struct tables *tables, const struct walk_result *result)
{
	static const struct ip6t_ip6 anything;
	const struct chain *chain = chain_of(tables, result->table,
					     result->chain);
	const struct ip6t_entry *entry;

	if (result->rule == 0)
		return true;
	entry = (const void *)chain_rule(chain, result->rule - 1)->entry;
	return memcmp(&entry->ipv6, &anything, sizeof(anything)) == 0 &&
	       entry->target_offset == sizeof(*entry);
}

bool
place_is_closed(const struct tables *tables, const char *way,
		const struct packet *packet)
{
	struct tables *scratch = tables_copy(tables);
	struct walk_result result;
	bool closed;

	walk_surely(scratch, way, packet, &result);
	closed = result.verdict == VERDICT_DROP &&
		 strcmp(result.table, "filter") == 0 &&
		 is_general(scratch, &result);
	tables_free(scratch);
	return closed;
}

/* --- Whom no rule names --- */

static bool
rule_names(const struct rule *rule, const struct in6_addr *addr, unsigned len)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct in6_addr *mask = &entry->ipv6.smsk;
	struct in6_addr wide = addr_mask(len);

	if (entry->ipv6.invflags & IP6T_INV_SRCIP)
		return false;
	for (size_t i = 0; i < sizeof(*mask); i++)
		if ((addr->s6_addr[i] & mask->s6_addr[i]) !=
		    entry->ipv6.src.s6_addr[i])
			return false;
	for (size_t i = 0; i < sizeof(*mask); i++)
		if (mask->s6_addr[i] & ~wide.s6_addr[i])
			return true;
	return false;
}

static bool
is_named(const struct tables *tables, const struct in6_addr *addr, unsigned len)
{
	for (size_t t = 0; t < tables->v.n; t++) {
		const struct ruleset *rs = tables->v.v[t];

		for (size_t c = 0; c < rs->chains.n; c++) {
			const struct chain *chain = rs->chains.v[c];

			for (size_t r = 0; r < chain->rules.n; r++)
				if (rule_names(chain_rule(chain, r), addr, len))
					return true;
		}
	}
	return false;
}

/* Bits that look like nobody's. */
static struct in6_addr
address_in(const struct prefix *from, unsigned n)
{
	struct in6_addr addr = from->addr, mask = addr_mask(from->len);

	for (unsigned i = 0; i < sizeof(addr); i++) {
		unsigned char other = (unsigned char)(0x5a + 0x4d * (i + n) +
						      n * n);

		addr.s6_addr[i] = (unsigned char)
			((addr.s6_addr[i] & mask.s6_addr[i]) |
			 (other & ~mask.s6_addr[i]));
	}
	return addr;
}

struct in6_addr
place_stranger(const struct tables *tables, const struct prefix *from)
{
	static const struct prefix global = { { .s6_addr = { 0x20 } }, 3 };
	struct in6_addr addr;

	if (from->len < global.len &&
	    addr_in_prefix(&global.addr, &from->addr, from->len))
		from = &global;
	for (unsigned n = 0; n < 64; n++) {
		addr = address_in(from, n);
		if (!is_named(tables, &addr, from->len))
			return addr;
	}
	return address_in(from, 0);
}
