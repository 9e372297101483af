/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset is what the kernel has of one table, neither more nor less; copies
 * share the rules. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/ruleset.h>
#include "chain-index.h"

/* In the order of the kernel's hooks (net/ipv6/netfilter/ip6table_*.c). */
static const struct {
	const char *table;
	const char *chains[6];
} builtin[] = {
	{ "filter", { "INPUT", "FORWARD", "OUTPUT" } },
	{ "nat", { "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING" } },
	{ "mangle", { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
		      "POSTROUTING" } },
	{ "raw", { "PREROUTING", "OUTPUT" } },
	{ "security", { "INPUT", "FORWARD", "OUTPUT" } },
};

static const char *const policies[] = {
	[POLICY_NONE] = "-",
	[POLICY_ACCEPT] = "ACCEPT",
	[POLICY_DROP] = "DROP",
};

static const char *const verdicts[] = { "ACCEPT", "DROP", "QUEUE", "RETURN" };

const char *
policy_name(enum policy policy)
{
	return policies[policy];
}

enum err
policy_parse(const char *s, enum policy *policy)
{
	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if (strcmp(s, policies[i]) == 0) {
			*policy = (enum policy)i;
			return OK;
		}
	return fail(ERR_PARSE, _("'%s' is no policy: ACCEPT or DROP"), s);
}

struct ruleset *
ruleset_new(const char *table)
{
	struct ruleset *rs = xcalloc(1, sizeof(*rs));

	rs->index = xcalloc(1, sizeof(*rs->index));
	str_copy(rs->table, sizeof(rs->table), table);
	return rs;
}

enum err
ruleset_new_empty(const char *table, struct ruleset **rs)
{
	for (size_t i = 0; i < ARRAY_LEN(builtin); i++) {
		if (strcmp(builtin[i].table, table) != 0)
			continue;
		*rs = ruleset_new(table);
		for (size_t c = 0; builtin[i].chains[c]; c++)
			ruleset_add_chain(*rs, builtin[i].chains[c],
					  POLICY_ACCEPT);
		return OK;
	}
	return fail(ERR_NOT_FOUND, _("there is no table '%s'"), table);
}

static void
chain_free(struct chain *chain)
{
	rules_done(&chain->rules);
	free(chain);
}

struct ruleset *
ruleset_copy(const struct ruleset *rs)
{
	struct ruleset *copy = ruleset_new(rs->table);

	copy->absent = rs->absent;
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *from = rs->chains.v[i];
		struct chain *to = ruleset_add_chain(copy, from->name,
						     from->policy);

		to->policy_open = from->policy_open;
		to->counters = from->counters;
		for (size_t r = 0; r < from->rules.n; r++)
			chain_push_take(to, rule_ref(from->rules.v[r]));
	}
	return copy;
}

void
ruleset_free(struct ruleset *rs)
{
	if (!rs)
		return;
	for (size_t i = 0; i < rs->chains.n; i++)
		chain_free(rs->chains.v[i]);
	vec_done(&rs->chains);
	chain_index_forget(rs->index);
	free(rs->index);
	free(rs);
}

struct chain *
ruleset_chain(const struct ruleset *rs, const char *name)
{
	return chain_index_find(rs->index, &rs->chains, name);
}

struct chain *
ruleset_add_chain(struct ruleset *rs, const char *name, enum policy policy)
{
	struct chain *chain = xcalloc(1, sizeof(*chain));

	str_copy(chain->name, sizeof(chain->name), name);
	chain->policy = policy;
	vec_push(&rs->chains, chain);
	chain_index_add(rs->index, chain);
	return chain;
}

void
ruleset_rename_chain(struct ruleset *rs, struct chain *chain, const char *name)
{
	chain_index_forget(rs->index);
	str_copy(chain->name, sizeof(chain->name), name);
}

void
ruleset_drop_chain(struct ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		struct chain *chain = rs->chains.v[i];

		if (strcmp(chain->name, name) != 0)
			continue;
		chain_index_forget(rs->index);
		vec_remove(&rs->chains, i);
		chain_free(chain);
		return;
	}
}

struct rule *
chain_rule(const struct chain *chain, size_t at)
{
	return chain->rules.v[at];
}

bool
chain_is_builtin(const struct chain *chain)
{
	return chain->policy != POLICY_NONE;
}

void
chain_push_take(struct chain *chain, struct rule *rule)
{
	vec_push(&chain->rules, rule);
}

size_t
ruleset_rule_count(const struct ruleset *rs)
{
	size_t n = 0;

	for (size_t i = 0; i < rs->chains.n; i++)
		n += ((struct chain *)rs->chains.v[i])->rules.n;
	return n;
}

