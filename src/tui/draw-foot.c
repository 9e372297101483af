/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The foot of the screen: where the selected row stands and all of it, a
 * message, the keys; or, in its place, a form. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "draw.h"
#include "ui.h"

#define CALM_ROWS 16	/* from here on a line separates rows and foot */

/* A text that is longer than the screen says what part of it is seen. */
static void
place_text(const struct view *view, struct paint *paint)
{
	size_t n = view_count(view);

	if (n > view->page)
		paint_addf(paint, ROLE_TEXT, _("lines %zu-%zu of %zu"),
			   view->top + 1, view->top + view->page, n);
}

static void
draw_separator(const struct view *view, int y, int width)
{
	const char *stroke = view->ui->world->utf8 ? "\xe2\x94\x80" : "-";
	struct paint place, paint;

	paint_init(&paint, view->ui->world->utf8);
	paint_init(&place, view->ui->world->utf8);
	if (view->screen->is_text)
		place_text(view, &place);
	else if (view->screen->place)
		view->screen->place(view, view->sel, &place);
	paint_addf(&paint, ROLE_DIM, "%s%s", stroke, stroke);
	if (place.width > 0)
		paint_addf(&paint, ROLE_TEXT, " %s ", str_text(&place.text));
	while (paint.width < (size_t)width)
		paint_add(&paint, ROLE_DIM, stroke);
	draw_paint(y, width, &paint, 0, ROLE_TEXT);
	paint_done(&place);
	paint_done(&paint);
}

static void
draw_detail(const struct view *view, const struct area *area)
{
	struct paint paint;

	paint_init(&paint, view->ui->world->utf8);
	if (view_count(view) > 0)
		view->screen->detail(view, view->sel, &paint);
	draw_wrapped(area, &paint);
	paint_done(&paint);
}

static void
draw_message(const struct ui *ui, const struct area *area)
{
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	if (ui->count > 0)
		paint_addf(&paint, ROLE_MESSAGE, "%u", ui->count);
	else
		paint_raw(&paint, ui->message_role, str_text(&ui->message));
	draw_wrapped(area, &paint);
	paint_done(&paint);
}

static void
draw_footer(struct ui *ui, int y, int width)
{
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	action_footer(ui, (size_t)width, &paint);
	draw_paint(y, width, &paint, 0, ROLE_TEXT);
	paint_done(&paint);
}

/* A message may take the lines of the detail when it is long. */
static int
message_lines(const struct ui *ui, int width, int most)
{
	struct paint paint;
	int lines;

	paint_init(&paint, ui->world->utf8);
	paint_raw(&paint, ROLE_TEXT, str_text(&ui->message));
	lines = wrapped_lines(&paint, width);
	paint_done(&paint);
	return lines < most ? lines : most;
}

static int
detail_lines(const struct view *view, int rows)
{
	if (!view->screen->detail)
		return 0;
	return rows >= 30 ? 3 : rows >= 20 ? 2 : 1;
}

int
foot_lines(const struct ui *ui, int rows)
{
	return (rows >= CALM_ROWS) + detail_lines(ui_view(ui), rows) + 2;
}

void
draw_foot(struct ui *ui, int rows, int width)
{
	struct view *view = ui_view(ui);
	int detail = detail_lines(view, rows);
	int message = message_lines(ui, width, detail + 1);
	int y = rows - foot_lines(ui, rows);

	if (rows >= CALM_ROWS)
		draw_separator(view, y++, width);
	detail -= message - 1;
	if (detail > 0)
		draw_detail(view, &(struct area){ y, detail, width });
	draw_message(ui, &(struct area){ y + detail, message, width });
	draw_footer(ui, rows - 1, width);
}

static void
draw_form_text(const struct ui *ui, const struct area *area, size_t first,
	       size_t lines)
{
	const struct form *form = &ui->form;
	enum role role = form->offered ? ROLE_TITLE : ROLE_TEXT;
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	for (int i = 0; i < area->height && first + (size_t)i < lines; i++) {
		size_t n = first + (size_t)i;
		size_t from = form_line_start(form, (size_t)area->width, n);
		size_t to = form_line_start(form, (size_t)area->width, n + 1);

		if (to > from && str_text(&form->text)[to - 1] == '\n')
			to--;
		paint_clear(&paint);
		paint_rawn(&paint, role, str_text(&form->text) + from,
			   to - from);
		draw_paint(area->y + i, area->width, &paint, 0, ROLE_TEXT);
	}
	paint_done(&paint);
}

static int
head_lines(const struct form *form, int width, int most)
{
	struct paint paint;
	int lines;

	paint_init(&paint, form->utf8);
	form_head(form, &paint);
	lines = wrapped_lines(&paint, width);
	paint_done(&paint);
	return lines < most ? lines : most;
}

struct form_place
place_form(const struct form *form, int rows, int width)
{
	struct form_place place = { 0 };
	int separator = rows >= CALM_ROWS, most = rows / 3;

	place.head = head_lines(form, width, rows / 5);
	place.lines = (int)form_wrap(form, (size_t)width, &place.row,
				     &place.column);
	place.shown = place.lines < most ? place.lines : most;
	place.height = separator + place.head + place.shown + 1;
	if (separator && place.shown < 2)
		place.height += 2 - place.shown;	/* two lines: no jump */
	return place;
}

void
draw_form(const struct ui *ui, const struct form_place *place, int rows,
	  int width, int *cy, int *cx)
{
	const struct form *form = &ui->form;
	int hidden = (int)place->row - place->shown + 1;
	int first = hidden > 0 ? hidden : 0, y = rows - place->height;
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	if (rows >= CALM_ROWS)
		draw_separator(ui_view(ui), y++, width);
	form_head(form, &paint);
	draw_wrapped(&(struct area){ y, place->head, width }, &paint);
	y += place->head;
	draw_form_text(ui, &(struct area){ y, place->shown, width },
		       (size_t)first, (size_t)place->lines);
	paint_clear(&paint);
	form_foot(form, (size_t)width, &paint);
	if (form->n_choices > 0 && paint.width > (size_t)width)
		draw_wrapped(&(struct area){ rows - 2, 2, width }, &paint);
	else
		draw_paint(rows - 1, width, &paint, 0, ROLE_TEXT);
	paint_done(&paint);
	/* A question is answered by one key: nothing is typed below it. */
	*cy = form->choices ? y - place->head : y + (int)place->row - first;
	*cx = form->choices ? 0 : (int)place->column;
}
