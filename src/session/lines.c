/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listing with what is staged and what is on trial: the candidate's rules,
 * marked, and between them the ones that go or went, so that nothing is hidden by
 * being deleted. */
#include <stdlib.h>
#include <string.h>
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
add_head(struct vec *lines, const struct line *head)
{
	struct line *line;

	if (lines->n)
		add(lines, LINE_BLANK, MARK_NONE, head->chain, head->old_chain);
	line = add(lines, LINE_CHAIN, head->mark, head->chain, head->old_chain);
	line->on_trial = head->on_trial;
	add(lines, LINE_HEADER, MARK_NONE, head->chain, head->old_chain);
}

static struct line *
add_rule(struct vec *lines, const struct line *where, enum mark mark,
	 const struct rule *rule, size_t pos, size_t old_pos)
{
	struct line *line = add(lines, LINE_RULE, mark, where->chain,
				where->old_chain);

	line->rule = rule;
	line->pos = pos;
	line->old_pos = old_pos;
	return line;
}

static const enum mark marks[] = {
	[FROM_NOWHERE] = MARK_ADDED,
	[FROM_KEPT] = MARK_NONE,
	[FROM_REPLACED] = MARK_CHANGED,
	[FROM_MOVED] = MARK_MOVED,
};

/* One chain in the making: what is staged, on what is on trial. */
struct chain_lines {
	struct vec *lines;
	struct line where;		/* chain, and what it is staged on */
	struct line before;		/* chain, and what the trial was made on */
	const struct weave *staged;
	const struct weave *trial;	/* NULL: none runs */
	size_t next;			/* rule of what it is staged on */
	size_t trial_next;		/* rule of what the trial was made on */
};

/* Rules that went by the trial, up to but not including end. */
static void
add_trial_gone(struct chain_lines *c, size_t end, size_t pos)
{
	const struct weave *w = c->trial;

	for (; c->trial_next < end; c->trial_next++)
		if (!w->stays[c->trial_next])
			add_rule(c->lines, &c->before, MARK_DELETED,
				 chain_rule(w->a, c->trial_next), pos,
				 c->trial_next)->on_trial = true;
}

/* Those that stood before rule i of what is live. */
static void
add_trial_gone_before(struct chain_lines *c, size_t i, size_t pos)
{
	const struct weave *w = c->trial;

	if (w && (w->from[i] == FROM_KEPT || w->from[i] == FROM_REPLACED))
		add_trial_gone(c, w->at[i], pos);
}

/* Rules that are to go, up to but not including end. */
static void
add_gone(struct chain_lines *c, size_t end, size_t pos)
{
	const struct weave *w = c->staged;

	for (; c->next < end; c->next++) {
		add_trial_gone_before(c, c->next, pos);
		if (!w->stays[c->next])
			add_rule(c->lines, &c->where, MARK_DELETED,
				 chain_rule(w->a, c->next), pos, c->next);
	}
}

/* Rule j of the candidate. What is not staged may be on trial. */
static void
add_woven_rule(struct chain_lines *c, size_t j)
{
	const struct weave *w = c->staged, *t = c->trial;
	const struct rule *rule = chain_rule(w->b, j);
	size_t i = w->at[j];

	if (w->from[j] != FROM_KEPT || !t || t->from[i] == FROM_KEPT)
		add_rule(c->lines, &c->where, marks[w->from[j]], rule, j,
			 w->from[j] == FROM_NOWHERE ? 0 : i);
	else
		add_rule(c->lines, &c->before, marks[t->from[i]], rule, j,
			 t->from[i] == FROM_NOWHERE ? 0 : t->at[i])
			->on_trial = true;
}

static void
add_woven(struct chain_lines *c)
{
	const struct weave *w = c->staged;
	size_t n = w->b->rules.n;

	for (size_t j = 0; j < n; j++) {
		if (w->from[j] == FROM_KEPT || w->from[j] == FROM_REPLACED) {
			add_gone(c, w->at[j], j);
			add_trial_gone_before(c, w->at[j], j);
		}
		add_woven_rule(c, j);
	}
	add_gone(c, w->a->rules.n, n);
	if (c->trial)
		add_trial_gone(c, c->trial->a->rules.n, n);
}

/* The three that the listing is made of, and which rules are the same. */
struct sides {
	const struct ruleset *base;
	const struct ruleset *live;	/* what is on trial; base where none runs */
	const struct ruleset *candidate;
	struct classes *trial;		/* base and live; NULL: no trial */
	struct classes *staged;		/* live and candidate */
};

