/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order-stable alignment: unique rules anchor, the rest is settled between the
 * anchors. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "align.h"

/* The largest table (cells) that the exact method may fill where no rule is
 * unique; beyond it what is left unmatched becomes moves, which is correct too,
 * only longer to read. */
#define EXACT_CELLS 1000000

struct span {
	size_t alo, ahi;
	size_t blo, bhi;
};

struct aligner {
	const int *a;
	const int *b;
	size_t *match;
	size_t *in_a;	/* for each class: how often in the span of a */
	size_t *in_b;
	size_t *where;	/* for each class: where in b, when it is unique */
};

static void
pair(struct aligner *al, size_t i, size_t j)
{
	al->match[i] = j;
}

/* Pair what is equal at both ends. */
static void
trim(struct aligner *al, struct span *s)
{
	while (s->alo < s->ahi && s->blo < s->bhi &&
	       al->a[s->alo] == al->b[s->blo])
		pair(al, s->alo++, s->blo++);
	while (s->alo < s->ahi && s->blo < s->bhi &&
	       al->a[s->ahi - 1] == al->b[s->bhi - 1])
		pair(al, --s->ahi, --s->bhi);
}

static void
count(struct aligner *al, const struct span *s, size_t step)
{
	for (size_t i = s->alo; i < s->ahi; i++)
		al->in_a[al->a[i]] += step;
	for (size_t j = s->blo; j < s->bhi; j++) {
		al->in_b[al->b[j]] += step;
		al->where[al->b[j]] = j;
	}
}

/* Of n anchors (i ascending, at places at[k] of b) the longest run whose places
 * ascend as well: keep[] gets their numbers, its length is returned. */
static size_t
longest_ascent(const size_t *at, size_t n, size_t *keep)
{
	size_t *pile = xcalloc(n, sizeof(*pile));
	size_t *below = xcalloc(n, sizeof(*below));
	size_t piles = 0;

	for (size_t k = 0; k < n; k++) {
		size_t lo = 0, hi = piles;

		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (at[pile[mid]] < at[k])
				lo = mid + 1;
			else
				hi = mid;
		}
		below[k] = lo ? pile[lo - 1] : NO_MATCH;
		pile[lo] = k;
		if (lo == piles)
			piles++;
	}
	for (size_t k = piles, top = piles ? pile[piles - 1] : 0; k-- > 0;
	     top = below[top])
		keep[k] = top;
	free(pile);
	free(below);
	return piles;
}

/* The rules that are unique in both spans and in the same order there: numbers
 * of a in *anchors (the caller's). */
static size_t
find_anchors(struct aligner *al, const struct span *s, size_t **anchors)
{
	size_t *from = xcalloc(s->ahi - s->alo, sizeof(*from));
	size_t *at = xcalloc(s->ahi - s->alo, sizeof(*at));
	size_t *keep = xcalloc(s->ahi - s->alo, sizeof(*keep));
	size_t n = 0;

	count(al, s, 1);
	for (size_t i = s->alo; i < s->ahi; i++) {
		if (al->in_a[al->a[i]] != 1 || al->in_b[al->a[i]] != 1)
			continue;
		from[n] = i;
		at[n++] = al->where[al->a[i]];
	}
	count(al, s, (size_t)-1);
	n = longest_ascent(at, n, keep);
	for (size_t k = 0; k < n; k++) {
		pair(al, from[keep[k]], at[keep[k]]);
		keep[k] = from[keep[k]];
	}
	free(from);
	free(at);
	*anchors = keep;
	return n;
}

/* The longest common subsequence by the textbook table, for small spans. */
static void
align_exactly(struct aligner *al, const struct span *s)
{
	size_t n = s->ahi - s->alo, m = s->bhi - s->blo, w = m + 1;
	unsigned *best;

	if (n * m > EXACT_CELLS)
		return;
	best = xcalloc((n + 1) * w, sizeof(*best));
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			unsigned down = best[(i + 1) * w + j];
			unsigned right = best[i * w + j + 1];

			best[i * w + j] = al->a[s->alo + i] == al->b[s->blo + j]
				? best[(i + 1) * w + j + 1] + 1
				: down > right ? down : right;
		}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		if (al->a[s->alo + i] == al->b[s->blo + j]) {
			pair(al, s->alo + i++, s->blo + j++);
		} else if (best[(i + 1) * w + j] >= best[i * w + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	free(best);
}

static void
align_span(struct aligner *al, struct span s)
{
	struct span gap;
	size_t *anchors;
	size_t n;

	trim(al, &s);
	if (s.alo == s.ahi || s.blo == s.bhi)
		return;
	n = find_anchors(al, &s, &anchors);
	if (n == 0)
		align_exactly(al, &s);
	gap = s;
	for (size_t k = 0; k < n; k++) {
		gap.ahi = anchors[k];
		gap.bhi = al->match[anchors[k]];
		align_span(al, gap);
		gap.alo = gap.ahi + 1;
		gap.blo = gap.bhi + 1;
	}
	gap.ahi = s.ahi;
	gap.bhi = s.bhi;
	if (n)
		align_span(al, gap);
	free(anchors);
}

static size_t
class_bound(const int *a, size_t n, size_t bound)
{
	for (size_t i = 0; i < n; i++)
		if ((size_t)a[i] >= bound)
			bound = (size_t)a[i] + 1;
	return bound;
}

size_t *
align(const int *a, size_t n, const int *b, size_t m)
{
	size_t classes = class_bound(b, m, class_bound(a, n, 0));
	struct aligner al = {
		.a = a,
		.b = b,
		.match = xcalloc(n, sizeof(size_t)),
		.in_a = xcalloc(classes, sizeof(size_t)),
		.in_b = xcalloc(classes, sizeof(size_t)),
		.where = xcalloc(classes, sizeof(size_t)),
	};

	for (size_t i = 0; i < n; i++)
		al.match[i] = NO_MATCH;
	align_span(&al, (struct span){ 0, n, 0, m });
	free(al.in_a);
	free(al.in_b);
	free(al.where);
	return al.match;
}
