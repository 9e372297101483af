/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session holds two rulesets, what was read and what it would become, and the
 * changeset between them. Nothing that is staged is ever lost silently (P7). */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/session.h>

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
forget_redo(struct session *s)
{
	for (size_t i = 0; i < s->redo.n; i++)
		changeset_free(s->redo.v[i]);
	s->redo.n = 0;
}

/* Make base (eaten) the base and stage changes on it as one step. On error
 * nothing has changed. */
static enum err
rebase_take(struct session *s, struct ruleset *base,
	    const struct changeset *changes)
{
	struct ruleset *candidate = ruleset_copy(base);
	enum err err = changeset_apply(changes, candidate);

	if (err) {
		ruleset_free(candidate);
		ruleset_free(base);
		return err;
	}
	changeset_free(s->staged);
	ruleset_free(s->base);
	ruleset_free(s->candidate);
	s->staged = changeset_copy(changes);
	s->base = base;
	s->candidate = candidate;
	s->steps.n = 0;
	forget_redo(s);
	if (changes->changes.n)
		vec_push(&s->steps, (void *)(uintptr_t)changes->changes.n);
	judge(s);
	return OK;
}

enum err
session_open(const struct world *world, struct session **session)
{
	struct session *s = xcalloc(1, sizeof(*s));
	struct changeset *nothing = changeset_new(world->table);
	struct ruleset *live = NULL;
	enum err err;

	s->world = world;
	s->origin = "edit";
	err = apply_read(world, &live, &s->other_world);
	if (!err)
		err = find_lifelines(s);
	if (err)
		ruleset_free(live);
	else
		err = rebase_take(s, live, nothing);
	changeset_free(nothing);
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
	forget_redo(s);
	vec_done(&s->redo);
	vec_done(&s->steps);
	changeset_free(s->staged);
	ruleset_free(s->base);
	ruleset_free(s->candidate);
	ruleset_free(s->committed);
	free(s);
}

enum err
session_reload(struct session *s, bool drop)
{
	struct changeset *keep = drop ? changeset_new(s->world->table) :
					session_review(s);
	struct ruleset *live = NULL;
	enum err err = apply_read(s->world, &live, &s->other_world);

	if (!err)
		err = find_lifelines(s);
	if (err) {
		ruleset_free(live);
	} else {
		err = rebase_take(s, live, keep);
		if (err)
			judge(s);
	}
	if (keep->changes.n == 0)
		s->origin = "edit";
	changeset_free(keep);
	return err;
}

/* From here on n more changes are staged: one step. */
static void
staged_step(struct session *s, size_t before)
{
	size_t n = s->staged->changes.n - before;

	if (n == 0)
		return;
	vec_push(&s->steps, (void *)(uintptr_t)n);
	forget_redo(s);
	judge(s);
}

/* What ip6tables would not let anybody make either. */
static enum err
check_change(const struct change *change)
{
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

enum err
session_stage_take(struct session *s, struct change *change)
{
	size_t before = s->staged->changes.n;
	enum err err = check_writable(s);

	if (!err)
		err = check_change(change);
	if (err) {
		change_free(change);
		return err;
	}
	err = changeset_push_take(s->staged, s->candidate, change);
	if (!err)
		staged_step(s, before);
	return err;
}

enum err
session_stage_command(struct session *s, const char *line)
{
	size_t before = s->staged->changes.n;
	enum err err = check_writable(s);

	if (!err)
		err = command_stage(line, s->candidate, s->staged);
	if (!err)
		staged_step(s, before);
	return err;
}

enum err
session_stage(struct session *s, const struct changeset *cs)
{
	size_t before = s->staged->changes.n;
	enum err err = check_writable(s);

	for (size_t i = 0; i < cs->changes.n && !err; i++)
		err = changeset_push_take(s->staged, s->candidate,
					  change_copy(cs->changes.v[i]));
	if (!err) {
		staged_step(s, before);
		return OK;
	}
	while (s->staged->changes.n > before)
		change_free(changeset_pop(s->staged, s->candidate));
	return err;
}

enum err
session_stage_fix(struct session *s)
{
	size_t before = s->staged->changes.n;
	enum err err = check_writable(s);

	if (!err)
		err = guard_fix(&s->lifelines, s->base, s->candidate,
				s->staged);
	if (!err)
		staged_step(s, before);
	return err;
}

enum err
session_stage_target(struct session *s, const struct ruleset *target)
{
	struct changeset *cs = changeset_diff(s->candidate, target, false);
	bool clean = session_staged_count(s) == 0;
	enum err err = session_stage(s, cs);

	if (!err && clean)
		s->origin = "restore";
	changeset_free(cs);
	return err;
}

bool
session_undo(struct session *s)
{
	struct changeset *undone;
	size_t n = (size_t)(uintptr_t)vec_pop(&s->steps);

	if (n == 0)
		return false;
	undone = changeset_new(s->base->table);
	while (n--)
		vec_insert(&undone->changes, 0,
			   changeset_pop(s->staged, s->candidate));
	vec_push(&s->redo, undone);
	if (s->steps.n == 0)
		s->origin = "edit";
	judge(s);
	return true;
}

bool
session_redo(struct session *s)
{
	struct changeset *again = vec_pop(&s->redo);

	if (!again)
		return false;
	for (size_t i = 0; i < again->changes.n; i++)
		if (changeset_push_take(s->staged, s->candidate,
					change_copy(again->changes.v[i])))
			die("a change cannot be done again: %s", err_message());
	vec_push(&s->steps, (void *)(uintptr_t)again->changes.n);
	changeset_free(again);
	judge(s);
	return true;
}

size_t
session_staged_count(const struct session *s)
{
	return s->staged->changes.n;
}

struct changeset *
session_review(const struct session *s)
{
	return changeset_diff(s->base, s->candidate, true);
}

enum err
session_commit(struct session *s, const char *message, int seconds,
	       const char *override, struct guardian_client *client)
{
	struct changeset *changes = session_review(s);
	const struct apply_request req = {
		.base = s->base,
		.changes = changes,
		.message = message,
		.origin = s->origin,
		.seconds = seconds,
		.override = override,
		.no_trial = s->world->no_trial,
	};
	enum err err;

	client->fd = -1;
	if (changes->changes.n == 0)
		err = fail(ERR_FAIL, _("nothing is staged"));
	else
		err = apply_start(s->world, &req, client);
	if (!err) {
		ruleset_free(s->committed);
		s->committed = ruleset_copy(s->candidate);
	}
	changeset_free(changes);
	return err;
}

enum err
session_settled(struct session *s, bool reverted)
{
	const struct ruleset *from = s->base;
	struct changeset *left;
	struct ruleset *live = NULL;
	enum err err = apply_read(s->world, &live, &s->other_world);

	if (!reverted && s->committed)
		from = s->committed;
	if (!err)
		err = find_lifelines(s);
	if (err) {
		ruleset_free(live);
		return err;
	}
	left = changeset_diff(from, s->candidate, true);
	err = rebase_take(s, live, left);
	if (!err && left->changes.n == 0)
		s->origin = "edit";
	changeset_free(left);
	ruleset_free(s->committed);
	s->committed = NULL;
	if (err)
		judge(s);
	return err;
}
