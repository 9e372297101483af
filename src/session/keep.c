/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session and its draft. A disk that takes none is told once, and stops
 * nothing. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
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

/* The tables that the draft was made on, in place of ours. */
static void
put_base(struct session *s, const struct draft *draft)
{
	for (size_t i = 0; i < draft->base->v.n; i++) {
		const struct ruleset *rs = draft->base->v.v[i];

		tables_put_take(s->base, ruleset_copy(rs));
		tables_put_take(s->candidate, ruleset_copy(rs));
	}
}

static const char *
known_origin(const char *origin)
{
	static const char *const origins[] = { "import", "restore" };

	const char *known = str_find(origins, ARRAY_LEN(origins), origin);

	return known ? known : "edit";
}

enum err
session_take_draft(struct session *s, struct draft *draft)
{
	struct vec changes = draft->changes;
	enum err err;

	put_base(s, draft);
	err = tables_apply(s->candidate, &changes);
	if (err)
		die("a draft does not fit its own tables: %s", err_message());
	draft->changes = (struct vec){ 0 };
	session_push_step(s, &changes);
	s->origin = known_origin(draft->origin);
	s->new_base = true;
	session_keep(s);
	if (!s->draft.failed)
		draft_drop(s->world, draft);
	draft_free(draft);
	return session_reload(s, RELOAD_ASK);
}
