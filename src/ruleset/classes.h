/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of two rulesets sorted into classes of "the same rule". */
#ifndef SALLYPORT_RULESET_CLASSES_H
#define SALLYPORT_RULESET_CLASSES_H

#include <sallyport/ruleset.h>

struct classes;

/* Two rules are in one class when they are equal byte for byte or, unless
 * bytes, by their spec. A rule that is in both rulesets under one id (b was made
 * from a) is in a class of its own, so that of two that read alike the right one
 * is found. */
struct classes *classes_new(const struct ruleset *a, const struct ruleset *b,
			    bool bytes);
void classes_free(struct classes *classes);
size_t classes_count(const struct classes *classes);

/* The class of each rule of chain, which is one of a's or b's. The array is the
 * caller's. */
int *classes_of(const struct classes *classes, const struct chain *chain);

#endif
