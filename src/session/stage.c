/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Staging: what ip6tables or the kernel would refuse is refused here, whole. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* Make candidate, eaten, which is what changesets, eaten, make of ours, the
 * candidate: one step. */
static void
staged_step(struct session *s, struct tables *candidate, struct vec *changesets)
{
	tables_free(s->candidate);
	s->candidate = candidate;
	session_push_step(s, changesets);
	steps_free(&s->redo);
	session_keep(s);
	session_judge(s);
}

/* What ip6tables would not let anybody make either. */
static enum err
check_drop(const char *table, const struct change *change)
{
	bool drops = change->kind == CHANGE_POLICY ?
		     change->policy == POLICY_DROP : change->rule &&
		     strcmp(rule_target(change->rule), "DROP") == 0;

	if (!drops || strcmp(table, "nat") != 0)
		return OK;
	return fail(ERR_PARSE, _("the table 'nat' is not for filtering: DROP is "
			    "not allowed in it"));
}

static enum err
check_change(const char *table, const struct change *change)
{
	enum err err = check_drop(table, change);

	if (err)
		return err;
	if (change->kind == CHANGE_INSERT || change->kind == CHANGE_REPLACE)
		return rule_check_chain(change->rule, change->chain);
	if (change->kind == CHANGE_CHAIN_NEW)
		return chain_name_check(change->chain);
	if (change->kind == CHANGE_CHAIN_RENAME)
		return chain_name_check(change->new_name);
	return OK;
}

enum err
session_check_writable(const struct session *s)
{
	if (!s->world->read_only)
		return OK;
	return fail(ERR_FAIL, _("this is read only: nothing can be staged"));
}

/* Apply changesets, eaten, to the candidate as one step, if the kernel would
 * take what comes of it. */
static enum err
stage_all_take(struct session *s, struct vec *changesets)
{
	struct tables *candidate;
	enum err err = session_check_writable(s);

	if (err || changesets_count(changesets) == 0) {
		changesets_done(changesets);
		return err;
	}
	candidate = tables_copy(s->candidate);
	err = tables_apply(candidate, changesets);
	if (!err)
		err = session_try(s, candidate);
	if (err) {
		tables_free(candidate);
		changesets_done(changesets);
	} else {
		staged_step(s, candidate, changesets);
	}
	return err;
}

/* The same for one, eaten too. */
static enum err
stage_one_take(struct session *s, struct changeset *cs)
{
	struct vec changesets = { 0 };

	vec_push(&changesets, cs);
	return stage_all_take(s, &changesets);
}

enum err
session_stage_take(struct session *s, struct change *change)
{
	struct changeset *cs = changeset_new(s->table);
	struct ruleset *copy = ruleset_copy(session_candidate(s));
	enum err err = session_check_writable(s);

	if (!err)
		err = check_change(s->table, change);
	if (err)
		change_free(change);
	else
		err = changeset_push_take(cs, copy, change);
	ruleset_free(copy);
	if (!err)
		return stage_one_take(s, cs);
	changeset_free(cs);
	return err;
}

enum err
session_stage(struct session *s, const struct changeset *cs)
{
	return stage_one_take(s, changeset_copy(cs));
}

enum err
session_stage_all(struct session *s, const struct vec *changesets)
{
	struct vec copy = { 0 };

	changesets_copy(changesets, &copy);
	return stage_all_take(s, &copy);
}

enum err
session_stage_fix(struct session *s)
{
	struct tables *fixed = NULL;
	struct vec changesets = { 0 };
	enum err err = session_check_writable(s);

	if (!err)
		err = guard_fix(&s->lifelines, s->base, s->candidate, &fixed);
	if (err)
		return err;
	tables_diff(s->candidate, fixed, true, &changesets);
	tables_free(fixed);
	return stage_all_take(s, &changesets);
}

enum err
session_stage_tables(struct session *s, const struct tables *target,
		     const char *origin)
{
	bool clean = session_staged_count(s) == 0;
	struct vec changesets = { 0 };
	enum err err;

	tables_diff(s->candidate, target, false, &changesets);
	err = stage_all_take(s, &changesets);
	if (!err && clean)
		s->origin = origin;
	return err;
}

enum err
session_stage_target(struct session *s, const struct ruleset *target)
{
	struct tables *tables = tables_new();
	enum err err;

	tables_put_take(tables, ruleset_copy(target));
	err = session_stage_tables(s, tables, "restore");
	tables_free(tables);
	return err;
}
