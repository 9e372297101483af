/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: where things stand, for people and, as JSON, for programs. Both are
 * made from one account of it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"
#include "status.h"

#define OVERDUE_MS 7000		/* the lock is waited for 5 s */

struct status {
	struct tables *live;
	bool other_world;
	struct vec lifelines;
	struct guard_report *report;
	enum apply_found found;
	struct trial *trial;		/* NULL: none */
	char *trial_why;		/* it is unreadable, or nobody guards it */
	struct lost lost;
	int64_t revision;		/* the newest that stands; 0: none */
	struct drift drift;
};

static void
find_trial(const struct world *world, struct status *st)
{
	st->found = apply_resume(world, &st->trial);
	if (st->found == FOUND_UNREADABLE || st->found == FOUND_UNGUARDED)
		st->trial_why = xstrdup(err_message());
}

static void
find_revision(const struct world *world, struct status *st)
{
	struct history *history;
	int64_t id;

	if (history_open(world->db_path, true, &history))
		return;
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (world->only_table &&
		    strcmp(world->only_table, table_names[i]) != 0)
			continue;
		if (history_newest(history, table_names[i], &id) == OK &&
		    id > st->revision)
			st->revision = id;
	}
	history_close(history);
}

static enum err
find_rules(const struct world *world, struct status *st)
{
	char *warning = NULL;
	enum err err;

	err = apply_read(world, &st->live, &st->other_world);
	if (err)
		return err;
	if (!world->read_only)
		apply_sync(world, st->live, &warning);
	cli_warn_take(world, warning);
	return apply_judge(world, st->live, st->live, st->other_world,
			   &st->lifelines, &st->report);
}

static void
status_done(struct status *st)
{
	drift_done(&st->drift);
	guard_report_free(st->report);
	lifelines_free(&st->lifelines);
	tables_free(st->live);
	trial_free(st->trial);
	free(st->trial_why);
}

/* It waits for somebody's word, or for its deadline. */
static bool
is_pending(const struct status *st)
{
	return !trial_state_is_settled(st->trial->state) &&
	       st->found != FOUND_NOTHING;
}

/* As history has it: what this boot did not settle ended with the last one. */
static const char *
trial_state(const struct status *st)
{
	if (trial_state_is_settled(st->trial->state) || is_pending(st))
		return trial_state_name(st->trial->state);
	return N_("ended by reboot");
}

static long long
trial_left(const struct world *world, const struct trial *trial)
{
	int64_t ms = trial->deadline_ms - world->clock->boot_ms(world->clock);

	return ms > 0 ? (ms + 999) / 1000 : 0;
}

/* Nobody put the old rules back though it was time: the guardian is dead, or
 * waits in vain for longer than for the lock. */
static bool
is_overdue(const struct world *world, const struct status *st)
{
	int64_t due = st->trial->deadline_ms;

	if (!is_pending(st) || st->found == FOUND_FOREIGN)
		return false;
	if (guardian_running(&world->guardian))
		due += OVERDUE_MS;
	return world->clock->boot_ms(world->clock) >= due;
}

static void
add_running(const struct world *world, struct str *out,
	    const struct trial *trial)
{
	str_addf(out, _("trial      %s, %lld seconds left, by %s"),
		 _(trial_state_name(trial->state)), trial_left(world, trial),
		 trial->actor.user ? trial->actor.user : "?");
	if (trial->message && *trial->message) {
		str_add(out, ": ");
		cli_add_subject(out, trial->message);
	}
	str_addc(out, '\n');
}

static void
add_pending(const struct world *world, struct str *out,
	    const struct status *st)
{
	const struct trial *trial = st->trial;
	char *why = trial_reason_text(trial->reason);

	if (trial->state == TRIAL_NOT_REVERTED)
		str_addf(out, _("trial      NOT REVERTED: %s\n"), why);
	else if (is_overdue(world, st))
		str_add(out, _("trial      NOT REVERTED: past its deadline, and "
			       "no guardian acts; 'sallyport revert' does\n"));
	else
		add_running(world, out, trial);
	if (st->found == FOUND_UNGUARDED &&
	    (!world->read_only || trial->state == TRIAL_NOT_REVERTED ||
	     !is_overdue(world, st)))
		str_addf(out, "           %s\n", st->trial_why);
	if (trial->login_demanded && !trial_proof(trial))
		str_add(out, _("           a new login over IPv6 is demanded "
			       "before it can be kept\n"));
	if (st->found == FOUND_FOREIGN)
		str_add(out, _("           it is of another network namespace "
			       "and is left alone\n"));
	free(why);
}

