/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching a trial. The guardian decides; the editor counts down, passes on
 * what the administrator wants, and shows what became of it. What keeps a
 * change is a code that is made and shown only once the change is in the
 * kernel, so that no key typed ahead can give it. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "term.h"
#include "ui.h"

#define EXTEND_MS 60000

static const int bells_s[] = { 30, 10 };

static int
make_code(void)
{
	unsigned char byte;

	do {
		if (getrandom(&byte, 1, 0) != 1)
			die("no random numbers: getrandom failed");
	} while (byte >= 180);
	return 10 + byte % 90;
}

static void
begin(struct ui *ui, enum watch_phase phase)
{
	struct watch *watch = &ui->watch;

	watch->phase = phase;
	watch->typed = -1;
	watch->bell_s = 0;
	free(watch->outcome);
	watch->outcome = NULL;
}

static void
end(struct watch *watch)
{
	guardian_disconnect(&watch->client);
	watch->phase = WATCH_NONE;
	changeset_free(watch->changes);
	watch->changes = NULL;
	free(watch->by);
	watch->by = NULL;
	watch->found = false;
}

void
watch_done(struct watch *watch)
{
	end(watch);
	free(watch->outcome);
	watch->outcome = NULL;
}

int
watch_fd(const struct watch *watch)
{
	return watch->phase == WATCH_NONE ? -1 : watch->client.fd;
}

long
watch_seconds(const struct ui *ui)
{
	const struct clock *clock = ui->world->clock;
	int64_t left = ui->watch.deadline_ms - clock->boot_ms(clock);

	return left > 0 ? (long)((left + 999) / 1000) : 0;
}

void
watch_start(struct ui *ui, const struct guardian_client *client,
	    struct changeset *changes)
{
	begin(ui, WATCH_STARTING);
	ui->watch.client = *client;
	ui->watch.changes = changes;
	ui->watch.found = false;
}

static void
run(struct ui *ui, int64_t deadline_ms)
{
	ui->watch.phase = WATCH_RUNNING;
	ui->watch.deadline_ms = deadline_ms;
	ui->watch.code = make_code();
	ui->watch.typed = -1;
}

/* --- How it ended --- */

static void
outcome(struct ui *ui, enum role role, char *text)
{
	free(ui->watch.outcome);
	ui->watch.outcome = text;
	ui->watch.outcome_role = role;
	if (role == ROLE_ERROR)
		ui_warn(ui, "%s", text);
	else
		ui_say(ui, "%s", text);
}

static void
leave_trial_screen(struct ui *ui)
{
	while (ui->depth > 1 && (ui_view(ui)->screen == &trial_screen ||
				 ui_view(ui)->screen == &review_screen))
		ui_pop(ui);
}

/* A trial that this session did not begin: its edits are not staged here. */
static enum err
settle_found(struct ui *ui, bool reverted)
{
	enum err err = session_reload(ui->session, false);

	if (!err && reverted && ui->watch.changes && !ui->world->read_only)
		err = session_stage(ui->session, ui->watch.changes);
	return err;
}

static void
settle(struct ui *ui, bool reverted)
{
	enum err err = ui->watch.found ? settle_found(ui, reverted)
				       : session_settled(ui->session, reverted);

	end(&ui->watch);
	leave_trial_screen(ui);
	ui_changed(ui);
	if (err)
		ui_error(ui);
}

static void
on_kept(struct ui *ui, const struct guardian_event *event)
{
	settle(ui, false);
	outcome(ui, ROLE_MESSAGE, event->text && *event->text ?
		xasprintf(_("kept: %s"), event->text) :
		xstrdup(_("kept: the change stays")));
}

static void
on_reverted(struct ui *ui, const struct guardian_event *event)
{
	settle(ui, true);
	outcome(ui, ROLE_ERROR,
		xasprintf(_("undone (%s); the edits are staged again"),
			  event->text && *event->text ? event->text : "?"));
	if (event->lost && *event->lost) {
		struct str text = { 0 };

		str_add(&text, event->lost);
		diff_open(ui, &text, _("Rules of others that were lost"));
	}
}

static void
on_failed(struct ui *ui, const struct guardian_event *event)
{
	settle(ui, true);
	outcome(ui, ROLE_ERROR, xasprintf(event->err == ERR_CONFLICT ?
		_("not committed: %s; r reads the table again") :
		_("not committed: %s"), event->text ? event->text : "?"));
}

/* The connection is gone. The record tells whether the trial still runs. */
static void
on_lost(struct ui *ui)
{
	struct changeset *changes = ui->watch.changes;
	bool found = ui->watch.found;
	struct trial *trial = NULL;
	enum apply_found what;

	guardian_disconnect(&ui->watch.client);
	what = apply_resume(ui->world, &trial);
	if ((what == FOUND_RUNNING || what == FOUND_RESUMED) &&
	    guardian_connect(&ui->world->guardian, &ui->watch.client) == OK) {
		ui->watch.deadline_ms = trial->deadline_ms;
		ui_warn(ui, _("the guardian was lost; another one watches now"));
	} else if (what == FOUND_SETTLED && trial) {
		struct guardian_event event = { .text = trial->reason };

		ui->watch.changes = changes;
		ui->watch.found = found;
		if (trial->state == TRIAL_CONFIRMED)
			on_kept(ui, &event);
		else
			on_reverted(ui, &event);
	} else {
		settle(ui, false);
		outcome(ui, ROLE_ERROR, xstrdup(_("the guardian is gone; the "
			"table was read again: look at it")));
	}
	trial_free(trial);
}

