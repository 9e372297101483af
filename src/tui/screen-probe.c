/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet, field by field, and the rules that it meets as things are staged.
 * What becomes of it stands below the title, here and on every screen. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "cursesw.h"
#include "probe-rows.h"
#include "term.h"

enum { COLUMN_LABEL = 5, COLUMN_VALUE = 18 };

const struct probe_text probe_texts[PROBE_FIELDS] = {
	[PROBE_FROM] = { "from", N_("from"),
		N_("From which address or network? any: from anywhere; empty: "
		   "from this host"), N_("this host") },
	[PROBE_TO] = { "to", N_("to"),
		N_("To which address or network? Empty: to this host"),
		N_("this host") },
	[PROBE_PROTOCOL] = { "protocol", N_("protocol"),
		N_("Which protocol? tcp, udp, icmpv6 ... or its number"),
		"tcp" },
	[PROBE_DPORT] = { "to-port", N_("to port"),
		N_("To which port? Empty: to any"), N_("any") },
	[PROBE_SPORT] = { "from-port", N_("from port"),
		N_("From which port? Empty: from any, 1024 and up"),
		N_("any, 1024 and up") },
	[PROBE_ICMP_TYPE] = { "type", N_("type"),
		N_("Which type of ICMPv6? 128 echo request, 135 neighbour "
		   "solicitation ..."), N_("128, echo request") },
	[PROBE_IN] = { "in", N_("in by"),
		N_("By which interface does it come in? Empty: what the "
		   "routes say"), NULL },
	[PROBE_OUT] = { "out", N_("out by"),
		N_("By which interface does it leave? Empty: what the routes "
		   "say"), NULL },
	[PROBE_STATE] = { "state", N_("state"),
		N_("Which state of its connection?"), NULL },
};

/* --- Which row is what --- */

bool
probe_shows(const struct ui *ui, enum probe_field field)
{
	return probe_field_fits(field, ui->probe.question.packet.proto);
}

static size_t
field_count(const struct ui *ui)
{
	size_t n = 0;

	for (size_t i = 0; i < PROBE_FIELDS; i++)
		n += probe_shows(ui, (enum probe_field)i);
	return n;
}

enum probe_field
probe_field_at(const struct ui *ui, size_t row)
{
	for (size_t i = 0; i < PROBE_FIELDS; i++)
		if (probe_shows(ui, (enum probe_field)i) && row-- == 0)
			return (enum probe_field)i;
	return PROBE_FIELDS;
}

size_t
probe_row_of(const struct ui *ui, enum probe_field field)
{
	size_t row = 0;

	while (probe_field_at(ui, row) < field)
		row++;
	return row;
}

/* What decides, where it is no rule of the path. */
static bool
has_last(const struct probe_answer *answer)
{
	const struct walk_result *walk = &answer->walk;

	return walk->rule == 0 || !probe_met(answer, walk->table, walk->chain,
					     walk->rule);
}

#define HEADING 2	/* rows between the fields and the rules */

static size_t
step_count(const struct probe_answer *answer)
{
	return answer ? answer->path.n + has_last(answer) : 0;
}

static size_t
probe_count(const struct view *view)
{
	size_t steps = step_count(view->ui->probe.answer);

	return field_count(view->ui) + (steps ? HEADING + steps : 0);
}

bool
probe_step_at(const struct ui *ui, size_t row, struct probe_step *step)
{
	const struct probe_answer *answer = ui->probe.answer;
	size_t first = field_count(ui) + HEADING;

	if (row < first || row - first >= step_count(answer))
		return false;
	if (row - first < answer->path.n) {
		*step = *(struct probe_step *)answer->path.v[row - first];
		return true;
	}
	str_copy(step->table, sizeof(step->table), answer->walk.table);
	str_copy(step->chain, sizeof(step->chain), answer->walk.chain);
	step->rule = answer->walk.rule;
	return true;
}

static bool
probe_selectable(const struct view *view, size_t row)
{
	size_t n = field_count(view->ui);

	return row < n || row >= n + HEADING;
}

/* --- Fields --- */

static void
key_of(const char *name, struct str *out)
{
	for (size_t i = 0; i < probe_actions.n; i++)
		if (strcmp(probe_actions.actions[i].name, name) == 0)
			term_key_name(probe_actions.actions[i].keys[0], out);
}

static void
put_link(const char *ifname, bool by_route, bool is_there, bool missing,
	 struct paint *paint)
{
	if (ifname[0])
		paint_raw(paint, ROLE_TEXT, ifname);
	else
		paint_add(paint, ROLE_DIM, is_there ? _("not known") : "-");
	if (by_route)
		paint_addf(paint, ROLE_DIM, "  %s", _("(by route)"));
	if (missing)
		paint_addf(paint, ROLE_WARN, "  %s", _("(not there now)"));
}

/* A field that has no words of its own is what was made of it. */
static void
put_meaning(const struct probe_question *q, enum probe_field field,
	    struct paint *paint)
{
	const struct packet *p = &q->packet;

	if (field == PROBE_IN)
		put_link(p->in, q->in_by_route, p->in_unknown, q->in_missing,
			 paint);
	else if (field == PROBE_OUT)
		put_link(p->out, q->out_by_route, p->out_unknown,
			 q->out_missing, paint);
	else
		paint_add(paint, ROLE_TEXT, probe_state_name(p->ct));
}

