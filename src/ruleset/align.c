/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Order-stable alignment: equal ends and items without an equal are set aside,
 * then the method is chosen that is quick for what is left. Rules that mostly
 * differ from each other make few possible pairs, rules that repeat make many
 * pairs but as a rule few edits. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "align.h"

/* So many possible pairs are looked at one by one. */
#define MANY_PAIRS 1000000

/* Items of one sequence that have an equal in the other. */
struct shared {
	int *items;
	size_t *where;
	size_t n;
};

static size_t *
counts(const int *items, size_t n, size_t classes)
{
	size_t *count = xcalloc(classes, sizeof(*count));

	for (size_t i = 0; i < n; i++)
		count[items[i]]++;
	return count;
}

static struct shared
shared_with(const int *items, size_t n, const size_t *others)
{
	struct shared shared = {
		.items = xcalloc(n, sizeof(*shared.items)),
		.where = xcalloc(n, sizeof(*shared.where)),
	};

	for (size_t i = 0; i < n; i++) {
		if (others[items[i]] == 0)
			continue;
		shared.items[shared.n] = items[i];
		shared.where[shared.n++] = i;
	}
	return shared;
}

static void
shared_done(struct shared *shared)
{
	free(shared->items);
	free(shared->where);
}

static size_t
count_pairs(const struct shared *a, const size_t *in_b)
{
	size_t pairs = 0;

	for (size_t i = 0; i < a->n; i++)
		pairs += in_b[a->items[i]];
	return pairs;
}

/* What is equal at both ends is paired already. */
static void
align_middle(const struct sequences *s, size_t skipped, size_t classes)
{
	size_t *in_a = counts(s->a, s->n, classes);
	size_t *in_b = counts(s->b, s->m, classes);
	struct shared a = shared_with(s->a, s->n, in_b);
	struct shared b = shared_with(s->b, s->m, in_a);
	size_t *match = xcalloc(a.n, sizeof(*match));
	const struct sequences both = { a.items, a.n, b.items, b.n, match };
	size_t pairs = count_pairs(&a, in_b);

	for (size_t i = 0; i < a.n; i++)
		match[i] = NO_MATCH;
	if (pairs <= MANY_PAIRS + a.n + b.n)
		align_by_pairs(&both, pairs, classes);
	else
		align_by_edits(&both);
	for (size_t i = 0; i < a.n; i++)
		if (match[i] != NO_MATCH)
			s->match[a.where[i]] = skipped + b.where[match[i]];
	free(match);
	shared_done(&a);
	shared_done(&b);
	free(in_a);
	free(in_b);
}

size_t *
align(const int *a, size_t n, const int *b, size_t m, size_t classes)
{
	size_t *match = xcalloc(n, sizeof(*match));
	struct sequences middle;
	size_t head = 0, tail = 0;

	for (size_t i = 0; i < n; i++)
		match[i] = NO_MATCH;
	for (; head < n && head < m && a[head] == b[head]; head++)
		match[head] = head;
	for (; head + tail < n && head + tail < m &&
	       a[n - 1 - tail] == b[m - 1 - tail]; tail++)
		match[n - 1 - tail] = m - 1 - tail;
	middle = (struct sequences){ a + head, n - head - tail, b + head,
				     m - head - tail, match + head };
	if (middle.n && middle.m)
		align_middle(&middle, head, classes);
	return match;
}
