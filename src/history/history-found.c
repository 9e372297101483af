/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others had when a trial was reverted over their work can be restored: it
 * is a revision, though the table was that only until the revert. */
#include "history-internal.h"

#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

/* The revisions that were built on id, and id itself. */
#define DOWN \
	"WITH RECURSIVE down (id) AS (" \
	" SELECT :id" \
	" UNION ALL" \
	" SELECT r.id FROM revision r JOIN down ON r.parent = down.id) "

/* *found: the one of them with this fingerprint, or 0; *newest: the last one. */
static enum err
look_down(struct history *history, int64_t id, const char *fingerprint,
	  int64_t *found, int64_t *newest)
{
	struct stmt *stmt;
	enum err err;
	bool row;

	*found = *newest = 0;
	err = stmt_new(history->db,
		       DOWN "SELECT max(id), max(CASE WHEN"
		       " fingerprint = :fingerprint THEN id END)"
		       " FROM revision WHERE id IN (SELECT id FROM down)",
		       &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_text(stmt, ":fingerprint", fingerprint);
	err = stmt_next(stmt, &row);
	if (!err && row) {
		*newest = stmt_int(stmt, 0);
		*found = stmt_int(stmt, 1);
	}
	stmt_free(stmt);
	return err;
}

/* It was seen already while the trial ran. */
static enum err
name_it(struct history *history, int64_t id, const char *message)
{
	struct stmt *stmt;
	enum err err = stmt_new(history->db,
				"UPDATE revision SET message = :message"
				" WHERE id = :id AND origin = 'external'"
				" AND message = ''", &stmt);

	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_text(stmt, ":message", message);
	return stmt_run_take(stmt);
}

/* By unknown, between the commit and the revert. */
static struct revision *
found_revision(const struct history *history, const struct trial *trial,
	       const struct ruleset *found, int64_t parent, const char *message)
{
	struct revision *rev = revision_new();

	rev->parent = parent;
	rev->since_s = trial->committed_wall_s;
	rev->time_s = trial->settled_wall_s;
	memcpy(rev->table, found->table, sizeof(rev->table));
	rev->actor.host = xstrdup(trial->actor.host);
	rev->message = xstrdup(message);
	rev->origin = xstrdup("external");
	rev->state = xstrdup("external");
	rev->boot_id = xstrdup(trial->boot_id);
	rev->netns_cookie = history->netns;
	return rev;
}

static enum err
insert_found(struct history *history, const struct trial *trial,
	     const struct ruleset *found, int64_t parent, const char *message)
{
	struct revision *rev = found_revision(history, trial, found, parent,
					      message);
	struct ruleset *before = NULL;
	enum err err;

	if (history_ruleset(history, parent, &before) == OK)
		rev->changes = changeset_diff(before, found, true);
	err = revision_insert(history, rev, before, found);
	ruleset_free(before);
	revision_free(rev);
	return err;
}

static enum err
record_one(struct history *history, const struct trial *trial,
	   const struct ruleset *found, int64_t id, const char *message)
{
	char fingerprint[FINGERPRINT_SIZE];
	int64_t there, newest;
	enum err err;

	ruleset_fingerprint(found, fingerprint);
	err = look_down(history, id, fingerprint, &there, &newest);
	if (err)
		return err;
	if (there)
		return name_it(history, there, message);
	return insert_found(history, trial, found, newest, message);
}

enum err
record_found(struct history *history, const struct trial *trial,
	     const struct trial_part *part, int64_t id)
{
	char *message;
	enum err err = OK;

	if (!part->found.n)
		return OK;
	message = xasprintf(_("as it stood before the revert of revision %lld"),
			    (long long)id);
	for (size_t i = 0; i < part->found.n && !err; i++)
		err = record_one(history, trial, part->found.v[i], id, message);
	free(message);
	return err;
}

/* Others' revisions have no message but this one. */
enum err
history_found(struct history *history, int64_t id, int64_t *found)
{
	struct stmt *stmt;
	enum err err;

	*found = 0;
	err = stmt_new(history->db,
		       DOWN "SELECT max(id) FROM revision WHERE id IN"
		       " (SELECT id FROM down) AND origin = 'external'"
		       " AND message <> '' AND NOT stands", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	return stmt_number_take(stmt, found);
}
