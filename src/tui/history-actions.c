/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with a revision: it is shown, compared, and restored by
 * staging the difference, which takes the same road as any edit. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "revisions.h"
#include "rules.h"
#include "term.h"

static enum err
with_history(const struct ui *ui, struct history **history)
{
	return history_open(ui->world->db_path, true, history);
}

static const struct entry *
current(struct ui *ui)
{
	return revisions_at(ui_view(ui), ui_view(ui)->sel);
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
		str_add(text, _("This revision has its text only; = compares "
				"it with another one.\n"));
	revision_free(rev);
	return err;
}

static char *
heading_of(const struct entry *entry)
{
	return xasprintf(_("Revision %lld of the table %s"),
			 (long long)entry->id, entry->table);
}

static void
on_show(struct ui *ui)
{
	int64_t id = current(ui)->id;
	struct history *history = NULL;
	struct str text = { 0 };
	enum err err = with_history(ui, &history);
	char *heading = heading_of(current(ui));

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
	if (!err && strcmp(from->table, to->table) != 0)
		err = fail(ERR_USAGE, _("revision %lld is of the table %s, "
			   "revision %lld of %s"), (long long)a, from->table,
			   (long long)b, to->table);
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
	struct revisions *revisions = revisions_data(ui_view(ui));
	int64_t id = current(ui)->id, other = revisions->marked;

	if (other == 0 || other == id) {
		revisions->marked = other == id ? 0 : id;
		if (revisions->marked)
			ui_say(ui, _("now = on another revision compares "
				     "them"));
		return;
	}
	revisions->marked = 0;
	show_comparison(ui, other < id ? other : id, other < id ? id : other);
}

static void
show_restored(struct ui *ui, const char *table, int64_t id, bool staged)
{
	ui_pop(ui);
	ui_changed(ui);
	rules_show_table(ui, table);
	if (!staged)
		ui_say(ui, _("the rules are the same: nothing was staged"));
	else
		ui_say(ui, _("staged what brings the table %s back to revision "
			     "%lld; c reviews it"), table, (long long)id);
}

static void
on_restore(struct ui *ui)
{
	int64_t id = current(ui)->id;
	struct history *history = NULL;
	struct ruleset *target = NULL;
	size_t before = ui->session->steps.n;
	enum err err = with_history(ui, &history);

	if (!err)
		err = history_ruleset(history, id, &target);
	history_close(history);
	if (!err)
		err = session_stage_target(ui->session, target);
	if (err)
		ui_error(ui);
	else
		show_restored(ui, target->table, id,
			      ui->session->steps.n != before);
	ruleset_free(target);
}

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER), 'e' }, .name = "show",
	  .foot = N_("Show"), .run = on_show, .unless = unless_entry,
	  .help = N_("Show what the revision changed") },
	{ .keys = { 's' }, .name = "restore", .foot = N_("Stage its state"),
	  .run = on_restore, .unless = unless_restorable,
	  .help = N_("Stage what brings its table back to this revision") },
	{ .keys = { '=' }, .name = "compare", .foot = N_("Compare"),
	  .run = on_compare, .unless = unless_entry,
	  .help = N_("Mark a revision, then compare it with another") },
	{ .keys = { '/' }, .name = "search", .foot = N_("Search"),
	  .run = ui_search, .help = N_("Search for text") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back to the rules") },
};

const struct action_table history_actions = ACTION_TABLE(actions);
