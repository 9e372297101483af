/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listing with what is staged: the candidate's rules, marked, and between
 * them the ones that go, so that nothing is hidden by being deleted. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/session.h>
#include <sallyport/weave.h>

static struct line *
add(struct vec *lines, int kind, enum mark mark, const struct chain *chain,
    const struct chain *old_chain)
{
	struct line *line = xcalloc(1, sizeof(*line));

	line->kind = kind;
	line->mark = mark;
	line->chain = chain;
	line->old_chain = old_chain;
	vec_push(lines, line);
	return line;
}

/* The lines above the rules of a chain. */
static void
add_head(struct vec *lines, const struct chain *chain, const struct chain *old,
	 enum mark mark)
{
	if (lines->n)
		add(lines, LINE_BLANK, MARK_NONE, chain, old);
	add(lines, LINE_CHAIN, mark, chain, old);
	add(lines, LINE_HEADER, MARK_NONE, chain, old);
}

static void
add_rule(struct vec *lines, const struct line *where, enum mark mark,
	 const struct rule *rule, size_t pos, size_t old_pos)
{
	struct line *line = add(lines, LINE_RULE, mark, where->chain,
				where->old_chain);

	line->rule = rule;
	line->pos = pos;
	line->old_pos = old_pos;
}

/* Rules of the old chain that go, from *next up to but not including end. */
static void
add_gone(struct vec *lines, const struct line *where, const struct weave *w,
	 size_t *next, size_t end, size_t pos)
{
	for (; *next < end; ++*next)
		if (!w->stays[*next])
			add_rule(lines, where, MARK_DELETED,
				 chain_rule(w->a, *next), pos, *next);
}

static void
add_woven(struct vec *lines, const struct line *where, const struct weave *w)
{
	static const enum mark marks[] = {
		[FROM_NOWHERE] = MARK_ADDED,
		[FROM_KEPT] = MARK_NONE,
		[FROM_REPLACED] = MARK_CHANGED,
		[FROM_MOVED] = MARK_MOVED,
	};
	size_t next = 0;

	for (size_t j = 0; j < w->b->rules.n; j++) {
		if (w->from[j] == FROM_KEPT || w->from[j] == FROM_REPLACED)
			add_gone(lines, where, w, &next, w->at[j], j);
		add_rule(lines, where, marks[w->from[j]], chain_rule(w->b, j), j,
			 w->from[j] == FROM_NOWHERE ? 0 : w->at[j]);
	}
	add_gone(lines, where, w, &next, w->a->rules.n, w->b->rules.n);
}

static void
add_chain(struct vec *lines, const struct session *s,
	  const struct classes *classes, const struct chain *chain)
{
	const struct chain none = { .policy = POLICY_NONE };
	const struct ruleset *base = session_base(s);
	const struct chain *same = ruleset_chain(base, chain->name);
	const struct chain *old = same ? same :
		weave_renamed_from(base, session_candidate(s), chain);
	const struct line where = { .chain = chain, .old_chain = old };
	enum mark mark = MARK_NONE;
	struct weave w;

	if (!old)
		mark = MARK_ADDED;
	else if (!same || old->policy != chain->policy)
		mark = MARK_CHANGED;
	add_head(lines, chain, old, mark);
	weave_init(&w, old ? old : &none, chain, classes);
	add_woven(lines, &where, &w);
	weave_done(&w);
}

/* Was the chain of base given another name? */
static bool
is_renamed(const struct session *s, const struct chain *old)
{
	const struct ruleset *candidate = session_candidate(s);

	for (size_t i = 0; i < candidate->chains.n; i++)
		if (weave_renamed_from(session_base(s), candidate,
				       candidate->chains.v[i]) == old)
			return true;
	return false;
}

static void
add_deleted_chain(struct vec *lines, const struct chain *old)
{
	const struct line where = { .chain = old, .old_chain = old };

	add_head(lines, old, old, MARK_DELETED);
	for (size_t i = 0; i < old->rules.n; i++)
		add_rule(lines, &where, MARK_DELETED, chain_rule(old, i), i, i);
}

void
session_lines(const struct session *s, struct vec *lines)
{
	const struct ruleset *base = session_base(s);
	const struct ruleset *candidate = session_candidate(s);
	struct classes *classes = classes_new(base, candidate, true);

	for (size_t i = 0; i < candidate->chains.n; i++)
		add_chain(lines, s, classes, candidate->chains.v[i]);
	for (size_t i = 0; i < base->chains.n; i++) {
		const struct chain *old = base->chains.v[i];

		if (!ruleset_chain(candidate, old->name) &&
		    !is_renamed(s, old))
			add_deleted_chain(lines, old);
	}
	classes_free(classes);
}

void
lines_free(struct vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->v[i]);
	vec_done(lines);
}
