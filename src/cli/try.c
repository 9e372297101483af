/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of the command line, tried on the kernel before anything is asked. */
#include "internal.h"

/* Each refused rule but the first, which the error names. */
static void
warn_refused(const struct world *world, const struct vec *notes)
{
	bool first = true;

	for (size_t i = 0; i < notes->n; i++) {
		const struct tryout_note *note = notes->v[i];

		if (note->refused && !first)
			cli_warn(world, "%s", note->text);
		first = first && !note->refused;
	}
}

enum err
cli_try(const struct world *world, const struct tables *before,
	const struct tables *candidate, struct vec *notes)
{
	struct tryout_box *box = tryout_box_new(TRYOUT_LIMIT_MS);
	enum err err = tryout_tables(box, before, candidate,
				     world->file != NULL, notes);

	if (err)
		warn_refused(world, notes);
	tryout_box_free(box);
	return err;
}

void
cli_add_notes(const struct vec *notes, struct str *out)
{
	for (size_t i = 0; i < notes->n; i++) {
		tryout_note_text(notes->v[i], out);
		str_addc(out, '\n');
	}
}
