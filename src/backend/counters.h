/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters over a commit: libip6tc takes what it read off those of all policies,
 * and those of moved rules stand still between read and commit. */
#ifndef SALLYPORT_BACKEND_COUNTERS_H
#define SALLYPORT_BACKEND_COUNTERS_H

#include <sallyport/changeset.h>

struct kept_counters;

/* Before the commit on the table now. Yours. */
struct kept_counters *kept_counters_new(const struct ruleset *now);

/* After it: done made after out of now; rebuilt, of struct chain *, are those of
 * after whose rules all went in anew. Best effort: the rules stand already, so
 * that what cannot be put back is no reason to fail. */
void kept_counters_put(struct kept_counters *kept, const struct ruleset *now,
		       const struct ruleset *after,
		       const struct changeset *done,
		       const struct vec *rebuilt);
void kept_counters_free(struct kept_counters *kept);

#endif
