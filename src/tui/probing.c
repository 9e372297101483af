/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked about a packet, and the answer as it stands. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "ui.h"

#define SSH_PORT "22"

/* --- The question --- */

static void
set_word(struct probing *p, enum probe_field field, const char *word)
{
	char *copy = xstrdup(word);

	free(p->words[field]);
	p->words[field] = copy;
}

static bool
is_of_peer(const struct lifeline *ll)
{
	return !ll->v4 && !ll->any_peer && ll->way == LIFELINE_IN;
}

/* Whoever must get in first of all. */
static const struct lifeline *
first_lifeline(const struct session *session)
{
	for (size_t i = 0; i < session->lifelines.n; i++)
		if (is_of_peer(session->lifelines.v[i]))
			return session->lifelines.v[i];
	return NULL;
}

static void
set_first_words(struct ui *ui)
{
	const struct lifeline *ll = first_lifeline(ui->session);
	struct str from = { 0 }, port = { 0 };

	if (ll) {
		addr_format(&from, &ll->peer);
		if (ll->peer_len < 128)
			str_addf(&from, "/%u", ll->peer_len);
		str_addf(&port, "%u", ll->local_port);
	}
	set_word(&ui->probe, PROBE_FROM, ll ? str_text(&from) : "any");
	set_word(&ui->probe, PROBE_DPORT, ll ? str_text(&port) : SSH_PORT);
	str_done(&from);
	str_done(&port);
}

/* Those that such a protocol has; what others are about is kept for later. */
static struct probe_words
words_for(const struct probing *p, uint8_t proto)
{
	struct probe_words words = { .v = { NULL } };

	for (size_t i = 0; i < PROBE_FIELDS; i++)
		if (probe_field_fits((enum probe_field)i, proto))
			words.v[i] = p->words[i];
	return words;
}

/* The protocol is understood first: it has no field that not all have. */
static enum err
ask(struct ui *ui)
{
	struct probe_question question;
	struct probe_words words = words_for(&ui->probe, IPPROTO_NONE);
	bool here = !ui->world->file;
	enum err err = probe_ask(&words, here, &question);

	if (err)
		return err;
	words = words_for(&ui->probe, question.packet.proto);
	err = probe_ask(&words, here, &question);
	if (!err)
		ui->probe.question = question;
	return err;
}

/* --- The answer --- */

static void
forget(struct probing *p)
{
	probe_answer_free(p->answer);
	p->answer = NULL;
}

void
probing_refresh(struct ui *ui)
{
	struct probing *p = &ui->probe;

	if (p->asked && p->answer && !p->stale &&
	    p->judged == ui->session->judged)
		return;
	forget(p);
	p->due = false;
	if (!p->asked)
		return;
	p->answer = probe_walk(ui->session->candidate, &p->question);
	p->stale = false;
	p->judged = ui->session->judged;
	p->due = apply_rehearses(ui->world);
}

void
probing_rehearse(struct ui *ui)
{
	struct probing *p = &ui->probe;

	if (p->due)
		probe_rehearse_start(p->answer, ui->session->candidate);
	p->due = false;
}

int
probing_fd(const struct ui *ui)
{
	return probe_rehearse_fd(ui->probe.answer);
}

void
probing_input(struct ui *ui)
{
	if (probing_fd(ui) >= 0)
		probe_rehearse_take(ui->probe.answer);
}

void
probing_open(struct ui *ui)
{
	if (!ui->probe.words[PROBE_FROM])
		set_first_words(ui);
	ui->probe.asked = ui->probe.stale = ask(ui) == OK;
	if (!ui->probe.asked)
		ui_error(ui);
	ui_changed(ui);
}

enum err
probing_say(struct ui *ui, enum probe_field field, const char *word)
{
	struct probing *p = &ui->probe;
	char *before = p->words[field];
	enum err err;

	p->words[field] = xstrdup(word);
	err = ask(ui);
	if (err) {
		free(p->words[field]);
		p->words[field] = before;
		return err;
	}
	free(before);
	p->asked = p->stale = true;
	ui_changed(ui);
	return OK;
}

