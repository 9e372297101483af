/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A changeset done to a handle of libip6tc. It finds a rule by its number by
 * counting from one end of the chain: a chain of which very much changes is
 * made anew instead, with the counters of the rules that stay. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libiptc/libip6tc.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "ip6tc.h"

/* Steps of counting, so many that making a chain anew is the shorter way: a few
 * milliseconds. */
#define STEPS_MAX ((size_t)4 << 20)

/* libip6tc's names are arrays of 32 bytes: a shorter one is read past its
 * end. */
struct label {
	xt_chainlabel s;
};

static struct label
label(const char *name)
{
	struct label l = { "" };

	str_copy(l.s, sizeof(l.s), name);
	return l;
}

/* The entry as libip6tc takes it, with the counters that it shall have. */
static struct ip6t_entry *
entry_of(const struct rule *rule)
{
	struct ip6t_entry *entry = xmemdup(rule->entry, rule->size);

	entry->nfcache = 0;
	entry->counters.pcnt = rule->counters.packets;
	entry->counters.bcnt = rule->counters.bytes;
	return entry;
}

static int
put_insert(struct xtc_handle *h, const struct label *chain, size_t pos,
	   const struct rule *rule)
{
	struct ip6t_entry *entry = entry_of(rule);
	int ok = ip6tc_insert_entry(chain->s, entry, (unsigned)pos, h);

	free(entry);
	return ok;
}

static int
put_replace(struct xtc_handle *h, const struct label *chain, size_t pos,
	    const struct rule *rule)
{
	struct ip6t_entry *entry = entry_of(rule);
	int ok = ip6tc_replace_entry(chain->s, entry, (unsigned)pos, h);

	free(entry);
	return ok;
}

static int
put_rules(struct xtc_handle *h, const struct label *chain,
	  const struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		if (!put_insert(h, chain, i, rules->v[i]))
			return 0;
	return 1;
}

static int
put_policy(struct xtc_handle *h, const struct label *chain, enum policy policy)
{
	struct label word = label(policy_name(policy));

	return ip6tc_set_policy(chain->s, word.s, NULL, h);
}

/* One change, which was applied to our own ruleset already, done to the
 * handle. */
static int
put_change(struct xtc_handle *h, const struct change *change)
{
	struct label chain = label(change->chain);
	struct label new_name = label(change->new_name);
	unsigned pos = (unsigned)change->pos;

	switch (change->kind) {
	case CHANGE_INSERT:
		return put_insert(h, &chain, pos, change->rule);
	case CHANGE_DELETE:
		return ip6tc_delete_num_entry(chain.s, pos, h);
	case CHANGE_REPLACE:
		return put_replace(h, &chain, pos, change->rule);
	case CHANGE_MOVE:
		return ip6tc_delete_num_entry(chain.s, pos, h) &&
		       put_insert(h, &chain, change->to_pos, change->rule);
	case CHANGE_POLICY:
		return put_policy(h, &chain, change->policy);
	case CHANGE_CHAIN_NEW:
		return ip6tc_create_chain(chain.s, h);
	case CHANGE_CHAIN_DELETE:
		return ip6tc_delete_chain(chain.s, h);
	case CHANGE_CHAIN_RENAME:
		return ip6tc_rename_chain(chain.s, new_name.s, h);
	case CHANGE_CHAIN_FLUSH:
		return ip6tc_flush_entries(chain.s, h);
	case CHANGE_CHAIN_FILL:
		return put_rules(h, &chain, &change->rules);
	}
	return 0;
}

/* --- Chains that are made anew --- */

static bool
has_place(const struct change *change)
{
	return change->kind == CHANGE_INSERT || change->kind == CHANGE_DELETE ||
	       change->kind == CHANGE_REPLACE || change->kind == CHANGE_MOVE;
}

/* How many changes of its rules the chain has; 0 where the chain itself is made,
 * removed, renamed, emptied or filled, which must be done in its turn. */
static size_t
count_places(const struct changeset *done, const char *chain)
{
	size_t n = 0;

	for (size_t i = 0; i < done->changes.n; i++) {
		const struct change *change = done->changes.v[i];
		bool its = strcmp(change->chain, chain) == 0;

		if (!has_place(change) && change->kind != CHANGE_POLICY &&
		    (its || strcmp(change->new_name, chain) == 0))
			return 0;
		n += its && has_place(change);
	}
	return n;
}

/* Push struct chain *, borrowed of work. */
static void
find_rebuilt(const struct ruleset *work, const struct changeset *done,
	     struct vec *rebuilt)
{
	for (size_t i = 0; i < work->chains.n; i++) {
		struct chain *chain = work->chains.v[i];

		if (done->changes.n * (chain->rules.n + done->changes.n) <
		    STEPS_MAX)
			continue;
		if (count_places(done, chain->name) * chain->rules.n >=
		    STEPS_MAX)
			vec_push(rebuilt, chain);
	}
}

static bool
is_rebuilt(const struct vec *rebuilt, const char *name)
{
	for (size_t i = 0; i < rebuilt->n; i++)
		if (strcmp(((struct chain *)rebuilt->v[i])->name, name) == 0)
			return true;
	return false;
}

/* They are emptied first, as a chain may go that their rules jumped to, and
 * filled last, as one may come that they jump to. */
static int
empty_rebuilt(struct xtc_handle *h, const struct vec *rebuilt)
{
	for (size_t i = 0; i < rebuilt->n; i++) {
		struct label name = label(((struct chain *)rebuilt->v[i])->name);

		if (!ip6tc_flush_entries(name.s, h))
			return 0;
	}
	return 1;
}

static int
fill_rebuilt(struct xtc_handle *h, const struct vec *rebuilt)
{
	for (size_t i = 0; i < rebuilt->n; i++) {
		const struct chain *chain = rebuilt->v[i];
		struct label name = label(chain->name);

		if (!put_rules(h, &name, &chain->rules))
			return 0;
	}
	return 1;
}

static enum err
not_taken(const char *chain)
{
	return fail(ERR_FAIL, _("libip6tc does not take a change of chain '%s': "
				"%s"), chain, ip6tc_strerror(errno));
}

static enum err
put_all(struct xtc_handle *h, const struct changeset *done,
	const struct vec *rebuilt)
{
	if (!empty_rebuilt(h, rebuilt))
		return not_taken(((struct chain *)rebuilt->v[0])->name);
	for (size_t i = 0; i < done->changes.n; i++) {
		const struct change *change = done->changes.v[i];

		if (has_place(change) && is_rebuilt(rebuilt, change->chain))
			continue;
		if (!put_change(h, change))
			return not_taken(change->chain);
	}
	if (!fill_rebuilt(h, rebuilt))
		return not_taken(((struct chain *)rebuilt->v[0])->name);
	return OK;
}

enum err
ip6tc_put(struct xtc_handle *h, const struct changeset *cs,
	  struct ruleset *work, struct changeset *done, struct vec *rebuilt)
{
	for (size_t i = 0; i < cs->changes.n; i++)
		if (changeset_push_take(done, work,
					change_copy(cs->changes.v[i])))
			return ERR_CONFLICT;
	find_rebuilt(work, done, rebuilt);
	return put_all(h, done, rebuilt);
}
