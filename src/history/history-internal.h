/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the history share. All but history_rebuild() and the
 * readers run inside a transaction of the caller's. */
#ifndef SALLYPORT_HISTORY_INTERNAL_H
#define SALLYPORT_HISTORY_INTERNAL_H

#include <sallyport/history.h>
#include "db.h"

struct history {
	struct db *db;
	uint64_t netns;		/* whose tables are told: as in a revision */
};

/* SQL: is revision r of this network namespace? Beside the machine's own, those
 * of another boot may be: a cookie lasts no longer than that.
 * history_bind_here() binds what it names. */
#define IS_HERE \
	"((r.netns_cookie = 0) = (:netns = 0)" \
	" AND (r.netns_cookie = :netns OR r.boot_id <> :boot))"
void history_bind_here(const struct history *history, struct stmt *stmt);

/* revision.c: a revision and its row. The columns that revision_columns() lists
 * come first in a SELECT, in its order. */
struct revision *revision_new(void);
void revision_columns(struct str *out);
/* ERR_FAIL when the stored changes cannot be read; rev is whole but for them. */
enum err revision_read(struct stmt *stmt, struct revision *rev) must_check;

/* revision-store.c: append rev, whose parent and changes are set and whose table
 * is after. Sets its id, its fingerprint and whether it is a keyframe. before is
 * the parent's table, NULL where there is none or it is not known. */
enum err revision_insert(struct history *history, struct revision *rev,
			 const struct ruleset *before,
			 const struct ruleset *after) must_check;

/* Give a stored revision, after which the table is rs, its keyframe. */
enum err revision_make_keyframe(struct history *history, int64_t id,
				const struct ruleset *rs) must_check;

/* The revision was undone: it stands no more, nor what was built on it. */
enum err revision_undone(struct history *history, int64_t id) must_check;

/* history-sync.c: make the newest revision that stands one whose table is
 * found. *id: the revision that was added for it, or 0; *newest: the one that
 * stands now. */
enum err sync_to(struct history *history, const struct ruleset *found,
		 const struct actor *actor, int64_t now_s, int64_t *id,
		 int64_t *newest) must_check;

/* history-found.c: the tables as others had them when the trial was reverted
 * over their work become external revisions after revision id, the trial's in
 * that part's table. Those that are there already are not added again. They are
 * not marked as undone here. */
enum err record_found(struct history *history, const struct trial *trial,
		      const struct trial_part *part, int64_t id) must_check;

/* history-fold.c: found differs from *newest, the revision that stands. Where
 * that one and all that was done since are the doings of other programs in their
 * own chains it goes, and *newest is what it was built on: what comes next takes
 * its place. */
enum err fold_newest(struct history *history, const struct ruleset *found,
		     int64_t *newest) must_check;

/* history.c: the newest that stands here and its fingerprint; *id 0 for none. */
enum err newest_standing(struct history *history, const char *table, int64_t *id,
			 char fingerprint[FINGERPRINT_SIZE]) must_check;

#endif
