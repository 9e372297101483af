/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole tables in a scratch namespace, and what their counters tell. In front
 * of a rule that is watched stands one that only counts; a rule that must not
 * be loaded is not behind it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "ip6tc.h"
#include "raw.h"
#include "scratch-internal.h"

/* A rule as it was loaded, in the order of its chain. */
struct loaded {
	size_t pos;		/* in the ruleset */
	struct watched watched;	/* what it counts for; its name NULL for the
				 * rule itself */
};

struct loaded_chain {
	const struct chain *chain;
	size_t n;
	struct loaded *rules;
};

struct scratch {
	const struct ruleset *rs;
	size_t n;
	struct loaded_chain *chains;
	bool watched;
	size_t n_counted;	/* what was counted when it was last looked at,
				 * in the order of the kernel's entries */
	uint64_t *counted;
};

static void
add_item(struct str *out, const char *chain, const struct rule *rule,
	 enum policy policy)
{
	struct load_item item = { .size = rule ? (uint32_t)rule->size : 0,
				  .policy = rule ? 0 : policy };
	size_t at = out->len + sizeof(item);

	str_copy(item.chain, sizeof(item.chain), chain);
	str_addn(out, (const char *)&item, sizeof(item));
	if (!rule)
		return;
	str_addn(out, (const char *)rule->entry, rule->size);
	((struct ip6t_entry *)(out->s + at))->nfcache = 0;
}

static void
note_loaded(struct loaded_chain *lc, size_t pos, struct watched watched)
{
	lc->rules[lc->n++] = (struct loaded){ pos, watched };
}

static void
add_watch(struct scratch *s, struct loaded_chain *lc, size_t pos,
	  struct watched watched, const struct scratch_facts *facts,
	  struct str *out)
{
	struct rule *watch = rule_watch(chain_rule(lc->chain, pos), facts);

	add_item(out, lc->chain->name, watch, POLICY_NONE);
	note_loaded(lc, pos, watched);
	rule_unref(watch);
	s->watched = true;
}

static void
add_rules(struct scratch *s, struct loaded_chain *lc,
	  const struct scratch_facts *facts, struct str *out)
{
	static const struct watched itself;
	size_t n = lc->chain->rules.n;

	lc->rules = xcalloc(2 * n + 1, sizeof(*lc->rules));
	for (size_t pos = 0; pos < n; pos++) {
		const struct rule *rule = chain_rule(lc->chain, pos);
		struct watched w = rule_watched(rule, facts);

		if (w.watch && !w.passing)
			add_watch(s, lc, pos, w, facts, out);
		if (w.watch == WATCH_UNLOADED)
			continue;
		add_item(out, lc->chain->name, rule, POLICY_NONE);
		note_loaded(lc, pos, itself);
	}
}

static void
add_table(struct scratch *s, const struct scratch_facts *facts,
	  struct str *out)
{
	const struct vec *chains = &s->rs->chains;

	for (size_t i = 0; i < chains->n; i++) {
		const struct chain *chain = chains->v[i];

		s->chains[i].chain = chain;
		add_item(out, chain->name, NULL, chain->policy);
	}
	for (size_t i = 0; i < chains->n; i++)
		add_rules(s, &s->chains[i], facts, out);
}

int
scratch_load(const struct ruleset *rs, const struct scratch_facts *facts,
	     struct scratch **scratch)
{
	struct scratch *s = xcalloc(1, sizeof(*s));
	struct str items = { 0 };
	bool opened;
	int error;

	s->rs = rs;
	s->n = rs->chains.n;
	s->chains = xcalloc(s->n + 1, sizeof(*s->chains));
	add_table(s, facts, &items);
	error = ip6tc_load(rs->table, items.s, items.len, &opened);
	str_done(&items);
	if (error) {
		scratch_free(s);
		s = NULL;
	}
	*scratch = s;
	return error;
}

int
scratch_load_empty(const char *table)
{
	struct ruleset *rs;
	struct str items = { 0 };
	bool opened;
	int error;

	if (ruleset_new_empty(table, &rs))
		die("scratch_load_empty: %s", err_message());
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		add_item(&items, chain->name, NULL, POLICY_ACCEPT);
	}
	error = ip6tc_load(table, items.s, items.len, &opened);
	str_done(&items);
	ruleset_free(rs);
	return error;
}

void
scratch_free(struct scratch *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->chains[i].rules);
	free(s->chains);
	free(s->counted);
	free(s);
}

bool
scratch_is_watched(const struct scratch *s)
{
	return s->watched;
}

/* --- Counters --- */

struct look {
	struct scratch *s;
	size_t at;
	size_t chain;		/* the last one that was met, as they come one
				 * after the other */
	void (*hit)(const struct scratch_hit *hit, void *arg);
	void *arg;
};

static const struct loaded_chain *
look_chain(struct look *look, const char *name)
{
	const struct scratch *s = look->s;

	for (size_t i = 0; i < s->n; i++) {
		const struct loaded_chain *lc =
			&s->chains[(look->chain + i) % s->n];

		if (strcmp(lc->chain->name, name) != 0)
			continue;
		look->chain = (size_t)(lc - s->chains);
		return lc;
	}
	return NULL;
}

static void
tell(struct look *look, const char *name, size_t pos)
{
	const struct loaded_chain *lc = look_chain(look, name);
	struct scratch_hit hit = { .table = look->s->rs->table };

	if (!lc || (pos != RAW_POLICY && pos >= lc->n))
		return;
	hit.chain = lc->chain->name;
	hit.pos = SCRATCH_POLICY;
	hit.drops = lc->chain->policy == POLICY_DROP;
	if (pos != RAW_POLICY) {
		const struct loaded *loaded = &lc->rules[pos];

		hit.pos = loaded->pos;
		hit.rule = chain_rule(lc->chain, hit.pos);
		hit.watched = loaded->watched.name;
		hit.history = loaded->watched.watch == WATCH_HISTORY;
		hit.drops = !hit.watched && hit.rule->standard &&
			    strcmp(rule_target(hit.rule), "DROP") == 0;
	}
	look->hit(&hit, look->arg);
}

static void
look_at(const char *chain, size_t pos, uint64_t packets, void *arg)
{
	struct look *look = arg;
	size_t at = look->at++;

	if (at >= look->s->n_counted)
		return;
	if (packets > look->s->counted[at] && look->hit)
		tell(look, chain, pos);
	look->s->counted[at] = packets;
}

void
scratch_hits(struct scratch *s,
	     void (*hit)(const struct scratch_hit *hit, void *arg), void *arg)
{
	struct look look = { .s = s, .hit = hit, .arg = arg };
	struct raw_table *rt;

	if (raw_table_read(s->rs->table, &rt))
		return;
	if (!s->counted) {
		s->n_counted = raw_table_count(rt);
		s->counted = xcalloc(s->n_counted + 1, sizeof(*s->counted));
	}
	raw_table_each(rt, look_at, &look);
	raw_table_free(rt);
}
