/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done on the rules screen. Nothing here reaches the kernel: each
 * action stages a change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "rules.h"
#include "term.h"

static struct rules *
data(struct ui *ui)
{
	return rules_data(&ui->views[0]);
}

static void
on_delete(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	ui_staged(ui, session_stage_take(ui->session,
		line->kind == LINE_CHAIN ?
		change_chain_delete(line->chain->name) :
		change_delete(line->chain->name, line->pos)));
}

static void
on_copy(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	rule_unref(ui->clip);
	ui->clip = rule_ref(line->rule);
	ui_say(ui, _("copied; p puts it below the selected line"));
}

/* A copy is a rule of its own, with counters of its own. */
static void
on_paste(struct ui *ui)
{
	struct rule *copy = NULL;
	enum err err;

	rules_target_below(ui);
	err = rule_new(ui->clip->entry, ui->clip->size, NULL,
		       (struct counters){ 0, 0 }, &copy);
	if (!err)
		err = session_stage_take(ui->session,
			change_insert(data(ui)->chain, data(ui)->pos, copy));
	rule_unref(copy);
	ui_staged(ui, err);
	if (!err)
		rules_follow(ui);
}

static void
move_by(struct ui *ui, long by)
{
	const struct line *line = rules_selected(ui);
	char chain[CHAIN_NAME_SIZE];
	long to = (long)line->pos + by;

	if (to < 0 || to >= (long)line->chain->rules.n) {
		ui_warn(ui, by < 0 ? _("this is the first rule of the chain")
				   : _("this is the last rule of the chain"));
		return;
	}
	memcpy(chain, line->chain->name, sizeof(chain));
	ui_staged(ui, session_stage_take(ui->session,
		change_move(chain, line->pos, (size_t)to)));
	rules_select(ui, chain, (size_t)to);
}

static void on_move_up(struct ui *ui) { move_by(ui, -1); }
static void on_move_down(struct ui *ui) { move_by(ui, 1); }

static void
on_undo(struct ui *ui)
{
	rules_show_step(ui, &ui->session->steps);
	if (!session_undo(ui->session) && session_trial_count(ui->session))
		ui_warn(ui, _("this is on trial: R undoes it"));
	ui_changed(ui);
}

static void
on_redo(struct ui *ui)
{
	session_redo(ui->session);
	ui_changed(ui);
	rules_follow(ui);
}

static void
on_fix(struct ui *ui)
{
	enum err err = session_stage_fix(ui->session);

	ui_staged(ui, err);
	if (err)
		return;
	rules_follow(ui);
	ui_say(ui, _("staged what the guard offers; u undoes it"));
}

/* What our trial changes would count as others', and not be staged again when it
 * is undone. */
static const char *
unless_reload(struct ui *ui)
{
	return ui->watch.phase == WATCH_NONE || ui->watch.theirs ? NULL :
	       _("a trial is running: keep or undo it first");
}

static void
on_reload(struct ui *ui)
{
	ui_reload(ui, _("read again"));
}

static void
on_columns(struct ui *ui)
{
	struct rules *rules = data(ui);

	rules->layout = (rules->layout + 1) % LAYOUT_COUNT;
	rules->width = 0;
	ui_say(ui, _("columns: %s"), layout_name(rules->layout));
}

/* --- Chains --- */

static void
next_chain(struct ui *ui, long step)
{
	struct view *view = ui_view(ui);
	long n = (long)view_count(view), at = (long)view->sel;

	for (long i = 0; i < n; i++) {
		at = (at + step + n) % n;
		if (rules_line(view, (size_t)at)->kind != LINE_CHAIN)
			continue;
		view->sel = (size_t)at;
		return;
	}
}

static void on_next_chain(struct ui *ui) { next_chain(ui, 1); }
static void on_previous_chain(struct ui *ui) { next_chain(ui, -1); }

/* 12G: the rule with that number in this chain. */
static void
on_go(struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	struct view *view = ui_view(ui);
	size_t n = ui->count;

	if (n == 0) {
		view_select(view, view_count(view));
		return;
	}
	if (!line || !line->chain)
		return;
	if (n > line->chain->rules.n)
		ui_warn(ui, _("%s has no rule %zu"), line->chain->name, n);
	else
		rules_select(ui, line->chain->name, n - 1);
}

