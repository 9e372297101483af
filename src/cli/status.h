/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of status that tell of lifelines and of drift. */
#ifndef SALLYPORT_CLI_STATUS_H
#define SALLYPORT_CLI_STATUS_H

#include "internal.h"

/* This session, every lifeline with its verdict and where it was learnt, and
 * below it what carries it; then the guard in one line. */
void status_add_lifelines(const struct world *world,
			  const struct guard_report *report, struct str *out);

/* For programs: the same in every language. */
json_t *status_lifelines_json(const struct guard_report *report);
const char *status_judgement(enum judgement judgement);

/* Where rules are that should be the same. */
enum { DRIFT_STAGED, DRIFT_LIVE, DRIFT_REVISION, DRIFT_BOOT, DRIFT_ENDS };

struct drift_end {
	struct tables *tables;	/* without owned chains; NULL: not there */
	char *why;		/* it is not there, translated */
	char *note;		/* what is to be known of it; NULL */
};

struct drift {
	struct drift_end ends[DRIFT_ENDS];
	const char *only_table;	/* NULL: all are compared */
};

void status_find_drift(const struct world *world, const struct tables *live,
		       struct drift *drift);
void drift_done(struct drift *drift);

/* A line for each two that are there, and for each that is not. */
void status_add_drift(const struct drift *drift, struct str *out);
json_t *status_drift_json(const struct drift *drift);

/* What others lost when the last change was undone. */
struct lost {
	const char *lines;		/* the trial's; NULL: nothing */
	int64_t kept[TABLE_COUNT];	/* the revisions that have it */
	size_t n;
};

void status_find_lost(const struct world *world, const struct trial *trial,
		      struct lost *lost);

/* Its lines, below that of the trial. */
void status_add_lost(const struct lost *lost, struct str *out);
json_t *status_lost_json(const struct lost *lost);
json_t *status_kept_json(const struct lost *lost);

#endif
