/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session and its draft. A disk that takes none is told once, and stops
 * nothing. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include "internal.h"

void
session_keep(struct session *s)
{
	struct vec changes = { 0 };
	enum err err;

	if (s->world->read_only || s->draft.failed || !s->world->db_path)
		return;
	for (size_t i = 0; i < s->steps.n; i++) {
		const struct step *step = s->steps.v[i];

		for (size_t c = 0; c < step->changesets.n; c++)
			vec_push(&changes, step->changesets.v[c]);
	}
	err = draft_keep(s->world, &s->draft, s->base, &changes, s->origin,
			 s->new_base);
	vec_done(&changes);
	s->new_base = false;
	if (!err)
		return;
	s->draft.failed = true;
	if (!s->note)
		s->note = xasprintf(_("what is staged is not kept on disk: %s"),
				    err_message());
}

void
session_drop_draft(struct session *s)
{
	draft_close(s->world, &s->draft, true);
}

static const char *
known_origin(const char *origin)
{
	static const char *const origins[] = { "import", "restore" };

	const char *known = str_find(origins, ARRAY_LEN(origins), origin);

	return known ? known : "edit";
}

/* Put the tables that changes (eaten) were made on in place of ours, with the
 * changes as one step on them. */
static enum err
put_step(struct session *s, const struct tables *base, struct vec *changes,
	 const char *origin)
{
	struct tables *candidate = tables_copy(base);
	enum err err = tables_apply(candidate, changes);

	if (err) {
		tables_free(candidate);
		changesets_done(changes);
		return err;
	}
	for (size_t i = 0; i < base->v.n; i++) {
		tables_put_take(s->base, ruleset_copy(base->v.v[i]));
		tables_put_take(s->candidate, ruleset_copy(candidate->v.v[i]));
	}
	tables_free(candidate);
	session_push_step(s, changes);
	s->origin = known_origin(origin);
	s->new_base = true;
	return OK;
}

enum err
session_take_draft(struct session *s, struct draft *draft)
{
	struct vec changes = draft->changes;
	enum err err;

	draft->changes = (struct vec){ 0 };
	err = put_step(s, draft->base, &changes, draft->origin);
	if (err)
		die("a draft does not fit its own tables: %s", err_message());
	session_keep(s);
	if (!s->draft.failed)
		draft_drop(s->world, draft);
	draft_free(draft);
	return session_reload(s, RELOAD_ASK);
}

/* The edits of a trial on the tables that they were made on. */
static enum err
put_trial(struct session *s, const struct trial *trial)
{
	struct tables *base = trial_before(trial);
	struct vec changes = { 0 };
	enum err err;

	trial_changesets(trial, &changes);
	err = put_step(s, base, &changes, trial->origin);
	tables_free(base);
	return err;
}

enum err
session_take_undone(struct session *s, const struct trial *trial)
{
	enum err err = put_trial(s, trial);

	if (err)
		return err;
	session_keep(s);
	return session_reload(s, RELOAD_ASK);
}

/* What the live table would be without the trial. */
static void
take_out(struct tables *tables, const struct trial_part *part)
{
	const struct ruleset *live = tables_get(tables, part->before->table);
	struct vec conflicts = { 0 };
	struct ruleset *without;

	if (!live || !part->after)
		return;
	if (ruleset_merge(part->after, part->before, live, MERGE_OURS,
			  &without, &conflicts))
		conflicts_done(&conflicts);
	tables_put_take(tables, without);
}

enum err
session_adopt(struct session *s, const struct trial *trial)
{
	struct tables *without = tables_copy(s->base);
	struct vec changes = { 0 };
	enum err err = OK;

	for (size_t i = 0; i < trial->parts.n; i++)
		take_out(without, trial_part(trial, i));
	tables_diff(without, s->base, true, &changes);
	if (changes.n)
		err = put_step(s, without, &changes, trial->origin);
	else
		err = put_trial(s, trial);	/* not in the kernel yet */
	tables_free(without);
	if (err)
		return err;
	session_commits(s);
	session_judge(s);
	return OK;
}