static const struct action actions[] = {
	{ .keys = { 'f' }, .name = "fix", .foot = N_("Fix"), .run = on_fix,
	  .unless = unless_fix,
	  .help = N_("Stage the rules that the guard offers") },
	{ .keys = { 'a', 'o' }, .name = "add", .foot = N_("Add"),
	  .run = rules_add, .unless = unless_place,
	  .help = N_("Add a rule below; on a chain's line, at its end") },
	{ .keys = { 'e', '\r', FN(KEY_ENTER), FN(KEY_F(4)) }, .name = "edit",
	  .foot = N_("Edit"), .run = rules_edit, .unless = unless_line,
	  .help = N_("Edit the rule; on a chain's line, its name or policy") },
	{ .keys = { 'd', FN(KEY_F(8)), FN(KEY_DC) }, .name = "delete",
	  .foot = N_("Delete"), .run = on_delete, .unless = unless_deletable,
	  .help = N_("Delete the rule; on a chain's line, the empty chain") },
	{ .keys = { 'c' }, .name = "review", .foot = N_("Commit"),
	  .run = review_open, .unless = unless_review,
	  .help = N_("Review what is staged, then commit it on trial") },
	{ .keys = { 'u' }, .name = "undo", .foot = N_("Undo"), .run = on_undo,
	  .unless = unless_undo, .help = N_("Undo the last edit") },
	{ .keys = { 'K' }, .name = "move-up", .foot = N_("Move"),
	  .foot_keys = "K/J", .run = on_move_up, .unless = unless_own_rule,
	  .help = N_("Move the rule up") },
	{ .keys = { 'J' }, .name = "move-down", .run = on_move_down,
	  .unless = unless_own_rule, .help = N_("Move the rule down") },
	{ .keys = { 'P' }, .name = "policy", .foot = N_("Policy"),
	  .run = rules_policy, .unless = unless_policy,
	  .help = N_("Set the chain's policy") },
	{ .keys = { 'T' }, .name = "table", .foot = N_("Table"),
	  .run = tables_open,
	  .help = N_("Show another table: filter, nat, mangle, raw, security") },
	{ .keys = { 't' }, .name = "probe", .foot = N_("Probe"),
	  .run = probe_open,
	  .help = N_("Ask what becomes of a packet; its rules are marked") },
	{ .keys = { 'x' }, .name = "expose", .foot = N_("Expose"),
	  .run = expose_open, .unless = unless_expose,
	  .help = N_("Open a port for whoever listens: this host or a "
		     "container") },
	{ .keys = { 'H' }, .name = "history", .foot = N_("History"),
	  .run = history_open_screen, .unless = unless_history,
	  .help = N_("Who changed what, and when") },
	{ .keys = { ':' }, .name = "command", .foot = N_("Command"),
	  .run = rules_command, .unless = unless_writable,
	  .help = N_("Stage an ip6tables command, as pasted from the web") },
	{ .keys = { '/' }, .name = "search", .foot = N_("Search"),
	  .run = ui_search, .help = N_("Search for text") },
	{ .keys = { 'E' }, .name = "editor", .foot = N_("Editor"),
	  .run = edit_table, .unless = unless_editor,
	  .help = N_("Edit the table as text in $EDITOR") },
	{ .keys = { 'I' }, .name = "import",
	  .run = text_import, .unless = unless_writable,
	  .help = N_("Stage a rules file, of one table or more") },
	{ .keys = { 'W' }, .name = "write",
	  .run = text_export, .unless = unless_writable,
	  .help = N_("Write the rules as staged, of all tables, to a file") },
	{ .keys = { 'v' }, .name = "columns", .foot = N_("Columns"),
	  .run = on_columns,
	  .help = N_("Columns: plain, with interfaces, with counters") },
	{ .keys = { 'O' }, .name = "add-above", .run = rules_add_above,
	  .unless = unless_place,
	  .help = N_("Add a rule above; on a chain's line, at its beginning") },
	{ .keys = { 'y' }, .name = "copy", .run = on_copy,
	  .unless = unless_rule, .help = N_("Copy the rule") },
	{ .keys = { 'p' }, .name = "paste", .run = on_paste,
	  .unless = unless_clip, .help = N_("Put the copied rule below") },
	{ .keys = { KEY_CTRL('R') }, .name = "redo", .run = on_redo,
	  .unless = unless_redo, .help = N_("Do again what was undone") },
	{ .keys = { 'C' }, .name = "new-chain", .foot = N_("New chain"),
	  .run = rules_new_chain, .unless = unless_writable,
	  .help = N_("Make a chain") },
	{ .keys = { 'F' }, .name = "flows", .run = flows_open,
	  .unless = unless_flows,
	  .help = N_("Connections that live on though the rules which let "
		     "them in are gone") },
	{ .keys = { '*' }, .name = "probe-next", .run = probe_go_next,
	  .unless = unless_probe,
	  .help = N_("Go to the next rule that the packet meets") },
	{ .keys = { '=' }, .name = "probe-decision", .run = probe_go_decision,
	  .unless = unless_probe,
	  .help = N_("Go to the rule or policy that decides about it") },
	{ .keys = { '\t' }, .name = "next-chain", .run = on_next_chain,
	  .help = N_("Go to the next chain") },
	{ .keys = { FN(KEY_BTAB) }, .name = "previous-chain",
	  .run = on_previous_chain, .help = N_("Go to the chain before") },
	{ .keys = { 'G', FN(KEY_END) }, .name = "go", .run = on_go,
	  .help = N_("Go to the end; 12G goes to rule 12 of this chain") },
	{ .keys = { 'r' }, .name = "reload", .run = on_reload,
	  .unless = unless_reload,
	  .help = N_("Read the table again; staged edits are kept") },
};

const struct action_table rules_actions = ACTION_TABLE(actions);
