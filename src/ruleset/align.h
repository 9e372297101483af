/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which items of two sequences are the same ones, in order. */
#ifndef SALLYPORT_RULESET_ALIGN_H
#define SALLYPORT_RULESET_ALIGN_H

#include <sallyport/weave.h>

/* For each of the n items of a its partner among the m of b, or NO_MATCH; no two
 * pairs cross. Items are the same when their class, a number from 0 below
 * classes, is. No more can be paired: it is a longest common subsequence, unless
 * there are more than 20,000 items of few kinds, with little in common. The
 * array is the caller's. */
size_t *align(const int *a, size_t n, const int *b, size_t m, size_t classes);

/* Its two methods, on items that all have an equal on the other side; pairs go
 * to match, for each of the n items of a. */
struct sequences {
	const int *a;
	size_t n;
	const int *b;
	size_t m;
	size_t *match;
};

/* Looks at each possible pair: pairs of them, which the caller has counted. */
void align_by_pairs(const struct sequences *s, size_t pairs, size_t classes);

/* Looks at what differs: items times differences. */
void align_by_edits(const struct sequences *s);

#endif
