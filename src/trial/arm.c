/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to a change on trial. The record is on disk before the kernel
 * is touched, and the client hears "on trial" only after the kernel was read
 * back. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define LOCK_PATIENCE_MS 10000
#define WINDOW_MAX_MS 3600000

static enum err
check_request(const struct trial *trial)
{
	if (!trial_is_ours(trial))
		return fail(ERR_FAIL,
			    _("this change was made for another network "
			      "namespace"));
	for (size_t i = 0; i < trial->parts.n; i++)
		if (!trial_part(trial, i)->after)
			return fail(ERR_FAIL,
				    _("the request does not say what the table "
				      "is to become"));
	if (!trial->no_trial &&
	    (trial->window_ms <= 0 || trial->window_ms > WINDOW_MAX_MS))
		return fail(ERR_USAGE, _("a trial takes an hour at most"));
	return OK;
}

/* What stands in the run directory already. An unsettled trial whose guardian
 * is dead finds a new one by this: our supervisor goes on with it. */
static enum err
clear_record(const struct guardian *g)
{
	struct trial *old = NULL;
	enum err err = trial_load(g->run_dir, &old);

	if (err == ERR_NOT_FOUND)
		return OK;
	if (err)
		return err;
	if (trial_state_is_settled(old->state) ||
	    strcmp(old->boot_id, g->trial->boot_id) != 0)
		err = trial_set_aside(g->run_dir, old);
	else if (trial_is_ours(old))
		err = fail(ERR_BUSY, _("an earlier trial is not settled yet"));
	else
		err = fail(ERR_FAIL, _("the run directory holds the trial of "
				       "another network namespace"));
	trial_free(old);
	return err;
}

/* A table while it is committed. */
struct arming {
	struct trial_part *part;
	struct ruleset *live;
	struct ruleset *expected;
};

static enum err
changed_meanwhile(const char *table)
{
	return fail(ERR_CONFLICT, _("the live table '%s' is not the one that was "
				    "judged: it was changed meanwhile"), table);
}

/* The live table must be what was judged, and what becomes of it what was
 * shown. */
static enum err
compare(struct guardian *g, struct arming *a)
{
	const char *table = a->part->before->table;
	char print[FINGERPRINT_SIZE];
	enum err err = table_read(g, table, &a->live, print);

	if (err)
		return err;
	if (strcmp(print, a->part->before_print) != 0)
		return changed_meanwhile(table);
	err = table_expect(a->live, a->part->changes, &a->expected);
	if (err)
		return err;
	ruleset_fingerprint(a->expected, print);
	if (strcmp(print, a->part->after_print) != 0)
		return fail(ERR_CONFLICT,
			    _("the change does not give the table '%s' that "
			      "was judged"), table);
	return OK;
}

/* What the guard looked through beside what is committed. */
static enum err
compare_judged(struct guardian *g)
{
	enum err err = OK;

	for (size_t i = 0; i < TABLE_COUNT && !err; i++) {
		char print[FINGERPRINT_SIZE];
		struct ruleset *live = NULL;

		if (!g->trial->judged[i][0])
			continue;
		err = table_read(g, table_names[i], &live, print);
		if (!err && strcmp(print, g->trial->judged[i]) != 0)
			err = changed_meanwhile(table_names[i]);
		ruleset_free(live);
	}
	return err;
}

static enum err
compare_all(struct guardian *g, struct arming *armings)
{
	enum err err = compare_judged(g);

	for (size_t i = 0; i < g->trial->parts.n && !err; i++) {
		armings[i].part = trial_part(g->trial, i);
		err = compare(g, &armings[i]);
	}
	return err;
}

static enum err
write_record(struct guardian *g)
{
	enum err err;

	g->trial->state = TRIAL_ARMED;
	g->trial->deadline_ms = guardian_now(g) +
				(g->trial->no_trial ? 0 : g->trial->window_ms);
	step(g, "armed");
	unlinkat(g->run_dir, TRIAL_TRIES, 0);
	err = trial_save(g->trial, g->run_dir);
	if (!err)
		err = trial_spare_make(g->trial, g->run_dir);
	step(g, "record written");
	return err;
}

/* What the backend reports is one thing, the kernel's table is another: the
 * table decides whether the change is in. */
static enum err
commit(struct guardian *g, const struct arming *a)
{
	char print[FINGERPRINT_SIZE];
	char *reason;
	struct ruleset *now = NULL;
	enum err err;

	step(g, "before commit");
	err = g->be->ops->commit(g->be, a->live, a->part->changes);
	step(g, "after commit");
	if (!err)
		return OK;
	reason = xstrdup(err_message());
	if (table_read(g, a->part->before->table, &now, print) == OK &&
	    strcmp(print, a->part->after_print) == 0)
		err = OK;
	else
		fail(err, "%s", reason);
	ruleset_free(now);
	free(reason);
	return err;
}