/* The chain that it was in a; NULL: none. */
static const struct chain *
chain_before(const struct ruleset *a, const struct ruleset *b,
	     const struct chain *chain)
{
	const struct chain *same = ruleset_chain(a, chain->name);

	return same ? same : weave_renamed_from(a, b, chain);
}

static enum mark
chain_mark(const struct chain *old, const struct chain *chain)
{
	if (!old)
		return MARK_ADDED;
	return strcmp(old->name, chain->name) != 0 ||
	       old->policy != chain->policy ? MARK_CHANGED : MARK_NONE;
}

static const struct chain no_chain = { .policy = POLICY_NONE };

/* The chain as it is in live and was in base; either may be NULL. */
static void
add_chain_of(struct vec *lines, const struct sides *sides,
	     const struct chain *base, const struct chain *live,
	     const struct chain *chain)
{
	struct line head = { .chain = chain, .old_chain = live,
			     .mark = chain_mark(live, chain) };
	struct weave staged, trial;
	struct chain_lines c = {
		.lines = lines, .staged = &staged,
		.where = { .chain = chain, .old_chain = live },
		.before = { .chain = chain, .old_chain = base },
	};

	if (sides->trial && head.mark == MARK_NONE) {
		head.mark = chain_mark(base, live);
		head.on_trial = head.mark != MARK_NONE;
		head.old_chain = base;
	}
	add_head(lines, &head);
	weave_init(&staged, live ? live : &no_chain, chain, sides->staged);
	if (sides->trial) {
		weave_init(&trial, base ? base : &no_chain,
			   live ? live : &no_chain, sides->trial);
		c.trial = &trial;
	}
	add_woven(&c);
	if (c.trial)
		weave_done(&trial);
	weave_done(&staged);
}

static void
add_chain(struct vec *lines, const struct sides *sides,
	  const struct chain *chain)
{
	const struct chain *live = chain_before(sides->live, sides->candidate,
						chain);
	const struct chain *base = live && sides->trial ?
		chain_before(sides->base, sides->live, live) : NULL;

	add_chain_of(lines, sides, base, live, chain);
}

/* Was the chain of a given another name in b? */
static bool
is_renamed(const struct ruleset *a, const struct ruleset *b,
	   const struct chain *old)
{
	for (size_t i = 0; i < b->chains.n; i++)
		if (weave_renamed_from(a, b, b->chains.v[i]) == old)
			return true;
	return false;
}

static void
add_deleted_chain(struct vec *lines, const struct chain *old, bool on_trial)
{
	const struct line head = { .chain = old, .old_chain = old,
				   .mark = MARK_DELETED, .on_trial = on_trial };

	add_head(lines, &head);
	for (size_t i = 0; i < old->rules.n; i++)
		add_rule(lines, &head, MARK_DELETED, chain_rule(old, i), i, i)
			->on_trial = on_trial;
}

/* The chains of a that are gone in b. One that was made anew since stands above
 * already. */
static void
add_deleted_chains(struct vec *lines, const struct sides *sides,
		   const struct ruleset *a, const struct ruleset *b,
		   bool on_trial)
{
	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *old = a->chains.v[i];

		if (!ruleset_chain(b, old->name) && !is_renamed(a, b, old) &&
		    !ruleset_chain(sides->candidate, old->name))
			add_deleted_chain(lines, old, on_trial);
	}
}

void
session_lines(const struct session *s, struct vec *lines)
{
	struct sides sides = {
		.base = session_base(s),
		.live = s->committed ? tables_get(s->committed, s->table) :
				       session_base(s),
		.candidate = session_candidate(s),
	};

	if (s->committed)
		sides.trial = classes_new(sides.base, sides.live, true);
	sides.staged = classes_new(sides.live, sides.candidate, true);
	for (size_t i = 0; i < sides.candidate->chains.n; i++)
		add_chain(lines, &sides, sides.candidate->chains.v[i]);
	add_deleted_chains(lines, &sides, sides.live, sides.candidate, false);
	if (sides.trial) {
		add_deleted_chains(lines, &sides, sides.base, sides.live, true);
		classes_free(sides.trial);
	}
	classes_free(sides.staged);
}

void
lines_free(struct vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->v[i]);
	vec_done(lines);
}
