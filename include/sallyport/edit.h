/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as text in the administrator's own editor, as visudo does it: what comes
 * back is read whole or not at all, and what cannot be read is not lost. */
#ifndef SALLYPORT_EDIT_H
#define SALLYPORT_EDIT_H

#include <stdbool.h>
#include <sallyport/tables.h>

struct edit {
	char *dir;		/* ours alone */
	char *path;		/* the text */
	struct str text;	/* as it was given to the editor */
	size_t line;		/* where the editor begins; 0: anywhere */
};

/* Write the text: the table only, or with NULL all tables that are in use. */
enum err edit_begin(struct edit *edit, const struct tables *tables,
		    const char *only) must_check;

/* Run the editor, words as in $EDITOR, on the terminal and wait for it. No shell
 * sees the words. ERR_FAIL where it cannot be run or failed. */
enum err edit_run(const struct edit *edit, const char *editor) must_check;

/* Read the text. *changed: it is not the one that was given. ERR_PARSE says
 * what is wrong, and edit->line where: run the editor again. Yours. */
enum err edit_read(struct edit *edit, struct tables **tables, bool *changed)
	must_check;

/* Is there anything to lose: a text that is not the one that was given? */
bool edit_has_work(const struct edit *edit);

/* Remove the text or, with keep, leave it where edit->path says. */
void edit_done(struct edit *edit, bool keep);

#endif
