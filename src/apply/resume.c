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

/* Start a guardian for the record and wait until it knows how the trial
 * stands: past its deadline that is "reverted". */
static void
resume(const struct world *world)
{
	int64_t end = world->clock->boot_ms(world->clock) + ANSWER_MS;
	struct guardian_event event = { 0 };
	struct guardian_client client;

	if (guardian_resume(&world->guardian, &client) != OK)
		return;
	while (event.kind == EVENT_NONE &&
	       world->clock->boot_ms(world->clock) < end) {
		struct pollfd fd = { .fd = client.fd, .events = POLLIN };

		poll(&fd, 1, 100);
		guardian_next(&client, &event);
	}
	guardian_event_done(&event);
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
found_unguarded(void)
{
	fail(ERR_FAIL, _("a change is on trial that nobody guards: sallyport "
			 "without --read-only undoes it at its deadline"));
	return FOUND_UNREADABLE;
}

/* One that was killed may hold its lock for a moment longer than its socket. */
static bool
is_guarded(const struct world *world)
{
	struct guardian_client client;

	for (int i = 0; i < 20 && guardian_running(&world->guardian); i++) {
		if (guardian_connect(&world->guardian, &client) == OK) {
			guardian_disconnect(&client);
			return true;
		}
		poll(NULL, 0, 50);
	}
	return guardian_running(&world->guardian);
}

/* The record; where it wants a guardian and has none, one is started, and it is
 * read again. Nothing that may wait comes before: no history. */
static enum err
load_guarded(const struct world *world, int run_dir, struct trial **trial,
	     bool *resumed)
{
	enum err err = trial_load(run_dir, trial);

	*resumed = !err && !world->read_only && trial_is_ours(*trial) &&
		   !trial_state_is_settled((*trial)->state) &&
		   !is_guarded(world);
	if (!*resumed)
		return err;
	resume(world);
	trial_free(*trial);
	*trial = NULL;
	return trial_load(run_dir, trial);
}

static enum apply_found
found_unsettled(const struct world *world, bool resumed)
{
	char *warning = NULL;

	record_current(world, &warning);
	free(warning);
	if (resumed)
		return FOUND_RESUMED;
	return is_guarded(world) ? FOUND_RUNNING :
	       world->read_only ? found_unguarded() : FOUND_RESUMED;
}

static enum apply_found
look(const struct world *world, int run_dir, struct trial **trial)
{
	bool resumed;
	enum err err = load_guarded(world, run_dir, trial, &resumed);

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
	return found_unsettled(world, resumed);
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
