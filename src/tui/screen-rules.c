/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listing: what the kernel has and what is staged on it, woven together.
 * A mark before each row says what happens to it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include <sallyport/xt.h>
#include "rules.h"

#define GUTTER 2	/* one more with the marks of a probe, and with those of a
			 * trial */

static const struct {
	const char *sign;
	enum role role;
} marks[] = {
	[MARK_NONE] = { " ", ROLE_TEXT },
	[MARK_ADDED] = { "+", ROLE_ADDED },
	[MARK_DELETED] = { "-", ROLE_DELETED },
	[MARK_CHANGED] = { "~", ROLE_CHANGED },
	[MARK_MOVED] = { ">", ROLE_MOVED },
};

struct rules *
rules_data(const struct view *view)
{
	return view->data;
}

const struct line *
rules_line(const struct view *view, size_t row)
{
	const struct rules *rules = rules_data(view);

	return row < rules->lines.n ? rules->lines.v[row] : NULL;
}

const struct line *
rules_selected(const struct ui *ui)
{
	return rules_line(&ui->views[0], ui->views[0].sel);
}

static size_t
rules_count(const struct view *view)
{
	return rules_data(view)->lines.n;
}

static bool
rules_selectable(const struct view *view, size_t row)
{
	const struct line *line = rules_line(view, row);

	return line->kind == LINE_CHAIN || line->kind == LINE_RULE;
}

/* --- Rows --- */

static size_t
gutter(const struct view *view)
{
	return GUTTER + (view->ui->probe.answer != NULL) +
	       (view->ui->session->committed != NULL);
}

/* What happens to the row, whether that is on trial, then whether the packet that
 * is asked about meets it. */
static void
draw_signs(const struct view *view, const struct line *line,
	   struct paint *paint)
{
	const struct ui *ui = view->ui;
	bool is_rule = line->kind == LINE_RULE;
	const char *sign = " ";
	enum role role = ROLE_TEXT;

	if (is_rule || line->mark != MARK_NONE)
		paint_add(paint, marks[line->mark].role,
			  marks[line->mark].sign);
	if (ui->session->committed && paint->width > 0)
		paint_add(paint, marks[line->mark].role,
			  line->on_trial ? "?" : " ");
	if (line->mark != MARK_DELETED)
		sign = probing_sign(ui, ui->session->table, line->chain->name,
				    is_rule ? line->pos + 1 : 0, &role);
	if (is_rule ? ui->probe.answer != NULL : *sign != ' ')
		paint_add(paint, role, sign);
	if (paint->width > 0)
		paint_add(paint, ROLE_TEXT, " ");
}

/* What is in the kernel looks so, on trial or not. */
static enum role
row_role(const struct line *line, enum role live)
{
	bool is_live = line->mark == MARK_NONE ||
		       (line->on_trial && line->mark != MARK_DELETED);

	return is_live ? live : marks[line->mark].role;
}

static void
draw_chain(const struct view *view, const struct line *line,
	   struct paint *paint)
{
	const struct chain *chain = line->chain;
	const struct rules *rules = rules_data(view);
	enum role role = row_role(line, ROLE_CHAIN);
	const char *owner = owned_by(chain->name);

	draw_signs(view, line, paint);
	paint_add(paint, role, "Chain ");
	paint_raw(paint, role, chain->name);
	if (!chain_is_builtin(chain))
		paint_addf(paint, role, " (%zu references)",
			   ruleset_references(session_candidate(view->ui->session),
					      chain->name));
	else if (rules->layout == LAYOUT_COUNTERS)
		paint_addf(paint, role, " (policy %s %llu packets, %llu bytes)",
			   policy_name(chain->policy),
			   (unsigned long long)chain->counters.packets,
			   (unsigned long long)chain->counters.bytes);
	else
		paint_addf(paint, role, " (policy %s)",
			   policy_name(chain->policy));
	if (owner) {
		paint_add(paint, ROLE_TEXT, "  ");
		paint_addf(paint, ROLE_DIM, _("%s's own"), owner);
	}
}

static size_t
shown_number(const struct line *line)
{
	return (line->mark == MARK_DELETED ? line->old_pos : line->pos) + 1;
}

static void
refit(struct rules *rules, const struct view *view, size_t width)
{
	rules->n_fitted = 0;
	rules->last_fitted = 0;
	rules->width = width;
	rules->stock = columns_stock_fits(rules->layout,
					  session_candidate(view->ui->session),
					  view->ui->world->utf8, width,
					  gutter(view));
}

static const struct columns *
fit_chain(const struct view *view, const struct chain *chain)
{
	struct rules *rules = rules_data(view);
	struct fitted *fitted;

	rules->fitted = xreallocarray(rules->fitted, rules->n_fitted + 1,
				      sizeof(*rules->fitted));
	rules->last_fitted = rules->n_fitted++;
	fitted = &rules->fitted[rules->last_fitted];
	fitted->chain = chain;
	columns_fit(&fitted->columns, rules->layout, chain, rules->stock,
		    view->ui->world->utf8, rules->width, gutter(view));
	return &fitted->columns;
}

/* Each chain is aligned in itself. */
static const struct columns *
columns_of(const struct view *view, const struct chain *chain)
{
	struct rules *rules = rules_data(view);
	size_t width = view->width > 0 ? view->width : 80;

	if (rules->width != width)
		refit(rules, view, width);
	for (size_t i = 0; i < rules->n_fitted; i++) {
		size_t at = (rules->last_fitted + i) % rules->n_fitted;

		if (rules->fitted[at].chain != chain)
			continue;
		rules->last_fitted = at;
		return &rules->fitted[at].columns;
	}
	return fit_chain(view, chain);
}

