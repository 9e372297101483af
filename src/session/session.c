/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session holds two rulesets, what was read and what it would become, and the
 * changeset between them. Nothing that is staged is ever lost silently (P7). */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

struct ruleset *
session_base(const struct session *s)
{
	return tables_get(s->base, s->table);
}

struct ruleset *
session_candidate(const struct session *s)
{
	return tables_get(s->candidate, s->table);
}

void
session_switch(struct session *s, const char *table)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(table_names[i], table) == 0)
			s->table = table_names[i];
}

static void
judge(struct session *s)
{
	guard_report_free(s->report);
	s->report = guard_judge(&s->lifelines, s->base, s->candidate,
				s->other_world);
}

/* Sessions come and go: lifelines are found anew whenever live is read. */
static enum err
find_lifelines(struct session *s)
{
	struct vec found = { 0 };
	enum err err = lifelines_find(&s->world->lifelines, &found);

	if (err)
		return err;
	guard_report_free(s->report);
	s->report = NULL;
	lifelines_free(&s->lifelines);
	s->lifelines = found;
	return OK;
}

static void
step_free(struct step *step)
{
	if (!step)
		return;
	changesets_done(&step->changesets);
	free(step);
}

static void
steps_free(struct vec *steps)
{
	for (size_t i = 0; i < steps->n; i++)
		step_free(steps->v[i]);
	steps->n = 0;
}

/* One more step; changesets are eaten. */
static void
push_step(struct session *s, struct vec *changesets)
{
	struct step *step = xcalloc(1, sizeof(*step));

	step->changesets = *changesets;
	*changesets = (struct vec){ 0 };
	vec_push(&s->steps, step);
}

/* Make base (eaten) the base and stage changes on it as one step. On error
 * nothing has changed. */
static enum err
rebase_take(struct session *s, struct tables *base, const struct vec *changes)
{
	struct tables *candidate = tables_copy(base);
	struct vec copy = { 0 };
	enum err err = tables_apply(candidate, changes);

	if (err) {
		tables_free(candidate);
		tables_free(base);
		return err;
	}
	tables_free(s->base);
	tables_free(s->candidate);
	s->base = base;
	s->candidate = candidate;
	steps_free(&s->steps);
	steps_free(&s->redo);
	changesets_copy(changes, &copy);
	if (copy.n)
		push_step(s, &copy);
	judge(s);
	return OK;
}

enum err
session_open(const struct world *world, struct session **session)
{
	struct session *s = xcalloc(1, sizeof(*s));
	const struct vec nothing = { 0 };
	struct tables *live = NULL;
	enum err err;

	s->world = world;
	s->table = world->table;
	s->origin = "edit";
	s->tryout = tryout_box_new(TRYOUT_LIMIT_MS);
	err = apply_read(world, &live, &s->other_world);
	if (!err)
		err = find_lifelines(s);
	if (err)
		tables_free(live);
	else
		err = rebase_take(s, live, &nothing);
	if (err)
		session_free(s);
	else
		*session = s;
	return err;
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	guard_report_free(s->report);
	lifelines_free(&s->lifelines);
	steps_free(&s->redo);
	vec_done(&s->redo);
	steps_free(&s->steps);
	vec_done(&s->steps);
	tables_free(s->base);
	tables_free(s->candidate);
	tables_free(s->committed);
	tryout_box_free(s->tryout);
	free(s->note);
	free(s);
}

enum err
session_reload(struct session *s, bool drop)
{
	struct vec keep = { 0 };
	struct tables *live = NULL;
	enum err err = apply_read(s->world, &live, &s->other_world);

	if (!drop)
		session_review(s, &keep);
	if (!err)
		err = find_lifelines(s);
	if (err) {
		tables_free(live);
	} else {
		err = rebase_take(s, live, &keep);
		if (err)
			judge(s);
	}
	if (keep.n == 0)
		s->origin = "edit";
	changesets_done(&keep);
	return err;
}

/* Make candidate, eaten, which is what changesets, eaten, make of ours, the
 * candidate: one step. */
