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

enum verdict_length { VERDICT_FULL, VERDICT_RULE, VERDICT_WORD };

static const struct {
	enum role role;
	const char *word;
} verdict_looks[] = {
	[JUDGED_SAFE] = { ROLE_TITLE_SAFE, N_("safe") },
	[JUDGED_WARN] = { ROLE_TITLE_WARN, N_("not proven") },
	[JUDGED_REFUSED] = { ROLE_TITLE_BAD, N_("REFUSED") },
};

static void
verdict_text(const struct guard_report *report, enum verdict_length length,
	     struct str *out)
{
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);

	if (length == VERDICT_FULL) {
		guard_summary(report, out);
		return;
	}
	str_add(out, _(verdict_looks[report->judgement].word));
	if (length == VERDICT_WORD || !check)
		return;
	str_add(out, ": ");
	walk_result_rule(&check->candidate, out);
}

static void
title_verdict(const struct ui *ui, enum verdict_length length,
	      struct paint *paint)
{
	const struct guard_report *report = ui->session->report;
	struct str text = { 0 };
	enum role role;

	if (!report)
		return;
	role = verdict_looks[report->judgement].role;
	verdict_text(report, length, &text);
	paint_add(paint, role, " ");
	paint_raw(paint, role, str_text(&text));
	paint_add(paint, role, " ");
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
		enum verdict_length verdict;
	} tries[] = {
		{ TITLE_FULL, VERDICT_FULL }, { TITLE_SHORT, VERDICT_FULL },
		{ TITLE_FULL, VERDICT_RULE }, { TITLE_SHORT, VERDICT_RULE },
		{ TITLE_LEAST, VERDICT_RULE }, { TITLE_FULL, VERDICT_WORD },
		{ TITLE_SHORT, VERDICT_WORD }, { TITLE_LEAST, VERDICT_WORD },
	};
	struct paint left, right;

	paint_init(&left, ui->world->utf8);
	paint_init(&right, ui->world->utf8);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		paint_clear(&left);
		paint_clear(&right);
		title_left(ui, tries[i].left, &left);
		title_verdict(ui, tries[i].verdict, &right);
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

static int
foot_lines(const struct ui *ui, int rows)
{
	return (rows >= CALM_ROWS) + detail_lines(ui_view(ui), rows) + 2;
}

static void
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

/* Where the form's text is: all its lines, those shown, the cursor. */
struct form_place {
	size_t row;
	size_t column;
	int lines;
	int shown;
	int height;	/* of the whole form */
};

static struct form_place
place_form(const struct form *form, int rows, int width)
{
	struct form_place place = { 0 };
	int separator = rows >= CALM_ROWS, most = rows / 3;

	place.lines = (int)form_wrap(form, (size_t)width, &place.row,
				     &place.column);
	place.shown = place.lines < most ? place.lines : most;
	place.height = separator + 1 + place.shown + 1;
	if (separator && place.shown < 2)
		place.height += 2 - place.shown;	/* no jump at two lines */
	return place;
}

static void
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
	draw_wrapped(&(struct area){ y, 1, width }, &paint);
	draw_form_text(ui, &(struct area){ y + 1, place->shown, width },
		       (size_t)first, (size_t)place->lines);
	paint_clear(&paint);
	form_foot(form, &paint);
	draw_paint(rows - 1, width, &paint, 0, ROLE_TEXT);
	paint_done(&paint);
	*cy = y + 1 + (int)place->row - first;
	*cx = (int)place->column;
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

/* Rows first: the foot says which of them are seen. */
static void
draw_all(struct ui *ui, int rows, int columns)
{
	struct view *view = ui_view(ui);
	struct form_place place = { 0 };
	int top, foot, cy, cx = 0;

	draw_title(ui, columns);
	top = 1 + draw_countdown(ui, columns);
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
		draw_too_small(rows, columns);
	else
		draw_all(ui, rows, columns);
	refresh();
}