void
probing_clear(struct ui *ui)
{
	ui->probe.asked = false;
	ui_changed(ui);
}

void
probing_done(struct probing *p)
{
	forget(p);
	for (size_t i = 0; i < PROBE_FIELDS; i++)
		free(p->words[i]);
}

/* --- How it looks --- */

static const enum role roles[] = {
	[VERDICT_ACCEPT] = ROLE_SAFE,
	[VERDICT_DROP] = ROLE_BAD,
	[VERDICT_UNKNOWN] = ROLE_WARN,
};

enum role
probing_role(const struct ui *ui)
{
	return roles[probe_judgement(ui->probe.answer)];
}

enum judges { BY_WALK, BY_WALK_SO_FAR, BY_BOTH };
enum rules { AS_LIVE, AS_STAGED, WITHOUT_NFT };

static const char *
judge_text(const struct ui *ui)
{
	static const char *const texts[][3] = {
		[BY_WALK] = { N_("walked"), N_("walked, as staged"),
			N_("walked, without nf_tables") },
		[BY_WALK_SO_FAR] = { N_("walked, rehearsing"),
			N_("walked, as staged, rehearsing"),
			N_("walked, without nf_tables, rehearsing") },
		[BY_BOTH] = { N_("rehearsed"), N_("rehearsed, as staged"),
			N_("rehearsed, without nf_tables") },
	};
	enum judges judges = probe_by_kernel(ui->probe.answer) ? BY_BOTH :
			     BY_WALK;
	enum rules rules = session_staged_count(ui->session) > 0 ? AS_STAGED :
			   AS_LIVE;

	if (probing_fd(ui) >= 0)
		judges = BY_WALK_SO_FAR;
	if (ui->session->other_world)
		rules = WITHOUT_NFT;
	return _(texts[judges][rules]);
}

void
probing_verdict(const struct ui *ui, struct str *out)
{
	const struct probe_answer *answer = ui->probe.answer;
	struct str walked = { 0 };

	probe_verdict(answer, &walked);
	if (probe_agrees(answer))
		str_addf(out, "%s (%s)", str_text(&walked), judge_text(ui));
	else
		str_addf(out, _("%s (walked), %s (%s)"), str_text(&walked),
			 verdict_name(probe_judgement(answer)),
			 judge_text(ui));
	str_done(&walked);
}

/* The packet where there is room for it, then the answer; at the right, if
 * anything can stand there, what the marks mean. */
bool
probing_line(const struct ui *ui, size_t width, struct paint *paint)
{
	const char *legend = _("* met  = decides  Esc ends ");
	struct str packet = { 0 }, verdict = { 0 };
	size_t n;

	if (!ui->probe.answer)
		return false;
	n = text_width(legend);
	probe_describe(&ui->probe.question, &packet);
	probing_verdict(ui, &verdict);
	paint_add(paint, ROLE_TEXT, " ");
	if (packet.len + verdict.len + n + 8 < width) {
		paint_raw(paint, ROLE_TEXT, str_text(&packet));
		paint_add(paint, ROLE_TEXT, ":  ");
	}
	paint_raw(paint, probing_role(ui), str_text(&verdict));
	if (paint->width + 2 + n <= width) {
		paint_to(paint, ROLE_TEXT, width - n);
		paint_add(paint, ROLE_TEXT, legend);
	}
	str_done(&packet);
	str_done(&verdict);
	return true;
}

const char *
probing_sign(const struct ui *ui, const char *table, const char *chain,
	     size_t rule, enum role *role)
{
	const struct probe_answer *answer = ui->probe.answer;

	*role = ROLE_KEY;
	if (answer && probe_decided(answer, table, chain, rule)) {
		*role = probing_role(ui);
		return "=";
	}
	if (answer && rule > 0 && probe_met(answer, table, chain, rule))
		return "*";
	return " ";
}
