/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others did: a live table that is not the newest revision's becomes a
 * revision of its own, and a trial that a restart ended is told as such. */
#include "history-internal.h"

#include <string.h>
#include <sallyport/mem.h>

/* How old the note "seen as it is" may grow before it is written again. */
#define SEEN_EVERY_S 60

static enum err
mark_seen(struct history *history, int64_t id, int64_t now_s)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "UPDATE revision SET seen_s = :now WHERE id = :id"
		       " AND seen_s NOT BETWEEN :now - :every AND :now", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_int(stmt, ":now", now_s);
	stmt_bind_int(stmt, ":every", SEEN_EVERY_S);
	return stmt_run_take(stmt);
}

static enum err
last_seen(struct history *history, int64_t id, int64_t *seen_s)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "SELECT seen_s FROM revision WHERE id = :id", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	return stmt_number_take(stmt, seen_s);
}

static struct revision *
found_revision(const struct history *history, const struct ruleset *found,
	       int64_t parent, int64_t now_s)
{
	struct revision *rev = revision_new();

	rev->parent = parent;
	rev->time_s = now_s;
	memcpy(rev->table, found->table, sizeof(rev->table));
	rev->message = xstrdup("");
	rev->boot_id = xstrdup(clock_boot_id());
	rev->netns_cookie = history->netns;
	return rev;
}

static enum err
insert_import(struct history *history, const struct ruleset *found,
	      const struct actor *actor, int64_t now_s, int64_t *id)
{
	struct revision *rev = found_revision(history, found, 0, now_s);
	enum err err;

	actor_copy(&rev->actor, actor);
	rev->origin = xstrdup("import");
	rev->state = xstrdup("applied");
	err = revision_insert(history, rev, NULL, found);
	*id = rev->id;
	revision_free(rev);
	return err;
}

/* By unknown, on this host, between the time the parent was last seen and now.
 * A parent that cannot be rebuilt leaves the text of what was found. */
static enum err
insert_external(struct history *history, const struct ruleset *found,
		const struct actor *actor, int64_t now_s, int64_t parent,
		int64_t *id)
{
	struct revision *rev = found_revision(history, found, parent, now_s);
	struct ruleset *before = NULL;
	enum err err;

	rev->actor.host = xstrdup(actor->host);
	rev->origin = xstrdup("external");
	rev->state = xstrdup("external");
	if (history_ruleset(history, parent, &before) == OK)
		rev->changes = changeset_diff(before, found, true);
	err = last_seen(history, parent, &rev->since_s);
	if (!err)
		err = revision_insert(history, rev, before, found);
	*id = rev->id;
	ruleset_free(before);
	revision_free(rev);
	return err;
}

static enum err
is_print_of(struct history *history, int64_t id, const char *fingerprint,
	    bool *same)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db, "SELECT 1 FROM revision WHERE id = :id"
		       " AND fingerprint = :fingerprint", &stmt);
	if (err)
		return err;
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_text(stmt, ":fingerprint", fingerprint);
	err = stmt_next(stmt, same);
	stmt_free(stmt);
	return err;
}

enum err
sync_to(struct history *history, const struct ruleset *found,
	const struct actor *actor, int64_t now_s, int64_t *id, int64_t *newest)
{
	char known[FINGERPRINT_SIZE], fingerprint[FINGERPRINT_SIZE];
	bool same = false;
	enum err err;

	*id = 0;
	err = newest_standing(history, found->table, newest, known);
	if (err)
		return err;
	ruleset_fingerprint(found, fingerprint);
	if (*newest && !strcmp(known, fingerprint))
		return mark_seen(history, *newest, now_s);
	if (*newest)
		err = fold_newest(history, found, newest);
	if (!err && *newest)
		err = is_print_of(history, *newest, fingerprint, &same);
	if (err)
		return err;
	if (same)
		return mark_seen(history, *newest, now_s);
	if (*newest)
		err = insert_external(history, found, actor, now_s, *newest,
				      id);
	else
		err = insert_import(history, found, actor, now_s, id);
	*newest = *id;
	return err;
}

/* The next trial, or one that the kernel refused to undo, of another boot;
 * *id 0 for none. */
