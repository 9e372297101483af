/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The difference of two rulesets as a changeset. Rules that are in both keep
 * their place in the kernel, and so their counters; what only changed its place
 * is a move. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/weave.h>
#include "change.h"

/* Applying what was just worked out on a copy of a cannot fail. */
static void
push(struct changeset *cs, struct ruleset *work, struct change *change)
{
	if (changeset_push_take(cs, work, change))
		die("a difference does not fit its own ruleset: %s",
		    err_message());
}

/* Delete what goes, from the end, so that positions hold. What is left of a is
 * returned: the indices of its rules, in order. */
static size_t *
emit_deletions(const struct weave *w, struct changeset *cs,
	       struct ruleset *work)
{
	size_t *order = xcalloc(w->a->rules.n + w->b->rules.n, sizeof(*order));
	size_t n = 0;

	for (size_t i = w->a->rules.n; i-- > 0;)
		if (!w->stays[i])
			push(cs, work, change_delete(w->a->name, i));
	for (size_t i = 0; i < w->a->rules.n; i++)
		if (w->stays[i])
			order[n++] = i;
	return order;
}

static void
order_move(size_t *order, size_t from, size_t to)
{
	size_t moved = order[from];

	if (from < to)
		memmove(order + from, order + from + 1,
			(to - from) * sizeof(*order));
	else
		memmove(order + to + 1, order + to,
			(from - to) * sizeof(*order));
	order[to] = moved;
}

/* Go through b; place is where its next rule belongs. Rules not yet placed may
 * stand in between: they are moved when their turn comes. Returns the new
 * place. */
static size_t
emit_rule(const struct weave *w, size_t j, size_t place, size_t *order,
	  size_t *n, struct changeset *cs, struct ruleset *work)
{
	const char *name = w->a->name;
	const struct rule *rule = chain_rule(w->b, j);
	size_t pos = 0;

	if (w->from[j] == FROM_NOWHERE) {
		push(cs, work, change_insert(name, place, rule));
		memmove(order + place + 1, order + place,
			(*n - place) * sizeof(*order));
		order[place] = NO_MATCH;
		++*n;
		return place + 1;
	}
	if (w->from[j] != FROM_MOVED)
		pos = place;
	while (order[pos] != w->at[j])
		pos++;
	if (w->from[j] == FROM_REPLACED)
		push(cs, work, change_replace(name, pos, rule));
	if (w->from[j] != FROM_MOVED)
		return pos + 1;
	if (pos < place)
		place--;
	if (pos != place)
		push(cs, work, change_move(name, pos, place));
	order_move(order, pos, place);
	order[place] = NO_MATCH;
	return place + 1;
}

static void
diff_chain(const struct chain *a, const struct chain *b,
	   const struct classes *classes, struct changeset *cs,
	   struct ruleset *work)
{
	struct weave w;
	size_t *order;
	size_t n = 0;
	size_t place = 0;

	weave_init(&w, a, b, classes);
	weave_pair_places(&w);
	order = emit_deletions(&w, cs, work);
	for (size_t i = 0; i < a->rules.n; i++)
		n += w.stays[i];
	for (size_t j = 0; j < b->rules.n; j++)
		place = emit_rule(&w, j, place, order, &n, cs, work);
	free(order);
	weave_done(&w);
}

/* The jumps to a renamed chain follow it, which can make the rules of another
 * chain those that it has under its new name: so once more, until none is
 * found. */
static void
diff_renames(const struct ruleset *b, struct changeset *cs,
	     struct ruleset *work)
{
	for (size_t i = 0; i < b->chains.n;) {
		const struct chain *to = b->chains.v[i];
		const struct chain *from = weave_renamed_from(work, b, to);

		if (from)
			push(cs, work, change_chain_rename(from->name,
							   to->name));
		i = from ? 0 : i + 1;
	}
}

static void
diff_new_chains(const struct ruleset *b, struct changeset *cs,
		struct ruleset *work)
{
	for (size_t i = 0; i < b->chains.n; i++) {
		const struct chain *chain = b->chains.v[i];

		if (!ruleset_chain(work, chain->name))
			push(cs, work, change_chain_new(chain->name));
	}
}

static bool
is_doomed(const struct chain *chain, const struct ruleset *b)
{
	return !chain_is_builtin(chain) && !ruleset_chain(b, chain->name);
}

/* Chains that go are emptied first, so that they do not hold on to others, and
 * deleted last, when nothing jumps to them any more. */
static void
diff_flush_chains(const struct ruleset *b, struct changeset *cs,
		  struct ruleset *work)
{
	for (size_t i = 0; i < work->chains.n; i++) {
		const struct chain *chain = work->chains.v[i];

		if (is_doomed(chain, b) && chain->rules.n)
			push(cs, work, change_chain_flush(chain->name));
	}
}

static void
diff_delete_chains(const struct ruleset *b, struct changeset *cs,
		   struct ruleset *work)
{
	for (size_t i = work->chains.n; i-- > 0;) {
		const struct chain *chain = work->chains.v[i];

		if (is_doomed(chain, b))
			push(cs, work, change_chain_delete(chain->name));
	}
}

/* a is what work was before the rules: work changes under way. */
static void
diff_rules(const struct ruleset *a, const struct ruleset *b, bool bytes,
	   struct changeset *cs, struct ruleset *work)
{
	struct classes *classes = classes_new(a, b, bytes);

	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *chain = a->chains.v[i];
		const struct chain *other = ruleset_chain(b, chain->name);

		if (!other)
			continue;
		if (chain->policy != other->policy && !chain->policy_open &&
		    !other->policy_open)
			push(cs, work, change_policy(chain->name,
						     other->policy));
		diff_chain(chain, other, classes, cs, work);
	}
	classes_free(classes);
}

struct changeset *
changeset_diff(const struct ruleset *a, const struct ruleset *b, bool bytes)
{
	struct changeset *cs = changeset_new(a->table);
	struct ruleset *work = ruleset_copy(a);
	struct ruleset *before;

	diff_renames(b, cs, work);
	diff_new_chains(b, cs, work);
	diff_flush_chains(b, cs, work);
	before = ruleset_copy(work);
	diff_rules(before, b, bytes, cs, work);
	diff_delete_chains(b, cs, work);
	ruleset_free(before);
	ruleset_free(work);
	return cs;
}
