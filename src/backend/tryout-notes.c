/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a tryout has to say of rules. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

void
note_take(struct vec *notes, const char *table, const char *chain, size_t pos,
	  bool refused, char *text)
{
	struct tryout_note *note = xcalloc(1, sizeof(*note));

	note->refused = refused;
	str_copy(note->table, sizeof(note->table), table);
	str_copy(note->chain, sizeof(note->chain), chain);
	note->pos = pos;
	note->text = text;
	vec_push(notes, note);
}

void
tryout_notes_done(struct vec *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct tryout_note *note = notes->v[i];

		free(note->text);
		free(note);
	}
	vec_done(notes);
}

void
tryout_note_text(const struct tryout_note *note, struct str *out)
{
	char *place;

	if (note->refused) {
		str_add(out, note->text);
	} else if (!note->chain[0]) {
		str_addf(out, _("rules are not tried: %s"), note->text);
	} else {
		place = rule_place(note->table, note->chain, note->pos);
		str_addf(out, _("%s is not tried: %s"), place, note->text);
		free(place);
	}
}
