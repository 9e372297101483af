/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier run left behind: a trial that nobody watches is watched again,
 * one that was settled unseen is written down, what is not ours is left alone. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define ANSWER_MS 5000
#define WORD_MS 500
#define REJOINS 3
#define TRIES 4
#define TRIES_STUCK 8	/* until guardian_mend() has been through its rounds */

/* Does a trial's guardian act? */
enum guarded {
	GUARD_ACTS,
	GUARD_MENDED,	/* it does again */
	GUARD_SILENT,	/* it is there, and says nothing */
	GUARD_NONE,
};

/* Does a word come from it within so many ms? The socket alone says nothing: the
 * supervisor of a guardian that is dead holds it too, until it dies itself. */
static bool
hear(const struct world *world, struct guardian_client *client, int64_t ms)
{
	int64_t end = world->clock->boot_ms(world->clock) + ms;
	struct guardian_event event = { 0 };
	bool heard;

	while (event.kind == EVENT_NONE &&
	       world->clock->boot_ms(world->clock) < end) {
		struct pollfd fd = { .fd = client->fd, .events = POLLIN };

		poll(&fd, 1, 100);
		guardian_next(client, &event);
	}
	heard = event.kind != EVENT_NONE && event.kind != EVENT_LOST;
	guardian_event_done(&event);
	return heard;
}

/* Start a guardian for the record and wait until it knows how the trial
 * stands: past its deadline that is "reverted". */
static void
resume(const struct world *world)
{
	struct guardian_client client;

	if (guardian_resume(&world->guardian, &client) != OK)
		return;
	if (!hear(world, &client, ANSWER_MS))
		fail(ERR_FAIL, _("the guardian does not answer"));
	guardian_disconnect(&client);
}

static void
make_readable(struct trial *trial)
{
	char *readable;

	if (!trial->lost)
		return;
	readable = apply_readable_rules(trial->lost);
	free(trial->lost);
	trial->lost = readable;
}

static enum apply_found
found_settled(const struct world *world, struct trial *trial)
{
	char *warning = NULL;
	bool news = false;

	if (!record_trial(world, trial, &news, &warning))
		news = true;
	free(warning);
	make_readable(trial);
	return news ? FOUND_SETTLED : FOUND_NOTHING;
}

/* What may be on trial is not known: nothing else may be. */
static enum apply_found
found_unreadable(const struct world *world)
{
	char *why = xstrdup(err_message());

	fail(ERR_FAIL, _("%s; nothing goes on trial while it stands in '%s'"),
	     why, world->guardian.run_dir);
	free(why);
	return FOUND_UNREADABLE;
}

/* To undo it is a change, which is not for who may only look. */
static enum apply_found
found_unguarded(const struct world *world, const struct trial *trial)
{
	if (world->clock->boot_ms(world->clock) < trial->deadline_ms)
		fail(ERR_FAIL, _("a change is on trial that nobody guards: "
				 "sallyport without --read-only undoes it at "
				 "its deadline"));
	else
		fail(ERR_FAIL, _("a change on trial is past its deadline and "
				 "NOT REVERTED, as nobody guards it: sallyport "
				 "without --read-only undoes it"));
	return FOUND_UNGUARDED;
}

static int64_t
now_ms(const struct world *world)
{
	return world->clock->boot_ms(world->clock);
}

/* One that was killed may hold its lock for a moment longer than its socket: that
 * long guardian_connect() tries, half a second each time. One that stands still is
 * mended, unless we may only look. */
static enum guarded
find_guardian(const struct world *world, const struct trial *trial)
{
	const struct guardian_options *opt = &world->guardian;
	int tries = guardian_may_be_stuck(opt, trial, now_ms(world)) ?
		    TRIES_STUCK : TRIES;
	struct guardian_mend mend = { 0 };
	struct guardian_client client;

	for (int i = 0; i < tries && guardian_running(opt); i++) {
		bool heard = guardian_connect(opt, &client) == OK &&
			     hear(world, &client, WORD_MS);

		guardian_disconnect(&client);
		if (heard)
			return mend.round ? GUARD_MENDED : GUARD_ACTS;
		if (!world->read_only)
			guardian_mend(opt, &mend, now_ms(world));
		poll(NULL, 0, 50);
	}
	return guardian_running(opt) ? GUARD_SILENT : GUARD_NONE;
}

/* One that goes on past the deadline is about to undo the change: what is told
 * then is what came of it. */
static enum err
await_outcome(const struct world *world, int run_dir, struct trial **trial)
{
	int64_t end = now_ms(world) + ANSWER_MS;
	enum err err = OK;

	while (!err && trial_state_is_undecided((*trial)->state) &&
	       now_ms(world) >= (*trial)->deadline_ms && now_ms(world) < end) {
		poll(NULL, 0, 50);
		trial_free(*trial);
		*trial = NULL;
		err = trial_load(run_dir, trial);
	}
	return err;
}

