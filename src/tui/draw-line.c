/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One painted line on the screen: scrolled, cut and marked where it is cut. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "draw.h"

/* Bytes of the text before column; what a wide character leaves over is in
 * *blanks. */
static size_t
skip_columns(const char *s, size_t left, size_t *blanks)
{
	size_t fit = text_fit(s, left);
	size_t width = 0;
	char *head;

	*blanks = 0;
	if (!s[fit])
		return fit;
	head = strndup(s, fit);
	width = head ? text_width(head) : left;
	free(head);
	if (width < left) {	/* half of a wide character is in view */
		unsigned cp;
		size_t n = text_decode(s + fit, strlen(s + fit), &cp);

		*blanks = 1;
		fit += n ? n : 1;
		fit += text_fit(s + fit, 0);	/* and its marks */
	}
	return fit;
}

static void
put_runs(const struct paint *paint, size_t from, size_t to, const attr_t *force)
{
	const char *s = str_text(&paint->text);
	size_t at = from;

	for (size_t i = 0; i < paint->n && at < to; i++) {
		size_t end = paint->runs[i].end < to ? paint->runs[i].end : to;

		if (end <= at)
			continue;
		attrset(force ? *force : theme_attr(paint->runs[i].role));
		addnstr(s + at, (int)(end - at));
		at = end;
	}
}

static void
draw(int y, int width, const struct paint *paint, size_t left, attr_t fill,
     const attr_t *force)
{
	const char *s = str_text(&paint->text);
	size_t blanks = 0, from = skip_columns(s, left, &blanks);
	size_t room = (size_t)width - blanks;
	size_t fit = text_fit(s + from, room);
	bool cut = s[from + fit] != '\0';

	if (cut)
		fit = text_fit(s + from, room - 1);
	attrset(fill);
	mvhline(y, 0, ' ' | fill, width);
	move(y, (int)blanks);
	put_runs(paint, from, from + fit, force);
	attrset(fill | A_BOLD);
	if (cut)
		mvaddch(y, width - 1, '>');
	if (left > 0 && paint->width > 0)
		mvaddch(y, 0, '<');
	attrset(A_NORMAL);
}

void
draw_paint(int y, int width, const struct paint *paint, size_t left,
	   enum role fill)
{
	draw(y, width, paint, left, theme_attr(fill), NULL);
}

void
draw_selected(int y, int width, const struct paint *paint, size_t left)
{
	attr_t reverse = A_REVERSE;

	draw(y, width, paint, left, reverse, &reverse);
}

/* Where a line that begins at from ends: after a blank if there is one. */
static size_t
break_at(const char *s, size_t from, size_t width)
{
	size_t fit = text_fit(s + from, width), n = fit;

	if (!s[from + fit])
		return from + fit;
	while (n > 0 && s[from + n] != ' ')
		n--;
	if (n > 0)
		return from + n;
	return from + (fit > 0 ? fit : 1);
}

int
wrapped_lines(const struct paint *paint, int width)
{
	const char *s = str_text(&paint->text);
	size_t from = 0;
	int lines = 0;

	while (s[from]) {
		size_t end = break_at(s, from, (size_t)width);

		from = end + (s[end] == ' ');
		lines++;
	}
	return lines > 0 ? lines : 1;
}

void
draw_wrapped(const struct area *area, const struct paint *paint)
{
	const char *s = str_text(&paint->text);
	size_t width = (size_t)area->width, from = 0;

	for (int line = 0; line < area->height && s[from]; line++) {
		bool last = line == area->height - 1;
		size_t end = break_at(s, from, width);

		move(area->y + line, 0);
		if (last && s[end]) {
			end = from + text_fit(s + from, width - 1);
			put_runs(paint, from, end, NULL);
			attrset(A_BOLD);
			mvaddch(area->y + line, area->width - 1, '>');
		} else {
			put_runs(paint, from, end, NULL);
		}
		from = end + (s[end] == ' ');
	}
	attrset(A_NORMAL);
}
