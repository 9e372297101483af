/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest common subsequence by the pairs that are possible: their longest
 * chain in which both numbers ascend (J. W. Hunt and T. G. Szymanski, "A fast
 * algorithm for computing longest common subsequences", 1977). */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "align.h"

struct link {
	size_t i;
	size_t j;
	size_t below;	/* the pair before it in its chain, or NO_MATCH */
};

struct chains {
	struct link *links;
	size_t n;
	size_t *last;	/* for each length: the chain with the least end in b */
	size_t longest;
};

/* The number of chains that end before j of b: as many can be made longer. */
static size_t
chains_below(const struct chains *c, size_t j)
{
	size_t lo = 0, hi = c->longest;

	if (hi && c->links[c->last[hi - 1]].j < j)
		return hi;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->links[c->last[mid]].j < j)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
add_pair(struct chains *c, size_t i, size_t j)
{
	size_t length = chains_below(c, j);

	c->links[c->n] = (struct link){
		.i = i,
		.j = j,
		.below = length ? c->last[length - 1] : NO_MATCH,
	};
	c->last[length] = c->n++;
	if (length == c->longest)
		c->longest++;
}

void
align_by_pairs(const struct sequences *s, size_t pairs, size_t classes)
{
	struct chains c = {
		.links = xcalloc(pairs, sizeof(*c.links)),
		.last = xcalloc(s->m, sizeof(*c.last)),
	};
	/* For each class its last item of b, for each item the one before it of
	 * its class; 0 for none, else one more. From last to first, or one item
	 * of a would follow itself. */
	size_t *last = xcalloc(classes, sizeof(*last));
	size_t *before = xcalloc(s->m, sizeof(*before));

	for (size_t j = 0; j < s->m; j++) {
		before[j] = last[s->b[j]];
		last[s->b[j]] = j + 1;
	}
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = last[s->a[i]]; j; j = before[j - 1])
			add_pair(&c, i, j - 1);
	for (size_t k = c.longest ? c.last[c.longest - 1] : NO_MATCH;
	     k != NO_MATCH; k = c.links[k].below)
		s->match[c.links[k].i] = c.links[k].j;
	free(last);
	free(before);
	free(c.links);
	free(c.last);
}
