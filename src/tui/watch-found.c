/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that this session did not begin: found at the start, or begun by
 * somebody else while the editor is open. It is watched like our own, and may be
 * kept or undone here. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include "term.h"
#include "ui.h"

#define JOIN_MS 5000	/* between two tries to join one that does not answer */

char *
watch_who(const struct actor *actor)
{
	if (!actor->user)
		return xstrdup(_("somebody"));
	if (!actor->from)
		return xstrdup(actor->user);
	return xasprintf(_("%s from %s"), actor->user, actor->from);
}

char *
watch_why(const char *reason, const char *by)
{
	char *text = trial_reason_text(reason && *reason ? reason : "?");
	char *why = by ? xasprintf(_("%s, by %s"), text, by) : xstrdup(text);

	free(text);
	return why;
}

void
watch_taken(struct ui *ui)
{
	if (ui->session->draft.name ||
	    session_staged_count(ui->session) == 0)
		apply_take(ui->world);
}

void
watch_show_lost(struct ui *ui, const char *lost)
{
	struct str text = { 0 };

	if (!lost || !*lost)
		return;
	str_add(&text, lost);
	diff_open(ui, &text, _("What others did and was taken back"));
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
	ui->watch.by = watch_who(&trial->actor);
	return true;
}

/* Whoever claims it before we do lives, and made it. */
static void
adopt(struct ui *ui, const struct trial *trial)
{
	ui->watch.theirs = ui->watch.claim < 0 ||
			   session_adopt(ui->session, trial) != OK;
	ui_changed(ui);
}

static void
tell_undone(struct ui *ui, const struct trial *trial, bool again)
{
	char *by = trial->settled_by.user ? watch_who(&trial->settled_by) : NULL;
	char *why = watch_why(trial->reason, by);

	ui_warn(ui, again ? _("the last trial was undone (%s); its edits are "
			      "staged again") :
			    _("the last trial was undone (%s)"), why);
	free(why);
	free(by);
}

/* Would the trial change nothing more on what the draft makes of its tables? */
static bool
has_trial(const struct draft *draft, const struct trial *trial)
{
	struct tables *made = tables_copy(draft->base);
	bool has = tables_apply(made, &draft->changes) == OK;

	for (size_t i = 0; i < trial->parts.n && has; i++) {
		const struct trial_part *part = trial_part(trial, i);
		const struct ruleset *rs = tables_get(made, part->before->table);
		struct vec conflicts = { 0 };
		struct changeset *more;

		has = rs && changeset_rebase(part->changes, part->before, rs,
					     MERGE_OURS, &more,
					     &conflicts) == OK &&
		      more->changes.n == 0;
		if (rs)
			changeset_free(more);
		conflicts_done(&conflicts);
	}
	tables_free(made);
	return has;
}

/* Where edits were staged beside the trial, the draft has them and its own. */
static enum err
take_undone(struct ui *ui, const struct trial *trial)
{
	struct draft *draft = NULL;

	if (draft_find(ui->world, &draft) == OK &&
	    draft->wall_s >= trial->committed_wall_s &&
	    has_trial(draft, trial))
		return session_take_draft(ui->session, draft);
	draft_free(draft);
	return session_take_undone(ui->session, trial);
}

/* What was undone while no one looked is staged again, unless whoever made it
 * does so. */
static void
found_undone(struct ui *ui, const struct trial *trial)
{
	int claim = apply_claim(ui->world);
	bool mine = claim >= 0 && !apply_was_taken(ui->world, trial);
	enum err err = mine ? take_undone(ui, trial) : OK;

	tell_undone(ui, trial, mine && !err &&
			       session_staged_count(ui->session) > 0);
	if (mine)
		watch_taken(ui);
	if (claim >= 0)
		close(claim);
	ui_changed(ui);
	if (err && ui->session->conflicts.n)
		conflicts_open(ui);
	watch_show_lost(ui, trial->lost);
}

static void
tell_kept(struct ui *ui, const struct trial *trial)
{
	char *by;

	if (!trial->settled_by.user) {
		ui_say(ui, _("the last trial was kept"));
		return;
	}
	by = watch_who(&trial->settled_by);
	ui_say(ui, _("the last trial was kept by %s"), by);
	free(by);
}

static void
found_settled(struct ui *ui, const struct trial *trial)
{
	if (trial->state == TRIAL_CONFIRMED) {
		tell_kept(ui, trial);
	} else if (trial->state == TRIAL_REVERTED) {
		found_undone(ui, trial);
	} else {
		char *why = watch_why(trial->reason, NULL);

		ui_warn(ui, _("the last commit failed: %s"), why);
		free(why);
		return;
	}
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
		if (trial && found_running(ui, trial)) {
			adopt(ui, trial);
			trial_open(ui);
		}
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
	ui->watch.theirs = true;
	watch_release(&ui->watch);
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
	    ui->world->clock->boot_ms(ui->world->clock) < ui->watch.join_ms ||
	    !guardian_running(&ui->world->guardian))
		return;
	ui->watch.join_ms = ui->world->clock->boot_ms(ui->world->clock) +
			    JOIN_MS;
	what = apply_resume(ui->world, &trial);
	if ((what == FOUND_RUNNING || what == FOUND_RESUMED) && trial)
		joined(ui, trial);
	trial_free(trial);
}
