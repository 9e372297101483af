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

/* What the old entry had counted; fallback is what was read before. */
static struct counters
counted(const struct kept_counters *kept, const char *chain, size_t pos,
	struct counters fallback)
{
	size_t at = kept->at_swap ? raw_table_find(kept->old, chain, pos) :
		RAW_NONE;

	if (at == RAW_NONE)
		return fallback;
	return (struct counters){ kept->at_swap[at].pcnt,
				  kept->at_swap[at].bcnt };
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

/* libip6tc leaves to a policy what it counted between read and swap: what was
 * read is missing. */
static void
add_policies(struct kept_counters *kept, const struct ruleset *now)
{
	for (size_t i = 0; i < now->chains.n; i++) {
		const struct chain *chain = now->chains.v[i];

		if (chain_is_builtin(chain))
			add(kept, chain->name, RAW_POLICY, chain->counters);
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

/* A moved rule went in with what was read; the packets since then are added. */
static void
add_moved(struct kept_counters *kept, const struct ruleset *now,
	  const struct ruleset *after, uint64_t id)
{
	size_t old_pos, new_pos;
	const struct chain *from = find_rule(now, id, &old_pos);
	const struct chain *to = find_rule(after, id, &new_pos);
	struct counters read, old;

	if (!from || !to)
		return;
	read = chain_rule(from, old_pos)->counters;
	old = counted(kept, from->name, old_pos, read);
	if (old.packets < read.packets || old.bytes < read.bytes)
		return;
	old.packets -= read.packets;
	old.bytes -= read.bytes;
	add(kept, to->name, new_pos, old);
}

void
kept_counters_put(struct kept_counters *kept, const struct ruleset *now,
		  const struct ruleset *after, const struct changeset *done)
{
	size_t n = 0;

	kept->at_swap = swap_counters_end(&n);
	if (!kept->old || n != raw_table_count(kept->old))
		kept->at_swap = NULL;
	if (raw_table_read(now->table, &kept->new))
		return;
	kept->add = xcalloc(raw_table_count(kept->new), sizeof(*kept->add));
	add_policies(kept, now);
	for (size_t i = 0; i < done->changes.n; i++) {
		const struct change *change = done->changes.v[i];

		if (change->kind == CHANGE_MOVE)
			add_moved(kept, now, after, change->rule->id);
	}
	if (raw_table_add(kept->new, kept->add))
		return;
}
