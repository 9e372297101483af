/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at the history: one revision, all of them, the newest that stands. */
#include "history-internal.h"

#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>

/* The machine's own goes on over its restarts, whichever cookie it has then. */
static uint64_t
netns_here(void)
{
	return proc_same_netns(1) ? 0 : proc_netns_cookie();
}

void
history_bind_here(const struct history *history, struct stmt *stmt)
{
	stmt_bind_int(stmt, ":netns", (int64_t)history->netns);
	stmt_bind_text(stmt, ":boot", clock_boot_id());
}

enum err
history_open(const char *path, bool read_only, struct history **out)
{
	struct history *history;
	struct db *db;
	enum err err;

	err = db_open(path, read_only, &db);
	if (err)
		return err;
	history = xcalloc(1, sizeof(*history));
	history->db = db;
	history->netns = netns_here();
	*out = history;
	return OK;
}

void
history_close(struct history *history)
{
	if (!history)
		return;
	db_close(history->db);
	free(history);
}

/* "SELECT columns FROM revision r" and what follows. */
static enum err
select_revisions(struct history *history, const char *rest, struct stmt **stmt)
{
	struct str sql = {0};
	enum err err;

	str_add(&sql, "SELECT ");
	revision_columns(&sql);
	str_addf(&sql, " FROM revision r %s", rest);
	err = stmt_new(history->db, str_text(&sql), stmt);
	str_done(&sql);
	return err;
}

/* Read and show each row. One whose changes are damaged is shown without. */
static enum err
each_row(struct stmt *stmt, bool (*each)(const struct revision *, void *),
	 void *arg)
{
	struct revision *rev;
	bool row, more = true;
	enum err err;

	while (more) {
		err = stmt_next(stmt, &row);
		if (err || !row)
			return err;
		rev = revision_new();
		if (revision_read(stmt, rev) != OK)
			rev->changes = NULL;
		more = each(rev, arg);
		revision_free(rev);
	}
	return OK;
}

enum err
history_each(struct history *history, const char *table, const char *grep,
	     bool (*each)(const struct revision *rev, void *arg), void *arg)
{
	struct stmt *stmt;
	enum err err;

	err = select_revisions(history,
			       "WHERE " IS_HERE
			       " AND (:table IS NULL OR r.table_name = :table)"
			       " AND (:grep IS NULL"
			       " OR instr(r.message, :grep)"
			       " OR instr(ifnull(r.user, ''), :grep)"
			       " OR instr(r.origin, :grep)"
			       " OR instr(r.state, :grep)"
			       " OR instr(r.description, :grep)) "
			       "ORDER BY r.id DESC", &stmt);
	if (err)
		return err;
	stmt_bind_text(stmt, ":table", table);
	stmt_bind_text(stmt, ":grep", grep);
	history_bind_here(history, stmt);
	err = each_row(stmt, each, arg);
	stmt_free(stmt);
	return err;
}

enum err
history_get(struct history *history, int64_t id, struct revision **out)
{
	struct revision *rev;
	struct stmt *stmt;
	enum err err;
	bool row;

	err = select_revisions(history, "WHERE r.id = :id", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	rev = revision_new();
	err = stmt_next(stmt, &row);
	if (!err && !row)
		err = fail(ERR_NOT_FOUND, _("there is no revision %lld"),
			   (long long)id);
	if (!err)
		err = revision_read(stmt, rev);
	stmt_free(stmt);
	if (err) {
		revision_free(rev);
		return err;
	}
	*out = rev;
	return OK;
}

enum err
newest_standing(struct history *history, const char *table, int64_t *id,
		char fingerprint[FINGERPRINT_SIZE])
{
	struct stmt *stmt;
	enum err err;
	bool row;

	*id = 0;
	fingerprint[0] = '\0';
	err = stmt_new(history->db,
		       "SELECT r.id, r.fingerprint FROM revision r"
		       " WHERE r.table_name = :table AND r.stands AND " IS_HERE
		       " ORDER BY r.id DESC LIMIT 1", &stmt);
	if (err)
		return err;
	stmt_bind_text(stmt, ":table", table);
	history_bind_here(history, stmt);
	err = stmt_next(stmt, &row);
	if (!err && row) {
		*id = stmt_int(stmt, 0);
		snprintf(fingerprint, FINGERPRINT_SIZE, "%s",
			 stmt_text(stmt, 1));
	}
	stmt_free(stmt);
	return err;
}

enum err
history_newest(struct history *history, const char *table, int64_t *id)
{
	char fingerprint[FINGERPRINT_SIZE];
	enum err err;

	err = newest_standing(history, table, id, fingerprint);
	if (!err && !*id)
		return fail(ERR_NOT_FOUND, _("the history is empty"));
	return err;
}
