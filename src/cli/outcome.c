/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a trial, in words and as an exit status: by its guardian's
 * event or, where the guardian is gone, by its record. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include "internal.h"

static void
say(const struct world *world, const char *text)
{
	struct str line = {0};

	str_addf(&line, "%s\n", text);
	cli_say(world, &line);
	str_done(&line);
}

void
cli_say_lost(const struct world *world, const char *lost)
{
	struct str text = {0};

	if (!lost || !lost[0])
		return;
	str_add(&text, _("What others did and the undo took back:\n"));
	str_add(&text, lost);
	cli_say(world, &text);
	str_done(&text);
}

void
cli_add_kept(struct str *out, int64_t id)
{
	str_addf(out, _("Revision %lld is the table as others had it, with the "
			"change that was undone.\n"), (long long)id);
}

void
cli_say_missing(const struct world *world, const struct trial *trial)
{
	struct str lines = {0};
	const char *said = trial ? apply_missing(world, trial, &lines) : NULL;

	if (said)
		cli_warn(world, "%s", said);
	cli_say(world, &lines);
	str_done(&lines);
}

/* boot: what became of the file for the next boot, or NULL. */
static enum err
kept(const struct world *world, const char *boot)
{
	struct str text = {0};

	say(world, _("Confirmed: the change stays."));
	if (boot) {
		str_addf(&text, _("Boot rules: %s."), boot);
		say(world, str_text(&text));
	}
	str_done(&text);
	cli_tell_flows(world);
	return OK;
}

static enum err
undone(const struct world *world, const char *why, const char *lost)
{
	cli_say_lost(world, lost);
	cli_tell_flows(world);
	return fail(ERR_REVERTED, _("reverted: the change was undone (%s)"),
		    why ? why : "");
}

enum err
cli_outcome(const struct world *world, const struct guardian_event *event)
{
	switch (event->kind) {
	case EVENT_CONFIRMED:
		return kept(world, event->text);
	case EVENT_REVERTED:
		return undone(world, event->text, event->lost);
	case EVENT_FAILED:
		return fail(event->err ? event->err : ERR_FAIL, "%s",
			    event->text ? event->text : "");
	case EVENT_NONE:
	case EVENT_ON_TRIAL:
	case EVENT_EXTENDED:
	case EVENT_ASKED:
	case EVENT_ANSWERED:
	case EVENT_LOGIN:
	case EVENT_NOT_REVERTED:
	case EVENT_DENIED:
	case EVENT_LOST:
		break;
	}
	die("an event that settles nothing");
}

static enum err
record_outcome(const struct world *world, const struct trial *trial,
	       const char *why)
{
	switch (trial->state) {
	case TRIAL_CONFIRMED:
		return kept(world, NULL);
	case TRIAL_REVERTED:
		return undone(world, why, trial->lost);
	case TRIAL_FAILED:
		return fail(ERR_FAIL, _("nothing was changed: %s"), why);
	case TRIAL_NOT_REVERTED:
	case TRIAL_ARMED:
	case TRIAL_ON:
		break;
	}
	return fail(ERR_FAIL, _("NOT REVERTED: %s"), why);
}

enum err
cli_record_outcome(const struct world *world, const struct trial *trial)
{
	char *why = trial_reason_text(trial->reason);
	enum err err = record_outcome(world, trial, why);

	free(why);
	return err;
}

void
cli_tell_event(const struct world *world, const struct guardian_event *event)
{
	const char *text = event->text ? event->text : "";

	if (event->kind == EVENT_NOT_REVERTED)
		cli_warn(world, _("NOT REVERTED: %s; it is tried again"), text);
	else
		cli_warn(world, "%s", text);
}

void
cli_say_answered(const struct world *world, const char *who)
{
	struct str text = {0};

	str_addf(&text, _("Neighbour discovery works: %s answered."),
		 who ? who : "?");
	say(world, str_text(&text));
	str_done(&text);
}

void
cli_say_login(const struct world *world, const struct guardian_event *event)
{
	char *login = apply_login_text(event);
	struct str text = {0};

	str_addf(&text, _("New login: %s."), login);
	say(world, str_text(&text));
	str_done(&text);
	free(login);
}

void
cli_say_on_trial(const struct world *world, const struct guardian_event *event)
{
	int64_t ms = event->deadline_ms -
		     world->clock->boot_ms(world->clock);
	struct str text = {0};

	str_addf(&text, _("On trial: undone in %lld seconds unless 'sallyport "
			  "confirm' keeps it; 'sallyport revert' undoes it "
			  "now."), (long long)(ms > 0 ? (ms + 999) / 1000 : 0));
	say(world, str_text(&text));
	str_done(&text);
	if (event->login_demanded)
		say(world, _("Only after a new login over IPv6 it can be "
			     "kept: log in anew before you confirm."));
}

enum err
cli_wait_event(const struct world *world, struct guardian_client *client,
	       int64_t ms, struct guardian_event *event)
{
	int64_t end = world->clock->boot_ms(world->clock) + ms;
	struct pollfd fd = { .events = POLLIN };
	char *warning = NULL;

	for (;;) {
		apply_next(world, client, event, &warning);
		cli_warn_take(world, warning);
		warning = NULL;
		if (event->kind != EVENT_NONE)
			return OK;
		guardian_event_done(event);
		if (world->clock->boot_ms(world->clock) > end)
			return fail(ERR_FAIL, _("the guardian does not "
				    "answer; 'sallyport status' tells how "
				    "the trial stands"));
		fd.fd = client->fd;
		poll(&fd, 1, 100);
	}
}

/* The commit waits for the xtables lock, so the answer may take a while. */
#define COMMIT_MS 120000

enum err
cli_leave(const struct world *world, struct guardian_client *client)
{
	struct guardian_event event = {0};
	enum err err;

	err = cli_wait_event(world, client, COMMIT_MS, &event);
	if (err)
		return err;
	if (event.kind == EVENT_ON_TRIAL)
		cli_say_on_trial(world, &event);
	else if (event.kind == EVENT_LOST)
		err = fail(ERR_FAIL, _("the guardian is gone; 'sallyport "
			   "status' tells how the trial stands"));
	else
		err = cli_outcome(world, &event);
	guardian_event_done(&event);
	return err;
}

static void
note_undone(const struct world *world, const struct trial *trial)
{
	char *why = trial_reason_text(trial->reason);

	cli_warn(world, _("note: the last change was undone (%s)"), why);
	cli_say_lost(world, trial->lost);
	free(why);
	apply_tell(world);
}

enum err
cli_settle_first(const struct world *world)
{
	struct trial *trial = NULL;
	enum err err = OK;

	switch (apply_resume(world, &trial)) {
	case FOUND_NOTHING:
	case FOUND_SETTLED:
		if (trial && !apply_was_told(world, trial))
			note_undone(world, trial);
		break;
	case FOUND_RUNNING:
	case FOUND_RESUMED:
		err = apply_busy(world, trial);
		break;
	case FOUND_FOREIGN:
		cli_warn(world, _("note: the trial record in %s is of another "
			 "network namespace and was left alone"),
			 world->guardian.run_dir);
		break;
	case FOUND_UNREADABLE:
	case FOUND_UNGUARDED:
		err = ERR_FAIL;
		break;
	}
	trial_free(trial);
	return err;
}
