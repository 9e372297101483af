/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections that live on though the rules which let them in are gone; one
 * key ends them all, but those that a session stands on. */
#include <string.h>
#include <sallyport/i18n.h>
#include "cursesw.h"
#include "term.h"
#include "ui.h"

enum { ROW_HEADING, ROW_FIRST };
enum { COLUMN_TEXT = 2 };

/* --- Rows --- */

static const struct flows *
found(const struct view *view)
{
	return &view->ui->flowing.found;
}

static const struct flow *
flow_at(const struct view *view, size_t row)
{
	const struct flows *flows = found(view);

	return row >= ROW_FIRST && row - ROW_FIRST < flows->v.n ?
	       flows->v.v[row - ROW_FIRST] : NULL;
}

/* Below the flows: what is not among them. */
static size_t
flows_count(const struct view *view)
{
	const struct flows *flows = found(view);

	return ROW_FIRST + flows->v.n + (flows->more > 0) +
	       (flows->unsure > 0) + (flows->unlooked > 0);
}

static bool
flows_selectable(const struct view *view, size_t row)
{
	return flow_at(view, row) != NULL;
}

#define NARROW 76	/* the heading is shorter then */

static void
draw_heading(const struct view *view, struct paint *paint)
{
	const struct flows *flows = found(view);
	size_t n = flows->v.n + flows->more;
	bool narrow = view->width < NARROW;

	if (view->ui->flowing.search)
		paint_add(paint, ROLE_DIM, _("looking through the connections "
					     "..."));
	else if (n == 0 && narrow)
		paint_add(paint, ROLE_TEXT, _("No connection lives on."));
	else if (narrow)
		paint_addf(paint, ROLE_CHAIN,
			   Q_("%zu connection lives on",
			      "%zu connections live on", n), n);
	else if (n == 0)
		paint_add(paint, ROLE_TEXT, _("No connection lives on that "
			  "only the removed rules allowed."));
	else
		paint_addf(paint, ROLE_CHAIN,
			   Q_("%zu connection lives on that only the removed "
			      "rules allowed", "%zu connections live on that "
			      "only the removed rules allowed", n), n);
}

static void
draw_flow(const struct flow *flow, struct paint *paint)
{
	struct str text = { 0 };
	enum role role = flow->lifeline ? ROLE_SAFE : ROLE_TEXT;

	flow_describe(flow, &text);
	paint_to(paint, role, COLUMN_TEXT);
	if (flow->lifeline)
		paint_addf(paint, role, "%s ", _("kept:"));
	paint_add(paint, role, str_text(&text));
	if (*flow->state)
		paint_addf(paint, ROLE_DIM, "  %s", flow->state);
	str_done(&text);
}

/* The notes, in the order of flows_count(). */
static void
draw_note(const struct flows *flows, size_t at, struct paint *paint)
{
	paint_to(paint, ROLE_DIM, COLUMN_TEXT);
	if (flows->more && at-- == 0)
		paint_addf(paint, ROLE_DIM, _("%zu more are not listed yet"),
			   flows->more);
	else if (flows->unsure && at-- == 0)
		paint_addf(paint, ROLE_DIM,
			   Q_("of %zu more that is not certain: it is left "
			      "alone", "of %zu more that is not certain: they "
			      "are left alone", flows->unsure), flows->unsure);
	else
		paint_addf(paint, ROLE_DIM, _("%zu were not looked at: they "
			   "are too many different ones"), flows->unlooked);
}

static void
flows_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct flow *flow = flow_at(view, row);

	if (row == ROW_HEADING)
		draw_heading(view, paint);
	else if (flow)
		draw_flow(flow, paint);
	else
		draw_note(found(view), row - ROW_FIRST - found(view)->v.n,
			  paint);
}

static void
flows_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct flow *flow = flow_at(view, row);

	if (!flow)
		return;
	if (flow->lifeline)
		paint_addf(paint, ROLE_SAFE, "%s; ", _("a session stands on it: "
						       "it is kept"));
	paint_addf(paint, ROLE_TEXT, _("a new one would be refused by %s; "
		   "silent, this one is forgotten in %u s"), flow->rule,
		   flow->timeout_s);
	if (flow->packets)
		paint_addf(paint, ROLE_TEXT, _("; %llu packets so far"),
			   (unsigned long long)flow->packets);
}

/* --- What can be done --- */

static const char *
unless_one(struct ui *ui)
{
	const struct flow *flow = flow_at(ui_view(ui), ui_view(ui)->sel);
	const char *why = unless_flow_deletable(ui);

	if (why)
		return why;
	if (!flow)
		return _("there is no connection on this line");
	return flow->lifeline ? _("a session stands on it: it is kept") : NULL;
}

static void
on_delete(struct ui *ui)
{
	flowing_delete(ui, flow_at(ui_view(ui), ui_view(ui)->sel));
}

static void
on_delete_all(struct ui *ui)
{
	flowing_delete(ui, NULL);
}

static void
on_look(struct ui *ui)
{
	flowing_look(ui);
}

static const struct action actions[] = {
	{ .keys = { 'D' }, .name = "delete-all", .foot = N_("Delete all"),
	  .run = on_delete_all, .unless = unless_flow_deletable,
	  .help = N_("End all that are shown, but those that a session stands "
		     "on") },
	{ .keys = { 'd', FN(KEY_F(8)), FN(KEY_DC) }, .name = "delete",
	  .foot = N_("Delete"), .run = on_delete, .unless = unless_one,
	  .help = N_("End this connection") },
	{ .keys = { 'r' }, .name = "look", .foot = N_("Look again"),
	  .run = on_look, .unless = unless_flows,
	  .help = N_("Look through the connections again") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back to the rules") },
};

static const struct action_table flows_actions = ACTION_TABLE(actions);

const struct screen flows_screen = {
	.name = N_("Connections"),
	.count = flows_count,
	.selectable = flows_selectable,
	.draw_row = flows_draw_row,
	.detail = flows_detail,
	.actions = &flows_actions,
};

void
flows_open(struct ui *ui)
{
	if (ui->flowing.search || ui->flowing.known || flowing_look(ui))
		view_select(ui_push(ui, &flows_screen, NULL), ROW_FIRST);
}
