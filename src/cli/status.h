/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of status that tells of lifelines. */
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

#endif
