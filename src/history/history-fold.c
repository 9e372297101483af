/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other programs do in chains of their own all day, every ban of fail2ban,
 * is one revision that grows, and goes where it has come to nothing. */
#include "history-internal.h"

#include <sallyport/owned.h>

static enum err
ask_number(struct history *history, const char *sql, int64_t id,
	   int64_t *number)
{
	struct stmt *stmt;
	enum err err;

	*number = 0;
	err = stmt_new(history->db, sql, &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	return stmt_number_take(stmt, number);
}

/* *parent: what an external revision that nothing was built on was built on;
 * 0: it is another one. */
static enum err
parent_of_leaf(struct history *history, int64_t id, int64_t *parent)
{
	return ask_number(history,
			  "SELECT r.parent FROM revision r"
			  " WHERE r.id = :id AND r.origin = 'external'"
			  " AND r.parent IS NOT NULL AND NOT EXISTS"
			  " (SELECT 1 FROM revision c WHERE c.parent = r.id)",
			  id, parent);
}

static bool
was_owned(struct history *history, int64_t id)
{
	struct revision *rev;
	bool owned;

	if (history_get(history, id, &rev) != OK)
		return false;
	owned = rev->changes && changeset_is_owned(rev->changes);
	revision_free(rev);
	return owned;
}

/* From the table of revision id to found: what is owned, or nothing at all. */
static bool
is_owned_since(struct history *history, int64_t id, const struct ruleset *found)
{
	struct ruleset *before;
	struct changeset *cs;
	bool owned;

	if (history_ruleset(history, id, &before) != OK)
		return false;
	cs = changeset_diff(before, found, true);
	owned = cs->changes.n == 0 || changeset_is_owned(cs);
	changeset_free(cs);
	ruleset_free(before);
	return owned;
}

enum err
fold_newest(struct history *history, const struct ruleset *found,
	    int64_t *newest)
{
	int64_t parent;
	struct stmt *stmt;
	enum err err = parent_of_leaf(history, *newest, &parent);

	if (err || !parent || !was_owned(history, *newest) ||
	    !is_owned_since(history, parent, found))
		return err;
	err = stmt_new(history->db, "DELETE FROM revision WHERE id = :id",
		       &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", *newest);
	*newest = parent;
	return stmt_run_take(stmt);
}
