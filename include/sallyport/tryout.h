/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tryouts. A rule that the kernel would refuse is found when it is typed, not
 * when it is committed: a helper process in a network namespace of its own
 * asks the kernel. The filter of our own namespace is never touched, no lock is
 * taken, and nothing is left when the box is freed or we are killed.
 *
 * What the kernel would look at anew is tried: rules that are new where they
 * stand, and old ones that are now reached from another built-in chain
 * (mark_source_chains() in net/ipv6/netfilter/ip6_tables.c). */
#ifndef SALLYPORT_TRYOUT_H
#define SALLYPORT_TRYOUT_H

#include <stdbool.h>
#include <sallyport/tables.h>

/* What the kernel said. */
enum tryout {
	TRYOUT_ACCEPTED,
	TRYOUT_REFUSED,
	TRYOUT_LACKING,		/* this kernel has no such extension or table;
				 * another host's may have it */
	TRYOUT_UNAVAILABLE,	/* it could not be asked */
};

/* What is to be said of a rule, or with "" for a chain of all rules. */
struct tryout_note {
	bool refused;		/* text is a whole sentence; else it is why the
				 * rule is not tried */
	char table[TABLE_NAME_SIZE];
	char chain[CHAIN_NAME_SIZE];
	size_t pos;		/* in the candidate, from 0 */
	char *text;		/* translated */
};

struct tryout_report {
	enum tryout verdict;
	struct vec refused;	/* of struct tryout_note *: whole sentences;
				 * TRYOUT_REFUSALS_MAX of them at most */
	struct vec untried;	/* of struct tryout_note *: "IDLETIMER keeps
				 * state outside a namespace" */
	char *reason;		/* TRYOUT_UNAVAILABLE: why; else NULL */
};
#define TRYOUT_REFUSALS_MAX 20

struct tryout_box;

/* Nothing is started before the first try. limit_ms bounds each answer of the
 * kernel; what takes longer is unavailable. */
#define TRYOUT_LIMIT_MS 500
struct tryout_box *tryout_box_new(int limit_ms);
void tryout_box_free(struct tryout_box *box);

/* Try what candidate has and before, of the same table and accepted by the
 * kernel, has not; NULL: nothing was there before. No helper is asked where
 * that is nothing. Rules are told apart by their address. */
void tryout_rules(struct tryout_box *box, const struct ruleset *before,
		  const struct ruleset *candidate,
		  struct tryout_report *report);
void tryout_report_done(struct tryout_report *report);

/* The same for all tables of candidate; before may be NULL. ERR_PARSE where a
 * rule is refused, the message naming the first one; lacking says that an
 * extension which this kernel lacks is no reason. What is to be said is pushed
 * to notes, struct tryout_note *: the refused rules and those that are not
 * tried. That nothing can be tried is told once a box. */
enum err tryout_tables(struct tryout_box *box, const struct tables *before,
		       const struct tables *candidate, bool lacking,
		       struct vec *notes) must_check;

/* Only what tryout_tables() would leave out, without asking the kernel. */
void tryout_untried(const struct tryout_box *box, const struct tables *before,
		    const struct tables *candidate, struct vec *notes);

/* One sentence: "INPUT 3 is not tried: IDLETIMER keeps state outside a
 * namespace". Appended to out, translated. */
void tryout_note_text(const struct tryout_note *note, struct str *out);

void tryout_notes_done(struct vec *notes);	/* free all, and vec_done() */

#endif
