/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guardian tells about the trial that is watched, and how a trial that
 * is over is settled in this session. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "term.h"
#include "ui.h"

#define REJOIN_MS 10000	/* between two looks for a guardian */

static void
outcome_take(struct ui *ui, enum role role, char *text)
{
	ui_news(ui, role, "%s", text);
	free(text);
	ui_add_in_place(ui, ui->session->in_place);
}

static void
leave_trial_screen(struct ui *ui)
{
	while (ui->depth > 1 && (ui_view(ui)->screen == &trial_screen ||
				 ui_view(ui)->screen == &review_screen))
		ui_pop(ui);
}

/* True: what was on trial is staged again. */
static bool
settle(struct ui *ui, bool reverted)
{
	struct session *session = ui->session;
	bool ours = reverted && !ui->watch.theirs &&
		    session_trial_count(session) > 0;
	enum err err = ui->watch.theirs ? session_reload(session, RELOAD_ASK) :
					  session_settled(session, reverted);

	if (!ui->watch.theirs)
		watch_taken(ui);
	watch_end(&ui->watch);
	ui_leave_no_more(ui);
	leave_trial_screen(ui);
	ui_changed(ui);
	if (err && session->conflicts.n)
		conflicts_open(ui);
	else if (err)
		ui_error(ui);
	return ours && !err && session_staged_count(session) > 0;
}

/* Who settled it, where that was not asked for here. Yours. */
static char *
settled_elsewhere(const struct ui *ui)
{
	struct trial *trial = apply_record(ui->world);
	char *by = NULL;

	if (ui->watch.phase == WATCH_RUNNING && trial &&
	    trial_state_is_settled(trial->state) && trial->settled_by.user)
		by = watch_who(&trial->settled_by);
	trial_free(trial);
	return by;
}

/* It is there as far as others left it: what is not is shown on a screen of its
 * own, what they did else is a word more in the message. */
static void
tell_missing(struct ui *ui, char *kept)
{
	struct trial *trial = apply_record(ui->world);
	struct str lines = { 0 };
	const char *said = trial ? apply_missing(ui->world, trial, &lines) :
				   NULL;
	bool missing = lines.len > 0;

	if (missing)
		diff_open(ui, &lines, said);
	outcome_take(ui, missing ? ROLE_ERROR : ROLE_MESSAGE, !said || missing ?
		xstrdup(kept) : xasprintf("%s; %s", kept, said));
	trial_free(trial);
	free(kept);
}

static void
on_kept(struct ui *ui, const struct guardian_event *event)
{
	const char *what = event->text && *event->text ? event->text :
			   _("the change stays");
	char *by = settled_elsewhere(ui);

	settle(ui, false);
	tell_missing(ui, by ? xasprintf(_("kept by %s: %s"), by, what) :
			      xasprintf(_("kept: %s"), what));
	free(by);
	flowing_settled(ui);
}

static void
on_reverted(struct ui *ui, const struct guardian_event *event)
{
	char *by = settled_elsewhere(ui);
	char *why = watch_why(event->text, by);
	bool again = settle(ui, true);

	outcome_take(ui, ROLE_ERROR,
		xasprintf(again ? _("undone (%s); the edits are staged again") :
			  _("undone (%s)"), why));
	free(why);
	free(by);
	flowing_settled(ui);
	watch_show_lost(ui, event->lost);
}

/* Where it collides the conflicts are shown, and settled first. */
static void
on_failed(struct ui *ui, const struct guardian_event *event)
{
	bool again;

	settle(ui, true);
	again = event->err == ERR_CONFLICT && ui->session->conflicts.n == 0;
	outcome_take(ui, ROLE_ERROR, xasprintf(again ?
		_("not committed: %s; look at it again, c reviews it") :
		_("not committed: %s"), event->text ? event->text : "?"));
}

static void
on_recorded(struct ui *ui, const struct trial *trial)
{
	char *why = trial_reason_text(trial->reason);
	const struct guardian_event event = {
		.err = ERR_FAIL, .text = why, .lost = trial->lost,
	};

	switch (trial->state) {
	case TRIAL_CONFIRMED:
		on_kept(ui, &event);
		break;
	case TRIAL_REVERTED:
		on_reverted(ui, &event);
		break;
	case TRIAL_FAILED:
	case TRIAL_ARMED:
	case TRIAL_ON:
	case TRIAL_NOT_REVERTED:
		on_failed(ui, &event);
		break;
	}
	free(why);
}

static void
on_another(struct ui *ui, const struct trial *trial)
{
	ui->watch.deadline_ms = trial->deadline_ms;
	if (ui->watch.phase == WATCH_ENDING)
		ui->watch.phase = WATCH_RUNNING;	/* not asked, that one */
	ui_news(ui, ROLE_ERROR,
		_("the guardian was lost; another one watches now"));
}

