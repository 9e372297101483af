/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial's revision follows the trial's record, and may be brought up to date
 * from it at any time, any number of times. */
#include "history-internal.h"

#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>

/* What the log says, and whether the change is in the kernel. */
static const struct {
	const char *name;
	bool settled;
	bool undone;
} states[] = {
	[TRIAL_ON] = { "on trial", false, false },
	[TRIAL_CONFIRMED] = { "confirmed", true, false },
	[TRIAL_REVERTED] = { "reverted", true, true },
	[TRIAL_FAILED] = { "failed", true, true },
	[TRIAL_NOT_REVERTED] = { "not reverted", false, false },
};

static const char *
state_name(const struct trial *trial)
{
	if (trial->no_trial && trial->state == TRIAL_CONFIRMED)
		return "applied";
	return states[trial->state].name;
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

static int64_t
trial_time(const struct trial *trial)
{
	return trial->committed_wall_s ? trial->committed_wall_s
				       : trial->settled_wall_s;
}

/* What was lost of this part's table: the list names the table that its lines
 * are of, filter at first. NULL for nothing. Yours. */
static char *
part_lost(const struct trial *trial, const struct trial_part *part)
{
	const char *table = part->before->table, *next;
	bool mine = strcmp(table, "filter") == 0;
	struct str lost = { 0 };

	for (const char *line = or_empty(trial->lost); *line; line = next) {
		size_t len = strcspn(line, "\n");

		next = line + len + (line[len] == '\n');
		if (line[0] == '*')
			mine = strlen(table) == len - 1 &&
			       strncmp(line + 1, table, len - 1) == 0;
		else if (mine)
			str_addn(&lost, line, (size_t)(next - line));
	}
	if (lost.len)
		return str_take(&lost);
	str_done(&lost);
	return NULL;
}

static struct revision *
trial_revision(const struct history *history, const struct trial *trial,
	       const struct trial_part *part, int64_t parent)
{
	struct revision *rev = revision_new();

	rev->parent = parent;
	rev->time_s = trial_time(trial);
	memcpy(rev->table, part->before->table, sizeof(rev->table));
	actor_copy(&rev->actor, &trial->actor);
	rev->message = xstrdup(or_empty(trial->message));
	rev->origin = xstrdup(or_empty(trial->origin));
	rev->state = xstrdup(state_name(trial));
	rev->reason = xstrdup(trial->reason);
	if (states[trial->state].settled) {
		rev->settled_s = trial->settled_wall_s;
		actor_copy(&rev->settled_by, &trial->settled_by);
	}
	rev->override = xstrdup(trial->override);
	rev->trial_id = xstrdup(trial->id);
	rev->boot_id = xstrdup(trial->boot_id);
	rev->lost = part_lost(trial, part);
	rev->netns_cookie = history->netns;
	rev->changes = changeset_copy(part->changes);
	return rev;
}

/* What the trial began from may be news too: others may have changed the table
 * after the last look. */
static enum err
insert_part(struct history *history, const struct trial *trial,
	    const struct trial_part *part, int64_t *id)
{
	struct revision *rev;
	int64_t found, parent;
	enum err err;

	err = sync_to(history, part->before, &trial->actor, trial_time(trial),
		      &found, &parent);
	if (err)
		return err;
	rev = trial_revision(history, trial, part, parent);
	err = revision_insert(history, rev, part->before, part->after);
	*id = rev->id;
	revision_free(rev);
	return err;
}

enum err
history_trial(struct history *history, const char *trial_id, const char *table,
	      int64_t *id)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "SELECT id FROM revision WHERE trial_id = :trial"
		       " AND table_name = :table", &stmt);
	if (err)
		return err;
	stmt_bind_text(stmt, ":trial", trial_id);
	stmt_bind_text(stmt, ":table", table);
	return stmt_number_take(stmt, id);
}

/* A record that was read before the trial was settled does not take it back. */
static enum err
update_trial(struct history *history, const struct trial *trial,
	     const char *lost, int64_t id)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "UPDATE revision SET state = :state, reason = :reason,"
		       " lost = :lost, settled_s = :settled_s,"
		       " settled_uid = :uid, settled_user = :user,"
		       " settled_from = :from, settled_tty = :tty,"
		       " settled_host = :host "
		       "WHERE id = :id AND (:settled OR settled_s = 0)", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_int(stmt, ":settled", states[trial->state].settled);
	stmt_bind_text(stmt, ":state", state_name(trial));
	stmt_bind_text(stmt, ":reason", trial->reason);
	stmt_bind_text(stmt, ":lost", lost);
	stmt_bind_int(stmt, ":settled_s", states[trial->state].settled
		      ? trial->settled_wall_s : 0);
	stmt_bind_int(stmt, ":uid", trial->settled_by.uid);
	stmt_bind_text(stmt, ":user", trial->settled_by.user);
	stmt_bind_text(stmt, ":from", trial->settled_by.from);
	stmt_bind_text(stmt, ":tty", trial->settled_by.tty);
	stmt_bind_text(stmt, ":host", trial->settled_by.host);
	return stmt_run_take(stmt);
}

static enum err
record_part(struct history *history, const struct trial *trial,
	    const struct trial_part *part, int64_t *id)
{
	enum err err;
	char *lost;

	err = history_trial(history, trial->id, part->before->table, id);
	if (err)
		return err;
	lost = part_lost(trial, part);
	if (*id)
		err = update_trial(history, trial, lost, *id);
	else
		err = insert_part(history, trial, part, id);
	free(lost);
	if (!err && states[trial->state].undone)
		err = record_found(history, trial, part, *id);
	if (!err && states[trial->state].undone)
		err = revision_undone(history, *id);
	return err;
}

/* A revision a table; *id gets the last one's. */
static enum err
record(struct history *history, const struct trial *trial, int64_t *id)
{
	enum err err = OK;

	for (size_t i = 0; i < trial->parts.n && !err; i++)
		err = record_part(history, trial, trial_part(trial, i), id);
	return err;
}

enum err
history_record_trial(struct history *history, const struct trial *trial,
		     int64_t *id)
{
	enum err err;

	*id = 0;
	if (trial->state == TRIAL_ARMED)
		return OK;
	err = db_begin(history->db);
	if (err)
		return err;
	err = record(history, trial, id);
	if (err) {
		*id = 0;
		db_rollback(history->db);
		return err;
	}
	return db_commit(history->db);
}

bool
history_has_outcome(struct history *history, const char *trial_id)
{
	struct stmt *stmt;
	bool row = false;

	if (stmt_new(history->db, "SELECT 1 FROM revision "
		     "WHERE trial_id = :trial AND settled_s <> 0", &stmt))
		return false;
	stmt_bind_text(stmt, ":trial", trial_id);
	if (stmt_next(stmt, &row))
		row = false;
	stmt_free(stmt);
	return row;
}
