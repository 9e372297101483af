/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fickle matches: their answer hangs on time, rate or history, so that what one
 * packet showed says nothing about the next one. */
#ifndef GUARD_FICKLE_H
#define GUARD_FICKLE_H

#include <sallyport/guard.h>

/* The name of such a match in a rule that packets of the check may meet and that
 * has a say in what becomes of them, or NULL. What was walked may be more than
 * the check tells, in other states: what it names is looked at too. */
const char *fickle_met(const struct tables *tables, const struct check *check,
		       const struct walk_result *walked);

#endif
