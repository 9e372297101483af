/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confirm and revert: settle the running trial from any root session. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "internal.h"

/* A revert may have to wait for the xtables lock, and is retried; and a guardian
 * that does not act is replaced 70 s past the deadline. */
#define ANSWER_MS 90000

#define RECORD_TRIES 20		/* 100 ms apart */

/* What to say where no trial can be settled. One that was settled unseen tells
 * its outcome, and one that was undone tells it whenever it is asked. */
static enum err
nothing_to_settle(const struct world *world, enum apply_found found,
		  const struct trial *trial)
{
	if (trial && found == FOUND_SETTLED)
		return cli_record_outcome(world, trial);
	if (trial && found == FOUND_NOTHING) {
		if (!apply_was_told(world, trial))
			cli_say_lost(world, trial->lost);
		return cli_ended_already(trial);
	}
	if (found == FOUND_FOREIGN)
		return fail(ERR_FAIL, _("the trial in %s is of another network "
			    "namespace; settle it there"),
			    world->guardian.run_dir);
	if (found == FOUND_UNREADABLE)
		return ERR_FAIL;
	return fail(ERR_FAIL, _("no change is on trial"));
}

/* Without the record only this tells whether the trial is of our namespace. The
 * process is the one that began to listen: where it is no more, another one goes
 * on for it, and nothing speaks against that. */
static bool
is_in_our_netns(const struct guardian_client *client)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer,
			  &len) == 0 &&
	       (proc_same_netns(peer.pid) ||
		(kill(peer.pid, 0) < 0 && errno == ESRCH));
}

/* A record that is refused, or cannot be read, matters only where no guardian
 * has it in memory. */
static enum err
reach_without_record(const struct world *world, struct guardian_client *client)
{
	char *why = xstrdup(err_message());
	enum err err = guardian_connect(&world->guardian, client);

	if (!err && !is_in_our_netns(client)) {
		guardian_disconnect(client);
		err = ERR_FAIL;
	}
	if (err)
		err = fail(ERR_FAIL, "%s", why);
	free(why);
	return err;
}

/* The record as it is; ERR_NOT_FOUND: there is none, *trial is NULL then. */
static enum err
load_record(const struct world *world, struct trial **trial)
{
	enum err err;
	int dir;

	*trial = NULL;
	if (dir_open_private(world->guardian.run_dir, &dir))
		return ERR_FAIL;
	err = trial_load(dir, trial);
	close(dir);
	return err;
}

/* A guardian writes a record that was removed again: is it there now? */
static bool
await_record(const struct world *world)
{
	struct trial *trial = NULL;
	enum err err = ERR_NOT_FOUND;

	for (int i = 0; i < RECORD_TRIES && err == ERR_NOT_FOUND &&
	     guardian_running(&world->guardian); i++) {
		poll(NULL, 0, 100);
		err = load_record(world, &trial);
		trial_free(trial);
	}
	return !err;
}

/* Connect to the trial's guardian, starting one where it was killed. Not
 * connected: the result is what became of the trial. */
static enum err
reach_guardian(const struct world *world, struct guardian_client *client)
{
	struct trial *trial = NULL;
	enum apply_found found;
	enum err err;

	found = apply_resume(world, &trial);
	if (found == FOUND_NOTHING && !trial && await_record(world))
		found = apply_resume(world, &trial);
	if (found == FOUND_RUNNING || found == FOUND_RESUMED)
		err = guardian_connect(&world->guardian, client);
	else if (found == FOUND_UNREADABLE)
		err = reach_without_record(world, client);
	else
		err = nothing_to_settle(world, found, trial);
	trial_free(trial);
	return err;
}

/* The connection ended before the answer came: the record knows it. */
static enum err
ask_record(const struct world *world)
{
	struct trial *trial = NULL;
	enum apply_found found = apply_resume(world, &trial);
	enum err err;

	if (found == FOUND_RUNNING || found == FOUND_RESUMED)
		err = fail(ERR_FAIL, _("the guardian was lost and started "
			   "again; ask once more"));
	else if (trial && trial_state_is_settled(trial->state))
		err = cli_record_outcome(world, trial);
	else
		err = nothing_to_settle(world, found, trial);
	trial_free(trial);
	return err;
}

