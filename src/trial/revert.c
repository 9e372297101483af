/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting the old rules back, over and over until the kernel's table says that
 * they are. What others did meanwhile stays; where that cannot be, it is
 * listed. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define LOCK_PATIENCE_MS 5000	/* past the deadline, then without the lock */
#define LOCK_RETRY_MS 20
#define RETRY_MS 1000
#define ATTEMPTS 5
#define DEATHS_MAX 3	/* of guardians that began to revert */

/* A revert that was asked for is a deadline that is now: whoever resumes goes
 * on with it. */
void
revert_begin(struct guardian *g, const char *reason, const struct actor *by)
{
	struct trial *trial = g->trial;
	int64_t now = guardian_now(g);

	if (!trial->reason)
		trial->reason = xstrdup(reason);
	if (by)
		actor_copy(&trial->settled_by, by);
	if (now < trial->deadline_ms) {
		trial->deadline_ms = now;
		rescue_move(g);
		if (trial_save(trial, g->run_dir) != OK)
			process_note("%s", err_message());
	}
	g->phase = PHASE_REVERT;
	g->lock_until_ms = trial->deadline_ms + LOCK_PATIENCE_MS;
	g->next_ms = now;
	step(g, "revert");
}

static enum err
commit(struct guardian *g, struct trial_part *part, const struct ruleset *live,
       const struct changeset *cs, const struct str *lost)
{
	struct lost taken;
	enum err err;

	lost_begin(g, part, live, lost, &taken);
	step(g, "before revert commit");
	err = g->be->ops->commit(g->be, live, cs);
	step(g, "after revert commit");
	lost_end(g, &taken, !err);
	return err;
}

static enum err
carry_out(struct guardian *g, struct trial_part *part,
	  const struct ruleset *live, const struct changeset *cs,
	  const struct str *lost)
{
	struct ruleset *expected = NULL, *back = NULL;
	char print[FINGERPRINT_SIZE];
	enum err err = table_expect(live, cs, &expected);

	if (!err) {
		ruleset_fingerprint(expected, print);
		tries_plan(g->run_dir, live->table, print);
		err = commit(g, part, live, cs, lost);
	}
	if (!err)
		err = table_read_back(g, expected, &back, print);
	if (!err) {
		tries_plan(g->run_dir, live->table, print);
		ruleset_free(back);
	}
	ruleset_free(expected);
	return err;
}

static enum err
attempt(struct guardian *g, struct trial_part *part, bool whole)
{
	struct ruleset *live = NULL;
	struct changeset *cs;
	struct str lost = { 0 };
	char print[FINGERPRINT_SIZE];
	enum err err = table_read(g, part->before->table, &live, print);

	if (err)
		return err;
	if (strcmp(print, part->before_print) != 0 &&
	    !tries_planned(g->run_dir, live->table, print)) {
		if (!whole)
			step(g, "revert plan");
		cs = undo_plan(g, part, live, print, whole, &lost);
		if (cs->changes.n)
			err = carry_out(g, part, live, cs, &lost);
		changeset_free(cs);
		str_done(&lost);
	}
	ruleset_free(live);
	return err;
}

/* A conflict is somebody who was faster: read again. Any other refusal, and one
 * that never ends, leaves only the whole old table. */
static enum err
revert_table(struct guardian *g, struct trial_part *part)
{
	bool whole = g->whole;
	enum err err = ERR_FAIL;

	for (int i = 0; i < ATTEMPTS && err; i++) {
		err = attempt(g, part, whole);
		if (err && err != ERR_CONFLICT) {
			process_note("%s", err_message());
			if (whole)
				break;
		}
		if (err != ERR_CONFLICT || i == ATTEMPTS - 2)
			whole = true;
	}
	return err;
}

/* The last one committed first. One that the kernel does not give back keeps
 * none of the others. */
static enum err
revert_tables(struct guardian *g)
{
	char *reason = NULL;
	enum err failed = OK;

	for (size_t i = g->trial->parts.n; i-- > 0;) {
		enum err err = revert_table(g, trial_part(g->trial, i));

		if (err && !failed)
			reason = xstrdup(err_message());
		if (err)
			failed = err;
		if (i > 0)
			step(g, "between reverts");
	}
	if (failed)
		fail(failed, "%s", reason);
	free(reason);
	return failed;
}

static void
say_not_reverted(struct guardian *g, char *why)
{
	struct guardian_event event;

	g->trial->state = TRIAL_NOT_REVERTED;
	if (trial_save(g->trial, g->run_dir) != OK)
		process_note("%s", err_message());
	outcome_event(g, &event);
	event.text = why;
	peer_say_all(g, &event);
}

static void
not_reverted(struct guardian *g)
{
	char *why = xstrdup(err_message());

	process_note("trial %s: NOT REVERTED: %s", g->trial->id, why);
	if (g->trial->state != TRIAL_NOT_REVERTED)
		say_not_reverted(g, why);
	free(why);
	g->next_ms = guardian_now(g) + RETRY_MS;
}

/* True when there is nothing left to wait for: the lock is ours, or it was
 * waited for long enough. */
static bool
may_go_ahead(struct guardian *g, bool *locked)
{
	enum err err = g->be->ops->lock(g->be, g->clock, 0);
	char *reason;

	*locked = err == OK;
	if (!err)
		return true;
	if (err == ERR_BUSY && guardian_now(g) < g->lock_until_ms)
		return false;
	process_note("going ahead without the lock: %s", err_message());
	if (!strstr(g->trial->reason, "lock")) {
		reason = xasprintf("%s, without the xtables lock: %s",
				   g->trial->reason, err_message());
		free(g->trial->reason);
		g->trial->reason = reason;
	}
	return true;
}

/* Where one guardian after the other dies of it, be it by the rules of others
 * that it weighs, they are weighed no more, and in the end not even listed. */
static void
count_deaths(struct guardian *g)
{
	unsigned deaths;

	if (g->tried)
		return;
	g->tried = true;
	deaths = tries_begin(g->run_dir);
	g->whole = deaths >= DEATHS_MAX;
	g->blind = deaths >= 2 * DEATHS_MAX;
	if (g->whole)
		process_note("%d guardians died while they reverted: the old "
			     "tables go in whole", DEATHS_MAX);
}

void
revert_try(struct guardian *g)
{
	bool locked;
	enum err err;

	if (!may_go_ahead(g, &locked)) {
		g->next_ms = guardian_now(g) + LOCK_RETRY_MS;
		return;
	}
	count_deaths(g);
	err = revert_tables(g);
	if (err && rescue_if_short())
		err = revert_tables(g);
	if (locked)
		g->be->ops->unlock(g->be);
	if (err)
		not_reverted(g);
	else
		outcome_settle(g, g->trial->committed_wall_s ? TRIAL_REVERTED :
							      TRIAL_FAILED);
}
