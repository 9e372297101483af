/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session holds the tables twice, as read and as they would become, and the
 * steps between them. Nothing that is staged is ever lost silently (P7). */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
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

void
session_judge(struct session *s)
{
	s->judged++;
	guard_report_free(s->report);
	s->report = apply_judge_found(s->world, &s->lifelines, s->base,
				      s->candidate, s->other_world);
	s->rehearsal_due = apply_rehearses(s->world) && s->steps.n > 0 &&
			   !s->report->none;
	if (s->rehearsal_due)
		s->report->stage = GUARD_REHEARSING;
}

void
session_rehearse(struct session *s)
{
	if (s->rehearsal_due)
		guard_rehearse_start(s->report, s->base, s->candidate);
	s->rehearsal_due = false;
}

int
session_rehearsal_fd(const struct session *s)
{
	return guard_rehearse_fd(s->report);
}

bool
session_rehearsed(struct session *s)
{
	return guard_rehearse_fd(s->report) >= 0 &&
	       guard_rehearse_take(s->report);
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

static enum merge_side
side_of(enum reload how)
{
	return how == RELOAD_OURS ? MERGE_OURS : MERGE_THEIRS;
}

/* Make live (eaten) the base and carry changes, made on old, onto it as one
 * step. On error nothing has changed. */
static enum err
rebase_take(struct session *s, struct tables *live, const struct tables *old,
	    const struct vec *changes, enum reload how)
{
	struct tables *candidate = tables_copy(live);
	struct vec carried = { 0 };
	enum err err;

	conflicts_done(&s->conflicts);
	err = tables_rebase(changes, old, live, side_of(how), &carried,
			    &s->conflicts);
	if (err && how != RELOAD_ASK) {
		conflicts_done(&s->conflicts);
		err = OK;
	}
	if (!err)
		err = tables_apply(candidate, &carried);
	if (err) {
		changesets_done(&carried);
		tables_free(candidate);
		tables_free(live);
		return err;
	}
	tables_free(s->base);
	tables_free(s->candidate);
	s->base = live;
	s->candidate = candidate;
	steps_free(&s->steps);
	steps_free(&s->redo);
	if (carried.n)
		session_push_step(s, &carried);
	s->new_base = true;
	session_keep(s);
	session_judge(s);
	return OK;
}

static enum err
collides(const struct session *s)
{
	struct str first = { 0 };
	size_t n = s->conflicts.n;

	if (n == 0)
		return ERR_CONFLICT;
	conflict_describe(s->conflicts.v[0], &first);
	if (n == 1)
		fail(ERR_CONFLICT, "%s", str_text(&first));
	else
		fail(ERR_CONFLICT, Q_("%s; and %zu more conflict",
				      "%s; and %zu more conflicts", n - 1),
		     str_text(&first), n - 1);
	str_done(&first);
	return ERR_CONFLICT;
}

/* The same, and what there is to say of it where it does not go. */
enum err
session_carry_take(struct session *s, struct tables *live,
		   const struct tables *old, const struct vec *changes,
		   enum reload how)
{
	enum err err = rebase_take(s, live, old, changes, how);
	size_t n = changesets_count(changes), staged;

	if (err) {
		session_judge(s);
		return collides(s);
	}
	staged = session_staged_count(s);
	s->in_place = staged < n ? n - staged : 0;
	if (s->steps.n == 0)
		s->origin = "edit";
	return OK;
}

enum err
session_read(struct session *s, struct tables **live)
{
	enum err err = apply_read(s->world, live, &s->other_world);

	s->in_place = 0;
	if (!err)
		err = find_lifelines(s);
	if (err)
		tables_free(*live);
	return err;
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
	s->draft.fd = -1;
	s->tryout = tryout_box_new(TRYOUT_LIMIT_MS);
	err = session_read(s, &live);
	if (!err)
		err = rebase_take(s, live, live, &nothing, RELOAD_DROP);
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
	draft_close(s->world, &s->draft, false);
	conflicts_done(&s->conflicts);
	tryout_box_free(s->tryout);
	free(s->note);
	free(s);
}

enum err
session_reload(struct session *s, enum reload how)
{
	struct vec keep = { 0 };
	struct tables *live = NULL;
	enum err err;

	if (s->committed)
		return fail(ERR_BUSY, _("the rules are read again once the "
			    "trial is settled"));
	if (how != RELOAD_DROP)
		session_review(s, &keep);
	err = session_read(s, &live);
	if (!err)
		err = session_carry_take(s, live, s->base, &keep, how);
	changesets_done(&keep);
	return err;
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
		.judged = s->report,
	};
	enum err err;

	client->fd = -1;
	session_review(s, &changes);
	if (changes.n == 0)
		err = fail(ERR_FAIL, _("nothing is staged"));
	else
		err = apply_start(s->world, &req, client);
	if (!err)
		session_commits(s);
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
	return err ? err : session_reload(s, RELOAD_DROP);
}