static enum err
wait_settled(const struct world *world, struct guardian_client *client)
{
	struct guardian_event event = {0};
	bool settled = false;
	enum err err = OK;

	while (!settled && !err) {
		err = cli_wait_event(world, client, ANSWER_MS, &event);
		if (err)
			break;
		switch (event.kind) {
		case EVENT_CONFIRMED:
		case EVENT_REVERTED:
		case EVENT_FAILED:
			settled = true;
			err = cli_outcome(world, &event);
			break;
		case EVENT_NOT_REVERTED:
			cli_tell_event(world, &event);
			err = fail(ERR_FAIL, "%s",
				   event.text ? event.text : "");
			break;
		case EVENT_DENIED:
			err = fail(event.err ? event.err : ERR_FAIL, "%s",
				   event.text ? event.text : "");
			break;
		case EVENT_LOST:
			settled = true;
			err = ask_record(world);
			break;
		case EVENT_NONE:
		case EVENT_ON_TRIAL:
		case EVENT_EXTENDED:
		case EVENT_ASKED:
		case EVENT_ANSWERED:
		case EVENT_LOGIN:
			break;
		}
		guardian_event_done(&event);
	}
	return err;
}

static int64_t
left_ms(const struct world *world, const struct trial *trial)
{
	return trial->deadline_ms - world->clock->boot_ms(world->clock);
}

/* What was settled, by whom: the record knows. */
static void
say_settled(const struct world *world)
{
	struct trial *trial;

	if (load_record(world, &trial))
		return;
	if (trial_state_is_settled(trial->state))
		cli_say_settled(world, trial, left_ms(world, trial));
	cli_say_missing(world, trial);
	trial_free(trial);
}

/* OK: confirmed. ERR_REVERTED: undone. Else it could not be settled. */
static enum err
settle(const struct world *world, bool keep, const char *reason)
{
	struct guardian_client client = { .fd = -1 };
	enum err err;

	err = reach_guardian(world, &client);
	if (!err && client.fd >= 0) {
		err = keep ? guardian_confirm(&client, &world->actor) :
			guardian_revert(&client, &world->actor, reason);
		if (!err)
			err = wait_settled(world, &client);
		if (!err || err == ERR_REVERTED)
			say_settled(world);
	}
	guardian_disconnect(&client);
	return err;
}

enum err
cmd_confirm(struct world *world, const struct cli_call *call)
{
	enum err err = settle(world, true, NULL);

	if (err == ERR_REVERTED)
		apply_tell(world);
	return err;
}

/* Whatever is not known to be over may come to be due: a record that cannot be
 * read now, or one that a guardian is about to write. */
static bool
may_be_due(const struct world *world, enum err err, const struct trial *trial)
{
	if (err ? err != ERR_NOT_FOUND : !trial_state_is_settled(trial->state))
		return true;
	return guardian_running(&world->guardian);
}

/* --if-due: a timer's question. Only a trial past its deadline is touched. The
 * timer of one that is over ends here should nobody else have ended it. */
static bool
is_due(const struct world *world, const char *timer)
{
	struct trial *trial;
	enum err err = load_record(world, &trial);
	bool due = !err && trial_is_ours(trial) &&
		   !trial_state_is_settled(trial->state) &&
		   left_ms(world, trial) <= 0;

	if (timer && !may_be_due(world, err, trial))
		guardian_end_timer(timer);
	trial_free(trial);
	return due;
}

enum err
cmd_revert(struct world *world, const struct cli_call *call)
{
	const char *reason = call->opt.if_due ? "deadline" : "asked";
	struct str text = { 0 };
	enum err err;

	if (call->opt.if_due && !is_due(world, call->opt.timer))
		return OK;
	err = settle(world, false, reason);
	if (err == ERR_REVERTED) {	/* which is what was wanted */
		if (!call->opt.if_due)
			apply_tell(world);
		str_addf(&text, "%s\n", err_message());
		cli_say(world, &text);
		str_done(&text);
		return OK;
	}
	return err ? err : fail(ERR_FAIL, _("too late: the change was "
				"confirmed"));
}
