/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History: who changed what, when, from where and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "revisions.h"

struct revisions *
revisions_data(const struct view *view)
{
	return view->data;
}

/* Row 0 is the heading. */
const struct entry *
revisions_at(const struct view *view, size_t row)
{
	const struct revisions *revisions = revisions_data(view);

	return row > 0 && row <= revisions->entries.n ?
	       revisions->entries.v[row - 1] : NULL;
}

/* --- Reading --- */

static void
entry_free(struct entry *entry)
{
	free(entry->table);
	free(entry->time);
	free(entry->who);
	free(entry->from);
	free(entry->origin);
	free(entry->state);
	free(entry->message);
	free(entry->reason);
	free(entry->override);
	free(entry);
}

static char *
or_dash(const char *s)
{
	return xstrdup(s && *s ? s : "-");
}

static void
widen(size_t *width, const char *s)
{
	size_t n = text_width(s);

	if (n > *width)
		*width = n;
}

/* The heading appears with the first one. */
static void
widen_table(struct revisions *revisions, const char *table)
{
	widen(&revisions->table_width, _("table"));
	widen(&revisions->table_width, table);
}

/* The table is named where it is not this one. */
static bool
is_usual(const struct entry *entry)
{
	return strcmp(entry->table, "filter") == 0;
}

static bool
take(const struct revision *rev, void *arg)
{
	struct revisions *revisions = arg;
	struct entry *entry = xcalloc(1, sizeof(*entry));
	struct str time = { 0 };

	clock_format(&time, rev->time_s);
	entry->id = rev->id;
	entry->table = xstrdup(rev->table);
	entry->time = str_take(&time);
	entry->who = or_dash(rev->actor.user);
	entry->from = or_dash(rev->actor.from);
	entry->origin = or_dash(rev->origin);
	entry->state = or_dash(rev->state);
	entry->message = xstrdup(rev->message ? rev->message : "");
	entry->reason = rev->reason ? trial_reason_text(rev->reason) : NULL;
	entry->override = xstrdup(rev->override);
	widen(&revisions->who_width, entry->who);
	widen(&revisions->from_width, entry->from);
	if (!is_usual(entry))
		widen_table(revisions, entry->table);
	vec_push(&revisions->entries, entry);
	return true;
}

static void
forget_entries(struct revisions *revisions)
{
	for (size_t i = 0; i < revisions->entries.n; i++)
		entry_free(revisions->entries.v[i]);
	vec_done(&revisions->entries);
	revisions->who_width = strlen("who");
	revisions->from_width = strlen("from");
	revisions->table_width = 0;
}

static void
history_update(struct view *view)
{
	struct ui *ui = view->ui;
	struct history *history = NULL;
	enum err err = history_open(ui->world->db_path, true, &history);

	forget_entries(revisions_data(view));
	if (!err)
		err = history_each(history, NULL, NULL, take,
				   revisions_data(view));
	history_close(history);
	if (err && err != ERR_NOT_FOUND)
		ui_error(ui);
}

/* --- Rows --- */

static enum role
state_role(const char *state)
{
	static const struct {
		const char *state;
		enum role role;
	} roles[] = {
		{ "confirmed", ROLE_SAFE },
		{ "on trial", ROLE_WARN },
		{ "not reverted", ROLE_BAD },
		{ "external", ROLE_MOVED },
		{ "reverted", ROLE_DIM },
		{ "failed", ROLE_DIM },
		{ "ended by reboot", ROLE_DIM },
	};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].state, state) == 0)
			return roles[i].role;
	return ROLE_TEXT;
}

static bool
is_heading(size_t row)
{
	return row == 0;
}

static size_t
history_count(const struct view *view)
{
	size_t n = revisions_data(view)->entries.n;

	return n > 0 ? n + 1 : 1;
}

static bool
history_selectable(const struct view *view, size_t row)
{
	return !is_heading(row);
}

/* Cells of a row; a narrow screen leaves the longer ones to the detail. */
enum cell { CELL_ID, CELL_TIME, CELL_WHO, CELL_FROM, CELL_ORIGIN, CELL_STATE,
	    CELL_TABLE, CELL_MESSAGE, CELL_COUNT };

#define NARROW 80
#define MINUTES 16	/* "2026-11-24 05:25" */
#define MONTH_AT 5

