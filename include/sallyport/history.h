/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History: every commit, confirm, revert and every change found to have been
 * made by others, as revisions in SQLite (WAL). */
#ifndef SALLYPORT_HISTORY_H
#define SALLYPORT_HISTORY_H

#include <sallyport/changeset.h>
#include <sallyport/trial.h>

/* Each network namespace is told apart: what is listed, and what live is compared
 * with, are the revisions of the one that we are in. The machine's own, that of
 * process 1, goes on over restarts. In any other those of its own in this boot
 * follow those that any but the machine's had in earlier ones. */
struct history;

/* Open or create the database at path (its directory made 0700 where missing,
 * the file 0600), bringing its schema up to date step by step. A newer schema,
 * a locked or broken database: ERR_FAIL with the sentence. read_only never
 * creates or changes it; ERR_NOT_FOUND where there is none. */
enum err history_open(const char *path, bool read_only, struct history **history)
	must_check;
void history_close(struct history *history);

struct revision {
	int64_t id;		/* from 1; 0 where not stored yet */
	int64_t parent;		/* 0 for the first */
	int64_t time_s;		/* wall clock */
	int64_t since_s;	/* external: the table was last seen without it;
				 * 0 otherwise */
	char table[TABLE_NAME_SIZE];
	struct actor actor;
	char *message;		/* "" for none */
	char *origin;		/* edit import restore revert external */
	char *state;		/* "on trial" "confirmed" "reverted" "applied"
				 * "external" "ended by reboot" "failed"
				 * "not reverted" "ended" */
	char *reason;		/* why reverted; NULL */
	int64_t settled_s;	/* when confirmed or reverted; 0 */
	struct actor settled_by;
	char *override;		/* the host name typed to override the guard */
	char *trial_id;		/* NULL where there was no trial */
	char *boot_id;
	char *lost;
	uint64_t netns_cookie;	/* of the network namespace; 0: the machine's own */
	char fingerprint[FINGERPRINT_SIZE];	/* of the table after it */
	struct changeset *changes;	/* on its parent; NULL where only text is */
	bool keyframe;		/* has the full text */
};
void revision_free(struct revision *rev);

/* Bring the trial's revisions, one a table, up to date with its record: insert
 * one where it is not there, else update its state. Idempotent, and a settled one is never
 * taken back. A trial that was reverted is followed by nothing, as its own state
 * tells, save where its record has what others had when it was reverted: each
 * such table is an external revision on it, which stands as little. Where the table before is not the newest revision's, that is recorded
 * first, as external. *id gets the last one; 0 while the trial is only armed, as nothing is in the kernel then. */
enum err history_record_trial(struct history *history, const struct trial *trial,
			      int64_t *id) must_check;

/* Is there a revision of this trial that says how it ended? */
bool history_has_outcome(struct history *history, const char *trial_id);

/* An absent table without history has none. Else compare live with the newest
 * revision that stands (neither it nor one that it
 * was built on was reverted, failed or ended by a restart);
 * a difference becomes an "external" revision by unknown. *id gets it, 0 for
 * none. The very first one of an empty history is the "import" of what was
 * found. What other programs do in their own chains (owned.h), one after the
 * other, is one revision, whose number is the newest. Trials found on trial with
 * another boot id become "ended by reboot". */
enum err history_sync(struct history *history, const struct ruleset *live,
		      const struct actor *actor, int64_t now_s, int64_t *id)
	must_check;

/* What is on trial in this namespace and boot has a record, which was there
 * first; one of which has_record() says that it has none, and nobody who guards
 * it, becomes "ended". */
enum err history_end_lost(struct history *history,
			  bool (*has_record)(const char *trial_id, void *arg),
			  void *arg, int64_t now_s) must_check;

/* Forget the revisions of table that were made before before_s, but never the
 * newest HISTORY_KEPT, one that is on trial, or the one that stands. Those that
 * stay can be rebuilt as before. */
#define HISTORY_KEPT 100
enum err history_forget(struct history *history, const char *table,
			int64_t before_s) must_check;

/* Newest first: calls each until it returns false. table NULL: those of all
 * tables. grep (NULL for all) looks in
 * message, user, origin, state and changeset text. The revision is borrowed; its
 * changes are NULL where their record is damaged. */
enum err history_each(struct history *history, const char *table, const char *grep,
		      bool (*each)(const struct revision *rev, void *arg),
		      void *arg) must_check;

/* ERR_NOT_FOUND: no such revision. */
enum err history_get(struct history *history, int64_t id, struct revision **rev)
	must_check;

/* The revision of this trial in table; *id is 0 for none. */
enum err history_trial(struct history *history, const char *trial_id,
		       const char *table, int64_t *id) must_check;

/* Where what others had is kept that the revert of revision id took away: the
 * newest such revision; 0 for none. */
enum err history_found(struct history *history, int64_t id, int64_t *found)
	must_check;

/* The newest revision that stands; ERR_NOT_FOUND in a history that has none of
 * this namespace. */
enum err history_newest(struct history *history, const char *table,
			int64_t *id) must_check;

/* The whole table as it was after revision id: the nearest keyframe and the
 * changesets from there. For a reverted revision: as it was while on trial. */
enum err history_ruleset(struct history *history, int64_t id,
			 struct ruleset **rs) must_check;

#endif
