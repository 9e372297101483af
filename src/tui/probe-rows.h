/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe screen's rows, for its two files: the fields that such a packet
 * has, a heading, the rules that it meets, at last a policy if that decides. */
#ifndef TUI_PROBE_ROWS_H
#define TUI_PROBE_ROWS_H

#include "rules.h"

struct probe_text {
	const char *action;	/* whose key is shown */
	const char *label;	/* N_() */
	const char *question;	/* N_() */
	const char *unsaid;	/* N_(), what it is where nothing is said */
};
extern const struct probe_text probe_texts[PROBE_FIELDS];

extern const struct action_table probe_actions;

/* Has such a packet the field? */
bool probe_shows(const struct ui *ui, enum probe_field field);

/* The field on a row; PROBE_FIELDS where there is none. */
enum probe_field probe_field_at(const struct ui *ui, size_t row);
size_t probe_row_of(const struct ui *ui, enum probe_field field);

/* The rule or policy on a row; false where there is none. */
bool probe_step_at(const struct ui *ui, size_t row, struct probe_step *step);

#endif
