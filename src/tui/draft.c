/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits that another editor left behind are offered at the start. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "ui.h"

#define CHAINS_MAX 3	/* named in a message */

static struct draft *
take(struct ui *ui)
{
	struct draft *draft = ui->draft;

	ui->draft = NULL;
	return draft;
}

/* What it makes of its own tables, in edits. */
static size_t
edits_of(const struct draft *draft)
{
	struct tables *made = tables_copy(draft->base);
	struct vec changes = { 0 };
	size_t n;

	if (tables_apply(made, &draft->changes) != OK)
		die("a draft does not fit its own tables: %s", err_message());
	tables_diff(draft->base, made, true, &changes);
	n = changesets_count(&changes);
	changesets_done(&changes);
	tables_free(made);
	return n;
}

/* Has an earlier change of cs named that chain? */
static bool
is_listed(const struct changeset *cs, size_t before, const char *chain)
{
	for (size_t i = 0; i < before; i++) {
		const struct change *change = cs->changes.v[i];

		if (strcmp(change->chain, chain) == 0)
			return true;
	}
	return false;
}

/* The chains that differ, the first few: "INPUT, nat PREROUTING". */
static void
add_chains(struct str *out, const struct tables *was, const struct tables *now)
{
	struct vec changes = { 0 };
	size_t chains = 0;

	tables_diff(was, now, true, &changes);
	for (size_t c = 0; c < changes.n && chains < CHAINS_MAX; c++) {
		const struct changeset *cs = changes.v[c];
		bool named = strcmp(cs->table, "filter") != 0;

		for (size_t i = 0; i < cs->changes.n && chains < CHAINS_MAX;
		     i++) {
			const struct change *change = cs->changes.v[i];

			if (is_listed(cs, i, change->chain))
				continue;
			str_addf(out, "%s%s%s%s", out->len ? ", " : "",
				 named ? cs->table : "", named ? " " : "",
				 change->chain);
			chains++;
		}
	}
	changesets_done(&changes);
}

/* was: the tables on which there were n edits. */
static void
tell_taken(struct ui *ui, const struct tables *was, size_t n)
{
	size_t staged = session_staged_count(ui->session);
	struct str chains = { 0 };

	if (staged == 0) {
		ui_say(ui, _("all of it is in place already"));
		return;
	}
	ui_say(ui, _("staged what was left behind; u undoes it"));
	add_chains(&chains, was, ui->session->base);
	if (chains.len)
		str_addf(&ui->message, _("; others changed %s meanwhile"),
			 str_text(&chains));
	if (staged < n)
		ui_add_in_place(ui, n - staged);
	str_done(&chains);
}

static void
take_up(struct ui *ui)
{
	struct draft *draft = take(ui);
	struct tables *was = tables_copy(draft->base);
	size_t n = edits_of(draft);
	enum err err = session_take_draft(ui->session, draft);

	ui_changed(ui);
	if (err && ui->session->conflicts.n)
		conflicts_open(ui);
	else if (err)
		ui_error(ui);
	else
		tell_taken(ui, was, n);
	tables_free(was);
	owned_allow_staged(ui);
}

static void
drop(struct ui *ui)
{
	struct draft *draft = take(ui);

	draft_drop(ui->world, draft);
	draft_free(draft);
	ui_say(ui, _("the edits that were left behind are dropped"));
}

static const struct choice drop_choices[] = {
	{ 'y', N_("Drop"), drop },
};

/* Nothing brings them back: no single key does it, which may be part of a
 * command that is typed over the question. */
static void
ask_to_drop(struct ui *ui)
{
	form_ask(&ui->form, _("Drop for good what was left behind?"),
		 drop_choices, ARRAY_LEN(drop_choices));
}

static const struct choice choices[] = {
	{ 'y', N_("Take up"), take_up },
	{ 'D', N_("Drop"), ask_to_drop },
};

/* It hides the message line: what is there comes first. */
static char *
question(const struct ui *ui)
{
	const struct draft *draft = ui->draft;
	size_t n = changesets_count(&draft->changes);
	const char *user = draft->by.user ? draft->by.user : "?";
	struct str text = { 0 }, who = { 0 }, when = { 0 };

	if (ui->message.len)
		str_addf(&text, "%s. ", str_text(&ui->message));
	text_visible(&who, user, strlen(user), true);
	clock_format(&when, draft->wall_s);
	str_addf(&text, Q_("%zu edit of %s (%s) was left behind. Take it up?",
			   "%zu edits of %s (%s) were left behind. Take them "
			   "up?", n), n, str_text(&who), str_text(&when));
	str_done(&who);
	str_done(&when);
	return str_take(&text);
}

void
draft_offer(struct ui *ui)
{
	enum err err;
	char *text;

	if (ui->world->read_only || !ui->world->db_path ||
	    session_staged_count(ui->session) ||
	    ui->watch.phase != WATCH_NONE)
		return;
	err = draft_find(ui->world, &ui->draft);
	if (err == ERR_PARSE)
		ui_error(ui);
	if (err)
		return;
	text = question(ui);
	form_ask(&ui->form, text, choices, ARRAY_LEN(choices));
	free(text);
}
