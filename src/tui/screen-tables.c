/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables, in the order in which a packet meets them, and which of them is
 * shown. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "rules.h"
#include "term.h"

enum { COLUMN_RULES = 12, COLUMN_CHAINS = 20, COLUMN_STAGED = 28 };

static const char *
table_at(size_t row)
{
	return table_names[row - 1];
}

/* Row 0 is the heading. */
static size_t
tables_count(const struct view *view)
{
	(void)view;
	return TABLE_COUNT + 1;
}

static bool
tables_selectable(const struct view *view, size_t row)
{
	(void)view;
	return row > 0;
}

static void
draw_heading(struct paint *paint)
{
	paint_addf(paint, ROLE_DIM, "  %s", _("table"));
	paint_to(paint, ROLE_DIM, COLUMN_RULES);
	paint_add(paint, ROLE_DIM, _("rules"));
	paint_to(paint, ROLE_DIM, COLUMN_CHAINS);
	paint_add(paint, ROLE_DIM, _("chains"));
	paint_to(paint, ROLE_DIM, COLUMN_STAGED);
	paint_add(paint, ROLE_DIM, _("staged"));
}

static void
draw_counts(const struct session *session, const struct ruleset *rs,
	    struct paint *paint)
{
	size_t staged = session_staged_in(session, rs->table);

	paint_to(paint, ROLE_TEXT, COLUMN_RULES);
	if (rs->absent && staged == 0) {
		paint_add(paint, ROLE_DIM, _("not in use"));
		return;
	}
	paint_addf(paint, ROLE_TEXT, "%zu", ruleset_rule_count(rs));
	paint_to(paint, ROLE_TEXT, COLUMN_CHAINS);
	paint_addf(paint, ROLE_TEXT, "%zu", rs->chains.n);
	paint_to(paint, ROLE_TEXT, COLUMN_STAGED);
	if (staged > 0)
		paint_addf(paint, ROLE_CHANGED, "%zu", staged);
}

static void
tables_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct session *session = view->ui->session;
	const char *name;

	if (row == 0) {
		draw_heading(paint);
		return;
	}
	name = table_at(row);
	paint_addf(paint, strcmp(name, session->table) == 0 ? ROLE_CHAIN :
		   ROLE_TEXT, "  %s", name);
	draw_counts(session, tables_get(session->candidate, name), paint);
}

static const char *
use_of(size_t row)
{
	static const char *const uses[TABLE_COUNT] = {
		N_("raw: before connection tracking; what is not to be tracked"),
		N_("mangle: packets are marked or altered"),
		N_("nat: where new connections are sent to, or seem to come "
		   "from"),
		N_("filter: what is let through"),
		N_("security: marks of mandatory access control"),
	};

	return _(uses[row - 1]);
}

static void
tables_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct ruleset *rs;

	if (row == 0)
		return;
	rs = tables_get(view->ui->session->candidate, table_at(row));
	paint_add(paint, ROLE_TEXT, use_of(row));
	if (rs->absent)
		paint_addf(paint, ROLE_DIM, "  (%s)",
			   _("not in use; the first commit of a rule makes it"));
}

static void
show(struct ui *ui, const char *table)
{
	ui_pop(ui);
	rules_show_table(ui, table);
}

static void
on_show(struct ui *ui)
{
	show(ui, table_at(ui_view(ui)->sel));
}

static void on_raw(struct ui *ui) { show(ui, "raw"); }
static void on_mangle(struct ui *ui) { show(ui, "mangle"); }
static void on_nat(struct ui *ui) { show(ui, "nat"); }
static void on_filter(struct ui *ui) { show(ui, "filter"); }
static void on_security(struct ui *ui) { show(ui, "security"); }

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER) }, .name = "show",
	  .foot = N_("Show"), .run = on_show,
	  .help = N_("Show this table") },
	{ .keys = { 'f' }, .name = "filter", .foot = N_("filter"),
	  .run = on_filter, .help = N_("Show the table filter") },
	{ .keys = { 'n' }, .name = "nat", .foot = N_("nat"), .run = on_nat,
	  .help = N_("Show the table nat") },
	{ .keys = { 'm' }, .name = "mangle", .foot = N_("mangle"),
	  .run = on_mangle, .help = N_("Show the table mangle") },
	{ .keys = { 'r' }, .name = "raw", .foot = N_("raw"), .run = on_raw,
	  .help = N_("Show the table raw") },
	{ .keys = { 's' }, .name = "security", .foot = N_("security"),
	  .run = on_security, .help = N_("Show the table security") },
	{ .keys = { 'E' }, .name = "editor", .foot = N_("Editor"),
	  .run = edit_all_tables, .unless = unless_editor,
	  .help = N_("Edit all tables that are in use as text in $EDITOR") },
	{ .keys = { 'q', FN(KEY_F(10)), 'T' }, .name = "back",
	  .foot = N_("Back"), .run = ui_pop,
	  .help = N_("Go back to the rules") },
};

static const struct action_table tables_actions = ACTION_TABLE(actions);

const struct screen tables_screen = {
	.name = N_("Tables"),
	.count = tables_count,
	.selectable = tables_selectable,
	.draw_row = tables_draw_row,
	.detail = tables_detail,
	.actions = &tables_actions,
};

void
tables_open(struct ui *ui)
{
	struct view *view = ui_push(ui, &tables_screen, NULL);

	for (size_t row = 1; row <= TABLE_COUNT; row++)
		if (strcmp(table_at(row), ui->session->table) == 0)
			view_select(view, row);
}
