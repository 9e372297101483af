/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moving through the rows of a screen. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ui.h"

size_t
view_count(const struct view *view)
{
	return view->screen->count(view);
}

bool
view_selectable(const struct view *view, size_t row)
{
	if (row >= view_count(view))
		return false;
	return !view->screen->selectable || view->screen->selectable(view, row);
}

/* A text has no selected row: its first row in view stands for it. */
static void
scroll_text(struct view *view, long row)
{
	long last = (long)view_count(view) - (long)view->page;

	if (row > last)
		row = last;
	if (row < 0)
		row = 0;
	view->top = view->sel = (size_t)row;
}

/* The nearest row that can be selected, looking down first. */
void
view_select(struct view *view, size_t row)
{
	size_t n = view_count(view), at;

	if (row >= n)
		row = n > 0 ? n - 1 : 0;
	if (view->screen->is_text) {
		scroll_text(view, (long)row);
		return;
	}
	for (at = row; at < n; at++) {
		if (view_selectable(view, at)) {
			view->sel = at;
			return;
		}
	}
	for (at = row; at-- > 0;) {
		if (view_selectable(view, at)) {
			view->sel = at;
			return;
		}
	}
	view->sel = 0;
}

void
view_move(struct view *view, long by)
{
	long step = by < 0 ? -1 : 1, n = (long)view_count(view);
	long at = (long)view->sel;

	if (view->screen->is_text) {
		scroll_text(view, at + by);
		return;
	}
	while (by != 0) {
		long next = at + step;

		while (next >= 0 && next < n &&
		       !view_selectable(view, (size_t)next))
			next += step;
		if (next < 0 || next >= n)
			break;
		at = next;
		by -= step;
	}
	view->sel = (size_t)at;
}

static bool
contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

static bool
row_contains(const struct view *view, size_t row, const char *text)
{
	struct paint paint;
	bool found;

	paint_init(&paint, view->ui->world->utf8);
	view->screen->draw_row(view, row, &paint);
	found = contains(str_text(&paint.text), text);
	if (!found && view->screen->detail) {
		paint_clear(&paint);
		view->screen->detail(view, row, &paint);
		found = contains(str_text(&paint.text), text);
	}
	paint_done(&paint);
	return found;
}

bool
view_find(struct view *view, const char *text, int direction)
{
	size_t n = view_count(view), at = view->sel;

	for (size_t i = 0; i < n; i++) {
		at = (at + n + (direction > 0 ? 1 : n - 1)) % n;
		if (!view_selectable(view, at) || !row_contains(view, at, text))
			continue;
		view_select(view, at);
		return true;
	}
	return false;
}
