/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line to fill in, or a question, at the foot of the screen. */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/str.h>
#include <sallyport/vec.h>
#include "paint.h"

struct ui;

/* What is entered is kept a kind apart, for Up and Down. */
enum form_kind {
	FORM_RULE,
	FORM_COMMAND,
	FORM_SEARCH,
	FORM_MESSAGE,
	FORM_FILE,
	FORM_PROBE,
	FORM_PORT,
	FORM_SECONDS,
	FORM_OTHER,
	FORM_KINDS
};

/* An answer to a question. Esc is always one more: nothing happens. */
struct choice {
	int key;
	const char *label;	/* N_() */
	void (*run)(struct ui *ui);
};

/* On OK the form closes; else it stays, with err_message() in place. */
typedef enum err form_submit(struct ui *ui, const char *text);

struct form {
	bool is_open;
	bool utf8;		/* the terminal's */
	enum form_kind kind;
	char *label;
	struct str text;
	size_t cursor;		/* a byte of text */
	bool offered;		/* a value, not touched yet: what is typed takes
				 * its place, other keys edit it */
	char *error;
	form_submit *submit;
	void (*complete)(struct str *text);	/* Tab at the end; or NULL */
	void (*cancel)(struct ui *ui);	/* after Esc; NULL: nothing more */
	const struct choice *choices;	/* a question: no text */
	size_t n_choices;
	unsigned opened;	/* how often: submit may open the next one */
	size_t recall;		/* in past; past[kind].n: the new text */
	struct vec past[FORM_KINDS];	/* of char *, oldest first */
};

void form_open(struct form *form, enum form_kind kind, const char *label,
	       const char *text, form_submit *submit);
void form_ask(struct form *form, const char *question,
	      const struct choice *choices, size_t n);
/* In the place of the label, until the next key. */
void form_tell(struct form *form, const char *text);
void form_close(struct form *form);
void form_done(struct form *form);

/* The end of what was pasted: a last line break is none. */
void form_pasted(struct form *form);

/* Every key goes here while a form is open. */
void form_key(struct ui *ui, int key);

/* The whole text, the cursor behind it; what a key does to it. */
void form_set_text(struct form *form, const char *text);
void form_edit(struct form *form, int key);

/* Text pieces of at most width columns: where each line of the text begins.
 * Returns how many lines; *row and *column are the cursor's place. */
size_t form_wrap(const struct form *form, size_t width, size_t *row,
		 size_t *column);
/* The first byte of line n under that wrapping. */
size_t form_line_start(const struct form *form, size_t width, size_t n);

/* The label, or the error in its place; the keys. */
void form_head(const struct form *form, struct paint *paint);
void form_foot(const struct form *form, size_t width, struct paint *paint);

#endif
