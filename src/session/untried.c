/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is staged was tried on the kernel, or it is said that it was not. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* For the message line: the first one stands for all, which the review lists. */
static char *
note_line(const struct vec *notes)
{
	struct str text = { 0 };
	size_t more = notes->n - 1;

	tryout_note_text(notes->v[0], &text);
	if (more > 0)
		str_addf(&text, Q_("; and %zu more", "; and %zu more", more),
			 more);
	return str_take(&text);
}

enum err
session_try(struct session *s, const struct tables *candidate)
{
	struct vec notes = { 0 };
	bool lacking = s->world->file != NULL;
	enum err err = tryout_tables(s->tryout, s->candidate, candidate,
				     lacking, &notes);

	free(s->note);
	s->note = err || notes.n == 0 ? NULL : note_line(&notes);
	tryout_notes_done(&notes);
	return err;
}

char *
session_take_note(struct session *s)
{
	char *note = s->note;

	s->note = NULL;
	return note;
}

void
session_untried(const struct session *s, struct vec *notes)
{
	tryout_untried(s->tryout, s->base, s->candidate, notes);
}