/* The last one, which is over. */
static void
add_last(struct str *out, const struct status *st)
{
	char *why = trial_reason_text(st->trial->reason);

	if (*why)
		str_addf(out, _("trial      none; the last one: %s (%s)\n"),
			 _(trial_state(st)), why);
	else
		str_addf(out, _("trial      none; the last one: %s\n"),
			 _(trial_state(st)));
	free(why);
	status_add_lost(&st->lost, out);
}

static void
add_trial(const struct world *world, struct str *out, const struct status *st)
{
	const struct trial *trial = st->trial;

	if (st->found == FOUND_UNREADABLE)
		str_addf(out, _("trial      unreadable: %s\n"),
			 st->trial_why);
	else if (!trial)
		str_add(out, _("trial      none\n"));
	else if (is_pending(st))
		add_pending(world, out, st);
	else
		add_last(out, st);
}

/* Those that are in use, and the one that is asked for. */
static void
add_tables(const struct world *world, struct str *out,
	   const struct tables *live)
{
	for (size_t i = 0; i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];

		bool asked = strcmp(rs->table, world->table) == 0;

		if (!asked && (rs->absent || world->only_table))
			continue;
		str_addf(out, _("table      %s (%s): %zu rules in %zu "
				"chains\n"), rs->table,
			 world->backend->ops->name, ruleset_rule_count(rs),
			 rs->chains.n);
	}
}

static enum err
print_text(const struct world *world, const struct status *st)
{
	struct str out = {0};
	enum err err;

	str_addf(&out, _("host       %s\n"),
		 world->actor.host ? world->actor.host : "?");
	add_tables(world, &out, st->live);
	status_add_lifelines(world, st->report, &out);
	add_trial(world, &out, st);
	if (st->revision)
		str_addf(&out, _("revision   %lld (the newest that stands)\n"),
			 (long long)st->revision);
	else
		str_add(&out, _("revision   none\n"));
	status_add_drift(&st->drift, &out);
	err = cli_print(world, &out);
	str_done(&out);
	return err;
}

static json_t *
trial_json(const struct world *world, const struct status *st)
{
	const struct trial *trial = st->trial;

	if (st->found == FOUND_UNREADABLE)
		return json_pack("{s:s, s:o}", "state", "unreadable",
				 "reason", cli_json_text(st->trial_why));
	if (!trial)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:b, s:b, s:b, "
			 "s:o, s:o}",
		"id", trial->id, "state", trial_state(st),
		"seconds_left", is_pending(st) ?
			(json_int_t)trial_left(world, trial) : 0,
		"user", cli_json_text(trial->actor.user),
		"message", cli_json_text(trial->message),
		"reason", cli_json_text(trial->reason),
		"foreign", st->found == FOUND_FOREIGN,
		"unguarded", st->found == FOUND_UNGUARDED,
		"overdue", is_overdue(world, st),
		"lost", status_lost_json(&st->lost),
		"lost_in", status_kept_json(&st->lost));
}

static json_t *
tables_json(const struct tables *live)
{
	json_t *list = json_array();

	for (size_t i = 0; i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];

		json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:I}",
			"table", rs->table, "in_use", !rs->absent,
			"rules", (json_int_t)ruleset_rule_count(rs),
			"chains", (json_int_t)rs->chains.n));
	}
	return list;
}

static enum err
print_json(const struct world *world, const struct status *st)
{
	const struct ruleset *rs = tables_get(st->live, world->table);
	json_t *json;

	json = json_pack("{s:o, s:s, s:s, s:I, s:I, s:o, s:s, s:s, s:b, s:o, "
			 "s:o, s:I, s:o, s:o}",
		"host", cli_json_text(world->actor.host), "table", world->table,
		"backend", world->backend->ops->name,
		"rules", (json_int_t)ruleset_rule_count(rs),
		"chains", (json_int_t)rs->chains.n,
		"tables", tables_json(st->live),
		"verdict", st->report->none ? "none" :
			status_judgement(st->report->judgement),
		"judge", "walk",	/* nothing is about to change */
		"other_world", st->other_world,
		"lifelines", status_lifelines_json(st->report),
		"trial", trial_json(world, st),
		"revision", (json_int_t)st->revision,
		"drift", status_drift_json(&st->drift),
		"settings_error", cli_json_text(world->settings_why));
	return cli_json_print_take(world, json);
}

enum err
cmd_status(struct world *world, const struct cli_call *call)
{
	struct status st = {0};
	enum err err;

	find_trial(world, &st);
	err = find_rules(world, &st);
	if (!err) {
		find_revision(world, &st);
		status_find_lost(world, st.trial, &st.lost);
		status_find_drift(world, st.live, &st.drift);
		err = call->opt.json ? print_json(world, &st) :
				       print_text(world, &st);
	}
	status_done(&st);
	return err;
}
