/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check and diff: rules looked at, nothing changed. */
#include <string.h>
#include <sallyport/i18n.h>
#include "internal.h"

static void
count(const struct tables *tables, size_t *rules, size_t *chains)
{
	*rules = *chains = 0;
	for (size_t i = 0; i < tables->v.n; i++) {
		const struct ruleset *rs = tables->v.v[i];

		*rules += ruleset_rule_count(rs);
		*chains += rs->chains.n;
	}
}

static enum err
tell_verdict(const struct world *world, const char *name,
	     const struct tables *loaded, const struct vec *notes,
	     const struct guard_report *report)
{
	struct str text = {0};
	size_t rules, chains;
	enum err err;

	count(loaded, &rules, &chains);
	str_addf(&text, Q_("%s: %zu rule in %zu chains, readable.\n",
			   "%s: %zu rules in %zu chains, readable.\n", rules),
		 name, rules, chains);
	cli_add_notes(notes, &text);
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
check_against(const struct world *world, const char *name,
	      const struct tables *live, bool other_world,
	      const struct tables *loaded)
{
	struct tables *candidate = tables_copy(live);
	struct guard_report *report = NULL;
	struct vec lifelines = {0}, changes = {0}, notes = {0};
	enum err err;

	tables_diff(live, loaded, false, &changes);
	err = tables_apply(candidate, &changes);
	changesets_done(&changes);
	if (!err) {
		err = cli_try(world, NULL, loaded, &notes);
		if (err)
			err = fail(err, "%s: %s", name, err_message());
	}
	if (!err)
		err = apply_judge(world, live, candidate, other_world,
				  &lifelines, &report);
	if (!err)
		apply_rehearse(world, report, live, candidate);
	if (!err)
		err = tell_verdict(world, name, loaded, &notes, report);
	tryout_notes_done(&notes);
	guard_report_free(report);
	lifelines_free(&lifelines);
	tables_free(candidate);
	return err;
}

/* The file's mistakes are told before the kernel is read, but for --noflush,
 * which needs what it adds to. */
enum err
cmd_check(struct world *world, const struct cli_call *call)
{
	const char *name = call->argv[0];
	struct tables *loaded = NULL, *live = NULL;
	bool other_world;
	enum err err = OK;

	if (!call->opt.noflush)
		err = cli_load_file(world, name, NULL, &loaded);
	if (!err)
		err = cli_read_live(world, &live, &other_world);
	if (!err && call->opt.noflush)
		err = cli_load_file(world, name, live, &loaded);
	if (!strcmp(name, "-"))
		name = _("standard input");
	if (!err)
		err = check_against(world, name, live, other_world, loaded);
	tables_free(live);
	tables_free(loaded);
	return err;
}

static bool
have_a_table_in_common(const struct tables *a, const struct tables *b)
{
	for (size_t i = 0; i < a->v.n; i++) {
		const struct ruleset *rs = a->v.v[i];

		if (tables_get(b, rs->table))
			return true;
	}
	return false;
}

static enum err
print_difference(const struct world *world, const struct tables *from,
		 const struct tables *to)
{
	struct vec changes = {0};
	struct str out = {0};
	enum err err;

	if (!have_a_table_in_common(from, to))
		return fail(ERR_FAIL, _("the two have no table in common"));
	tables_diff(from, to, false, &changes);
	changesets_describe(&changes, &out);
	err = cli_print(world, &out);
	str_done(&out);
	changesets_done(&changes);
	return err;
}

enum err
cmd_diff(struct world *world, const struct cli_call *call)
{
	const char *second = call->argc > 1 ? call->argv[1] : "live";
	struct tables *from = NULL;
	struct tables *to = NULL;
	enum err err;

	if (!strcmp(call->argv[0], "-") && !strcmp(second, "-"))
		return fail(ERR_USAGE, _("standard input can be only one of "
			    "the two"));
	err = cli_load(world, call->argv[0], &from);
	if (!err)
		err = cli_load(world, second, &to);
	if (!err)
		err = print_difference(world, from, to);
	tables_free(from);
	tables_free(to);
	return err;
}
