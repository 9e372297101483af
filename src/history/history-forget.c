/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Old revisions go; those that stay can be rebuilt without them. */
#include "history-internal.h"

/* Past the newest of a table, unsettled ones and the one that stands apart. */
#define OF_TABLE "r.table_name = :table AND " IS_HERE
#define OLD \
	OF_TABLE " AND r.time_s < :before" \
	" AND r.state NOT IN ('on trial', 'not reverted')" \
	" AND r.id <= (SELECT r.id FROM revision r WHERE " OF_TABLE \
	"  ORDER BY r.id DESC LIMIT 1 OFFSET :keep)" \
	" AND r.id < (SELECT max(r.id) FROM revision r" \
	"  WHERE " OF_TABLE " AND r.stands)"

static enum err
about_old(struct history *history, const char *sql, const char *table,
	  int64_t before_s, struct stmt **stmt)
{
	enum err err = stmt_new(history->db, sql, stmt);

	if (err)
		return err;
	stmt_bind_text(*stmt, ":table", table);
	stmt_bind_int(*stmt, ":before", before_s);
	stmt_bind_int(*stmt, ":keep", HISTORY_KEPT);
	history_bind_here(history, *stmt);
	return OK;
}

/* The next one that stays and hangs on one that goes; *id 0 for none. */
static enum err
next_to_anchor(struct history *history, const char *table, int64_t before_s,
	       int64_t *id)
{
	struct stmt *stmt;
	enum err err = about_old(history,
		"WITH old AS (SELECT r.id FROM revision r WHERE " OLD ") "
		"SELECT c.id FROM revision c"
		" WHERE c.parent IN (SELECT id FROM old)"
		" AND c.id NOT IN (SELECT id FROM old)"
		" AND NOT EXISTS"
		"  (SELECT 1 FROM keyframe k WHERE k.revision = c.id) LIMIT 1",
		table, before_s, &stmt);

	*id = 0;
	if (err)
		return err;
	return stmt_number_take(stmt, id);
}

static enum err
anchor(struct history *history, int64_t id)
{
	struct ruleset *rs = NULL;
	enum err err = history_ruleset(history, id, &rs);

	if (!err)
		err = revision_make_keyframe(history, id, rs);
	ruleset_free(rs);
	return err;
}

/* In a transaction. A table that cannot be rebuilt keeps all that it has. */
static enum err
forget(struct history *history, const char *table, int64_t before_s)
{
	struct stmt *stmt;
	int64_t id;
	enum err err;

	do {
		err = next_to_anchor(history, table, before_s, &id);
		if (!err && id)
			err = anchor(history, id);
	} while (!err && id);
	if (!err)
		err = about_old(history, "DELETE FROM revision WHERE id IN"
				" (SELECT r.id FROM revision r WHERE " OLD ")",
				table, before_s, &stmt);
	return err ? err : stmt_run_take(stmt);
}

/* Most often there is nothing to do, and nothing is locked then. */
static enum err
has_old(struct history *history, const char *table, int64_t before_s,
	bool *old)
{
	struct stmt *stmt;
	enum err err = about_old(history, "SELECT 1 FROM revision r WHERE " OLD
				 " LIMIT 1", table, before_s, &stmt);

	if (err)
		return err;
	err = stmt_next(stmt, old);
	stmt_free(stmt);
	return err;
}

enum err
history_forget(struct history *history, const char *table, int64_t before_s)
{
	bool old = false;
	enum err err = has_old(history, table, before_s, &old);

	if (err || !old)
		return err;
	err = db_begin(history->db);
	if (!err)
		err = forget(history, table, before_s);
	if (err) {
		db_rollback(history->db);
		return err;
	}
	return db_commit(history->db);
}
