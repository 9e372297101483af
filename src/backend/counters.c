/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters survive a commit: what the old table had counted at the moment of the
 * swap is added to the new table's policies and moved rules. */
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/x_tables.h>
#include <sallyport/mem.h>
#include "counters.h"
#include "raw.h"

struct kept_counters {
	struct raw_table *old;	/* NULL where it could not be read */
	struct raw_table *new;
	const struct xt_counters *at_swap;	/* of old; NULL: not seen */
	struct counters *add;			/* to the entries of new */
};

struct kept_counters *
kept_counters_new(const struct ruleset *now)
{
	struct kept_counters *kept = xcalloc(1, sizeof(*kept));

	if (raw_table_read(now->table, &kept->old))
		kept->old = NULL;
	swap_counters_begin();
	return kept;
}

void
kept_counters_free(struct kept_counters *kept)
{
	size_t n;

	swap_counters_end(&n);
	raw_table_free(kept->old);
	raw_table_free(kept->new);
	free(kept->add);
	free(kept);
}

static void
add(struct kept_counters *kept, const char *chain, size_t pos,
    struct counters more)
{
	size_t at = raw_table_find(kept->new, chain, pos);

	if (at == RAW_NONE)
		return;
	kept->add[at].packets = more.packets;
	kept->add[at].bytes = more.bytes;
}

static bool
sets_policy(const struct changeset *done, const char *chain)
{
	for (size_t i = 0; i < done->changes.n; i++) {
		const struct change *change = done->changes.v[i];

		if (change->kind == CHANGE_POLICY &&
		    strcmp(change->chain, chain) == 0)
			return true;
	}
	return false;
}

/* libip6tc leaves to a policy what it counted between read and swap: what was
 * read is missing. To one that is set it leaves nothing. */
static struct counters
policy_lacks(const struct kept_counters *kept, const struct chain *chain,
	     const struct changeset *done)
{
	size_t at = raw_table_find(kept->old, chain->name, RAW_POLICY);

	if (!kept->at_swap || at == RAW_NONE || !sets_policy(done, chain->name))
		return chain->counters;
	return (struct counters){ kept->at_swap[at].pcnt,
				  kept->at_swap[at].bcnt };
}

static void
add_policies(struct kept_counters *kept, const struct ruleset *now,
	     const struct changeset *done)
{
	for (size_t i = 0; i < now->chains.n; i++) {
		const struct chain *chain = now->chains.v[i];

		if (chain_is_builtin(chain))
			add(kept, chain->name, RAW_POLICY,
			    policy_lacks(kept, chain, done));
	}
}

/* Where in rs the rule with this id stands. */
static const struct chain *
find_rule(const struct ruleset *rs, uint64_t id, size_t *pos)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (*pos = 0; *pos < chain->rules.n; ++*pos)
			if (chain_rule(chain, *pos)->id == id)
				return chain;
	}
	return NULL;
}

/* A rule that went in anew did so with what was read; the packets until the swap
 * are added. old_at and new_at: its entries. */
static void
add_since(struct kept_counters *kept, size_t old_at, size_t new_at,
	  struct counters read)
{
	const struct xt_counters *old;

	if (!kept->at_swap || old_at >= raw_table_count(kept->old) ||
	    new_at >= raw_table_count(kept->new))
		return;
	old = &kept->at_swap[old_at];
	if (old->pcnt < read.packets || old->bcnt < read.bytes)
		return;
	kept->add[new_at].packets = old->pcnt - read.packets;
	kept->add[new_at].bytes = old->bcnt - read.bytes;
}

static void
add_moved(struct kept_counters *kept, const struct ruleset *now,
	  const struct ruleset *after, uint64_t id)
{
	size_t old_pos, new_pos;
	const struct chain *from = find_rule(now, id, &old_pos);
	const struct chain *to = find_rule(after, id, &new_pos);

	if (from && to)
		add_since(kept, raw_table_find(kept->old, from->name, old_pos),
			  raw_table_find(kept->new, to->name, new_pos),
			  chain_rule(from, old_pos)->counters);
}

struct stood {
	uint64_t id;
	size_t pos;
};

static int
compare_ids(const void *left, const void *right)
{
	const struct stood *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* Where the chain's rules stood, by their ids. Yours. */
static struct stood *
places_of(const struct chain *chain)
{
	struct stood *stood = xcalloc(chain->rules.n + 1, sizeof(*stood));

	for (size_t i = 0; i < chain->rules.n; i++)
		stood[i] = (struct stood){ chain_rule(chain, i)->id, i };
	qsort(stood, chain->rules.n, sizeof(*stood), compare_ids);
	return stood;
}

/* A rule that another one replaced gave that its id, not its counters. */
static void
add_rebuilt(struct kept_counters *kept, const struct chain *from,
	    const struct chain *to)
{
	struct stood *stood = places_of(from);
	size_t old_at = raw_table_find(kept->old, from->name, 0);
	size_t new_at = raw_table_find(kept->new, to->name, 0);

	for (size_t i = 0; i < to->rules.n; i++) {
		const struct rule *rule = chain_rule(to, i);
		const struct stood key = { .id = rule->id };
		const struct stood *was = bsearch(&key, stood, from->rules.n,
						  sizeof(*stood), compare_ids);

		if (was && rule_equal(chain_rule(from, was->pos), rule))
			add_since(kept, old_at + was->pos, new_at + i,
				  chain_rule(from, was->pos)->counters);
	}
	free(stood);
}

static bool
is_among(const struct vec *chains, const char *name)
{
	for (size_t i = 0; i < chains->n; i++)
		if (strcmp(((struct chain *)chains->v[i])->name, name) == 0)
			return true;
	return false;
}

void
kept_counters_put(struct kept_counters *kept, const struct ruleset *now,
		  const struct ruleset *after, const struct changeset *done,
		  const struct vec *rebuilt)
{
	size_t n = 0;

	kept->at_swap = swap_counters_end(&n);
	if (!kept->old || n != raw_table_count(kept->old))
		kept->at_swap = NULL;
	if (raw_table_read(now->table, &kept->new))
		return;
	kept->add = xcalloc(raw_table_count(kept->new), sizeof(*kept->add));
	add_policies(kept, now, done);
	for (size_t i = 0; i < done->changes.n; i++) {
		const struct change *change = done->changes.v[i];

		if (change->kind == CHANGE_MOVE &&
		    !is_among(rebuilt, change->chain))
			add_moved(kept, now, after, change->rule->id);
	}
	for (size_t i = 0; kept->at_swap && i < rebuilt->n; i++) {
		const struct chain *to = rebuilt->v[i];

		add_rebuilt(kept, ruleset_chain(now, to->name), to);
	}
	if (raw_table_add(kept->new, kept->add))
		return;
}
