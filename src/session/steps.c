/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was staged, a step at a time: undo takes the last one back, in whichever
 * tables it was, and redo does it again. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "internal.h"

static void
step_free(struct step *step)
{
	if (!step)
		return;
	changesets_done(&step->changesets);
	free(step);
}

void
steps_free(struct vec *steps)
{
	for (size_t i = 0; i < steps->n; i++)
		step_free(steps->v[i]);
	steps->n = 0;
}

/* One more step; changesets are eaten. */
void
session_push_step(struct session *s, struct vec *changesets)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->changesets = *changesets;
	*changesets = (struct vec){ 0 };
	vec_push(&s->steps, step);
}

/* Apply changesets that fitted when they were made. */
static void
must_apply(struct session *s, const struct vec *changesets)
{
	if (tables_apply(s->candidate, changesets) != OK)
		die("a step does not fit any more: %s", err_message());
}

static void
undo(struct session *s, const struct step *step)
{
	struct vec inverse = { 0 };

	for (size_t i = step->changesets.n; i-- > 0;)
		vec_push(&inverse, changeset_invert(step->changesets.v[i]));
	must_apply(s, &inverse);
	changesets_done(&inverse);
}

bool
session_undo(struct session *s)
{
	struct step *step = s->steps.n ? s->steps.v[s->steps.n - 1] : NULL;

	if (!step || (s->committed && step->on_trial))
		return false;
	vec_pop(&s->steps);
	undo(s, step);
	vec_push(&s->redo, step);
	if (s->steps.n == 0)
		s->origin = "edit";
	session_keep(s);
	session_judge(s);
	return true;
}

bool
session_redo(struct session *s)
{
	struct step *step = vec_pop(&s->redo);

	if (!step)
		return false;
	must_apply(s, &step->changesets);
	vec_push(&s->steps, step);
	session_keep(s);
	session_judge(s);
	return true;
}

size_t
session_staged_count(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		n += changesets_count(&step->changesets);
	}
	return n;
}

size_t
session_trial_count(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; s->committed && i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		if (step->on_trial)
			n += changesets_count(&step->changesets);
	}
	return n;
}

size_t
session_staged_in(const struct session *s, const char *table)
{
	size_t n = 0;

	for (size_t i = 0; i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		for (size_t c = 0; c < step->changesets.n; c++) {
			const struct changeset *cs = step->changesets.v[c];

			if (strcmp(cs->table, table) == 0)
				n += cs->changes.n;
		}
	}
	return n;
}
