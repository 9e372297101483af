/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that this session did not begin: found at the start, or begun by
 * somebody else while the editor is open. It is watched like our own, and may be
 * kept or undone here. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "term.h"
#include "ui.h"

static char *
who(const struct actor *actor)
{
	if (!actor->user)
		return xstrdup(_("somebody"));
	if (!actor->from)
		return xstrdup(actor->user);
	return xasprintf(_("%s from %s"), actor->user, actor->from);
}

static bool
found_running(struct ui *ui, const struct trial *trial)
{
	struct guardian_client client = { .fd = -1 };
	struct vec changes = { 0 };

	if (guardian_connect(&ui->world->guardian, &client)) {
		ui_error(ui);
		return false;
	}
	trial_changesets(trial, &changes);
	watch_start(ui, &client, &changes);
	watch_run(ui, trial->deadline_ms);
	ui->watch.login_demanded = trial->login_demanded && !trial_proof(trial);
	ui->watch.found = true;
	ui->watch.by = who(&trial->actor);
	return true;
}

/* What was undone while no one looked is staged again. */
static void
found_settled(struct ui *ui, const struct trial *trial)
{
	struct vec changes = { 0 };

	if (trial->state == TRIAL_CONFIRMED) {
		ui_say(ui, _("the last trial was kept"));
		flowing_settled(ui);
		return;
	}
	if (trial->state != TRIAL_REVERTED) {
		ui_warn(ui, _("the last commit failed: %s"),
			trial->reason ? trial->reason : "?");
		return;
	}
	trial_changesets(trial, &changes);
	if (ui->world->read_only ||
	    session_stage_all(ui->session, &changes) != OK)
		ui_warn(ui, _("the last trial was undone (%s)"),
			trial->reason ? trial->reason : "?");
	else
		ui_warn(ui, _("the last trial was undone (%s); its edits are "
			      "staged again"),
			trial->reason ? trial->reason : "?");
	apply_take(ui->world);
	changesets_done(&changes);
	ui_changed(ui);
	flowing_settled(ui);
}

void
watch_resume(struct ui *ui, enum apply_found what, const struct trial *trial,
	     const char *why)
{
	switch (what) {
	case FOUND_NOTHING:
		if (trial && !apply_was_taken(ui->world, trial))
			found_settled(ui, trial);
		return;
	case FOUND_RUNNING:
	case FOUND_RESUMED:
		if (trial && found_running(ui, trial))
			trial_open(ui);
		return;
	case FOUND_SETTLED:
		if (trial)
			found_settled(ui, trial);
		return;
	case FOUND_FOREIGN:
		ui_warn(ui, _("a trial of another network namespace is "
			      "recorded here; it is left alone"));
		return;
	case FOUND_UNREADABLE:
	case FOUND_UNGUARDED:
		ui_warn(ui, "%s", why);
		return;
	}
}

/* Keys that were typed for something else are no code. */
static void
joined(struct ui *ui, const struct trial *trial)
{
	if (!found_running(ui, trial))
		return;
	ui->watch.joined = true;
	term_flush_keys();
	ui_warn(ui, _("%s has put a change on trial: the line above tells how "
		      "to keep or undo it"), ui->watch.by);
	ui_changed(ui);
}

void
watch_join(struct ui *ui)
{
	struct trial *trial = NULL;
	enum apply_found what;

	if (ui->watch.phase != WATCH_NONE || ui->world->file ||
	    !guardian_running(&ui->world->guardian))
		return;
	what = apply_resume(ui->world, &trial);
	if ((what == FOUND_RUNNING || what == FOUND_RESUMED) && trial)
		joined(ui, trial);
	trial_free(trial);
}
