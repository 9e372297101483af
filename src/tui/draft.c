/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits that another editor left behind are offered at the start. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "ui.h"

static struct draft *
take(struct ui *ui)
{
	struct draft *draft = ui->draft;

	ui->draft = NULL;
	return draft;
}

static void
take_up(struct ui *ui)
{
	enum err err = session_take_draft(ui->session, take(ui));

	ui_changed(ui);
	if (err && ui->session->conflicts.n)
		conflicts_open(ui);
	else if (err)
		ui_error(ui);
	else if (session_staged_count(ui->session) == 0)
		ui_say(ui, _("all of it is in place already"));
	else
		ui_say(ui, _("staged what was left behind; u undoes it"));
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

static const struct choice choices[] = {
	{ 'y', N_("Take them up"), take_up },
	{ 'd', N_("Drop them"), drop },
};

static char *
question(const struct draft *draft)
{
	size_t n = changesets_count(&draft->changes);
	const char *user = draft->by.user ? draft->by.user : "?";
	struct str who = { 0 }, when = { 0 };
	char *text;

	text_visible(&who, user, strlen(user), true);
	clock_format(&when, draft->wall_s);
	text = xasprintf(Q_("%zu edit of %s (%s) was left behind. Take it up?",
			    "%zu edits of %s (%s) were left behind. Take them "
			    "up?", n), n, str_text(&who), str_text(&when));
	str_done(&who);
	str_done(&when);
	return text;
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
	text = question(ui->draft);
	form_ask(&ui->form, text, choices, ARRAY_LEN(choices));
	free(text);
}