/* *n gets how many tables are committed. */
static enum err
commit_all(struct guardian *g, const struct arming *armings, size_t *n)
{
	enum err err = OK;

	for (*n = 0; *n < g->trial->parts.n; ++*n) {
		if (*n > 0)
			step(g, "between tables");
		err = commit(g, &armings[*n]);
		if (err)
			break;
	}
	return err;
}

static enum err
read_back(struct guardian *g, const struct arming *a)
{
	struct trial_part *part = a->part;
	struct ruleset *back = NULL;
	char print[FINGERPRINT_SIZE];
	enum err err = table_read_back(g, a->expected, &back, print);

	if (err)
		return err;
	if (!ruleset_equal(part->after, back))
		trial_parts_changed(g->trial);
	ruleset_free(part->after);
	part->after = back;
	memcpy(part->after_print, print, sizeof(print));
	return OK;
}

/* What the commit took is not taken from the window. Where the record cannot tell
 * so the earlier deadline, which it has, stays. */
static void
begin_window(struct guardian *g)
{
	struct trial *trial = g->trial;
	int64_t earlier = trial->deadline_ms;

	trial->deadline_ms = guardian_now(g) + trial->window_ms;
	if (trial_save(trial, g->run_dir) == OK) {
		rescue_move(g);
	} else {
		process_note("%s", err_message());
		trial->deadline_ms = earlier;
	}
}

/* The change is in the kernel: it is on trial, or undone where the kernel has
 * not got what was committed. */
static void
go_on_trial(struct guardian *g, const struct arming *armings)
{
	struct trial *trial = g->trial;
	enum err err = OK;

	trial->committed_wall_s = g->clock->wall_s(g->clock);
	trial->committed_ms = guardian_now(g);
	trial->state = TRIAL_ON;
	for (size_t i = 0; i < trial->parts.n && !err; i++)
		err = read_back(g, &armings[i]);
	if (err) {
		revert_begin(g, err_message(), NULL);
		return;
	}
	if (trial->no_trial) {
		tell_begun(g);
		actor_copy(&trial->settled_by, &trial->actor);
		outcome_settle(g, TRIAL_CONFIRMED);
		return;
	}
	begin_window(g);
	g->phase = PHASE_WAIT;
	step(g, "on trial");
}

static bool
is_as_before(struct guardian *g, const struct trial_part *part)
{
	char print[FINGERPRINT_SIZE];
	struct ruleset *now = NULL;
	bool same = table_read(g, part->before->table, &now, print) == OK &&
		    strcmp(print, part->before_print) == 0;

	ruleset_free(now);
	return same;
}

/* The kernel does not take table n. Where nothing is in yet nothing but the
 * refused commit itself is known to history; what is in, or may be, is undone. */
static void
refused(struct guardian *g, enum err err, size_t n)
{
	char *reason = xstrdup(err_message());

	g->err = err;
	if (n > 0 || (err != ERR_CONFLICT &&
		      !is_as_before(g, trial_part(g->trial, 0)))) {
		revert_begin(g, reason, NULL);
	} else {
		free(g->trial->reason);
		g->trial->reason = xstrdup(reason);
		outcome_settle(g, TRIAL_FAILED);
	}
	free(reason);
}

static void
commit_armed(struct guardian *g, const struct arming *armings)
{
	size_t n;
	enum err err = commit_all(g, armings, &n);

	if (err)
		refused(g, err, n);
	else
		go_on_trial(g, armings);
}

static void
arm_locked(struct guardian *g)
{
	struct arming armings[TABLE_COUNT] = { { 0 } };
	enum err err = compare_all(g, armings);

	if (!err && process_is_terminated())
		err = fail(ERR_FAIL, _("terminated before the commit"));
	if (!err)
		err = write_record(g);
	if (err) {
		outcome_fail(g, err);
		trial_forget(g->run_dir);
	} else {
		rescue_arm(g);
		commit_armed(g, armings);
	}
	for (size_t i = 0; i < ARRAY_LEN(armings); i++) {
		ruleset_free(armings[i].live);
		ruleset_free(armings[i].expected);
	}
}

void
guardian_arm(struct guardian *g, struct trial *trial_take)
{
	struct guardian_event event;
	enum err err = check_request(trial_take);

	g->trial = trial_take;
	if (!err)
		err = clear_record(g);
	if (!err && g->be->ops->lock(g->be, g->clock,
				     guardian_now(g) + LOCK_PATIENCE_MS))
		err = ERR_FAIL;	/* ERR_BUSY is another trial */
	if (err) {
		outcome_fail(g, err);
		return;
	}
	arm_locked(g);
	g->be->ops->unlock(g->be);
	outcome_event(g, &event);
	if (g->phase != PHASE_WAIT)
		return;
	peer_say_all(g, &event);
	tell_begun(g);
	life_begin(g);
}
