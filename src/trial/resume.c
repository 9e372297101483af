/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a record to wherever its guardian had come. Nothing is assumed about
 * how that one ended: the live table tells. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

enum where {
	IS_BEFORE,	/* not committed, or undone already */
	IS_AFTER,	/* committed */
	IS_OTHER,	/* others changed it, or it cannot be read now */
};

static void
go_on(struct guardian *g)
{
	struct guardian_event event;

	g->phase = PHASE_WAIT;
	outcome_event(g, &event);
	peer_say_all(g, &event);
}

static void
settle_because(struct guardian *g, enum trial_state state, const char *reason)
{
	if (!g->trial->reason)
		g->trial->reason = xstrdup(reason);
	outcome_settle(g, state);
}

/* Was the change of a record that is only armed made? Others' changes aside,
 * its inverse then fits. */
static bool
is_committed(const struct trial *trial, const struct ruleset *live,
	     enum where where)
{
	struct changeset *inverse = changeset_invert(trial->changes);
	struct ruleset *undone = NULL;
	bool fits = table_expect(live, inverse, &undone) == OK;

	changeset_free(inverse);
	ruleset_free(undone);
	return where == IS_AFTER || fits;
}

static void
resume_no_trial(struct guardian *g, const struct ruleset *live,
		enum where where)
{
	if (!live)
		die("%s", err_message());	/* restarted, and read again */
	if (where != IS_BEFORE && is_committed(g->trial, live, where)) {
		actor_copy(&g->trial->settled_by, &g->trial->actor);
		outcome_settle(g, TRIAL_CONFIRMED);
	} else {
		settle_because(g, TRIAL_FAILED,
			       "interrupted before the commit");
	}
}

static void
resume_armed(struct guardian *g, const struct ruleset *live, enum where where)
{
	if (g->trial->no_trial) {
		resume_no_trial(g, live, where);
	} else if (where == IS_BEFORE) {
		settle_because(g, TRIAL_FAILED,
			       "interrupted before the commit");
	} else {
		g->trial->state = TRIAL_ON;
		g->trial->committed_wall_s = g->clock->wall_s(g->clock);
		if (trial_save(g->trial, g->run_dir) != OK)
			process_note("%s", err_message());
		go_on(g);
	}
}

static void
resume_on(struct guardian *g, enum where where)
{
	bool due = guardian_now(g) >= g->trial->deadline_ms;

	if (where == IS_BEFORE)
		settle_because(g, TRIAL_REVERTED,
			       due ? "deadline" : "found undone");
	else if (due || g->trial->state == TRIAL_NOT_REVERTED)
		revert_begin(g, "deadline", NULL);
	else
		go_on(g);
}

static void
resume_unsettled(struct guardian *g)
{
	const struct trial *trial = g->trial;
	struct ruleset *live = NULL;
	char print[FINGERPRINT_SIZE];
	enum where where = IS_OTHER;

	if (table_read(g, &live, print) == OK) {
		if (strcmp(print, trial->before_print) == 0)
			where = IS_BEFORE;
		else if (strcmp(print, trial->after_print) == 0)
			where = IS_AFTER;
	}
	if (trial->state == TRIAL_ARMED)
		resume_armed(g, live, where);
	else
		resume_on(g, where);
	ruleset_free(live);
}

/* A record that is not to be acted on stays as it is. */
static enum err
load(struct guardian *g)
{
	enum err err = trial_load(g->run_dir, &g->trial);

	if (err == ERR_NOT_FOUND)
		return fail(err, _("no trial is running"));
	if (err || trial_state_is_settled(g->trial->state))
		return err;
	if (!trial_is_ours(g->trial))
		return fail(ERR_FAIL, _("the run directory holds the trial of "
					"another network namespace or boot"));
	if (!g->trial->after)
		return fail(ERR_FAIL,
			    _("the trial record does not hold the table "
			      "after the change"));
	return OK;
}

void
guardian_take_over(struct guardian *g)
{
	struct guardian_event event;
	enum err err = load(g);

	if (err) {
		outcome_fail(g, err);
	} else if (trial_state_is_settled(g->trial->state)) {
		g->phase = PHASE_SETTLED;
		outcome_event(g, &event);
		peer_say_all(g, &event);
	} else {
		step(g, "resume");
		resume_unsettled(g);
	}
}
