/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which items of two sequences are the same ones, in order. */
#ifndef SALLYPORT_RULESET_ALIGN_H
#define SALLYPORT_RULESET_ALIGN_H

#include <sallyport/weave.h>

/* For each of the n items of a its partner among the m of b, or NO_MATCH; no two
 * pairs cross. Items are the same when their class, a small number from 0, is.
 * Patience diff: what is unique on both sides anchors the rest, which is n log n
 * for rules that mostly differ from each other. The array is the caller's. */
size_t *align(const int *a, size_t n, const int *b, size_t m);

#endif
