/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of two rulesets sorted into classes of "the same rule": equal byte for
 * byte or by spec, or in both rulesets under one id (b was made from a): that is
 * a class of its own, so that of two that read alike the right one is found. */
#ifndef SALLYPORT_RULESET_CLASSES_H
#define SALLYPORT_RULESET_CLASSES_H

#include <sallyport/weave.h>

size_t classes_count(const struct classes *classes);

/* The class of each rule of chain, which is one of a's or b's. The array is the
 * caller's. */
int *classes_of(const struct classes *classes, const struct chain *chain);

#endif
