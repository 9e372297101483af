/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's way to apply's road: the difference and the guard's
 * account are shown and a question is asked before anything can happen (P2). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/merge.h>
#include <sallyport/owned.h>
#include <sallyport/xt.h>
#include "internal.h"

/* So often a change is carried onto rules that others changed (design 6). */
#define REBASES_MAX 3

/* What is about to be committed, and what the guard thinks of it. */
struct plan {
	const struct tables *live;
	struct tables *candidate;
	struct vec changes;	/* of struct changeset * */
	bool other_world;
	struct vec lifelines;
	struct guard_report *report;
	struct vec notes;	/* of struct tryout_note *: what is not tried */
};

enum err
cli_trial_seconds(const struct cli_call *call, int *seconds)
{
	const char *word = call->opt.seconds;
	char *end;
	long n;

	*seconds = TRIAL_SECONDS_DEFAULT;
	if (!word)
		return OK;
	n = strtol(word, &end, 10);
	if (end == word || *end || n < TRIAL_SECONDS_MIN ||
	    n > TRIAL_SECONDS_MAX)
		return fail(ERR_USAGE, _("'%s' is no length of a trial: %d to "
			    "%d seconds"), word, TRIAL_SECONDS_MIN,
			    TRIAL_SECONDS_MAX);
	*seconds = (int)n;
	return OK;
}

enum err
cli_check_question(const struct world *world, const struct cli_call *call,
		   bool input_taken)
{
	if (call->opt.yes || call->opt.detach)
		return OK;
	if (world->tty_in && !input_taken)
		return OK;
	return fail(ERR_USAGE, _("nobody can be asked here: standard input is "
		    "no terminal; give --yes or --detach"));
}

static enum err
plan_judge(const struct world *world, struct plan *plan)
{
	enum err err;

	guard_report_free(plan->report);
	plan->report = NULL;
	lifelines_free(&plan->lifelines);
	memset(&plan->lifelines, 0, sizeof(plan->lifelines));
	err = apply_judge(world, plan->live, plan->candidate,
			  plan->other_world, &plan->lifelines, &plan->report);
	if (!err)
		apply_rehearse(world, plan->report, plan->live,
			       plan->candidate);
	return err;
}

static void
plan_done(struct plan *plan)
{
	guard_report_free(plan->report);
	lifelines_free(&plan->lifelines);
	tables_free(plan->candidate);
	changesets_done(&plan->changes);
	tryout_notes_done(&plan->notes);
}

static enum err
plan_make(const struct world *world, const struct vec *changes,
	  struct plan *plan)
{
	enum err err;

	plan->candidate = tables_copy(plan->live);
	changesets_copy(changes, &plan->changes);
	err = tables_apply(plan->candidate, &plan->changes);
	if (!err)
		err = cli_try(world, plan->live, plan->candidate, &plan->notes);
	return err ? err : plan_judge(world, plan);
}

static bool
plan_refused(const struct world *world, const struct plan *plan)
{
	if (guard_kernel_refusal(plan->report))
		return true;
	return plan->report->judgement == JUDGED_REFUSED && !world->override &&
	       !world->file;
}

/* --fix: the accept rules that the guard offers come too. */
static enum err
plan_fix(const struct world *world, struct plan *plan)
{
	struct tables *fixed;
	enum err err;

	if (!plan_refused(world, plan))
		return OK;
	err = guard_fix(&plan->lifelines, plan->live, plan->candidate, &fixed);
	if (err)
		return err == ERR_NOT_FOUND ? OK : err;
	tables_free(plan->candidate);
	plan->candidate = fixed;
	changesets_done(&plan->changes);
	tables_diff(plan->live, fixed, true, &plan->changes);
	return plan_judge(world, plan);
}

/* Said before the question that is asked anyway. */
static void
add_owned(const struct vec *changes, struct str *out)
{
	struct vec chains = {0};

	owned_touched(changes, &chains);
	for (size_t i = 0; i < chains.n; i++)
		str_addf(out, _("%s belongs to %s, which rewrites it at "
				"will\n"), (const char *)chains.v[i],
			 owned_by(chains.v[i]));
	vec_done(&chains);
}

static enum err
plan_show(const struct world *world, const struct plan *plan)
{
	struct str out = {0};
	enum err err;

	changesets_describe(&plan->changes, &out);
	add_owned(&plan->changes, &out);
	if (changesets_bring_icmp4(&plan->changes))
		str_add(&out, _("'-p icmp' is IPv4's and matches nothing here: "
				"ping over IPv6 is '-p icmpv6'\n"));
	cli_add_notes(&plan->notes, &out);
	guard_explain(plan->report, &out);
	err = cli_print(world, &out);
	str_done(&out);
	return err;
}

/* The refusal, and the rules that would lift it. */
static enum err
plan_refuse(const struct world *world, const struct cli_call *call,
	    struct plan *plan)
{
	struct tables *fixed = NULL;
	struct vec fix = {0};
	struct str text = {0};
	enum err err = OK;

	if (!call->opt.fix && !guard_fix(&plan->lifelines, plan->live,
					 plan->candidate, &fixed)) {
		str_add(&text, _("These changes would keep it, and --fix adds "
				 "them:\n"));
		tables_diff(plan->candidate, fixed, true, &fix);
		changesets_describe(&fix, &text);
		err = cli_print(world, &text);
	}
	str_clear(&text);
	guard_refusal(plan->report, &text);
	if (!err)
		err = fail(ERR_REFUSED, _("refused: %s"), str_text(&text));
	str_done(&text);
	changesets_done(&fix);
	tables_free(fixed);
	return err;
}

