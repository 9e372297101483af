/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of two rulesets sorted into classes of "the same rule": equal byte for
 * byte or by spec, or in both rulesets under one id (b was made from a): that is
 * a class of its own, so that of two that read alike the right one is found. */
#ifndef SALLYPORT_RULESET_CLASSES_H
#define SALLYPORT_RULESET_CLASSES_H

#include <sallyport/weave.h>

/* The class of each rule of chain a and of chain b, numbered for these two from
 * 0; how many there are is returned. A chain that neither ruleset has must be
 * empty. */
size_t classes_of(const struct classes *classes, const struct chain *a,
		  const struct chain *b, int *of_a, int *of_b);

#endif
