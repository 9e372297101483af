/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rehearsal: the kernel's own answer. Live tables, then the candidate, in a
 * private network namespace, tried with the real packets of each lifeline
 * (design section 5). Takes no lock, touches nothing of the live host and
 * leaves nothing behind, also when it is killed. */
#ifndef SALLYPORT_REHEARSAL_H
#define SALLYPORT_REHEARSAL_H

#include <sallyport/lifeline.h>
#include <sallyport/tables.h>
#include <sallyport/tryout.h>

enum rehearsed {
	REHEARSED_NOT,		/* not tried, or not usable here: account tells */
	REHEARSED_PASS,		/* everything went both ways */
	REHEARSED_FAIL,
};

/* What the kernel did with one lifeline. */
struct rehearsed_lifeline {
	const struct lifeline *lifeline;	/* borrowed */
	enum rehearsed candidate;
	enum rehearsed live;	/* the same tries under the live tables */
	char *account;		/* FAIL: which packet was lost and, where the
				 * counters tell, by which rule; NOT: why;
				 * translated. PASS: NULL */
};

struct rehearsal_report {
	bool usable;		/* false: reason says why, and the rest is empty */
	char *reason;		/* translated or NULL */
	char *refused;		/* the kernel refuses the candidate: a sentence
				 * that names the rule, or NULL */
	struct vec untried;	/* of struct tryout_note *: rules of the
				 * candidate that were left out */
	struct vec lifelines;	/* of struct rehearsed_lifeline *, in the order
				 * in which they were given */
	unsigned setup_us;	/* what it took to set up, and the slowest */
	unsigned answer_us;	/* answer of the candidate */
};

struct rehearsal;

/* Begin, in a process of its own. Never fails: what is not possible stands in
 * the report. What is given is copied, but for the lifelines themselves, which
 * are borrowed for the report's life. */
struct rehearsal *rehearsal_start(const struct vec *lifelines,
				  const struct tables *live,
				  const struct tables *candidate);

/* Readable when rehearsal_take() has something to read; -1 where there is nothing
 * to wait for. NULL gives -1. */
int rehearsal_fd(const struct rehearsal *rehearsal);

/* NULL: not yet. Else the report, yours; the rehearsal is freed then and
 * *rehearsal NULL. Never blocks. */
struct rehearsal_report *rehearsal_take(struct rehearsal **rehearsal);

/* Also stops one that still runs. NULL is fine. */
void rehearsal_free(struct rehearsal *rehearsal);

/* Start, wait, take; after limit_ms it is not usable, and says so. Yours. It
 * takes some 20 ms where all is well, and half a second or more for packets that
 * are lost. */
#define REHEARSAL_LIMIT_MS 6000
struct rehearsal_report *rehearsal_run(const struct vec *lifelines,
				       const struct tables *live,
				       const struct tables *candidate,
				       int limit_ms);
void rehearsal_report_free(struct rehearsal_report *report);

#endif