static void
draw_field(const struct ui *ui, enum probe_field field, struct paint *paint)
{
	const char *word = ui->probe.words[field];
	struct str key = { 0 };

	key_of(probe_texts[field].action, &key);
	paint_addf(paint, ROLE_KEY, "  %s", str_text(&key));
	paint_to(paint, ROLE_TEXT, COLUMN_LABEL);
	paint_add(paint, ROLE_TEXT, _(probe_texts[field].label));
	paint_to(paint, ROLE_TEXT, COLUMN_VALUE);
	if (!probe_texts[field].unsaid)
		put_meaning(&ui->probe.question, field, paint);
	else if (word && *word)
		paint_raw(paint, ROLE_TEXT, word);
	else
		paint_add(paint, ROLE_DIM, _(probe_texts[field].unsaid));
	str_done(&key);
}

/* --- Rules --- */

static const struct rule *
rule_of(const struct ui *ui, const struct probe_step *step)
{
	const struct ruleset *rs = tables_get(ui->session->candidate,
					      step->table);

	return chain_rule(ruleset_chain(rs, step->chain), step->rule - 1);
}

static void
put_spec(const struct ui *ui, const struct probe_step *step, const char *chain,
	 struct paint *paint)
{
	struct str spec = { 0 };

	if (chain)
		xt_spec(rule_of(ui, step), chain, false, &spec);
	else
		xt_spec_body(rule_of(ui, step), &spec);
	paint_raw(paint, ROLE_TEXT, str_text(&spec));
	str_done(&spec);
}

static void
put_name(const struct probe_step *step, enum role role, struct paint *paint)
{
	struct str name = { 0 };

	probe_step_name(step, &name);
	paint_raw(paint, role, str_text(&name));
	str_done(&name);
}

static void
draw_step(const struct ui *ui, const struct probe_step *step,
	  struct paint *paint)
{
	enum role role;
	const char *sign = probing_sign(ui, step->table, step->chain,
					step->rule, &role);

	paint_add(paint, role, sign);
	paint_add(paint, ROLE_TEXT, " ");
	put_name(step, *sign == '=' ? role : ROLE_TEXT, paint);
	if (step->rule == 0)
		return;
	paint_add(paint, ROLE_TEXT, "  ");
	paint_to(paint, ROLE_TEXT, COLUMN_VALUE);
	put_spec(ui, step, NULL, paint);
}

static void
probe_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct ui *ui = view->ui;
	enum probe_field field = probe_field_at(ui, row);
	struct probe_step step;

	if (field != PROBE_FIELDS)
		draw_field(ui, field, paint);
	else if (probe_step_at(ui, row, &step))
		draw_step(ui, &step, paint);
	else if (row > field_count(ui))
		paint_add(paint, ROLE_CHAIN, _("What it meets"));
}

static const struct {
	const char *way;
	const char *text;
} ways[] = {
	{ "INPUT", N_("to this host (INPUT)") },
	{ "OUTPUT", N_("from this host (OUTPUT)") },
	{ "FORWARD", N_("through this host (FORWARD)") },
};

/* Which way it is, what the rules have no say in, and what the kernel says
 * besides. */
static void
put_question(const struct ui *ui, struct paint *paint)
{
	const struct probe_question *q = &ui->probe.question;
	struct str account = { 0 }, missing = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (strcmp(ways[i].way, q->way) == 0)
			paint_add(paint, ROLE_TEXT, _(ways[i].text));
	probe_missing_links(q, &missing);
	if (missing.len > 0) {
		paint_add(paint, ROLE_TEXT, "; ");
		paint_raw(paint, ROLE_WARN, str_text(&missing));
	}
	if (q->note)
		paint_addf(paint, ROLE_WARN, "; %s", q->note);
	if (missing.len == 0)	/* else the kernel cannot be asked */
		probe_account(ui->probe.answer, &account);
	if (account.len > 0) {
		paint_add(paint, ROLE_TEXT, "; ");
		paint_raw(paint, ROLE_TEXT, str_text(&account));
	}
	str_done(&missing);
	str_done(&account);
}

static void
probe_detail(const struct view *view, size_t row, struct paint *paint)
{
	const struct ui *ui = view->ui;
	struct probe_step step;

	if (!probe_step_at(ui, row, &step)) {
		if (ui->probe.answer)
			put_question(ui, paint);
		return;
	}
	if (step.rule > 0)
		put_spec(ui, &step, step.chain, paint);
}

static void
probe_place(const struct view *view, size_t row, struct paint *paint)
{
	struct probe_step step;

	if (probe_step_at(view->ui, row, &step))
		put_name(&step, ROLE_TEXT, paint);
}

const struct screen probe_screen = {
	.name = N_("Probe"),
	.count = probe_count,
	.selectable = probe_selectable,
	.draw_row = probe_draw_row,
	.detail = probe_detail,
	.place = probe_place,
	.actions = &probe_actions,
};

void
probe_open(struct ui *ui)
{
	probing_open(ui);
	if (ui->probe.answer)
		ui_push(ui, &probe_screen, NULL);
}
