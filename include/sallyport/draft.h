/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drafts: what is staged is on disk as it is staged, beside the history. An
 * editor that is killed, or whose line hangs up, leaves its draft behind, and
 * the next one offers it. */
#ifndef SALLYPORT_DRAFT_H
#define SALLYPORT_DRAFT_H

#include <sallyport/world.h>

/* One that was left behind. */
struct draft {
	char *name;		/* of its files */
	struct actor by;
	int64_t wall_s;		/* when it was staged last */
	char *origin;
	struct tables *base;	/* what it was made on */
	struct vec changes;	/* of struct changeset *, as they were staged */
};

/* The newest draft that no living editor holds and that was made on these
 * tables: of this network namespace, before a reboot too, or of this --file.
 * ERR_NOT_FOUND: none. One that cannot be read is left alone; ERR_PARSE: there
 * is only one of a newer sallyport. Yours. */
enum err draft_find(const struct world *world, struct draft **draft) must_check;

/* The same, held or not: to be looked at and not to be taken. */
enum err draft_find_newest(const struct world *world, struct draft **draft)
	must_check;
void draft_free(struct draft *draft);

/* Remove its files; they are gone already: fine. */
void draft_drop(const struct world *world, const struct draft *draft);

/* --- The living editor's own --- */

struct draft_file {
	char *name;		/* NULL: nothing is kept */
	int fd;			/* holds the lock */
	bool failed;		/* told once */
};

/* Keep changes (empty: nothing any more), which were made on base one after the
 * other, as they are now. anew: base is another one than last time. */
enum err draft_keep(const struct world *world, struct draft_file *file,
		    const struct tables *base, const struct vec *changes,
		    const char *origin, bool anew) must_check;

/* Leave it behind, or remove it. */
void draft_close(const struct world *world, struct draft_file *file,
		 bool remove);

#endif
