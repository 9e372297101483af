/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History: who changed what, when, from where and why. A revision is shown,
 * compared, and restored by staging the difference. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "term.h"
#include "ui.h"

struct entry {
	int64_t id;
	char *time;
	char *who;
	char *from;
	char *origin;
	char *state;
	char *message;
	char *reason;
	char *override;
};

struct revisions {
	struct vec entries;	/* of struct entry * */
	size_t who_width;
	size_t from_width;
	int64_t marked;		/* to be compared with another; 0: none */
};

static struct revisions *
data(const struct view *view)
{
	return view->data;
}

static const struct entry *
entry_at(const struct view *view, size_t row)
{
	const struct revisions *revisions = data(view);

	return row < revisions->entries.n ? revisions->entries.v[row] : NULL;
}

/* --- Reading --- */

static void
entry_free(struct entry *entry)
{
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

static bool
take(const struct revision *rev, void *arg)
{
	struct revisions *revisions = arg;
	struct entry *entry = xcalloc(1, sizeof(*entry));
	struct str time = { 0 };

	clock_format(&time, rev->time_s);
	entry->id = rev->id;
	entry->time = str_take(&time);
	entry->who = or_dash(rev->actor.user);
	entry->from = or_dash(rev->actor.from);
	entry->origin = or_dash(rev->origin);
	entry->state = or_dash(rev->state);
	entry->message = xstrdup(rev->message ? rev->message : "");
	entry->reason = xstrdup(rev->reason);
	entry->override = xstrdup(rev->override);
	widen(&revisions->who_width, entry->who);
	widen(&revisions->from_width, entry->from);
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
}

static enum err
with_history(const struct ui *ui, struct history **history)
{
	return history_open(ui->world->db_path, true, history);
}

static void
history_update(struct view *view)
{
	struct ui *ui = view->ui;
	struct history *history = NULL;
	enum err err = with_history(ui, &history);

	forget_entries(data(view));
	if (!err)
		err = history_each(history, ui->world->table, NULL, take,
				   data(view));
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
	size_t n = data(view)->entries.n;

	return n > 0 ? n + 1 : 1;
}

static bool
history_selectable(const struct view *view, size_t row)
{
	return !is_heading(row);
}

static void
put_cells(const struct revisions *revisions, const char *const cell[7],
	  enum role role, enum role state, struct paint *paint)
{
	size_t at = 2;
	const size_t width[7] = {
		5, 20, revisions->who_width + 1, revisions->from_width + 1, 9, 12, 0,
	};

	for (size_t i = 0; i < 7; i++) {
		if (paint->width > at)
			paint_add(paint, role, " ");
		paint_to(paint, role, at);
		paint_raw(paint, i == 5 ? state : role, cell[i]);
		at += width[i];
	}
}

static void
draw_heading(const struct view *view, struct paint *paint)
{
	const char *const cell[7] = {
		"id", _("time"), _("who"), _("from"), _("origin"), _("state"),
		_("message"),
	};

	if (data(view)->entries.n == 0)
		paint_add(paint, ROLE_TEXT, _("Nothing was recorded yet."));
	else
		put_cells(data(view), cell, ROLE_HEADER, ROLE_HEADER, paint);
}

static void
history_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct entry *entry;
	char id[24];

	if (is_heading(row)) {
		draw_heading(view, paint);
		return;
	}
	entry = entry_at(view, row - 1);
	snprintf(id, sizeof(id), "%lld", (long long)entry->id);
	paint_add(paint, ROLE_KEY, data(view)->marked == entry->id ? "* " : "  ");
	put_cells(data(view), (const char *const[7]){ id, entry->time, entry->who,
		  entry->from, entry->origin, entry->state, entry->message },
		  ROLE_TEXT, state_role(entry->state), paint);
}

static void
history_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct entry *entry = row > 0 ? entry_at(view, row - 1) : NULL;

	if (!entry)
		return;
	paint_addf(paint, ROLE_TEXT, "%lld: ", (long long)entry->id);
	paint_raw(paint, ROLE_TEXT, *entry->message ? entry->message :
		  _("no message"));
	if (entry->reason) {
		paint_add(paint, ROLE_DIM, "  ");
		paint_raw(paint, ROLE_DIM, entry->state);
		paint_add(paint, ROLE_DIM, ": ");
		paint_raw(paint, ROLE_DIM, entry->reason);
	}
	if (entry->override)
		paint_add(paint, ROLE_WARN, _("  (the guard was overridden)"));
}

static void
history_close_view(struct view *view)
{
	forget_entries(data(view));
	free(view->data);
}

