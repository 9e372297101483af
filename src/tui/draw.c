/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole screen: title, countdown, rows, the selected row in full, message
 * and keys. This file alone knows where things are. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "draw.h"
#include "ui.h"

#define MIN_ROWS 10
#define MIN_COLUMNS 40
#define CALM_ROWS 16	/* from here on a line separates rows and foot */

/* --- The first line --- */

static void
title_verdict(const struct ui *ui, bool in_full, struct paint *paint)
{
	static const struct {
		enum role role;
		const char *word;
	} looks[] = {
		[JUDGED_SAFE] = { ROLE_TITLE_SAFE, N_("safe") },
		[JUDGED_WARN] = { ROLE_TITLE_WARN, N_("not proven") },
		[JUDGED_REFUSED] = { ROLE_TITLE_BAD, N_("REFUSED") },
	};
	const struct guard_report *report = ui->session->report;
	struct str text = { 0 };

	if (!report)
		return;
	if (in_full)
		guard_summary(report, &text);
	else
		str_add(&text, _(looks[report->judgement].word));
	paint_add(paint, looks[report->judgement].role, " ");
	paint_raw(paint, looks[report->judgement].role, str_text(&text));
	paint_add(paint, looks[report->judgement].role, " ");
	str_done(&text);
}

enum detail_level { TITLE_FULL, TITLE_SHORT, TITLE_LEAST };

static void
title_left(const struct ui *ui, enum detail_level level, struct paint *paint)
{
	const struct world *world = ui->world;
	size_t n = session_staged_count(ui->session);
	const char *host = ui_host(ui);

	paint_add(paint, ROLE_TITLE, " ");
	if (level == TITLE_FULL)
		paint_raw(paint, ROLE_TITLE, host);
	else
		paint_rawn(paint, ROLE_TITLE, host, strcspn(host, "."));
	if (level < TITLE_LEAST)
		paint_addf(paint, ROLE_TITLE, "  %s", world->table);
	if (level == TITLE_FULL)
		paint_addf(paint, ROLE_TITLE, " (%s)", world->backend->ops->name);
	if (world->sandbox)
		paint_add(paint, ROLE_TITLE, "  SANDBOX");
	if (world->read_only)
		paint_addf(paint, ROLE_TITLE, "  %s", _("read-only"));
	if (n > 0)
		paint_addf(paint, ROLE_TITLE, Q_("  %zu staged", "  %zu staged", n), n);
	if (ui->depth > 1)
		paint_addf(paint, ROLE_TITLE, "  %s", _(ui_view(ui)->screen->name));
}

/* The verdict stands at the right; what does not fit is said shorter, the
 * verdict last of all. */
static void
draw_title(const struct ui *ui, int width)
{
	static const struct {
		enum detail_level left;
		bool in_full;
	} tries[] = {
		{ TITLE_FULL, true }, { TITLE_SHORT, true }, { TITLE_LEAST, true },
		{ TITLE_FULL, false }, { TITLE_SHORT, false },
		{ TITLE_LEAST, false },
	};
	struct paint left, right;

	paint_init(&left, ui->world->utf8);
	paint_init(&right, ui->world->utf8);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		paint_clear(&left);
		paint_clear(&right);
		title_left(ui, tries[i].left, &left);
		title_verdict(ui, tries[i].in_full, &right);
		if (left.width + 2 + right.width <= (size_t)width)
			break;
	}
	draw_paint(0, width, &left, 0, ROLE_TITLE);
	if (right.width + 4 < (size_t)width) {
		size_t at = 0;

		move(0, width - (int)right.width);
		for (size_t i = 0; i < right.n; i++) {
			attrset(theme_attr(right.runs[i].role));
			addnstr(right.text.s + at, (int)(right.runs[i].end - at));
			at = right.runs[i].end;
		}
		attrset(A_NORMAL);
	}
	paint_done(&left);
	paint_done(&right);
}

/* --- The rows --- */

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
	size_t n = view_count(view);

	view->page = (size_t)area->height;
	view->width = (size_t)area->width;
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
			draw_paint(y, area->width, &paint, view->left, ROLE_TEXT);
	}
	paint_done(&paint);
}

/* --- The foot --- */

static void
draw_separator(const struct view *view, int y, int width)
{
	struct paint paint;

	paint_init(&paint, view->ui->world->utf8);
	paint_add(&paint, ROLE_DIM, "-- ");
	if (view->screen->place)
		view->screen->place(view, view->sel, &paint);
	paint_add(&paint, ROLE_DIM, " ");
	while (paint.width < (size_t)width)
		paint_add(&paint, ROLE_DIM, "-");
	draw_paint(y, width, &paint, 0, ROLE_TEXT);
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
	size_t n = text_width(str_text(&ui->message));
	int lines = (int)(n / (size_t)width) + 1;

	return lines > 1 && n > (size_t)width ? (lines < most ? lines : most) : 1;
}

