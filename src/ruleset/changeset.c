/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A changeset is an ordered list of changes. Whatever is done with it is done
 * whole or not at all. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "change.h"

struct changeset *
changeset_new(const char *table)
{
	struct changeset *cs = xcalloc(1, sizeof(*cs));

	str_copy(cs->table, sizeof(cs->table), table);
	return cs;
}

struct changeset *
changeset_copy(const struct changeset *cs)
{
	struct changeset *copy = changeset_new(cs->table);

	for (size_t i = 0; i < cs->changes.n; i++)
		vec_push(&copy->changes, change_copy(cs->changes.v[i]));
	return copy;
}

void
changeset_free(struct changeset *cs)
{
	if (!cs)
		return;
	for (size_t i = 0; i < cs->changes.n; i++)
		change_free(cs->changes.v[i]);
	vec_done(&cs->changes);
	free(cs);
}

enum err
changeset_push_take(struct changeset *cs, struct ruleset *rs,
		    struct change *change)
{
	enum err err = change_apply(change, rs);

	if (err)
		change_free(change);
	else
		vec_push(&cs->changes, change);
	return err;
}

/* Undo what was just applied: its inverse fits, or the program is wrong. */
static void
change_undo(const struct change *change, struct ruleset *rs)
{
	struct change *inverse = change_invert(change);

	if (change_apply(inverse, rs))
		die("a change cannot be undone: %s", err_message());
	change_free(inverse);
}

struct change *
changeset_pop(struct changeset *cs, struct ruleset *rs)
{
	struct change *change = vec_pop(&cs->changes);

	if (change)
		change_undo(change, rs);
	return change;
}

enum err
changeset_apply(const struct changeset *cs, struct ruleset *rs)
{
	struct changeset *done = changeset_new(cs->table);
	enum err err = OK;

	if (strcmp(cs->table, rs->table) != 0)
		err = fail(ERR_CONFLICT, _("these changes are for table '%s', "
					   "not '%s'"), cs->table, rs->table);
	for (size_t i = 0; i < cs->changes.n && !err; i++)
		err = changeset_push_take(done, rs,
					  change_copy(cs->changes.v[i]));
	while (err && done->changes.n)
		change_free(changeset_pop(done, rs));
	changeset_free(done);
	return err ? ERR_CONFLICT : OK;
}

struct changeset *
changeset_invert(const struct changeset *cs)
{
	struct changeset *inverse = changeset_new(cs->table);

	for (size_t i = cs->changes.n; i-- > 0;)
		vec_push(&inverse->changes, change_invert(cs->changes.v[i]));
	return inverse;
}

bool
changeset_touches(const struct changeset *cs, const char *chain)
{
	for (size_t i = 0; i < cs->changes.n; i++) {
		const struct change *change = cs->changes.v[i];

		if (strcmp(change->chain, chain) == 0 ||
		    strcmp(change->new_name, chain) == 0)
			return true;
	}
	return false;
}

void
changeset_describe(const struct changeset *cs, struct str *out)
{
	for (size_t i = 0; i < cs->changes.n; i++)
		change_describe(cs->changes.v[i], out);
}
