/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole screen: title, countdown, rows and foot. The draw-*.c files alone
 * know where things are. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "draw.h"
#include "ui.h"

#define MIN_ROWS 10
#define MIN_COLUMNS 40

/* Headings that stand right above the selected row come into view with it. */
static size_t
first_wanted(const struct view *view)
{
	size_t row = view->sel;

	while (row > 0 && !view_selectable(view, row - 1))
		row--;
	if (row > 0 && row < view->sel)
		row--;		/* what the headings belong to */
	return row;
}

static void
scroll_to_selected(struct view *view)
{
	size_t page = view->page, n = view_count(view), wanted;

	if (view->sel >= view->top + page)
		view->top = view->sel - page + 1;
	if (view->top + page > n)
		view->top = n > page ? n - page : 0;
	wanted = first_wanted(view);
	if (view->sel - wanted >= page)
		wanted = view->sel;
	if (view->top > wanted)
		view->top = wanted;
}

static void
draw_rows(struct view *view, const struct area *area)
{
	struct paint paint;
	size_t n;

	view->page = (size_t)area->height;
	view->width = (size_t)area->width;
	n = view_count(view);	/* a text's is that of its width */
	if (view->screen->is_text)
		view_select(view, view->sel);
	else
		scroll_to_selected(view);
	paint_init(&paint, view->ui->world->utf8);
	for (size_t i = 0; i < view->page && view->top + i < n; i++) {
		size_t row = view->top + i;
		int y = area->y + (int)i;

		paint_clear(&paint);
		view->screen->draw_row(view, row, &paint);
		if (row == view->sel && !view->screen->is_text &&
		    view_selectable(view, row))
			draw_selected(y, area->width, &paint, view->left);
		else
			draw_paint(y, area->width, &paint, view->left,
				   ROLE_TEXT);
	}
	paint_done(&paint);
}

/* What is said below the title: a trial runs, a packet is asked about. */
static bool (*const lines[])(const struct ui *ui, size_t width,
			     struct paint *paint) = {
	watch_line, probing_line,
};

/* Returns the line behind them. */
static int
draw_lines(const struct ui *ui, int width)
{
	struct paint paint;
	int y = 1;

	paint_init(&paint, ui->world->utf8);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		paint_clear(&paint);
		if (lines[i](ui, (size_t)width, &paint))
			draw_paint(y++, width, &paint, 0, paint.n > 0 ?
				   paint.runs[0].role : ROLE_TEXT);
	}
	paint_done(&paint);
	return y;
}

/* What the keys of a trial say is said here as well. */
static void
draw_too_small(const struct ui *ui, int rows, int columns)
{
	struct paint paint;
	int used;

	paint_init(&paint, ui->world->utf8);
	paint_addf(&paint, ROLE_TEXT, _("this terminal is too small: %dx%d is "
		   "needed"), MIN_COLUMNS, MIN_ROWS);
	draw_wrapped(&(struct area){ 0, rows, columns }, &paint);
	used = wrapped_lines(&paint, columns);
	paint_clear(&paint);
	paint_raw(&paint, ui->message_role, str_text(&ui->message));
	if (used < rows - 1)
		draw_wrapped(&(struct area){ used, rows - 1 - used, columns },
			     &paint);
	paint_clear(&paint);
	if (rows > 1 && watch_line(ui, (size_t)columns, &paint))
		draw_paint(rows - 1, columns, &paint, 0, paint.runs[0].role);
	paint_done(&paint);
	move(0, 0);
}

/* Rows first: the foot says which of them are seen. */
static void
draw_all(struct ui *ui, int rows, int columns)
{
	struct view *view = ui_view(ui);
	struct form_place place = { 0 };
	int top, foot, cy, cx = 0;

	draw_title(ui, columns);
	top = draw_lines(ui, columns);
	ui->top = top;
	if (ui->form.is_open)
		place = place_form(&ui->form, rows, columns);
	foot = ui->form.is_open ? place.height : foot_lines(ui, rows);
	draw_rows(view, &(struct area){ top, rows - top - foot, columns });
	cy = top + (int)(view->sel - view->top);
	if (ui->form.is_open)
		draw_form(ui, &place, rows, columns, &cy, &cx);
	else
		draw_foot(ui, rows, columns);
	move(cy, cx);
}

void
ui_draw(struct ui *ui)
{
	int rows, columns;

	getmaxyx(stdscr, rows, columns);
	erase();
	ui->too_small = rows < MIN_ROWS || columns < MIN_COLUMNS;
	if (ui->too_small)
		draw_too_small(ui, rows, columns);
	else
		draw_all(ui, rows, columns);
	refresh();
}
