/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check and diff: rules looked at, nothing changed. */
#include <string.h>
#include <sallyport/i18n.h>
#include "internal.h"

static enum err
tell_verdict(const struct world *world, const char *name,
	     const struct ruleset *candidate, const struct guard_report *report)
{
	struct str text = {0};
	size_t rules = ruleset_rule_count(candidate);
	enum err err;

	str_addf(&text, Q_("%s: %zu rule in %zu chains, readable.\n",
			   "%s: %zu rules in %zu chains, readable.\n", rules),
		 name, rules, candidate->chains.n);
	guard_explain(report, &text);
	err = cli_print(world, &text);
	if (!err && report->judgement == JUDGED_REFUSED) {
		str_clear(&text);
		guard_refusal(report, &text);
		err = fail(ERR_REFUSED, "%s", str_text(&text));
	}
	str_done(&text);
	return err;
}

static enum err
check_against_live(const struct world *world, const char *name,
		   const struct ruleset *candidate)
{
	struct guard_report *report = NULL;
	struct tables *candidates = NULL;
	struct tables *live = NULL;
	struct vec lifelines = {0};
	bool other_world;
	enum err err;

	err = cli_read_live(world, &live, &other_world);
	if (!err) {
		candidates = tables_copy(live);
		tables_put_take(candidates, ruleset_copy(candidate));
		err = apply_judge(world, live, candidates, other_world,
				  &lifelines, &report);
	}
	if (!err)
		err = tell_verdict(world, name, candidate, report);
	guard_report_free(report);
	lifelines_free(&lifelines);
	tables_free(candidates);
	tables_free(live);
	return err;
}

enum err
cmd_check(struct world *world, const struct cli_call *call)
{
	const char *name = call->argv[0];
	struct ruleset *candidate;
	enum err err;

	err = cli_load_file(world, name, &candidate);
	if (err)
		return err;
	if (!strcmp(name, "-"))
		name = _("standard input");
	err = check_against_live(world, name, candidate);
	ruleset_free(candidate);
	return err;
}

static enum err
print_difference(const struct world *world, const struct ruleset *from,
		 const struct ruleset *to)
{
	struct changeset *cs = changeset_diff(from, to, false);
	struct str out = {0};
	enum err err;

	changeset_describe(cs, &out);
	err = cli_print(world, &out);
	str_done(&out);
	changeset_free(cs);
	return err;
}

enum err
cmd_diff(struct world *world, const struct cli_call *call)
{
	const char *second = call->argc > 1 ? call->argv[1] : "live";
	struct ruleset *from = NULL;
	struct ruleset *to = NULL;
	enum err err;

	if (!strcmp(call->argv[0], "-") && !strcmp(second, "-"))
		return fail(ERR_USAGE, _("standard input can be only one of "
			    "the two"));
	err = cli_load(world, call->argv[0], &from);
	if (!err)
		err = cli_load(world, second, &to);
	if (!err)
		err = print_difference(world, from, to);
	ruleset_free(from);
	ruleset_free(to);
	return err;
}
