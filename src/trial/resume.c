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
	IS_MIXED,	/* of several tables some are as before, some are not */
};

/* How the live tables stand to the record. */
struct found {
	enum where where;	/* all of them together */
	bool readable;		/* all could be read */
	bool committed;		/* each has the change, others' changes aside */
};

static void
go_on(struct guardian *g)
{
	struct guardian_event event;

	g->phase = PHASE_WAIT;
	outcome_event(g, &event);
	peer_say_all(g, &event);
	life_begin(g);
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
is_committed(const struct trial_part *part, const struct ruleset *live)
{
	struct changeset *inverse = changeset_invert(part->changes);
	struct ruleset *undone = NULL;
	bool fits = table_expect(live, inverse, &undone) == OK;

	changeset_free(inverse);
	ruleset_free(undone);
	return fits;
}

static enum where
look_at(struct guardian *g, const struct trial_part *part, struct found *found)
{
	struct ruleset *live = NULL;
	char print[FINGERPRINT_SIZE];
	enum where where = IS_OTHER;

	if (table_read(g, part->before->table, &live, print) != OK) {
		found->readable = false;
		return IS_OTHER;
	}
	if (strcmp(print, part->before_print) == 0)
		where = IS_BEFORE;
	else if (strcmp(print, part->after_print) == 0)
		where = IS_AFTER;
	if (where == IS_BEFORE ||
	    (where == IS_OTHER && !is_committed(part, live)))
		found->committed = false;
	ruleset_free(live);
	return where;
}

static enum where
join(enum where a, enum where b)
{
	if (a == b)
		return a;
	return a == IS_BEFORE || b == IS_BEFORE || a == IS_MIXED ||
	       b == IS_MIXED ? IS_MIXED : IS_OTHER;
}

static struct found
look(struct guardian *g)
{
	struct found found = { .readable = true, .committed = true };

	for (size_t i = 0; i < g->trial->parts.n; i++) {
		enum where where = look_at(g, trial_part(g->trial, i), &found);

		found.where = i == 0 ? where : join(found.where, where);
	}
	return found;
}

static void
resume_no_trial(struct guardian *g, const struct found *found)
{
	if (!found->readable)
		die("%s", err_message());	/* restarted, and read again */
	if (found->committed) {
		actor_copy(&g->trial->settled_by, &g->trial->actor);
		outcome_settle(g, TRIAL_CONFIRMED);
	} else {
		settle_because(g, TRIAL_FAILED,
			       "interrupted before the commit");
	}
}

static void
resume_on(struct guardian *g, const struct found *found)
{
	bool due = guardian_now(g) >= g->trial->deadline_ms;

	if (found->where == IS_BEFORE)
		settle_because(g, TRIAL_REVERTED,
			       due ? "deadline" : "found undone");
	else if (due || g->trial->state == TRIAL_NOT_REVERTED)
		revert_begin(g, "deadline", NULL);
	else
		go_on(g);
}

static void
resume_armed(struct guardian *g, const struct found *found)
{
	if (found->where == IS_MIXED) {
		revert_begin(g, "interrupted between two tables", NULL);
	} else if (g->trial->no_trial) {
		resume_no_trial(g, found);
	} else if (found->where == IS_BEFORE) {
		settle_because(g, TRIAL_FAILED,
			       "interrupted before the commit");
	} else {
		g->trial->state = TRIAL_ON;
		g->trial->committed_wall_s = g->clock->wall_s(g->clock);
		g->trial->committed_ms = guardian_now(g);
		if (trial_save(g->trial, g->run_dir) != OK)
			process_note("%s", err_message());
		resume_on(g, found);
	}
}

static void
resume_unsettled(struct guardian *g)
{
	struct found found = look(g);

	if (g->trial->state == TRIAL_ARMED)
		resume_armed(g, &found);
	else
		resume_on(g, &found);
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
	for (size_t i = 0; i < g->trial->parts.n; i++)
		if (!trial_part(g->trial, i)->after)
			return fail(ERR_FAIL,
				    _("the trial record does not hold the "
				      "table after the change"));
	return OK;
}

void
guardian_take_over(struct guardian *g)
{
	struct guardian_event event;
	enum err err;

	rescue_take_up(g);
	err = load(g);
	if (err) {
		outcome_fail(g, err);
	} else if (trial_state_is_settled(g->trial->state)) {
		g->phase = PHASE_SETTLED;
		outcome_event(g, &event);
		peer_say_all(g, &event);
	} else {
		rescue_move(g);
		step(g, "resume");
		resume_unsettled(g);
	}
}