static size_t
cell_width(const struct view *view, enum cell cell)
{
	bool narrow = view->width < NARROW;
	size_t table = revisions_data(view)->table_width;
	const size_t widths[CELL_COUNT] = {
		[CELL_ID] = narrow ? 4 : 5,
		[CELL_TIME] = narrow ? MINUTES - MONTH_AT + 1 : MINUTES + 2,
		[CELL_WHO] = narrow ? 0 : revisions_data(view)->who_width + 2,
		[CELL_FROM] = narrow ? 0 : revisions_data(view)->from_width + 2,
		[CELL_ORIGIN] = narrow ? 0 : 9,
		[CELL_STATE] = narrow ? 10 : 11,
		[CELL_TABLE] = table ? table + 2 : 0,
		[CELL_MESSAGE] = 1,
	};

	return widths[cell];
}

static void
put_cells(const struct view *view, const char *const cells[CELL_COUNT],
	  enum role role, enum role state, struct paint *paint)
{
	size_t at = 2;

	for (enum cell i = 0; i < CELL_COUNT; i++) {
		size_t width = cell_width(view, i);

		if (width == 0)
			continue;
		if (paint->width > at)
			paint_add(paint, role, " ");
		paint_to(paint, role, at);
		paint_raw(paint, i == CELL_STATE ? state : role, cells[i]);
		at += width;
	}
}

static void
draw_heading(const struct view *view, struct paint *paint)
{
	const char *const cells[CELL_COUNT] = {
		"id", _("time"), _("who"), _("from"), _("origin"), _("state"),
		_("table"), _("message"),
	};

	if (revisions_data(view)->entries.n == 0)
		paint_add(paint, ROLE_TEXT, _("Nothing was recorded yet."));
	else
		put_cells(view, cells, ROLE_HEADER, ROLE_HEADER, paint);
}

static void
draw_entry(const struct view *view, const struct entry *entry,
	   struct paint *paint)
{
	char id[24], time[MINUTES + 1];
	const char *const cells[CELL_COUNT] = {
		id, view->width < NARROW ? time + MONTH_AT : time, entry->who,
		entry->from, entry->origin, entry->state,
		is_usual(entry) ? "" : entry->table, entry->message,
	};

	snprintf(id, sizeof(id), "%lld", (long long)entry->id);
	snprintf(time, sizeof(time), "%-*.*s", MINUTES, MINUTES, entry->time);
	paint_add(paint, ROLE_KEY,
		  revisions_data(view)->marked == entry->id ? "* " : "  ");
	put_cells(view, cells, ROLE_TEXT, state_role(entry->state), paint);
}

static void
history_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	if (is_heading(row))
		draw_heading(view, paint);
	else
		draw_entry(view, revisions_at(view, row), paint);
}

static void
history_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct entry *entry = revisions_at(view, row);

	if (!entry)
		return;
	paint_raw(paint, ROLE_TEXT, *entry->message ? entry->message :
		  _("no message"));
	paint_add(paint, ROLE_DIM, "  ");
	paint_raw(paint, ROLE_DIM, entry->time);
	paint_add(paint, ROLE_DIM, "  ");
	paint_raw(paint, ROLE_DIM, entry->who);
	paint_add(paint, ROLE_DIM, " ");
	paint_raw(paint, ROLE_DIM, entry->from);
	if (!is_usual(entry))
		paint_addf(paint, ROLE_DIM, "  %s", entry->table);
	if (entry->reason) {
		paint_add(paint, ROLE_TEXT, "  ");
		paint_raw(paint, ROLE_TEXT, entry->state);
		paint_add(paint, ROLE_TEXT, ": ");
		paint_raw(paint, ROLE_TEXT, entry->reason);
	}
	if (entry->override)
		paint_addf(paint, ROLE_WARN, "  %s",
			   _("the guard was overridden"));
}

static void
history_place(const struct view *view, size_t row, struct paint *paint)
{
	const struct entry *entry = revisions_at(view, row);

	if (entry)
		paint_addf(paint, ROLE_TEXT, _("revision %lld"),
			   (long long)entry->id);
}

static void
history_close_view(struct view *view)
{
	forget_entries(revisions_data(view));
	free(view->data);
}

const struct screen history_screen = {
	.name = N_("History"),
	.count = history_count,
	.selectable = history_selectable,
	.draw_row = history_draw_row,
	.detail = history_detail,
	.place = history_place,
	.update = history_update,
	.close = history_close_view,
	.actions = &history_actions,
};

void
history_open_screen(struct ui *ui)
{
	ui_push(ui, &history_screen, xcalloc(1, sizeof(struct revisions)));
}
