/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A revision that is stored can be rebuilt: from its keyframe, or from its
 * parent by its changes, which is tried before it is relied on. */
#include "history-internal.h"
#include "revision-columns.h"

#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

/* A keyframe is due after so many revisions without one, unless keyframes are
 * as large as this; in any case once the changes since the last one are larger
 * than it is. */
#define KEYFRAME_EVERY 20
#define KEYFRAME_LARGE (1 << 20)

static bool
reproduces(const struct revision *rev, const struct ruleset *before)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct ruleset *rs;
	bool same = false;

	if (!before || !rev->changes)
		return false;
	rs = ruleset_copy(before);
	if (changeset_apply(rev->changes, rs) == OK) {
		ruleset_fingerprint(rs, fingerprint);
		same = !strcmp(fingerprint, rev->fingerprint);
	}
	ruleset_free(rs);
	return same;
}

/* Count from the parent up to its keyframe. */
static enum err
keyframe_due(struct history *history, const struct revision *rev, size_t bytes,
	     bool *due)
{
	static const char sql[] =
		"WITH RECURSIVE up (id, parent, bytes) AS ("
		" SELECT id, parent, length(changes) FROM revision"
		"  WHERE id = :parent"
		" UNION ALL"
		" SELECT r.id, r.parent, length(r.changes)"
		"  FROM up JOIN revision r ON r.id = up.parent"
		"  WHERE NOT EXISTS"
		"   (SELECT 1 FROM keyframe k WHERE k.revision = up.id)) "
		"SELECT count(*), total(up.bytes), total(k.bytes)"
		" FROM up LEFT JOIN keyframe k ON k.revision = up.id";
	int64_t steps, changes, keyframe;
	struct stmt *stmt;
	enum err err;
	bool row;

	err = stmt_new(history->db, sql, &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":parent", rev->parent);
	err = stmt_next(stmt, &row);
	if (!err) {
		steps = stmt_int(stmt, 0);
		changes = stmt_int(stmt, 1) + bytes;
		keyframe = stmt_int(stmt, 2);
		*due = changes > keyframe ||
		       (steps >= KEYFRAME_EVERY && keyframe < KEYFRAME_LARGE);
	}
	stmt_free(stmt);
	return err;
}

static void
insert_statement(struct str *out)
{
	size_t i;

	str_add(out, "INSERT INTO revision"
		     " (stands, seen_s, changes, description");
	for (i = 0; i < columns_n; i++)
		str_addf(out, ", %s", columns[i].name);
	str_add(out, ") VALUES (:stands, :time_s, :changes, :description");
	for (i = 0; i < columns_n; i++)
		str_addf(out, ", :%s", columns[i].name);
	str_add(out, ")");
}

static void
bind_column(struct stmt *stmt, const struct column *column,
	    const struct revision *rev)
{
	const void *member = (const char *)rev + column->offset;
	char name[32];

	snprintf(name, sizeof(name), ":%s", column->name);
	switch (column->kind) {
	case COLUMN_PARENT:
		if (*(const int64_t *)member == 0)
			stmt_bind_null(stmt, name);
		else
			stmt_bind_int(stmt, name, *(const int64_t *)member);
		break;
	case COLUMN_NUMBER:
		stmt_bind_int(stmt, name, *(const int64_t *)member);
		break;
	case COLUMN_UID:
		stmt_bind_int(stmt, name, *(const int *)member);
		break;
	case COLUMN_TEXT:
		stmt_bind_text(stmt, name, *(char *const *)member);
		break;
	case COLUMN_FIXED:
		stmt_bind_text(stmt, name, member);
		break;
	}
}

static enum err
insert_row(struct history *history, struct revision *rev, const char *changes)
{
	struct str sql = {0}, description = {0};
	struct stmt *stmt;
	enum err err;
	size_t i;

	if (rev->changes)
		changeset_describe(rev->changes, &description);
	insert_statement(&sql);
	err = stmt_new(history->db, str_text(&sql), &stmt);
	if (!err) {
		for (i = 0; i < columns_n; i++)
			bind_column(stmt, &columns[i], rev);
		stmt_bind_int(stmt, ":stands", 1);
		stmt_bind_text(stmt, ":changes", changes);
		stmt_bind_text(stmt, ":description", str_text(&description));
		err = stmt_run_take(stmt);
	}
	if (!err)
		rev->id = db_last_id(history->db);
	str_done(&description);
	str_done(&sql);
	return err;
}

static enum err
unwritable(void)
{
	return fail(ERR_FAIL, _("history cannot hold these rules"));
}

enum err
revision_make_keyframe(struct history *history, int64_t id,
		       const struct ruleset *rs)
{
	struct stmt *stmt;
	enum err err;
	json_t *json;
	char *text;

	json = ruleset_to_json(rs);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!text)
		return unwritable();
	err = stmt_new(history->db,
		       "INSERT INTO keyframe (revision, bytes, ruleset)"
		       " VALUES (:id, :bytes, :ruleset)", &stmt);
	if (!err) {
		stmt_bind_int(stmt, ":id", id);
		stmt_bind_int(stmt, ":bytes", strlen(text));
		stmt_bind_text(stmt, ":ruleset", text);
		err = stmt_run_take(stmt);
	}
	free(text);
	return err;
}

static enum err
changes_text(const struct changeset *cs, char **text)
{
	json_t *json;

	*text = NULL;
	if (!cs)
		return OK;
	json = changeset_to_json(cs);
	*text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return *text ? OK : unwritable();
}

enum err
revision_insert(struct history *history, struct revision *rev,
		const struct ruleset *before, const struct ruleset *after)
{
	enum err err;
	char *changes;

	err = changes_text(rev->changes, &changes);
	if (err)
		return err;
	ruleset_fingerprint(after, rev->fingerprint);
	rev->keyframe = !rev->parent || !reproduces(rev, before);
	if (!rev->keyframe)
		err = keyframe_due(history, rev, strlen(changes),
				   &rev->keyframe);
	if (!err)
		err = insert_row(history, rev, changes);
	if (!err && rev->keyframe)
		err = revision_make_keyframe(history, rev->id, after);
	free(changes);
	return err;
}

enum err
revision_undone(struct history *history, int64_t id)
{
	static const char sql[] =
		"WITH RECURSIVE down (id) AS ("
		" SELECT :id"
		" UNION ALL"
		" SELECT r.id FROM revision r JOIN down ON r.parent = down.id) "
		"UPDATE revision SET stands = 0 WHERE id IN (SELECT id FROM down)";
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db, sql, &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	return stmt_run_take(stmt);
}
