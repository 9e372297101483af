/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is typed on the rules screen: the spec of a rule, names, commands. A
 * form that was opened on a listing which changed since is not accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>
#include "rules.h"

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
	const struct ruleset *rs = session_candidate(ui->session);
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
say_same(struct ui *ui)
{
	ui_say(ui, _("the rules are the same: nothing was staged"));
}

/* The first rule takes the place of the one at pos, or goes there; the others
 * follow it. One step to undo; none where all is the same. */
static enum err
stage_rules(struct ui *ui, const struct vec *rules, bool replace, bool *same)
{
	const struct rules *at = data(ui);
	struct ruleset *copy = ruleset_copy(session_candidate(ui->session));
	struct changeset *cs = changeset_new(copy->table);
	enum err err = OK;

	for (size_t i = 0; i < rules->n && !err; i++) {
		const struct rule *rule = rules->v[i];
		struct change *change = replace && i == 0 ?
			change_replace(at->chain, at->pos, rule) :
			change_insert(at->chain, at->pos + i, rule);

		err = changeset_push_take(cs, copy, change);
	}
	*same = ruleset_equal(copy, session_candidate(ui->session));
	if (!err && !*same)
		err = session_stage(ui->session, cs);
	changeset_free(cs);
	ruleset_free(copy);
	return err;
}

static enum err
submit_spec(struct ui *ui, const char *text, bool replace)
{
	struct vec rules = { 0 };
	bool same = false;
	enum err err = form_is_current(ui);

	if (!err)
		err = parse_spec(ui, text, &rules);
	if (!err)
		err = stage_rules(ui, &rules, replace, &same);
	rules_done(&rules);
	if (err)
		return err;
	if (same) {
		say_same(ui);
		return OK;
	}
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
void
rules_target_below(struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	size_t pos = line->kind == LINE_CHAIN ? line->chain->rules.n :
		     line->pos + (line->mark != MARK_DELETED);

	set_target(ui, line->chain->name, pos);
}

void
rules_add(struct ui *ui)
{
	rules_target_below(ui);
	open_new(ui);
}

void
rules_add_above(struct ui *ui)
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
		err = session_stage_take(ui->session, change_chain_rename(
					 data(ui)->chain, text));
	if (err)
		return err;
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

static void
set_policy(struct ui *ui, enum policy policy)
{
	const char *name = data(ui)->chain;
	const struct chain *chain = ruleset_chain(
		session_candidate(ui->session), name);
	enum err err = form_is_current(ui);

	if (!err && chain && chain->policy == policy) {
		ui_say(ui, _("%s's policy is %s already"), name,
		       policy_name(policy));
		return;
	}
	if (!err)
		err = session_stage_take(ui->session,
					 change_policy(name, policy));
	ui_staged(ui, err);
}

static void policy_accept(struct ui *ui) { set_policy(ui, POLICY_ACCEPT); }
static void policy_drop(struct ui *ui) { set_policy(ui, POLICY_DROP); }

static const struct choice policies[] = {
	{ 'a', "ACCEPT", policy_accept },
	{ 'd', "DROP", policy_drop },
};

void
rules_policy(struct ui *ui)
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

void
rules_new_chain(struct ui *ui)
{
	open_form(ui, FORM_OTHER, xstrdup(_("Name of the new chain:")), "",
		  submit_chain);
}

static enum err
submit_command(struct ui *ui, const char *text)
{
	size_t before = ui->session->steps.n;
	enum err err = session_stage_command(ui->session, text);

	if (err)
		return err;
	if (ui->session->steps.n == before) {
		say_same(ui);
		return OK;
	}
	ui_staged(ui, OK);
	rules_follow(ui);
	return OK;
}

void
rules_command(struct ui *ui)
{
	open_form(ui, FORM_COMMAND, xasprintf(_("An ip6tables command (-A -I -D "
		  "-R -P -N -X -E -F) for %s:"), ui->session->table), "",
		  submit_command);
}

static void
edit_chain(struct ui *ui, const struct chain *chain)
{
	if (chain_is_builtin(chain)) {
		rules_policy(ui);
		return;
	}
	set_target(ui, chain->name, 0);
	open_form(ui, FORM_OTHER, xasprintf(_("New name of chain %s:"),
		  chain->name), chain->name, submit_rename);
}

void
rules_edit(struct ui *ui)
{
	const struct line *line = rules_selected(ui);
	struct str spec = { 0 };

	if (line->kind == LINE_CHAIN) {
		edit_chain(ui, line->chain);
		return;
	}
	if (xt_is_opaque(line->rule)) {
		ui_warn(ui, _("this rule uses what cannot be printed here; it "
			      "can be moved, copied and deleted, not edited"));
		return;
	}
	set_target(ui, line->chain->name, line->pos);
	xt_spec_body(line->rule, &spec);
	open_form(ui, FORM_RULE, xasprintf(_("Rule %s %zu:"), line->chain->name,
		  line->pos + 1), str_text(&spec), submit_changed);
	str_done(&spec);
}