/* The trial is not over: it is looked for another one again and again. */
static void
on_nobody(struct ui *ui)
{
	ui->watch.rejoin_ms = ui->world->clock->boot_ms(ui->world->clock) +
			      REJOIN_MS;
	ui_news(ui, ROLE_ERROR, "%s", err_message());
}

/* The connection is gone. The record tells whether the trial still runs; there
 * is none where nothing was committed. */
void
watch_lost(struct ui *ui)
{
	struct trial *trial = NULL;
	enum apply_found what;

	what = apply_rejoin(ui->world, &trial, &ui->watch.client);
	if ((what == FOUND_RUNNING || what == FOUND_RESUMED) && trial) {
		on_another(ui, trial);
	} else if (what == FOUND_UNGUARDED) {
		on_nobody(ui);
	} else if (trial && trial_state_is_settled(trial->state)) {
		on_recorded(ui, trial);
	} else {
		settle(ui, true);
		outcome_take(ui, ROLE_ERROR, xstrdup(_("the guardian is gone; the "
			"table was read again: look at it")));
	}
	trial_free(trial);
}

static void
on_trial(struct ui *ui, const struct guardian_event *event)
{
	ui->watch.login_demanded = event->login_demanded;
	if (ui->watch.phase != WATCH_STARTING) {
		ui->watch.deadline_ms = event->deadline_ms;
		ui_changed(ui);
		return;
	}
	term_flush_keys();
	session_on_trial(ui->session);
	watch_run(ui, event->deadline_ms);
	leave_trial_screen(ui);
	trial_open(ui);
}

static void
on_extended(struct ui *ui, const struct guardian_event *event)
{
	ui->watch.deadline_ms = event->deadline_ms;
	ui->watch.bell_s = 0;
	ui_say(ui, _("%ld s left now"), watch_seconds(ui));
}

static void
on_denied(struct ui *ui, const struct guardian_event *event)
{
	if (ui->watch.phase == WATCH_ENDING)
		ui->watch.phase = WATCH_RUNNING;
	ui_news(ui, ROLE_ERROR, "%s", event->text ? event->text : "?");
}

static void
on_not_reverted(struct ui *ui, const struct guardian_event *event)
{
	ui_leave_no_more(ui);
	ui_news(ui, ROLE_ERROR, _("the kernel refuses to undo the change, it "
				  "is tried again: %s"),
		event->text ? event->text : "?");
}

static void
on_neighbour(struct ui *ui, const struct guardian_event *event)
{
	const char *who = event->text ? event->text : "?";
	bool answered = event->kind == EVENT_ANSWERED;

	watch_neighbour(&ui->watch, who, answered);
	ui_changed(ui);
	if (answered)
		ui_say(ui, _("neighbour discovery works: %s answered"), who);
}

/* The code that is offered now is one that nobody has typed ahead. */
static void
on_login(struct ui *ui, const struct guardian_event *event)
{
	char *text = apply_login_text(event);

	ui_say(ui, _("new login: %s"), text);
	watch_login(&ui->watch, text, event->proof);
	if (event->proof && ui->watch.login_demanded) {
		ui->watch.login_demanded = false;
		term_flush_keys();
		code_make(&ui->watch.code);
	}
	ui_changed(ui);
}

static void
on_event(struct ui *ui, const struct guardian_event *event)
{
	switch (event->kind) {
	case EVENT_NONE:
		return;
	case EVENT_ON_TRIAL:
		on_trial(ui, event);
		return;
	case EVENT_EXTENDED:
		on_extended(ui, event);
		return;
	case EVENT_ASKED:
	case EVENT_ANSWERED:
		on_neighbour(ui, event);
		return;
	case EVENT_LOGIN:
		on_login(ui, event);
		return;
	case EVENT_CONFIRMED:
		on_kept(ui, event);
		return;
	case EVENT_REVERTED:
		on_reverted(ui, event);
		return;
	case EVENT_FAILED:
		on_failed(ui, event);
		return;
	case EVENT_DENIED:
		on_denied(ui, event);
		return;
	case EVENT_NOT_REVERTED:
		on_not_reverted(ui, event);
		return;
	case EVENT_LOST:
		watch_lost(ui);
		return;
	}
}

/* How the trial ended comes first. */
static void
tell_warning(struct ui *ui, const char *warning)
{
	if (ui->watch.phase == WATCH_NONE && ui->message.len)
		str_addf(&ui->message, "; %s", warning);
	else
		ui_warn(ui, "%s", warning);
}

void
watch_input(struct ui *ui)
{
	struct guardian_event event;
	bool more = true;

	while (more && watch_fd(&ui->watch) >= 0) {
		char *warning = NULL;

		event = (struct guardian_event){ 0 };
		apply_next(ui->world, &ui->watch.client, &event, &warning);
		more = event.kind != EVENT_NONE;
		on_event(ui, &event);
		if (warning)
			tell_warning(ui, warning);
		free(warning);
		guardian_event_done(&event);
	}
}