static void
staged_step(struct session *s, struct tables *candidate, struct vec *changesets)
{
	tables_free(s->candidate);
	s->candidate = candidate;
	push_step(s, changesets);
	steps_free(&s->redo);
	judge(s);
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

static enum err
check_writable(const struct session *s)
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
	enum err err = check_writable(s);

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
	enum err err = check_writable(s);

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
session_stage_command(struct session *s, const char *line)
{
	char table[TABLE_NAME_SIZE];
	struct ruleset *copy;
	struct changeset *cs;
	enum err err = check_writable(s);

	if (!err)
		err = command_find_table(line, s->table, table);
	if (!err && !table_is_known(table))
		err = fail(ERR_USAGE, _("there is no table '%s'"), table);
	if (err)
		return err;
	cs = changeset_new(table);
	copy = ruleset_copy(tables_get(s->candidate, table));
	err = command_stage(line, copy, cs);
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
	enum err err = check_writable(s);

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

/* Apply changesets that fitted when they were made. */
static void
must_apply(struct session *s, const struct vec *changesets)
{
	if (tables_apply(s->candidate, changesets) != OK)
		die("a step does not fit any more: %s", err_message());
}

static void
undo(struct session *s, const struct step *step)
{
	struct vec inverse = { 0 };

	for (size_t i = step->changesets.n; i-- > 0;)
		vec_push(&inverse, changeset_invert(step->changesets.v[i]));
	must_apply(s, &inverse);
	changesets_done(&inverse);
}

bool
session_undo(struct session *s)
{
	struct step *step = vec_pop(&s->steps);

	if (!step)
		return false;
	undo(s, step);
	vec_push(&s->redo, step);
	if (s->steps.n == 0)
		s->origin = "edit";
	judge(s);
	return true;
}

bool
session_redo(struct session *s)
{
	struct step *step = vec_pop(&s->redo);

	if (!step)
		return false;
	must_apply(s, &step->changesets);
	vec_push(&s->steps, step);
	judge(s);
	return true;
}

size_t
session_staged_count(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		n += changesets_count(&step->changesets);
	}
	return n;
}

size_t
session_staged_in(const struct session *s, const char *table)
{
	size_t n = 0;

	for (size_t i = 0; i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		for (size_t c = 0; c < step->changesets.n; c++) {
			const struct changeset *cs = step->changesets.v[c];

			if (strcmp(cs->table, table) == 0)
				n += cs->changes.n;
		}
	}
	return n;
}

void
session_review(const struct session *s, struct vec *changesets)
{
	tables_diff(s->base, s->candidate, true, changesets);
}

enum err
session_commit(struct session *s, const char *message, int seconds,
	       const char *override, struct guardian_client *client)
{
	struct vec changes = { 0 };
	const struct apply_request req = {
		.base = s->base,
		.changes = &changes,
		.message = message,
		.origin = s->origin,
		.seconds = seconds,
		.override = override,
		.no_trial = s->world->no_trial,
	};
	enum err err;

	client->fd = -1;
	session_review(s, &changes);
	if (changes.n == 0)
		err = fail(ERR_FAIL, _("nothing is staged"));
	else
		err = apply_start(s->world, &req, client);
	if (!err) {
		tables_free(s->committed);
		s->committed = tables_copy(s->candidate);
	}
	changesets_done(&changes);
	return err;
}

enum err
session_write(struct session *s)
{
	struct vec changes = { 0 };
	enum err err;

	session_review(s, &changes);
	if (changes.n == 0)
		err = fail(ERR_FAIL, _("nothing is staged"));
	else
		err = apply_write(s->world, s->base, &changes);
	changesets_done(&changes);
	return err ? err : session_reload(s, true);
}

enum err
session_settled(struct session *s, bool reverted)
{
	const struct tables *from = s->base;
	struct vec left = { 0 };
	struct tables *live = NULL;
	enum err err = apply_read(s->world, &live, &s->other_world);

	if (!reverted && s->committed)
		from = s->committed;
	if (!err)
		err = find_lifelines(s);
	if (err) {
		tables_free(live);
		return err;
	}
	tables_diff(from, s->candidate, true, &left);
	err = rebase_take(s, live, &left);
	if (!err && left.n == 0)
		s->origin = "edit";
	changesets_done(&left);
	tables_free(s->committed);
	s->committed = NULL;
	if (err)
		judge(s);
	return err;
}
