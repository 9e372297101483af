/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Painted lines on the curses screen. */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include "paint.h"

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

/* Wrapped over the lines of area; more than fits ends in '>'. */
void draw_wrapped(const struct area *area, const struct paint *paint);

#endif
