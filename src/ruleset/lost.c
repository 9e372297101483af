/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an undo takes from others: all that they did to a table after our change
 * and that does not hold any more, chain by chain. Rules that read alike are
 * counted, as nobody can tell which of them was whose. */
#include <stdlib.h>
#include <sallyport/base64.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "change.h"
#include "keys.h"
#include "merge.h"

enum { LIVE, AFTER, WANT, TARGET, STATES };

struct tally {
	const char *name;
	const struct chain *in[STATES];	/* NULL: it is not there */
	struct keys rules;
	const struct rule **rule;	/* for each key */
	long (*n)[STATES];		/* and how often it is in each */
};

static void
tally_init(struct tally *t, const char *name,
	   const struct ruleset *const states[STATES])
{
	size_t most = 0;

	t->name = name;
	for (int s = 0; s < STATES; s++) {
		t->in[s] = ruleset_chain(states[s], name);
		most += t->in[s] ? t->in[s]->rules.n : 0;
	}
	keys_init(&t->rules, most);
	t->rule = xcalloc(most, sizeof(*t->rule));
	t->n = xcalloc(most, sizeof(*t->n));
	for (int s = 0; s < STATES; s++)
		for (size_t i = 0; t->in[s] && i < t->in[s]->rules.n; i++) {
			const struct rule *rule = chain_rule(t->in[s], i);
			size_t key = keys_add(&t->rules, rule->entry,
					      rule->size);

			t->rule[key] = rule;
			t->n[key][s]++;
		}
}

static void
tally_done(struct tally *t)
{
	keys_done(&t->rules);
	free(t->rule);
	free(t->n);
}

static void
add_line(struct str *lost, const char *what, const char *chain,
	 const char *more)
{
	str_addf(lost, "# %s ", what);
	words_quote(lost, chain);
	str_addf(lost, "%s%s\n", *more ? " " : "", more);
}

void
lost_renamed(struct str *lost, const char *from, const char *to)
{
	struct str name = { 0 };

	words_quote(&name, to);
	add_line(lost, "renamed", from, str_text(&name));
	str_done(&name);
}

static void
add_rule(struct str *lost, const char *what, const char *chain,
	 const struct rule *rule)
{
	struct str entry = { 0 };

	base64_encode(&entry, rule->entry, rule->size);
	add_line(lost, what, chain, str_text(&entry));
	str_done(&entry);
}

static long
at_most(long n, long most)
{
	return n < most ? n : most;
}

/* Of a rule that they added so often there must be as many more than target has;
 * but where target has those that they added, they need not be there twice. */
static long
added_lost(const long n[STATES])
{
	long added = n[LIVE] - n[AFTER];

	return at_most(added, at_most(n[LIVE], n[TARGET] + added) - n[WANT]);
}

/* The same with fewer. */
static long
deleted_lost(const long n[STATES])
{
	long deleted = n[AFTER] - n[LIVE];

	return at_most(deleted, at_most(n[WANT] - n[LIVE],
					n[WANT] - n[TARGET] + deleted));
}

static void
rules_lost(const struct tally *t, const char *what,
	   long (*count)(const long n[STATES]), struct str *lost)
{
	for (size_t key = 0; key < t->rules.n; key++)
		for (long n = count(t->n[key]); n > 0; n--)
			add_rule(lost, what, t->name, t->rule[key]);
}

static bool
any_moved(const struct weave *w)
{
	for (size_t i = 0; i < w->b->rules.n; i++)
		if (w->from[i] == FROM_MOVED)
			return true;
	return false;
}

/* How others changed the table, and what becomes of it. */
struct ways {
	const struct ruleset *states[STATES];
	struct classes *changed;	/* from after to live */
	struct classes *undone;		/* from live to want */
};

/* Which of several rules moved can be told in more than one way: those that
 * others moved are named where the order is not what they left. */
static void
order_lost(const struct ways *ways, const struct tally *t, struct str *lost)
{
	struct weave changed, undone;

	weave_init(&changed, t->in[AFTER], t->in[LIVE], ways->changed);
	weave_init(&undone, t->in[LIVE], t->in[WANT], ways->undone);
	for (size_t i = 0; any_moved(&undone) && i < changed.b->rules.n; i++) {
		const struct rule *rule = chain_rule(changed.b, i);

		if (changed.from[i] == FROM_MOVED &&
		    t->n[keys_find(&t->rules, rule->entry, rule->size)][WANT])
			add_rule(lost, "moved", t->name, rule);
	}
	weave_done(&undone);
	weave_done(&changed);
}

static bool
policy_is_lost(const struct chain *const in[STATES])
{
	return in[LIVE]->policy != in[AFTER]->policy &&
	       in[LIVE]->policy != in[WANT]->policy;
}

static bool
same_chain(const struct chain *a, const struct chain *b)
{
	return a && b && a->policy == b->policy && chain_same_rules(a, b);
}

/* Chains that others left alone, or that stay as they left them, lost nothing. */
static bool
is_untouched(const struct ways *ways, const char *name)
{
	const struct chain *live = ruleset_chain(ways->states[LIVE], name);

	return same_chain(live, ruleset_chain(ways->states[AFTER], name)) ||
	       same_chain(live, ruleset_chain(ways->states[WANT], name));
}

static void
chain_lost(const struct ways *ways, const char *name, struct str *lost)
{
	struct tally t;

	if (is_untouched(ways, name))
		return;
	tally_init(&t, name, ways->states);
	if (t.in[LIVE] && !t.in[AFTER] && !t.in[WANT])
		add_line(lost, "made", name, "");
	rules_lost(&t, "opaque", added_lost, lost);
	rules_lost(&t, "deleted", deleted_lost, lost);
	if (!t.in[LIVE] && t.in[AFTER] && t.in[WANT])
		add_line(lost, "gone", name, "");
	if (t.in[LIVE] && t.in[AFTER] && t.in[WANT]) {
		order_lost(ways, &t, lost);
		if (policy_is_lost(t.in))
			add_line(lost, "policy", name,
				 policy_name(t.in[LIVE]->policy));
	}
	tally_done(&t);
}

static void
chains_lost(const struct ruleset *live, const struct ruleset *want,
	    const struct ruleset *target, const struct ruleset *after,
	    struct str *lost)
{
	struct ways ways = {
		.states = { live, after, want, target },
		.changed = classes_new(after, live, true),
		.undone = classes_new(live, want, true),
	};

	for (size_t i = 0; i < live->chains.n; i++)
		chain_lost(&ways, ((struct chain *)live->chains.v[i])->name,
			   lost);
	for (size_t i = 0; i < want->chains.n; i++) {
		const struct chain *chain = want->chains.v[i];

		if (!ruleset_chain(live, chain->name))
			chain_lost(&ways, chain->name, lost);
	}
	classes_free(ways.changed);
	classes_free(ways.undone);
}

/* By the old names what became of each chain can be seen, unless others made one
 * of an old name. */
void
ruleset_lost(const struct changeset *cs, const struct ruleset *live,
	     const struct ruleset *want, const struct ruleset *target,
	     const struct ruleset *after, struct str *lost)
{
	struct ruleset *now = ruleset_copy(live), *left = ruleset_copy(after);

	merge_undo_their_renames(cs, target, after, now, lost);
	if (changeset_undo_renames(cs, now))
		chains_lost(live, want, target, after, lost);
	else {
		changeset_undo_renames(cs, left);
		chains_lost(now, want, target, left, lost);
	}
	ruleset_free(now);
	ruleset_free(left);
}
