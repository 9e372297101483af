/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least fix: for what is refused, one accept rule in the table that
 * decides, before the rule of the built-in chain from which the packet does not
 * come back; judged again. What turns out not to be needed goes again. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/guard.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "fix-rule.h"
#include "tracking.h"

#define FIX_MAX 128	/* rules */

struct fix {
	const struct vec *lifelines;
	const struct tables *live;
	struct tables *tables;	/* the candidate, mended so far */
	struct vec added;	/* of struct place *, in the order of time */
};

/* A rule that was added. */
struct place {
	struct chain *chain;
	struct rule *rule;	/* borrowed of it */
};

/* What is refused, and whose. */
struct refused {
	struct check check;
	struct lifeline lifeline;
};

static struct chain *
deciding_chain(const struct fix *fix, const struct check *check)
{
	return ruleset_chain(tables_get(fix->tables, check->candidate.table),
			     check->candidate.hook);
}

static size_t
index_of(const struct place *place)
{
	size_t at = 0;

	while (place->chain->rules.v[at] != place->rule)
		at++;
	return at;
}

static struct rule *
take_out(const struct place *place)
{
	return vec_remove(&place->chain->rules, index_of(place));
}

/* What leads to the server no more is led by the live rule again; its table
 * may be gone. */
static enum err
make_rule(const struct fix *fix, const struct refused *refused, bool stateful,
	  struct rule **rule)
{
	const struct check *check = &refused->check;
	struct ruleset *rs;
	const struct rule *led;

	if (check->candidate.loss != LOSS_ASTRAY)
		return fix_rule(fix->live, tables_get(fix->tables,
						      check->candidate.table),
				check, stateful, rule);
	led = led_rule(fix->live, &refused->lifeline, check);
	if (!led)
		return fail(ERR_NOT_FOUND, _("no rule is known that leads to "
					     "the server"));
	if (!tables_get(fix->tables, check->candidate.table)) {
		if (ruleset_new_empty(check->candidate.table, &rs))
			return ERR_NOT_FOUND;
		tables_put_take(fix->tables, rs);
	}
	*rule = rule_ref(led);
	return OK;
}

/* Insert a rule before the one that decides; again says that it does not do. */
static enum err
try_rule(struct fix *fix, const struct refused *refused, bool stateful,
	 bool *again)
{
	const struct check *check = &refused->check;
	struct place place;
	size_t at = check->candidate.hook_rule;
	struct walk_result result;
	enum err err = make_rule(fix, refused, stateful, &place.rule);

	*again = false;
	if (err)
		return err;
	place.chain = deciding_chain(fix, check);
	vec_insert(&place.chain->rules, at ? at - 1 : place.chain->rules.n,
		   place.rule);
	if (stateful) {
		walk_tracked(fix->live, fix->tables, &refused->lifeline, check,
			     &result);
		*again = result.verdict != VERDICT_ACCEPT;
	}
	if (*again)
		rule_unref(take_out(&place));
	else
		vec_push(&fix->added, xmemdup(&place, sizeof(place)));
	return OK;
}

static enum err
add_rule(struct fix *fix, const struct refused *refused)
{
	bool again = true;
	enum err err = OK;

	if (fix_may_be_stateful(&refused->check))
		err = try_rule(fix, refused, true, &again);
	if (!err && again)
		err = try_rule(fix, refused, false, &again);
	return err;
}

/* A rule that is met before nat has rewritten names what was dialled. */
static void
as_it_comes(struct refused *refused)
{
	struct check *check = &refused->check;

	if (check->led && strcmp(check->candidate.hook, "PREROUTING") == 0)
		check->set = packet_as_dialled(&refused->lifeline,
					       &check->set);
}

/* Is anything refused? refused may be NULL. */
static bool
is_refused(const struct fix *fix, struct refused *refused)
{
	struct guard_report *report = guard_judge(fix->lifelines, fix->live,
						  fix->tables, false);
	const struct lifeline_verdict *verdict;
	bool is = report->judgement == JUDGED_REFUSED;

	if (is && refused) {
		refused->check = *guard_deciding_check(report, &verdict);
		refused->lifeline = verdict->somebody ? *verdict->somebody :
							*verdict->lifeline;
		as_it_comes(refused);
	}
	guard_report_free(report);
	return is;
}

/* Mend until nothing is refused. */
static enum err
mend(struct fix *fix)
{
	struct refused refused;

	while (is_refused(fix, &refused))
		if (fix->added.n == FIX_MAX || add_rule(fix, &refused))
			return fail(ERR_NOT_FOUND,
				    _("no rule is known that makes it safe"));
	return OK;
}

/* A later rule may do what an earlier one was added for. */
static void
prune(struct fix *fix)
{
	for (size_t i = 0; i < fix->added.n && fix->added.n > 1;) {
		struct place *place = fix->added.v[i];
		size_t at = index_of(place);
		struct rule *rule = take_out(place);

		if (is_refused(fix, NULL)) {
			vec_insert(&place->chain->rules, at, rule);
			i++;
			continue;
		}
		rule_unref(rule);
		free(vec_remove(&fix->added, i));
	}
}

static void
fix_done(struct fix *fix)
{
	for (size_t i = 0; i < fix->added.n; i++)
		free(fix->added.v[i]);
	vec_done(&fix->added);
}

enum err
guard_fix(const struct vec *lifelines, const struct tables *live,
	  const struct tables *candidate, struct tables **fixed)
{
	struct fix fix = {
		.lifelines = lifelines,
		.live = live,
		.tables = tables_copy(candidate),
	};
	enum err err = mend(&fix);

	if (!err && fix.added.n == 0)
		err = fail(ERR_NOT_FOUND, _("there is nothing to mend"));
	if (!err)
		prune(&fix);
	else
		tables_free(fix.tables);
	*fixed = err ? NULL : fix.tables;
	fix_done(&fix);
	return err;
}
