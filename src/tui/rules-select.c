/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selected line of the listing: it stays with its rule when the listing
 * changes, follows what was staged, and is remembered for each table. */
#include <string.h>
#include <sallyport/i18n.h>
#include "rules.h"

struct line_key
rules_key_of(const struct line *line)
{
	struct line_key key = { .deleted = line->mark == MARK_DELETED };

	if (line->chain)
		memcpy(key.chain, line->chain->name, sizeof(key.chain));
	if (line->kind == LINE_RULE)
		key.rule = line->rule->id;
	return key;
}

static bool
same_key(const struct line_key *a, const struct line_key *b)
{
	return a->rule == b->rule && a->deleted == b->deleted &&
	       strcmp(a->chain, b->chain) == 0;
}

void
rules_select_key(struct view *view, const struct line_key *key)
{
	const struct rules *rules = rules_data(view);

	for (size_t i = 0; i < rules->lines.n; i++) {
		if (!same_key(&rules->keys[i], key) ||
		    !view_selectable(view, i))
			continue;
		view->sel = i;
		return;
	}
}

void
rules_select(struct ui *ui, const char *chain, size_t pos)
{
	struct view *view = &ui->views[0];
	const struct rules *rules = rules_data(view);

	for (size_t i = 0; i < rules->lines.n; i++) {
		const struct line *line = rules->lines.v[i];
		bool wanted = pos == SIZE_MAX ? line->kind == LINE_CHAIN :
			      line->kind == LINE_RULE && line->pos == pos &&
			      line->mark != MARK_DELETED;

		if (!wanted || strcmp(line->chain->name, chain) != 0)
			continue;
		view->sel = i;
		return;
	}
}

struct spot
rules_spot(const struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	struct spot spot = { 0 };

	if (!line || line->kind != LINE_RULE)
		return spot;
	memcpy(spot.chain, line->chain->name, sizeof(spot.chain));
	spot.rule = rule_ref(line->rule);
	spot.pos = line->pos;
	return spot;
}

void
rules_spot_drop(struct spot *spot)
{
	rule_unref(spot->rule);
	spot->rule = NULL;
}

/* How far the line is from the spot; SIZE_MAX: it is not that rule. */
static size_t
distance(const struct line *line, const struct spot *spot)
{
	if (line->kind != LINE_RULE ||
	    strcmp(line->chain->name, spot->chain) != 0 ||
	    !rule_equal(line->rule, spot->rule))
		return SIZE_MAX;
	return line->pos > spot->pos ? line->pos - spot->pos :
				       spot->pos - line->pos;
}

/* Of several that are the same the nearest. */
void
rules_spot_take(struct ui *ui, struct spot *spot)
{
	struct view *view = &ui->views[0];
	const struct rules *rules = rules_data(view);
	size_t nearest = SIZE_MAX;

	for (size_t i = 0; spot->rule && i < rules->lines.n; i++) {
		size_t far = distance(rules->lines.v[i], spot);

		if (far >= nearest)
			continue;
		nearest = far;
		view->sel = i;
	}
	rules_spot_drop(spot);
}

static struct place *
place_of(struct rules *rules, const char *table)
{
	size_t at = 0;

	while (strcmp(table_names[at], table) != 0)
		at++;
	return &rules->places[at];
}

/* A row that hides an interface may say the opposite of what the rule does. */
enum layout
rules_first_layout(const struct ui *ui)
{
	return columns_want_interfaces(session_candidate(ui->session)) ?
	       LAYOUT_INTERFACES : LAYOUT_PLAIN;
}

static void
leave_table(struct view *view)
{
	struct rules *rules = rules_data(view);
	struct place *place = place_of(rules, view->ui->session->table);

	*place = (struct place){ .seen = true, .top = view->top,
				 .layout = rules->layout };
	if (view->sel < rules->lines.n)
		place->key = rules->keys[view->sel];
}

void
rules_show_table(struct ui *ui, const char *table)
{
	struct view *view = &ui->views[0];
	struct rules *rules = rules_data(view);
	const struct place *place = place_of(rules, table);

	if (strcmp(table, ui->session->table) == 0)
		return;
	leave_table(view);
	session_switch(ui->session, table);
	ui_changed(ui);
	rules->layout = place->seen ? place->layout : rules_first_layout(ui);
	view->top = place->top;
	view_select(view, 0);
	rules_select_key(view, &place->key);
	if (session_base(ui->session)->absent)
		ui_say(ui, _("the table %s is not in use; the first commit of "
			     "a rule makes it"), table);
}

/* --- Following what was staged --- */

void
rules_show_step(struct ui *ui, const struct vec *steps)
{
	const struct step *step = steps->v[steps->n - 1];
	const struct changeset *first = step->changesets.v[0];

	for (size_t i = 0; i < step->changesets.n; i++) {
		const struct changeset *cs = step->changesets.v[i];

		if (strcmp(cs->table, ui->session->table) == 0)
			return;
	}
	rules_show_table(ui, first->table);
}

/* What was staged last of the table that is shown, or NULL. */
static const struct change *
last_change(const struct session *session)
{
	const struct step *step;

	if (session->steps.n == 0)
		return NULL;
	step = session->steps.v[session->steps.n - 1];
	for (size_t i = 0; i < step->changesets.n; i++) {
		const struct changeset *cs = step->changesets.v[i];

		if (strcmp(cs->table, session->table) == 0)
			return cs->changes.v[cs->changes.n - 1];
	}
	return NULL;
}

static void
select_change(struct ui *ui, const struct change *last)
{
	switch (last->kind) {
	case CHANGE_INSERT:
	case CHANGE_REPLACE:
		rules_select(ui, last->chain, last->pos);
		return;
	case CHANGE_MOVE:
		rules_select(ui, last->chain, last->to_pos);
		return;
	case CHANGE_CHAIN_RENAME:
		rules_select(ui, last->new_name, SIZE_MAX);
		return;
	case CHANGE_POLICY:
	case CHANGE_CHAIN_NEW:
	case CHANGE_CHAIN_FLUSH:
	case CHANGE_CHAIN_FILL:
		rules_select(ui, last->chain, SIZE_MAX);
		return;
	case CHANGE_DELETE:
	case CHANGE_CHAIN_DELETE:
		return;
	}
}

void
rules_follow(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;
	const struct change *last;

	if (steps->n == 0)
		return;
	rules_show_step(ui, steps);
	last = last_change(ui->session);
	if (last)
		select_change(ui, last);
}