static int
detail_lines(const struct view *view, int rows)
{
	if (!view->screen->detail)
		return 0;
	return rows >= 30 ? 3 : rows >= 20 ? 2 : 1;
}

/* Returns the lines of the foot. */
static int
draw_foot(struct ui *ui, int rows, int width)
{
	struct view *view = ui_view(ui);
	int detail = detail_lines(view, rows), separator = rows >= CALM_ROWS;
	int lines = separator + detail + 2;
	int message = message_lines(ui, width, detail + 1);
	int y = rows - lines;

	if (separator)
		draw_separator(view, y++, width);
	detail -= message - 1;
	if (detail > 0)
		draw_detail(view, &(struct area){ y, detail, width });
	draw_message(ui, &(struct area){ y + detail, message, width });
	draw_footer(ui, rows - 1, width);
	return lines;
}

static void
draw_form_text(const struct ui *ui, const struct area *area, size_t first,
	       size_t lines)
{
	const struct form *form = &ui->form;
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	for (int i = 0; i < area->height && first + (size_t)i < lines; i++) {
		size_t n = first + (size_t)i;
		size_t from = form_line_start(form, (size_t)area->width, n);
		size_t to = form_line_start(form, (size_t)area->width, n + 1);

		paint_clear(&paint);
		paint_rawn(&paint, ROLE_TEXT, str_text(&form->text) + from,
			   to - from);
		draw_paint(area->y + i, area->width, &paint, 0, ROLE_TEXT);
	}
	paint_done(&paint);
}

/* Returns the lines that the form takes; the cursor's place in cy and cx. */
static int
draw_form(const struct ui *ui, int rows, int width, int *cy, int *cx)
{
	const struct form *form = &ui->form;
	size_t row = 0, column = 0;
	int separator = rows >= CALM_ROWS;
	int lines = (int)form_wrap(form, (size_t)width, &row, &column);
	int most = rows / 3, shown = lines < most ? lines : most;
	int first = (int)row >= shown ? (int)row - shown + 1 : 0;
	int fill = separator && shown < 2 ? 2 - shown : 0;
	int all = separator + 1 + shown + fill + 1, y = rows - all;
	struct paint paint;

	paint_init(&paint, ui->world->utf8);
	if (separator)
		draw_separator(ui_view(ui), y++, width);
	form_head(form, &paint);
	draw_wrapped(&(struct area){ y, 1, width }, &paint);
	draw_form_text(ui, &(struct area){ y + 1, shown, width }, (size_t)first,
		       (size_t)lines);
	paint_clear(&paint);
	form_foot(form, &paint);
	draw_paint(rows - 1, width, &paint, 0, ROLE_TEXT);
	paint_done(&paint);
	*cy = y + 1 + (int)row - first;
	*cx = (int)column;
	return all;
}

static int
draw_countdown(const struct ui *ui, int width)
{
	struct paint paint;
	bool shown;

	paint_init(&paint, ui->world->utf8);
	shown = watch_line(ui, (size_t)width, &paint);
	if (shown)
		draw_paint(1, width, &paint, 0,
			   paint.n > 0 ? paint.runs[0].role : ROLE_TEXT);
	paint_done(&paint);
	return shown;
}

static void
draw_too_small(int rows, int columns)
{
	static const char *const sentence =
		N_("this terminal is too small: 40x10 is needed");
	const char *s = _(sentence);

	for (int y = 0; y < rows && *s; y++) {
		size_t n = text_fit(s, (size_t)columns);

		mvaddnstr(y, 0, s, (int)n);
		s += n;
	}
	move(0, 0);
}

void
ui_draw(struct ui *ui)
{
	int rows, columns, top, foot, cy = 0, cx = 0;
	struct view *view = ui_view(ui);
	struct area area;

	getmaxyx(stdscr, rows, columns);
	erase();
	ui->too_small = rows < MIN_ROWS || columns < MIN_COLUMNS;
	if (ui->too_small) {
		draw_too_small(rows, columns);
		refresh();
		return;
	}
	draw_title(ui, columns);
	top = 1 + draw_countdown(ui, columns);
	foot = ui->form.is_open ? draw_form(ui, rows, columns, &cy, &cx)
				: draw_foot(ui, rows, columns);
	area = (struct area){ top, rows - top - foot, columns };
	draw_rows(view, &area);
	if (!ui->form.is_open)
		cy = top + (int)(view->sel - view->top);
	move(cy, cx);
	refresh();
}