/* --- What can be done --- */

static const struct entry *
current(struct ui *ui)
{
	size_t row = ui_view(ui)->sel;

	return row > 0 ? entry_at(ui_view(ui), row - 1) : NULL;
}

static const char *
unless_entry(struct ui *ui)
{
	return current(ui) ? NULL : _("there is no revision on this line");
}

static const char *
unless_restorable(struct ui *ui)
{
	const char *why = unless_writable(ui);

	return why ? why : unless_entry(ui);
}

static enum err
describe(struct history *history, int64_t id, struct str *text)
{
	struct revision *rev = NULL;
	enum err err = history_get(history, id, &rev);

	if (!err && rev->changes)
		changeset_describe(rev->changes, text);
	else if (!err)
		str_add(text, _("This revision has its text only; = compares it "
				"with another one.\n"));
	revision_free(rev);
	return err;
}

static void
on_show(struct ui *ui)
{
	int64_t id = current(ui)->id;
	struct history *history = NULL;
	struct str text = { 0 };
	enum err err = with_history(ui, &history);
	char *heading = xasprintf(_("Revision %lld"), (long long)id);

	if (!err)
		err = describe(history, id, &text);
	history_close(history);
	if (err)
		ui_error(ui);
	else
		diff_open(ui, &text, heading);
	free(heading);
	str_done(&text);
}

static enum err
compare(struct history *history, int64_t a, int64_t b, struct str *text)
{
	struct ruleset *from = NULL, *to = NULL;
	struct changeset *cs;
	enum err err = history_ruleset(history, a, &from);

	if (!err)
		err = history_ruleset(history, b, &to);
	if (!err) {
		cs = changeset_diff(from, to, false);
		changeset_describe(cs, text);
		changeset_free(cs);
	}
	ruleset_free(from);
	ruleset_free(to);
	return err;
}

static void
show_comparison(struct ui *ui, int64_t a, int64_t b)
{
	struct history *history = NULL;
	struct str text = { 0 };
	enum err err = with_history(ui, &history);
	char *heading = xasprintf(_("From revision %lld to %lld"), (long long)a,
				  (long long)b);

	if (!err)
		err = compare(history, a, b, &text);
	history_close(history);
	if (err)
		ui_error(ui);
	else
		diff_open(ui, &text, heading);
	free(heading);
	str_done(&text);
}

static void
on_compare(struct ui *ui)
{
	struct revisions *revisions = data(ui_view(ui));
	int64_t id = current(ui)->id, other = revisions->marked;

	if (other == 0 || other == id) {
		revisions->marked = other == id ? 0 : id;
		if (revisions->marked)
			ui_say(ui, _("now = on another revision compares them"));
		return;
	}
	revisions->marked = 0;
	show_comparison(ui, other < id ? other : id, other < id ? id : other);
}

static void
on_restore(struct ui *ui)
{
	int64_t id = current(ui)->id;
	struct history *history = NULL;
	struct ruleset *target = NULL;
	enum err err = with_history(ui, &history);

	if (!err)
		err = history_ruleset(history, id, &target);
	history_close(history);
	if (!err)
		err = session_stage_target(ui->session, target);
	ruleset_free(target);
	if (err) {
		ui_error(ui);
		return;
	}
	ui_pop(ui);
	ui_changed(ui);
	ui_say(ui, _("staged what brings revision %lld back; c reviews it"),
	       (long long)id);
}

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER), 'e' }, .name = "show",
	  .foot = N_("Show"), .run = on_show, .unless = unless_entry,
	  .help = N_("Show what the revision changed") },
	{ .keys = { 's' }, .name = "restore", .foot = N_("Stage its state"),
	  .run = on_restore, .unless = unless_restorable,
	  .help = N_("Stage what brings the table back to this revision") },
	{ .keys = { '=' }, .name = "compare", .foot = N_("Compare"),
	  .run = on_compare, .unless = unless_entry,
	  .help = N_("Mark a revision, then compare it with another") },
	{ .keys = { '/' }, .name = "search", .foot = N_("Search"),
	  .run = ui_search, .help = N_("Search for text") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back to the rules") },
};

static const struct action_table history_actions = ACTION_TABLE(actions);

const struct screen history_screen = {
	.name = N_("History"),
	.count = history_count,
	.selectable = history_selectable,
	.draw_row = history_draw_row,
	.detail = history_detail,
	.update = history_update,
	.close = history_close_view,
	.actions = &history_actions,
};

void
history_open_screen(struct ui *ui)
{
	ui_push(ui, &history_screen, xcalloc(1, sizeof(struct revisions)));
}