/* The record; where it wants a guardian and has none, one is started, unless we
 * may only look, and it is read again: it may have been settled just now. Nothing
 * that may wait comes before: no history. */
static enum err
load_guarded(const struct world *world, int run_dir, struct trial **trial,
	     enum guarded *guarded)
{
	enum err err = trial_load(run_dir, trial);

	*guarded = GUARD_ACTS;
	if (!err && trial_is_ours(*trial) &&
	    !trial_state_is_settled((*trial)->state))
		*guarded = find_guardian(world, *trial);
	if (*guarded == GUARD_MENDED)
		return await_outcome(world, run_dir, trial);
	if (*guarded != GUARD_NONE)
		return err;
	if (!world->read_only)
		resume(world);
	trial_free(*trial);
	*trial = NULL;
	return trial_load(run_dir, trial);
}

/* The last error is why none could be started. */
static enum apply_found
found_orphaned(const struct world *world, const struct trial *trial)
{
	char *why;

	if (world->read_only)
		return found_unguarded(world, trial);
	if (guardian_running(&world->guardian))
		return FOUND_RESUMED;
	why = xstrdup(err_message());
	fail(ERR_FAIL, _("a change is on trial that nobody guards, and no "
			 "guardian can be started: %s"), why);
	free(why);
	return FOUND_UNGUARDED;
}

static enum apply_found
found_unsettled(const struct world *world, const struct trial *trial,
		enum guarded guarded)
{
	enum apply_found found = guarded == GUARD_NONE ?
				 found_orphaned(world, trial) : FOUND_RUNNING;
	char *said = xstrdup(err_message()), *warning = NULL;

	record_current(world, &warning);
	free(warning);
	fail(ERR_FAIL, "%s", said);	/* as it was before */
	free(said);
	return found;
}

static enum apply_found
look(const struct world *world, int run_dir, struct trial **trial)
{
	enum guarded guarded;
	enum err err = load_guarded(world, run_dir, trial, &guarded);

	if (err && err != ERR_NOT_FOUND)
		return found_unreadable(world);
	record_asides(world, run_dir);
	if (err)
		return FOUND_NOTHING;	/* nothing had been committed */
	if (trial_state_is_settled((*trial)->state))
		return found_settled(world, *trial);
	if (strcmp((*trial)->boot_id, clock_boot_id()) != 0)
		return FOUND_NOTHING;
	if (!trial_is_ours(*trial))
		return FOUND_FOREIGN;
	return found_unsettled(world, *trial, guarded);
}

enum apply_found
apply_resume(const struct world *world, struct trial **trial)
{
	enum apply_found found;
	enum err err;
	int fd;

	*trial = NULL;
	err = run_dir_open(world, &fd);
	if (err == ERR_NOT_FOUND)
		return FOUND_NOTHING;
	if (err)
		return FOUND_UNREADABLE;
	found = look(world, fd, trial);
	close(fd);
	return found;
}

enum apply_found
apply_guard(const struct world *world, struct trial **trial)
{
	enum guarded guarded;
	enum err err;
	int fd;

	*trial = NULL;
	if (run_dir_open(world, &fd) != OK)
		return FOUND_NOTHING;
	err = load_guarded(world, fd, trial, &guarded);
	close(fd);
	if (err)
		return err == ERR_NOT_FOUND || guardian_running(&world->guardian) ?
			FOUND_NOTHING : found_unreadable(world);
	if (guarded != GUARD_NONE && guarded != GUARD_MENDED)
		return FOUND_NOTHING;
	if (trial_state_is_settled((*trial)->state))
		return FOUND_SETTLED;
	return guarded == GUARD_NONE ? found_orphaned(world, *trial) :
				       FOUND_NOTHING;
}

void
apply_mend(const struct world *world, struct guardian_client *client)
{
	if (!world->read_only)
		guardian_mend_waiting(&world->guardian, client, now_ms(world));
}

enum apply_found
apply_rejoin(const struct world *world, struct trial **trial,
	     struct guardian_client *client)
{
	*trial = NULL;
	guardian_disconnect(client);
	for (int i = 0; i < REJOINS; i++) {
		enum apply_found found;

		trial_free(*trial);
		found = apply_resume(world, trial);
		if ((found != FOUND_RUNNING && found != FOUND_RESUMED) ||
		    guardian_connect(&world->guardian, client) == OK)
			return found;
	}
	fail(ERR_FAIL, guardian_running(&world->guardian) ?
	     _("the guardian does not answer") :
	     _("the guardian is gone and no other one can be started: the "
	       "change is in, and nobody undoes it"));
	return FOUND_UNGUARDED;
}
