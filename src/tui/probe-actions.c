/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be said of the packet that is asked about, and the way to the rules
 * that it meets. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "probe-rows.h"
#include "term.h"

/* Said; on to the next field. */
static enum err
submit(struct ui *ui, const char *text)
{
	enum probe_field field = ui->probe.editing;
	enum err err = probing_say(ui, field, text);

	if (err)
		return err;
	view_select(ui_view(ui), probe_row_of(ui, field));
	if (field != PROBE_STATE)
		view_move(ui_view(ui), 1);
	return OK;
}

static void
say_state(struct ui *ui, enum ct_state state)
{
	ui->probe.editing = PROBE_STATE;
	if (submit(ui, probe_state_name(state)))
		ui_error(ui);
}

static void say_new(struct ui *ui) { say_state(ui, CT_NEW); }
static void say_established(struct ui *ui) { say_state(ui, CT_ESTABLISHED); }
static void say_related(struct ui *ui) { say_state(ui, CT_RELATED); }
static void say_invalid(struct ui *ui) { say_state(ui, CT_INVALID); }
static void say_untracked(struct ui *ui) { say_state(ui, CT_UNTRACKED); }

static const struct choice states[] = {
	{ 'n', "NEW", say_new },
	{ 'e', "ESTABLISHED", say_established },
	{ 'r', "RELATED", say_related },
	{ 'i', "INVALID", say_invalid },
	{ 'u', "UNTRACKED", say_untracked },
};

static void
edit(struct ui *ui, enum probe_field field)
{
	const char *word = ui->probe.words[field];

	view_select(ui_view(ui), probe_row_of(ui, field));
	ui->probe.editing = field;
	if (field == PROBE_STATE)
		form_ask(&ui->form, _(probe_texts[field].question), states,
			 ARRAY_LEN(states));
	else
		form_open(&ui->form, FORM_PROBE, _(probe_texts[field].question),
			  word ? word : "", submit);
}

static void on_from(struct ui *ui) { edit(ui, PROBE_FROM); }
static void on_to(struct ui *ui) { edit(ui, PROBE_TO); }
static void on_protocol(struct ui *ui) { edit(ui, PROBE_PROTOCOL); }
static void on_dport(struct ui *ui) { edit(ui, PROBE_DPORT); }
static void on_sport(struct ui *ui) { edit(ui, PROBE_SPORT); }
static void on_type(struct ui *ui) { edit(ui, PROBE_ICMP_TYPE); }
static void on_in(struct ui *ui) { edit(ui, PROBE_IN); }
static void on_out(struct ui *ui) { edit(ui, PROBE_OUT); }
static void on_state(struct ui *ui) { edit(ui, PROBE_STATE); }

static const char *
unless_ports(struct ui *ui)
{
	return probe_shows(ui, PROBE_DPORT) ? NULL :
	       _("this protocol has no ports");
}

static const char *
unless_type(struct ui *ui)
{
	return probe_shows(ui, PROBE_ICMP_TYPE) ? NULL :
	       _("only ICMPv6 has types; p says which protocol it is");
}

static const char *
unless_field(struct ui *ui)
{
	return probe_field_at(ui, ui_view(ui)->sel) != PROBE_FIELDS ? NULL :
	       _("a rule is edited in the listing; Enter goes there");
}

static const char *
unless_step(struct ui *ui)
{
	return unless_field(ui) ? NULL : _("there is no rule on this line");
}

static void
on_edit(struct ui *ui)
{
	edit(ui, probe_field_at(ui, ui_view(ui)->sel));
}

/* --- In the listing --- */

/* In its table, where the others are marked, too. */
static void
go_to(struct ui *ui, const struct probe_step *step)
{
	rules_show_table(ui, step->table);
	rules_select(ui, step->chain, step->rule > 0 ? step->rule - 1 :
		     SIZE_MAX);
}

const char *
unless_probe(struct ui *ui)
{
	return ui->probe.answer ? NULL :
	       _("no packet is asked about yet; t does");
}

void
probe_go_decision(struct ui *ui)
{
	const struct walk_result *walk = &ui->probe.answer->walk;
	struct probe_step step = { .rule = walk->rule };

	str_copy(step.table, sizeof(step.table), walk->table);
	str_copy(step.chain, sizeof(step.chain), walk->chain);
	go_to(ui, &step);
}

static bool
is_selected(const struct ui *ui, const struct probe_step *step)
{
	const struct line *line = rules_selected(ui);

	return line && line->kind == LINE_RULE && line->mark != MARK_DELETED &&
	       line->pos + 1 == step->rule &&
	       strcmp(line->chain->name, step->chain) == 0 &&
	       strcmp(ui->session->table, step->table) == 0;
}

void
probe_go_next(struct ui *ui)
{
	const struct vec *path = &ui->probe.answer->path;
	size_t next = 0;

	for (size_t i = 0; i < path->n; i++)
		if (is_selected(ui, path->v[i]))
			next = (i + 1) % path->n;
	if (path->n > 0)
		go_to(ui, path->v[next]);
	else
		ui_warn(ui, _("it meets no rule; = goes to the policy"));
}

static void
on_show(struct ui *ui)
{
	struct probe_step step;

	if (!probe_step_at(ui, ui_view(ui)->sel, &step))
		return;
	ui_pop(ui);
	go_to(ui, &step);
}

static void
on_choose(struct ui *ui)
{
	if (unless_field(ui))
		on_show(ui);
	else
		on_edit(ui);
}

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER) }, .name = "choose", .run = on_choose,
	  .help = N_("Say something else here; on a rule, show it in the "
		     "listing") },
	{ .keys = { 'e', FN(KEY_F(4)) }, .name = "edit", .foot = N_("Edit"),
	  .foot_keys = "Enter", .run = on_edit, .unless = unless_field,
	  .help = N_("Say something else here") },
	{ .keys = { 'l' }, .name = "listing", .foot = N_("Show"),
	  .foot_keys = "Enter", .run = on_show, .unless = unless_step,
	  .help = N_("Show the rule in the listing") },
	{ .keys = { 'f' }, .name = "from", .foot = N_("From"), .run = on_from,
	  .help = N_("Where it comes from") },
	{ .keys = { 't' }, .name = "to", .foot = N_("To"), .run = on_to,
	  .help = N_("Where it goes: to this host, or through it") },
	{ .keys = { 'p' }, .name = "protocol", .foot = N_("Protocol"),
	  .run = on_protocol, .help = N_("Its protocol") },
	{ .keys = { 'd' }, .name = "to-port", .foot = N_("Port"),
	  .run = on_dport, .unless = unless_ports,
	  .help = N_("The port that it goes to") },
	{ .keys = { 's' }, .name = "from-port", .run = on_sport,
	  .unless = unless_ports, .help = N_("The port that it comes from") },
	{ .keys = { 'y' }, .name = "type", .foot = N_("Type"), .run = on_type,
	  .unless = unless_type, .help = N_("The type of an ICMPv6 packet") },
	{ .keys = { 'i' }, .name = "in", .run = on_in,
	  .help = N_("The interface that it comes in by") },
	{ .keys = { 'o' }, .name = "out", .run = on_out,
	  .help = N_("The interface that it leaves by") },
	{ .keys = { 'c' }, .name = "state", .foot = N_("State"),
	  .run = on_state, .help = N_("The state of its connection") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back",
	  .foot = N_("Back"), .run = ui_pop,
	  .help = N_("Go back to the rules, where those that it meets are "
		     "marked") },
};

const struct action_table probe_actions = ACTION_TABLE(actions);
