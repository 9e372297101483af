/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a trial. What was on trial and is undone is one step again, and what was
 * staged beside it comes behind it, step by step, as it was staged: undo takes
 * back one thing at a time. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include "internal.h"

void
session_commits(struct session *s)
{
	tables_free(s->committed);
	s->committed = tables_copy(s->candidate);
	for (size_t i = 0; i < s->steps.n; i++)
		((struct step *)s->steps.v[i])->on_trial = true;
}

void
session_on_trial(struct session *s)
{
	session_drop_draft(s);
}

/* What from became before each step but the first, struct tables *: the steps of
 * the trial are none or one. */
static void
find_stops(const struct session *s, const struct tables *from,
	   const struct tables *committed, struct vec *stops)
{
	struct tables *at = tables_copy(committed);

	if (from != committed)
		vec_push(stops, tables_copy(at));
	for (size_t i = 0; i + 1 < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		if (step->on_trial)
			continue;
		if (tables_apply(at, &step->changesets) != OK)
			die("a step does not fit any more: %s", err_message());
		vec_push(stops, tables_copy(at));
	}
	tables_free(at);
}

static void
stops_done(struct vec *stops)
{
	for (size_t i = 0; i < stops->n; i++)
		tables_free(stops->v[i]);
	vec_done(stops);
}

/* What the base would be at that stop. NULL where that alone collides with what
 * others did: it is no stop then. */
static struct tables *
carry_stop(const struct session *s, const struct tables *from,
	   const struct tables *stop)
{
	struct vec changes = { 0 }, carried = { 0 }, conflicts = { 0 };
	struct tables *made = tables_copy(s->base);
	enum err err;

	tables_diff(from, stop, true, &changes);
	err = tables_rebase(&changes, from, s->base, MERGE_THEIRS, &carried,
			    &conflicts);
	if (!err)
		err = tables_apply(made, &carried);
	changesets_done(&changes);
	changesets_done(&carried);
	conflicts_done(&conflicts);
	if (!err)
		return made;
	tables_free(made);
	return NULL;
}

/* From *at to next, which takes its place: a step, where they differ. */
static void
go_on_take(struct session *s, struct tables **at, struct tables *next)
{
	struct vec changes = { 0 };

	tables_diff(*at, next, true, &changes);
	if (changes.n)
		session_push_step(s, &changes);
	tables_free(*at);
	*at = next;
}

/* The one step that leads to the candidate becomes several. */
static void
separate(struct session *s, const struct tables *from, const struct vec *stops)
{
	struct tables *at = tables_copy(s->base);

	steps_free(&s->steps);
	for (size_t i = 0; i < stops->n; i++) {
		struct tables *next = carry_stop(s, from, stops->v[i]);

		if (next)
			go_on_take(s, &at, next);
	}
	go_on_take(s, &at, tables_copy(s->candidate));
	tables_free(at);
}

enum err
session_settled(struct session *s, bool reverted)
{
	struct tables *committed = s->committed, *live = NULL;
	const struct tables *from = reverted || !committed ? s->base :
							     committed;
	struct tables *old = tables_copy(from);
	struct vec left = { 0 }, stops = { 0 };
	enum err err = session_read(s, &live);

	s->committed = NULL;
	if (!err) {
		tables_diff(old, s->candidate, true, &left);
		if (committed)
			find_stops(s, from, committed, &stops);
		err = session_carry_take(s, live, old, &left, RELOAD_ASK);
		changesets_done(&left);
		if (!err && s->steps.n)
			separate(s, old, &stops);
	}
	stops_done(&stops);
	tables_free(old);
	tables_free(committed);
	return err;
}
