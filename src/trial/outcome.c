/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a trial stands and how it ends: what the record says first, then what
 * the clients are told. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define LINGER_MS 1000
#define SAVE_RETRY_MS 1000

static const enum guardian_event_kind events[] = {
	[TRIAL_ARMED] = EVENT_ON_TRIAL,
	[TRIAL_ON] = EVENT_ON_TRIAL,
	[TRIAL_CONFIRMED] = EVENT_CONFIRMED,
	[TRIAL_REVERTED] = EVENT_REVERTED,
	[TRIAL_FAILED] = EVENT_FAILED,
	[TRIAL_NOT_REVERTED] = EVENT_NOT_REVERTED,
};

void
outcome_event(const struct guardian *g, struct guardian_event *event)
{
	const struct trial *trial = g->trial;

	*event = (struct guardian_event){ .kind = EVENT_FAILED, .err = g->err };
	event->text = g->failure;
	if (g->failure || !trial)
		return;
	event->kind = events[trial->state];
	event->text = trial->reason;
	event->lost = trial->lost;
	event->deadline_ms = trial->deadline_ms;
	event->login_demanded = trial->login_demanded && !trial_proof(trial);
	if (event->kind == EVENT_FAILED && !event->err)
		event->err = ERR_FAIL;
}

static void
tell_all(struct guardian *g)
{
	struct guardian_event event;

	outcome_event(g, &event);
	peer_say_all(g, &event);
	g->leave_ms = guardian_now(g) + LINGER_MS;
}

/* A run directory that was removed takes no record. */
static bool
has_run_dir(const struct guardian *g)
{
	struct stat st;

	return fstat(g->run_dir, &st) == 0 && st.st_nlink > 0;
}

void
outcome_save(struct guardian *g)
{
	g->unsaved = trial_settle(g->trial, g->run_dir) != OK && has_run_dir(g);
	if (!g->unsaved)
		return;
	process_note("%s", err_message());
	g->next_ms = guardian_now(g) + SAVE_RETRY_MS;
}

void
outcome_settle(struct guardian *g, enum trial_state state)
{
	g->trial->state = state;
	g->trial->settled_wall_s = g->clock->wall_s(g->clock);
	step(g, "before outcome");
	rescue_disarm(g);
	outcome_save(g);
	step(g, "outcome");
	g->phase = PHASE_SETTLED;
	tell_all(g);
	tell_ended(g);
}

enum err
outcome_confirm(struct guardian *g, const struct actor *by)
{
	struct trial *trial = g->trial;
	enum err err;

	actor_copy(&trial->settled_by, by);
	trial->state = TRIAL_CONFIRMED;
	trial->settled_wall_s = g->clock->wall_s(g->clock);
	step(g, "confirm");
	rescue_rest(g);
	err = trial_settle(trial, g->run_dir);
	if (err) {
		rescue_move(g);
		trial->state = TRIAL_ON;
		actor_done(&trial->settled_by);
		trial->settled_wall_s = 0;
		free(trial->reason);
		trial->reason = NULL;
		return err;
	}
	rescue_disarm(g);
	step(g, "confirmed");
	g->phase = PHASE_SETTLED;
	tell_all(g);
	tell_ended(g);
	return OK;
}

void
outcome_fail(struct guardian *g, enum err err)
{
	g->err = err;
	free(g->failure);
	g->failure = xstrdup(err_message());
	g->phase = PHASE_SETTLED;
	tell_all(g);
}
