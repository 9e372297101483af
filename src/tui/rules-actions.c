/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done on the rules screen. Nothing here reaches the kernel: each
 * action stages a change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>
#include "cursesw.h"
#include "rules.h"
#include "term.h"

/* --- Why not --- */

static const char *
unless_rule(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (!line || line->kind != LINE_RULE)
		return _("there is no rule on this line");
	if (line->mark == MARK_DELETED)
		return _("this rule is deleted already; u undoes that");
	return NULL;
}

static const char *
unless_own_rule(struct ui *ui)
{
	const char *why = unless_writable(ui);

	return why ? why : unless_rule(ui);
}

static const char *
unless_line(struct ui *ui)
{
	const char *why = unless_writable(ui);
	const struct line *line = rules_selected(ui);

	if (why)
		return why;
	if (!line || !line->chain)
		return _("there is no chain here");
	if (line->kind == LINE_RULE)
		return unless_rule(ui);
	if (line->mark == MARK_DELETED)
		return _("this chain is deleted already; u undoes that");
	return NULL;
}

static const char *
unless_place(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (line && line->kind == LINE_RULE)
		return unless_writable(ui);
	return unless_line(ui);
}

static const char *
unless_deletable(struct ui *ui)
{
	const char *why = unless_line(ui);
	const struct line *line = rules_selected(ui);

	if (!why && line->kind == LINE_CHAIN && chain_is_builtin(line->chain))
		return _("a built-in chain cannot be deleted");
	return why;
}

static const char *
unless_clip(struct ui *ui)
{
	if (!ui->clip)
		return _("nothing was copied yet; y copies a rule");
	return unless_place(ui);
}

static const char *
unless_policy(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (!line || !line->chain || !chain_is_builtin(line->chain))
		return _("only a built-in chain has a policy");
	return unless_writable(ui);
}

static const char *
unless_undo(struct ui *ui)
{
	return ui->session->steps.n > 0 ? NULL : _("nothing is staged");
}

static const char *
unless_redo(struct ui *ui)
{
	return ui->session->redo.n > 0 ? NULL : _("nothing was undone");
}

static const char *
unless_review(struct ui *ui)
{
	const char *why = unless_writable(ui);

	if (!why && session_staged_count(ui->session) == 0)
		why = _("nothing is staged");
	return why;
}

static const char *
unless_fix(struct ui *ui)
{
	const struct guard_report *report = ui->session->report;

	if (!report || report->judgement == JUDGED_SAFE)
		return _("the guard has nothing to mend");
	return unless_writable(ui);
}

/* --- The spec of a rule, typed --- */

static struct rules *
data(struct ui *ui)
{
	return rules_data(&ui->views[0]);
}

static enum err
form_is_current(struct ui *ui)
{
	if (data(ui)->changed == ui->changed)
		return OK;
	return fail(ERR_CONFLICT, _("the listing changed meanwhile; Esc, then "
				    "begin again (Up brings the text back)"));
}

static enum err
parse_spec(struct ui *ui, const char *text, struct vec *rules)
{
	const struct ruleset *rs = ui->session->candidate;
	struct chain_names names = ruleset_chain_names(rs);
	size_t n;
	char **words = words_split(text, &n);
	enum err err;

	if (!words)
		return fail(ERR_PARSE, _("a quotation mark is not closed"));
	err = n == 0 ? fail(ERR_PARSE, _("a rule is wanted, such as -p tcp "
					 "--dport 80 -j ACCEPT"))
		     : xt_parse(rs->table, (int)n, words, &names, rules);
	words_free(words);
	return err;
}

static void
rules_free(struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_unref(rules->v[i]);
	vec_done(rules);
}

/* The first rule takes the place of the one at pos, or goes there; the others
 * follow it. One step to undo. */
static enum err
stage_rules(struct ui *ui, const struct vec *rules, bool replace)
{
	const struct rules *at = data(ui);
	struct ruleset *copy = ruleset_copy(ui->session->candidate);
	struct changeset *cs = changeset_new(copy->table);
	enum err err = OK;

	for (size_t i = 0; i < rules->n && !err; i++) {
		const struct rule *rule = rules->v[i];
		struct change *change = replace && i == 0 ?
			change_replace(at->chain, at->pos, rule) :
			change_insert(at->chain, at->pos + i, rule);

		err = changeset_push_take(cs, copy, change);
	}
	if (!err)
		err = session_stage(ui->session, cs);
	changeset_free(cs);
	ruleset_free(copy);
	return err;
}