static enum err
trial_of_other_boot(struct history *history, int64_t *id)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "SELECT id FROM revision"
		       " WHERE state IN ('on trial', 'not reverted')"
		       " AND boot_id <> :boot LIMIT 1", &stmt);
	if (err)
		return err;
	stmt_bind_text(stmt, ":boot", clock_boot_id());
	return stmt_number_take(stmt, id);
}

static enum err
end_trial(struct history *history, int64_t id, const char *state,
	  const char *reason, int64_t now_s)
{
	struct stmt *stmt;
	enum err err;

	err = stmt_new(history->db,
		       "UPDATE revision SET state = :state, reason = :reason,"
		       " settled_s = :now WHERE id = :id", &stmt);
	if (err)
		return err;
	stmt_bind_text(stmt, ":state", state);
	stmt_bind_text(stmt, ":reason", reason);
	stmt_bind_int(stmt, ":id", id);
	stmt_bind_int(stmt, ":now", now_s);
	err = stmt_run_take(stmt);
	if (!err)
		err = revision_undone(history, id);
	return err;
}

static enum err
end_trials(struct history *history, int64_t now_s)
{
	enum err err;
	int64_t id;

	if (!*clock_boot_id())
		return OK;
	do {
		err = trial_of_other_boot(history, &id);
		if (!err && id)
			err = end_trial(history, id, "ended by reboot", NULL,
					now_s);
	} while (!err && id);
	return err;
}

/* The next trial of this namespace and boot that has no record; *id 0 for
 * none. */
static enum err
trial_without_record(struct history *history,
		     bool (*has_record)(const char *trial_id, void *arg),
		     void *arg, int64_t *id)
{
	struct stmt *stmt;
	enum err err;
	bool row;

	*id = 0;
	err = stmt_new(history->db,
		       "SELECT r.id, r.trial_id FROM revision r"
		       " WHERE r.state IN ('on trial', 'not reverted')"
		       " AND r.boot_id = :boot AND " IS_HERE, &stmt);
	if (err)
		return err;
	history_bind_here(history, stmt);
	do {
		err = stmt_next(stmt, &row);
		if (!err && row && !has_record(stmt_text(stmt, 1), arg))
			*id = stmt_int(stmt, 0);
	} while (!err && row && !*id);
	stmt_free(stmt);
	return err;
}

static enum err
end_lost(struct history *history,
	 bool (*has_record)(const char *trial_id, void *arg), void *arg,
	 int64_t now_s)
{
	enum err err;
	int64_t id;

	do {
		err = trial_without_record(history, has_record, arg, &id);
		if (!err && id)
			err = end_trial(history, id, "ended",
					"its record is gone", now_s);
	} while (!err && id);
	return err;
}

/* Most often none is on trial. Asked again once nobody else writes: what had a
 * record then may have been settled since. */
enum err
history_end_lost(struct history *history,
		 bool (*has_record)(const char *trial_id, void *arg), void *arg,
		 int64_t now_s)
{
	int64_t id;
	enum err err = trial_without_record(history, has_record, arg, &id);

	if (err || !id)
		return err;
	err = db_begin(history->db);
	if (!err)
		err = end_lost(history, has_record, arg, now_s);
	if (err) {
		db_rollback(history->db);
		return err;
	}
	return db_commit(history->db);
}

/* A table that is not in use and never was. */
static enum err
has_nothing_to_tell(struct history *history, const struct ruleset *live,
		    bool *nothing)
{
	char known[FINGERPRINT_SIZE];
	int64_t newest = 1;
	enum err err = OK;

	if (live->absent)
		err = newest_standing(history, live->table, &newest, known);
	*nothing = newest == 0;
	return err;
}

enum err
history_sync(struct history *history, const struct ruleset *live,
	     const struct actor *actor, int64_t now_s, int64_t *id)
{
	int64_t newest;
	bool nothing;
	enum err err;

	*id = 0;
	err = db_begin(history->db);
	if (err)
		return err;
	err = end_trials(history, now_s);
	if (!err)
		err = has_nothing_to_tell(history, live, &nothing);
	if (!err && !nothing)
		err = sync_to(history, live, actor, now_s, id, &newest);
	if (err) {
		*id = 0;
		db_rollback(history->db);
		return err;
	}
	return db_commit(history->db);
}
