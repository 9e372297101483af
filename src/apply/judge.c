/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard is asked about everything that a commit leads through: by the walk,
 * and by the kernel where that can be had. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

struct guard_report *
apply_judge_found(const struct world *world, const struct vec *lifelines,
		  const struct tables *live, const struct tables *candidate,
		  bool other_world)
{
	const struct settings *settings = world->lifelines.settings;
	struct guard_report *report = guard_judge(lifelines, live, candidate,
						  other_world);

	report->waived = settings && settings->no_lifelines;
	return report;
}

enum err
apply_judge(const struct world *world, const struct tables *live,
	    const struct tables *candidate, bool other_world,
	    struct vec *lifelines, struct guard_report **report)
{
	enum err err;

	*lifelines = (struct vec){ 0 };
	*report = NULL;
	err = lifelines_find(&world->lifelines, lifelines);
	if (!err)
		*report = apply_judge_found(world, lifelines, live, candidate,
					    other_world);
	return err;
}

bool
apply_rehearses(const struct world *world)
{
	return world->rehearse && !world->file;
}

void
apply_rehearse(const struct world *world, struct guard_report *report,
	       const struct tables *live, const struct tables *candidate)
{
	if (apply_rehearses(world))
		guard_rehearse(report, live, candidate, REHEARSAL_LIMIT_MS);
}

static bool
override_holds(const struct world *world, const char *override)
{
	return override && world->actor.host &&
	       strcmp(override, world->actor.host) == 0;
}

/* The refusal as the last message. between: the table that is committed while a
 * later one is not yet; NULL for the end. */
static enum err
refuse(const struct guard_report *report, const struct apply_request *req,
       const char *between)
{
	const char *kernel = guard_kernel_refusal(report);
	struct str text = { 0 };

	if (between)
		str_addf(&text, _("while table '%s' is committed and the next "
				  "one is not yet: "), between);
	guard_refusal(report, &text);
	if (req->override && !kernel)
		str_addf(&text, _("; '%s' is not this host's name, so nothing "
				  "is overridden"), req->override);
	fail(ERR_REFUSED, "%s", str_text(&text));
	str_done(&text);
	return ERR_REFUSED;
}

static enum err
judge_report(const struct world *world, const struct apply_request *req,
	     const struct guard_report *report, const char *between,
	     bool *overridden)
{
	if (report->judgement != JUDGED_REFUSED)
		return OK;
	if (guard_kernel_refusal(report) ||
	    !override_holds(world, req->override))
		return refuse(report, req, between);
	*overridden = true;
	return OK;
}

/* Was the end judged already, on these very lifelines, by all who can? */
static bool
is_judged(const struct world *world, const struct apply_request *req,
	  const struct vec *lifelines, bool other_world)
{
	const struct guard_report *judged = req->judged;

	if (!judged || judged->other_world != other_world ||
	    judged->stage == GUARD_REHEARSING)
		return false;
	if (apply_rehearses(world) && !judged->none && !judged->rehearsal)
		return false;
	return guard_is_about(judged, lifelines);
}

/* Copies of what the lifelines live on. What conntrack takes for something else,
 * and what nat leads in, the packets alone do not tell. */
static void
add_needs(const struct guard_report *report, struct vec *needs)
{
	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		for (size_t k = 0; k < verdict->checks.n; k++) {
			const struct check *check = verdict->checks.v[k];

			if (!check->advisory && !check->lost && !check->led)
				vec_push(needs, xmemdup(check, sizeof(*check)));
		}
	}
}

/* candidate is one of the states that req leads through. What stands for a
 * moment between two tables is rehearsed only where the walk does not prove
 * it. */
static enum err
judge_state(const struct world *world, const struct apply_request *req,
	    const struct vec *lifelines, const struct tables *candidate,
	    bool other_world, const char *between, struct vec *needs,
	    bool *overridden)
{
	struct guard_report *report;
	enum err err;

	if (!between && is_judged(world, req, lifelines, other_world)) {
		add_needs(req->judged, needs);
		return judge_report(world, req, req->judged, between,
				    overridden);
	}
	report = apply_judge_found(world, lifelines, req->base, candidate,
				   other_world);
	if (!between || report->judgement > JUDGED_ADVISED)
		apply_rehearse(world, report, req->base, candidate);
	err = judge_report(world, req, report, between, overridden);
	if (!between)
		add_needs(report, needs);
	guard_report_free(report);
	return err;
}

enum err
judge_request(const struct world *world, const struct apply_request *req,
	      struct vec *lifelines, struct vec *needs, bool *overridden)
{
	struct tables *candidate = tables_copy(req->base);
	bool other_world;
	enum err err = apply_look(world, &other_world);

	*overridden = false;
	if (!err)
		err = lifelines_find(&world->lifelines, lifelines);
	for (size_t i = 0; i < req->changes->n && !err; i++) {
		const struct changeset *cs = req->changes->v[i];
		bool last = i + 1 == req->changes->n;

		err = changeset_apply(cs, tables_get(candidate, cs->table));
		if (!err)
			err = judge_state(world, req, lifelines, candidate,
					  other_world,
					  last ? NULL : cs->table, needs,
					  overridden);
	}
	tables_free(candidate);
	return err;
}