static void
draw_rule(const struct view *view, const struct line *line, struct paint *paint)
{
	enum role role = row_role(line, ROLE_TEXT);

	draw_signs(view, line, paint);
	columns_row(columns_of(view, line->chain), line->rule,
		    shown_number(line), role, paint);
}

static void
rules_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct line *line = rules_line(view, row);

	switch (line->kind) {
	case LINE_CHAIN:
		draw_chain(view, line, paint);
		return;
	case LINE_HEADER:
		columns_header(columns_of(view, line->chain), paint);
		return;
	case LINE_RULE:
		draw_rule(view, line, paint);
		return;
	case LINE_BLANK:
		return;
	}
}

/* --- The selected row in full --- */

static void
detail_chain(const struct view *view, const struct line *line,
	     struct paint *paint)
{
	const struct chain *chain = line->chain;
	size_t n = chain->rules.n;

	paint_raw(paint, ROLE_TEXT, chain->name);
	paint_addf(paint, ROLE_TEXT, Q_(": %zu rule, ", ": %zu rules, ", n), n);
	if (chain_is_builtin(chain)) {
		paint_addf(paint, ROLE_TEXT, _("policy %s"),
			   policy_name(chain->policy));
		return;
	}
	n = ruleset_references(session_candidate(view->ui->session),
			       chain->name);
	paint_addf(paint, ROLE_TEXT,
		   Q_("made by the administrator or a program, used by %zu rule",
		      "made by the administrator or a program, used by %zu "
		      "rules", n), n);
}

static void
put_spec(const struct rule *rule, const char *chain, enum role role,
	 struct paint *paint)
{
	struct str spec = { 0 };

	if (chain)
		xt_spec(rule, chain, false, &spec);
	else
		xt_spec_body(rule, &spec);
	paint_raw(paint, role, str_text(&spec));
	str_done(&spec);
}

static void
put_before(const struct line *line, struct paint *paint)
{
	const struct chain *was = line->old_chain;

	if (!was || line->old_pos >= was->rules.n)
		return;
	paint_addf(paint, ROLE_DIM, "  %s ", _("was:"));
	put_spec(chain_rule(was, line->old_pos), NULL, ROLE_DIM, paint);
}

static void
rules_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct line *line = rules_line(view, row);

	if (line->kind == LINE_CHAIN)
		detail_chain(view, line, paint);
	if (line->kind != LINE_RULE)
		return;
	put_spec(line->rule, line->chain->name, ROLE_TEXT, paint);
	if (line->on_trial)
		paint_addf(paint, ROLE_DIM, "  (%s)",
			   line->mark == MARK_DELETED ?
			   _("deleted, on trial") : _("on trial"));
	else if (line->mark == MARK_DELETED)
		paint_addf(paint, ROLE_DIM, "  (%s)", _("will be deleted"));
	if (line->mark == MARK_DELETED)
		return;
	if (line->mark == MARK_MOVED)
		paint_addf(paint, ROLE_DIM, _("  (was number %zu)"),
			   line->old_pos + 1);
	else if (line->mark == MARK_CHANGED)
		put_before(line, paint);
}

static void
rules_place(const struct view *view, size_t row, struct paint *paint)
{
	const struct line *line = rules_line(view, row);

	if (!line || !line->chain)
		return;
	paint_raw(paint, ROLE_TEXT, line->chain->name);
	if (line->kind == LINE_RULE && line->mark == MARK_DELETED)
		paint_addf(paint, ROLE_TEXT, " (%zu)", shown_number(line));
	else if (line->kind == LINE_RULE)
		paint_addf(paint, ROLE_TEXT, _(" %zu of %zu"), line->pos + 1,
			   line->chain->rules.n);
}

/* --- The listing --- */

static void
make_keys(struct rules *rules)
{
	rules->keys = xcalloc(rules->lines.n + 1, sizeof(*rules->keys));
	for (size_t i = 0; i < rules->lines.n; i++)
		rules->keys[i] = rules_key_of(rules->lines.v[i]);
}

static void
rules_update(struct view *view)
{
	struct rules *rules = rules_data(view);
	struct line_key kept = { 0 };

	if (view->sel < rules->lines.n)
		kept = rules->keys[view->sel];
	lines_free(&rules->lines);
	free(rules->keys);
	rules->lines = (struct vec){ 0 };
	probing_refresh(view->ui);
	session_lines(view->ui->session, &rules->lines);
	make_keys(rules);
	rules->width = 0;
	rules_select_key(view, &kept);
}

static void
rules_close(struct view *view)
{
	struct rules *rules = rules_data(view);

	lines_free(&rules->lines);
	free(rules->keys);
	free(rules->fitted);
	free(rules);
}

const struct screen rules_screen = {
	.name = N_("Rules"),
	.count = rules_count,
	.selectable = rules_selectable,
	.draw_row = rules_draw_row,
	.detail = rules_detail,
	.place = rules_place,
	.update = rules_update,
	.close = rules_close,
	.actions = &rules_actions,
};

void
rules_open(struct ui *ui)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));

	rules->layout = rules_first_layout(ui);
	ui_push(ui, &rules_screen, rules);
}