static enum err
submit_spec(struct ui *ui, const char *text, bool replace)
{
	struct vec rules = { 0 };
	enum err err = form_is_current(ui);

	if (!err)
		err = parse_spec(ui, text, &rules);
	if (!err)
		err = stage_rules(ui, &rules, replace);
	rules_free(&rules);
	if (err)
		return err;
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

static enum err
submit_new(struct ui *ui, const char *text)
{
	return submit_spec(ui, text, false);
}

static enum err
submit_changed(struct ui *ui, const char *text)
{
	return submit_spec(ui, text, true);
}

static void
open_form(struct ui *ui, enum form_kind kind, char *label, const char *text,
	  form_submit *submit)
{
	data(ui)->changed = ui->changed;
	form_open(&ui->form, kind, label, text, submit);
	free(label);
}

static void
set_target(struct ui *ui, const char *chain, size_t pos)
{
	struct rules *rules = data(ui);

	snprintf(rules->chain, sizeof(rules->chain), "%s", chain);
	rules->pos = pos;
}

static void
open_new(struct ui *ui)
{
	const struct rules *at = data(ui);

	open_form(ui, FORM_RULE, xasprintf(_("New rule %s %zu, without -A %s:"),
		  at->chain, at->pos + 1, at->chain), "", submit_new);
}

/* Below a chain's own line is its end, as -A has it. */
static void
target_below(struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	size_t pos = line->kind == LINE_CHAIN ? line->chain->rules.n :
		     line->pos + (line->mark != MARK_DELETED);

	set_target(ui, line->chain->name, pos);
}

static void
on_add(struct ui *ui)
{
	target_below(ui);
	open_new(ui);
}

static void
on_add_above(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	set_target(ui, line->chain->name,
		   line->kind == LINE_CHAIN ? 0 : line->pos);
	open_new(ui);
}

static enum err
submit_rename(struct ui *ui, const char *text)
{
	enum err err = form_is_current(ui);

	if (!err)
		err = session_stage_take(ui->session,
					 change_chain_rename(data(ui)->chain, text));
	if (err)
		return err;
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

static void on_policy(struct ui *ui);

static void
edit_chain(struct ui *ui, const struct chain *chain)
{
	if (chain_is_builtin(chain)) {
		on_policy(ui);
		return;
	}
	set_target(ui, chain->name, 0);
	open_form(ui, FORM_OTHER, xasprintf(_("New name of chain %s:"),
		  chain->name), chain->name, submit_rename);
}

static void
on_edit(struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	struct str spec = { 0 };

	if (line->kind == LINE_CHAIN) {
		edit_chain(ui, line->chain);
		return;
	}
	if (xt_is_opaque(line->rule)) {
		ui_warn(ui, _("this rule uses what cannot be printed here; it can "
			      "be moved, copied and deleted, not edited"));
		return;
	}
	set_target(ui, line->chain->name, line->pos);
	xt_spec_body(line->rule, &spec);
	open_form(ui, FORM_RULE, xasprintf(_("Rule %s %zu:"), line->chain->name,
		  line->pos + 1), str_text(&spec), submit_changed);
	str_done(&spec);
}

/* --- Without a form --- */

static void
on_delete(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	ui_staged(ui, session_stage_take(ui->session,
		line->kind == LINE_CHAIN ? change_chain_delete(line->chain->name)
					 : change_delete(line->chain->name,
							 line->pos)));
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

	target_below(ui);
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
set_policy(struct ui *ui, enum policy policy)
{
	enum err err = form_is_current(ui);

	if (!err)
		err = session_stage_take(ui->session,
					 change_policy(data(ui)->chain, policy));
	ui_staged(ui, err);
}

static void policy_accept(struct ui *ui) { set_policy(ui, POLICY_ACCEPT); }
static void policy_drop(struct ui *ui) { set_policy(ui, POLICY_DROP); }

static const struct choice policies[] = {
	{ 'a', "ACCEPT", policy_accept },
	{ 'd', "DROP", policy_drop },
};

static void
on_policy(struct ui *ui)
{
	const struct chain *chain = rules_selected(ui)->chain;
	char *question = xasprintf(_("Policy of %s, now %s:"), chain->name,
				   policy_name(chain->policy));

	set_target(ui, chain->name, 0);
	data(ui)->changed = ui->changed;
	form_ask(&ui->form, question, policies, ARRAY_LEN(policies));
	free(question);
}

static enum err
submit_chain(struct ui *ui, const char *text)
{
	enum err err = session_stage_take(ui->session, change_chain_new(text));

	if (err)
		return err;
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

static void
on_new_chain(struct ui *ui)
{
	open_form(ui, FORM_OTHER, xstrdup(_("Name of the new chain:")), "",
		  submit_chain);
}

static enum err
submit_command(struct ui *ui, const char *text)
{
	enum err err = session_stage_command(ui->session, text);

	if (err)
		return err;
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

static void
on_command(struct ui *ui)
{
	open_form(ui, FORM_COMMAND, xstrdup(_("An ip6tables command (-A -I -D -R "
		  "-P -N -X -E -F):")), "", submit_command);
}

static void
on_undo(struct ui *ui)
{
	session_undo(ui->session);
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

static void
drop_and_reload(struct ui *ui)
{
	ui_staged(ui, session_reload(ui->session, true));
}

static const struct choice reload_choices[] = {
	{ 'd', N_("Drop them"), drop_and_reload },
};

static void
on_reload(struct ui *ui)
{
	enum err err = session_reload(ui->session, false);
	char *question;

	ui->live_differs = false;
	if (err == ERR_CONFLICT) {
		question = xasprintf(_("The staged edits do not fit: %s"),
				     err_message());
		form_ask(&ui->form, question, reload_choices,
			 ARRAY_LEN(reload_choices));
		free(question);
		return;
	}
	ui_staged(ui, err);
	if (!err)
		ui_say(ui, _("read again"));
}

static void
on_columns(struct ui *ui)
{
	struct rules *rules = data(ui);

	rules->layout = (rules->layout + 1) % LAYOUT_COUNT;
	rules->fitted = 0;
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
	{ .keys = { 'a', 'o' }, .name = "add", .foot = N_("Add"), .run = on_add,
	  .unless = unless_place,
	  .help = N_("Add a rule below; on a chain's line, at its end") },
	{ .keys = { 'e', '\r', FN(KEY_ENTER), FN(KEY_F(4)) }, .name = "edit",
	  .foot = N_("Edit"), .run = on_edit, .unless = unless_line,
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
	  .run = on_policy, .unless = unless_policy,
	  .help = N_("Set the chain's policy") },
	{ .keys = { 'H' }, .name = "history", .foot = N_("History"),
	  .run = history_open_screen, .help = N_("Who changed what, and when") },
	{ .keys = { '/' }, .name = "search", .foot = N_("Search"),
	  .run = ui_search, .help = N_("Search for text") },
	{ .keys = { ':' }, .name = "command", .foot = N_("Command"),
	  .run = on_command, .unless = unless_writable,
	  .help = N_("Stage an ip6tables command as it is pasted from the web") },
	{ .keys = { 'v' }, .name = "columns", .foot = N_("Columns"),
	  .run = on_columns,
	  .help = N_("Columns: plain, with interfaces, with counters") },
	{ .keys = { 'O' }, .name = "add-above", .run = on_add_above,
	  .unless = unless_place,
	  .help = N_("Add a rule above; on a chain's line, at its beginning") },
	{ .keys = { 'y' }, .name = "copy", .run = on_copy, .unless = unless_rule,
	  .help = N_("Copy the rule") },
	{ .keys = { 'p' }, .name = "paste", .run = on_paste,
	  .unless = unless_clip, .help = N_("Put the copied rule below") },
	{ .keys = { KEY_CTRL('R') }, .name = "redo", .run = on_redo,
	  .unless = unless_redo, .help = N_("Do again what was undone") },
	{ .keys = { 'C' }, .name = "new-chain", .foot = N_("New chain"),
	  .run = on_new_chain, .unless = unless_writable,
	  .help = N_("Make a chain") },
	{ .keys = { '\t' }, .name = "next-chain", .run = on_next_chain,
	  .help = N_("Go to the next chain") },
	{ .keys = { FN(KEY_BTAB) }, .name = "previous-chain",
	  .run = on_previous_chain, .help = N_("Go to the chain before") },
	{ .keys = { 'G', FN(KEY_END) }, .name = "go", .run = on_go,
	  .help = N_("Go to the end; 12G goes to rule 12 of this chain") },
	{ .keys = { 'r' }, .name = "reload", .run = on_reload,
	  .help = N_("Read the table again; staged edits are kept") },
};

const struct action_table rules_actions = ACTION_TABLE(actions);
