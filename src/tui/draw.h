/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Painted lines on the curses screen. */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include "form.h"
#include "paint.h"

struct ui;

struct area {
	int y;
	int height;
	int width;
};

/* Show paint on line y, from its column left on. A cut end is marked '>', a
 * cut beginning '<'; the rest of the line is filled in the role fill. */
void draw_paint(int y, int width, const struct paint *paint, size_t left,
		enum role fill);

/* The same as the selected row: in reverse, without colours. */
void draw_selected(int y, int width, const struct paint *paint, size_t left);

/* The lines that it takes when wrapped; 1 for nothing. */
int wrapped_lines(const struct paint *paint, int width);

/* Wrapped over the lines of area; more than fits ends in '>'. */
void draw_wrapped(const struct area *area, const struct paint *paint);

/* Line 0. */
void draw_title(const struct ui *ui, int width);

/* The last lines, of rows. */
int foot_lines(const struct ui *ui, int rows);
void draw_foot(struct ui *ui, int rows, int width);

/* Where the form's text is: the cursor in it, all its lines, those shown. */
struct form_place {
	size_t row;
	size_t column;
	int head;	/* lines of the label or the error */
	int lines;
	int shown;
	int height;	/* of the whole form */
};

struct form_place place_form(const struct form *form, int rows, int width);
/* The cursor's place on the screen goes to cy and cx. */
void draw_form(const struct ui *ui, const struct form_place *place, int rows,
	       int width, int *cy, int *cx);

#endif