size_t
ruleset_references(const struct ruleset *rs, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++)
			n += rule_jumps_to(chain->rules.v[r], name);
	}
	return n;
}

/* Where a chain stands, to be found by its name. */
struct place {
	const char *name;
	size_t at;
};

static int
place_compare(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static struct place *
sorted_places(const struct ruleset *rs)
{
	struct place *places = xcalloc(rs->chains.n + 1, sizeof(*places));

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		places[i] = (struct place){ chain->name, i };
	}
	qsort(places, rs->chains.n, sizeof(*places), place_compare);
	return places;
}

size_t *
ruleset_count_references(const struct ruleset *rs)
{
	size_t *counts = xcalloc(rs->chains.n + 1, sizeof(*counts));
	struct place *places = sorted_places(rs);

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++) {
			const struct rule *rule = chain_rule(chain, r);
			struct place key = { rule_target(rule), 0 }, *found;

			found = rule->standard ?
				bsearch(&key, places, rs->chains.n,
					sizeof(*places), place_compare) : NULL;
			if (found)
				counts[found->at]++;
		}
	}
	free(places);
	return counts;
}

/* Most rules have one: no chain can bear its name. */
static bool
is_verdict(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		if (strcmp(name, verdicts[i]) == 0)
			return true;
	return false;
}

static bool
names_is_chain(const char *name, void *arg)
{
	return !is_verdict(name) && ruleset_chain(arg, name) != NULL;
}

struct chain_names
ruleset_chain_names(const struct ruleset *rs)
{
	return (struct chain_names){ .is_chain = names_is_chain,
				     .arg = (void *)(uintptr_t)rs };
}

static enum err
name_of_target(const char *name)
{
	return fail(ERR_USAGE, _("'%s' is a target, not a name for a chain"),
		    name);
}

enum err
chain_name_possible(const char *name)
{
	if (!*name)
		return fail(ERR_USAGE, _("a chain needs a name"));
	if (strlen(name) >= CHAIN_NAME_SIZE)
		return fail(ERR_USAGE, _("chain name '%s' is longer than %d "
					 "characters"), name, CHAIN_NAME_SIZE - 1);
	return is_verdict(name) ? name_of_target(name) : OK;
}

enum err
chain_name_check(const char *name)
{
	enum err err = chain_name_possible(name);

	if (err)
		return err;
	if (*name == '-' || *name == '!')
		return fail(ERR_USAGE, _("chain name '%s' may not begin with "
					 "'%c'"), name, *name);
	for (const char *s = name; *s; s++)
		if (isspace((unsigned char)*s))
			return fail(ERR_USAGE, _("a chain name may not have "
						 "blanks"));
	return xt_has_target(name) ? name_of_target(name) : OK;
}

static bool
chain_equal(const struct chain *a, const struct chain *b)
{
	if (a->policy != b->policy || a->rules.n != b->rules.n)
		return false;
	for (size_t i = 0; i < a->rules.n; i++)
		if (!rule_equal(a->rules.v[i], b->rules.v[i]))
			return false;
	return true;
}

bool
ruleset_equal(const struct ruleset *a, const struct ruleset *b)
{
	if (strcmp(a->table, b->table) != 0 || a->chains.n != b->chains.n)
		return false;
	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *chain = a->chains.v[i];
		const struct chain *other = ruleset_chain(b, chain->name);

		if (!other || !chain_equal(chain, other))
			return false;
	}
	return true;
}

static int
chain_compare(const void *a, const void *b)
{
	const struct chain *const *x = a;
	const struct chain *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
fingerprint_chain(XXH3_state_t *state, const struct chain *chain)
{
	uint64_t head[2] = { chain->policy, chain->rules.n };

	XXH3_128bits_update(state, chain->name, sizeof(chain->name));
	XXH3_128bits_update(state, head, sizeof(head));
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain->rules.v[i];
		uint64_t size = rule->size;

		XXH3_128bits_update(state, &size, sizeof(size));
		XXH3_128bits_update(state, rule->entry, rule->size);
	}
}

void
ruleset_fingerprint(const struct ruleset *rs, char out[FINGERPRINT_SIZE])
{
	struct chain **sorted = xmemdup(rs->chains.v,
					rs->chains.n * sizeof(*sorted));
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	if (!state)
		die("out of memory");
	qsort(sorted, rs->chains.n, sizeof(*sorted), chain_compare);
	XXH3_128bits_reset(state);
	XXH3_128bits_update(state, rs->table, sizeof(rs->table));
	for (size_t i = 0; i < rs->chains.n; i++)
		fingerprint_chain(state, sorted[i]);
	hash = XXH3_128bits_digest(state);
	snprintf(out, FINGERPRINT_SIZE, "%016llx%016llx",
		 (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
	XXH3_freeState(state);
	free(sorted);
}
