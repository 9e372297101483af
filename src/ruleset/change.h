/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about changesets share. */
#ifndef SALLYPORT_RULESET_CHANGE_H
#define SALLYPORT_RULESET_CHANGE_H

#include <sallyport/changeset.h>

/* The change that undoes it. Yours. */
struct change *change_invert(const struct change *change);

/* Apply it to rs, filling in what only rs knows. What it knows already must
 * hold: ERR_CONFLICT else. On error rs is as it was. */
enum err change_apply(struct change *change, struct ruleset *rs) must_check;

/* A rule may only lead where there is something: a chain of rs that is not a
 * built-in one. */
enum err change_check_target(const struct ruleset *rs,
			     const struct rule *rule) must_check;

/* Did the change, which was applied, leave everything as it was? */
bool change_is_nothing(const struct change *change);

#endif
