/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it was after a revision: the nearest keyframe above it, and the
 * changes from there down, compared with the fingerprint that was taken. */
#include "history-internal.h"

#include <string.h>
#include <sallyport/i18n.h>

static enum err
damaged(int64_t id)
{
	return fail(ERR_FAIL, _("revision %lld cannot be rebuilt from history: its record is damaged"),
		    (long long)id);
}

static enum err
load_keyframe(const char *text, int64_t id, struct ruleset **rs)
{
	json_t *json;
	enum err err = ERR_FAIL;

	json = text ? json_loads(text, 0, NULL) : NULL;
	if (json)
		err = ruleset_from_json(json, rs);
	json_decref(json);
	return err ? damaged(id) : OK;
}

static enum err
apply_text(const char *text, int64_t id, struct ruleset *rs)
{
	struct changeset *cs = NULL;
	json_t *json;
	enum err err = ERR_FAIL;

	json = text ? json_loads(text, 0, NULL) : NULL;
	if (json)
		err = changeset_from_json(json, &cs);
	json_decref(json);
	if (!err)
		err = changeset_apply(cs, rs);
	changeset_free(cs);
	return err ? damaged(id) : OK;
}

static enum err
check_print(const struct ruleset *rs, const char *expected, int64_t id)
{
	char fingerprint[FINGERPRINT_SIZE];

	ruleset_fingerprint(rs, fingerprint);
	if (!expected || strcmp(fingerprint, expected))
		return damaged(id);
	return OK;
}

/* The rows come from the keyframe on; the last one is revision id. */
static enum err
follow(struct stmt *stmt, int64_t id, struct ruleset **rs)
{
	bool row;
	enum err err;

	err = stmt_next(stmt, &row);
	if (!err && !row)
		err = fail(ERR_NOT_FOUND, _("there is no revision %lld"),
			   (long long)id);
	if (!err)
		err = load_keyframe(stmt_text(stmt, 3), id, rs);
	while (!err) {
		if (stmt_int(stmt, 0) == id)
			return check_print(*rs, stmt_text(stmt, 1), id);
		err = stmt_next(stmt, &row);
		if (!err)
			err = row ? apply_text(stmt_text(stmt, 2), id, *rs)
				  : damaged(id);
	}
	return err;
}

enum err
history_ruleset(struct history *history, int64_t id, struct ruleset **out)
{
	static const char sql[] =
		"WITH RECURSIVE up (id, parent) AS ("
		" SELECT id, parent FROM revision WHERE id = :id"
		" UNION ALL"
		" SELECT r.id, r.parent FROM up JOIN revision r"
		"  ON r.id = up.parent WHERE NOT EXISTS"
		"   (SELECT 1 FROM keyframe k WHERE k.revision = up.id)) "
		"SELECT r.id, r.fingerprint, r.changes, k.ruleset"
		" FROM up JOIN revision r ON r.id = up.id"
		" LEFT JOIN keyframe k ON k.revision = r.id"
		" ORDER BY r.id";
	struct ruleset *rs = NULL;
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db, sql, &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	err = follow(stmt, id, &rs);
	stmt_free(stmt);
	if (err) {
		ruleset_free(rs);
		return err;
	}
	*out = rs;
	return OK;
}