bool
cli_said(const struct world *world, char yes, bool otherwise)
{
	char answer[64];

	fflush(world->err);
	if (!fgets(answer, sizeof(answer), world->in))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	if (!answer[0])
		return otherwise;
	return (tolower((unsigned char)answer[0]) == yes && !answer[1]) ||
	       !strcasecmp(answer, "yes") || !strcasecmp(answer, _("yes"));
}

static enum err
plan_ask(const struct world *world, const struct cli_call *call, int seconds)
{
	if (call->opt.yes || !world->tty_in)
		return OK;
	if (world->file)
		cli_ask(world, _("Write this to '%s'? [y/N] "), world->file);
	else if (world->no_trial)
		cli_ask(world, _("Commit this for good, without a trial? "
				 "[y/N] "));
	else
		cli_ask(world, _("Commit this on trial for %d seconds? "
				 "[y/N] "), seconds);
	if (cli_said(world, 'y', false))
		return OK;
	return fail(ERR_CANCELLED, _("nothing was changed"));
}

static enum err
plan_commit(const struct world *world, const struct cli_call *call,
	    const struct plan *plan, const char *origin, const char *message,
	    int seconds)
{
	const struct apply_request req = {
		.base = plan->live,
		.changes = &plan->changes,
		.message = message,
		.origin = origin,
		.seconds = seconds,
		.override = world->override,
		.no_trial = world->no_trial,
		.judged = plan->report,
	};
	struct guardian_client client = { .fd = -1 };
	enum err err;

	err = apply_start(world, &req, &client);
	if (!err)
		err = call->opt.detach ? cli_leave(world, &client) :
					 cli_watch(world, &client);
	guardian_disconnect(&client);
	return err;
}

/* A file takes effect when it is loaded: it is not on trial. */
static enum err
plan_write(const struct world *world, const struct plan *plan)
{
	struct str text = {0};
	enum err err;

	err = apply_write(world, plan->live, &plan->changes);
	if (err)
		return err;
	str_addf(&text, _("Written to '%s'.\n"), world->file);
	err = cli_print(world, &text);
	str_done(&text);
	return err;
}

static enum err
plan_run(const struct world *world, const struct cli_call *call,
	 struct plan *plan, const char *origin, const char *message)
{
	int seconds;
	enum err err;

	err = cli_trial_seconds(call, &seconds);
	if (!err && call->opt.fix)
		err = plan_fix(world, plan);
	if (!err)
		err = plan_show(world, plan);
	if (err)
		return err;
	if (plan_refused(world, plan))
		return plan_refuse(world, call, plan);
	err = plan_ask(world, call, seconds);
	if (err)
		return err;
	if (world->file)
		return plan_write(world, plan);
	return plan_commit(world, call, plan, origin, message, seconds);
}

/* What could not be carried over, one line each but the last. */
static enum err
collides(const struct world *world, const struct vec *conflicts)
{
	struct str line = {0};

	for (size_t i = 0; i < conflicts->n; i++) {
		str_clear(&line);
		conflict_describe(conflicts->v[i], &line);
		if (i + 1 < conflicts->n)
			cli_warn(world, "%s", str_text(&line));
	}
	fail(ERR_CONFLICT, _("others changed the rules meanwhile: %s"),
	     str_text(&line));
	str_done(&line);
	return ERR_CONFLICT;
}

/* Others were faster: the changes are carried onto what is live now. The plan
 * is made anew, and owns its live tables from here on. */
static enum err
plan_carry(const struct world *world, struct plan *plan, struct tables **live)
{
	struct vec conflicts = {0}, changes = plan->changes;
	struct tables *now = NULL;
	bool other_world;
	enum err err;

	err = cli_read_live(world, &now, &other_world);
	if (err)
		return err;
	plan->changes = (struct vec){0};
	err = tables_rebase(&changes, plan->live, now, MERGE_THEIRS,
			    &plan->changes, &conflicts);
	changesets_done(&changes);
	if (err)
		err = collides(world, &conflicts);
	conflicts_done(&conflicts);
	changes = plan->changes;
	plan->changes = (struct vec){0};
	plan_done(plan);
	tables_free(*live);
	*live = now;
	*plan = (struct plan){ .live = now, .other_world = other_world };
	if (!err)
		err = plan_make(world, &changes, plan);
	changesets_done(&changes);
	return err;
}

static enum err
plan_try(const struct world *world, const struct cli_call *call,
	 struct plan *plan, const char *origin, const char *message)
{
	struct tables *live = NULL;
	enum err err;

	err = plan_run(world, call, plan, origin, message);
	for (int i = 0; i < REBASES_MAX && err == ERR_CONFLICT &&
	     !world->file; i++) {
		err = plan_carry(world, plan, &live);
		if (err)
			break;
		if (plan->changes.n == 0) {
			cli_warn(world, _("others made the same change "
					  "meanwhile"));
			break;
		}
		cli_warn(world, _("others changed the rules meanwhile: the "
				  "change was carried over"));
		err = plan_run(world, call, plan, origin, message);
	}
	plan_done(plan);
	tables_free(live);
	return err;
}

enum err
cli_commit(const struct world *world, const struct cli_call *call,
	   const struct tables *live, const struct vec *changes,
	   bool other_world, const char *origin, const char *message)
{
	struct plan plan = { .live = live, .other_world = other_world };
	struct str text = {0};
	enum err err;

	if (changes->n == 0 && !call->opt.fix) {
		str_add(&text, _("Nothing to change.\n"));
		err = cli_print(world, &text);
		str_done(&text);
		return err;
	}
	err = plan_make(world, changes, &plan);
	if (!err)
		return plan_try(world, call, &plan, origin, message);
	plan_done(&plan);
	return err;
}