static void
on_trial(struct ui *ui, const struct guardian_event *event)
{
	if (ui->watch.phase != WATCH_STARTING) {
		ui->watch.deadline_ms = event->deadline_ms;
		return;
	}
	term_flush_keys();
	run(ui, event->deadline_ms);
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
	ui_warn(ui, "%s", event->text ? event->text : "?");
}

static void
on_not_reverted(struct ui *ui, const struct guardian_event *event)
{
	ui_warn(ui, _("the kernel refuses to undo the change, it is tried "
		      "again: %s"), event->text ? event->text : "?");
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
		on_lost(ui);
		return;
	}
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
			ui_warn(ui, "%s", warning);
		free(warning);
		guardian_event_done(&event);
	}
}

/* --- What the administrator wants --- */

static void
asked(struct ui *ui, enum err err)
{
	if (err)
		ui_error(ui);
}

void
watch_digit(struct ui *ui, int digit)
{
	struct watch *watch = &ui->watch;
	int code = 10 * watch->typed + digit;

	if (watch->typed < 0) {
		watch->typed = digit;
		ui_say(ui, "%d_", digit);
		return;
	}
	watch->typed = -1;
	if (code != watch->code) {
		ui_warn(ui, _("%02d is not the code: %d keeps the change"), code,
			watch->code);
		return;
	}
	asked(ui, guardian_confirm(&watch->client, &ui->world->actor));
	watch->phase = WATCH_ENDING;
}

void
watch_revert(struct ui *ui)
{
	asked(ui, guardian_revert(&ui->watch.client, &ui->world->actor,
				  _("asked for")));
	ui->watch.phase = WATCH_ENDING;
}

void
watch_extend(struct ui *ui)
{
	asked(ui, guardian_extend(&ui->watch.client, EXTEND_MS));
}

void
watch_tick(struct ui *ui)
{
	struct watch *watch = &ui->watch;
	long left = watch_seconds(ui);

	if (watch->phase != WATCH_RUNNING)
		return;
	for (size_t i = ARRAY_LEN(bells_s); i-- > 0;) {
		if (left > bells_s[i])
			continue;
		if (watch->bell_s != bells_s[i])
			term_bell();
		watch->bell_s = bells_s[i];
		return;
	}
}

/* --- At the start --- */

static char *
who(const struct actor *actor)
{
	if (!actor->user)
		return xstrdup(_("somebody"));
	if (!actor->from)
		return xstrdup(actor->user);
	return xasprintf(_("%s from %s"), actor->user, actor->from);
}

static void
found_running(struct ui *ui, const struct trial *trial)
{
	if (guardian_connect(&ui->world->guardian, &ui->watch.client)) {
		ui_error(ui);
		return;
	}
	begin(ui, WATCH_RUNNING);
	run(ui, trial->deadline_ms);
	ui->watch.found = true;
	ui->watch.by = who(&trial->actor);
	ui->watch.changes = changeset_copy(trial->changes);
	trial_open(ui);
}

/* What was undone while no one looked is staged again. */
static void
found_settled(struct ui *ui, const struct trial *trial)
{
	if (trial->state == TRIAL_CONFIRMED) {
		ui_say(ui, _("the last trial was kept"));
		return;
	}
	if (trial->state != TRIAL_REVERTED) {
		ui_warn(ui, _("the last commit failed: %s"),
			trial->reason ? trial->reason : "?");
		return;
	}
	if (ui->world->read_only ||
	    session_stage(ui->session, trial->changes) != OK)
		ui_warn(ui, _("the last trial was undone (%s)"),
			trial->reason ? trial->reason : "?");
	else
		ui_warn(ui, _("the last trial was undone (%s); its edits are "
			      "staged again"),
			trial->reason ? trial->reason : "?");
	ui_changed(ui);
}

void
watch_resume(struct ui *ui, enum apply_found what, const struct trial *trial)
{
	switch (what) {
	case FOUND_NOTHING:
		return;
	case FOUND_RUNNING:
	case FOUND_RESUMED:
		if (trial)
			found_running(ui, trial);
		return;
	case FOUND_SETTLED:
		if (trial)
			found_settled(ui, trial);
		return;
	case FOUND_FOREIGN:
		ui_warn(ui, _("a trial of another network namespace is recorded "
			      "here; it is left alone"));
		return;
	case FOUND_UNREADABLE:
		ui_error(ui);
		return;
	}
}

/* --- The line below the title --- */

static void
running_line(const struct ui *ui, size_t width, struct paint *paint)
{
	long left = watch_seconds(ui);
	enum role role = left <= bells_s[1] ? ROLE_URGENT : ROLE_COUNTDOWN;
	int code = ui->watch.code;

	if (width >= 76)
		paint_addf(paint, role, _(" ON TRIAL  %ld s left    %d keeps it"
			   "    R undoes it now    + 60 s more"), left, code);
	else
		paint_addf(paint, role, _(" %ld s left: %d keeps, R undoes"),
			   left, code);
}

bool
watch_line(const struct ui *ui, size_t width, struct paint *paint)
{
	switch (ui->watch.phase) {
	case WATCH_NONE:
		return false;
	case WATCH_STARTING:
		paint_addf(paint, ROLE_COUNTDOWN, " %s", _("committing ..."));
		return true;
	case WATCH_RUNNING:
		running_line(ui, width, paint);
		return true;
	case WATCH_ENDING:
		paint_addf(paint, ROLE_COUNTDOWN, " %s",
			   _("asked the guardian ..."));
		return true;
	}
	return false;
}
