/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest common subsequence by the edits that are needed, from both ends
 * until the two searches meet (E. W. Myers, "An O(ND) difference algorithm and
 * its variations", 1986, section 4b). Where they take too long to meet, the
 * furthest way so far is taken for good. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "align.h"

/* Steps of a search in all, over items: tables of 10,000 rules are aligned
 * exactly whatever is in them, in less than a second. */
#define MANY_STEPS 200000000

#define NOWHERE (-1)

/* A part of both sequences. A place is a number of items of a and of b from its
 * begin; a diagonal is the one less the other. */
struct part {
	const int *a;
	const int *b;
	long n;
	long m;
};

struct place {
	long x;
	long y;
};

/* For each diagonal how far a search has come, in items of a. */
struct search {
	long *room;
	long *furthest;		/* in room, for diagonal 0 */
};

struct edits {
	const struct sequences *s;
	struct search ahead;	/* from the begin */
	struct search back;	/* from the end, counted from there */
};

static bool
equal_at(const struct part *p, bool back, long x, long y)
{
	return back ? p->a[p->n - 1 - x] == p->b[p->m - 1 - y] :
		      p->a[x] == p->b[y];
}

/* One edit more on diagonal k, and what is equal behind it. */
static long
advance(const struct search *s, const struct part *p, bool back, long k)
{
	long right = s->furthest[k - 1], down = s->furthest[k + 1];
	long x = NOWHERE;

	if (right != NOWHERE && right < p->n)
		x = right + 1;
	if (down > x && down - k <= p->m)
		x = down;
	if (x == NOWHERE)
		return x;
	while (x < p->n && x - k < p->m && equal_at(p, back, x, x - k))
		x++;
	return x;
}

static long
clip(long k, const struct part *p)
{
	return k < -p->m ? -p->m + (-p->m - k) % 2 :
	       k > p->n ? p->n - (k - p->n) % 2 : k;
}

/* One edit more on all diagonals. Have the searches met? Then *met is a place on
 * a shortest way, in this search's own counting. */
static bool
widen(const struct search *s, const struct search *other,
      const struct part *p, bool back, long edits, struct place *met)
{
	long delta = p->n - p->m, reach = edits - !back, last = clip(edits, p);

	s->furthest[-edits - 1] = NOWHERE;
	s->furthest[edits + 1] = edits ? NOWHERE : 0;
	for (long k = clip(-edits, p); k <= last; k += 2) {
		long x = advance(s, p, back, k);

		s->furthest[k] = x;
		if ((delta % 2 != 0) == back || x == NOWHERE ||
		    delta - k < -reach || delta - k > reach ||
		    other->furthest[delta - k] == NOWHERE ||
		    x + other->furthest[delta - k] < p->n)
			continue;
		*met = (struct place){ x, x - k };
		return true;
	}
	return false;
}

/* The place that the search from the begin has come furthest to. */
static struct place
furthest_place(const struct search *s, const struct part *p, long edits)
{
	struct place best = { 0, 0 };
	long last = clip(edits, p);

	for (long k = clip(-edits, p); k <= last; k += 2) {
		long x = s->furthest[k];

		if (x != NOWHERE && 2 * x - k > best.x + best.y)
			best = (struct place){ x, x - k };
	}
	return best;
}

/* A place on a shortest way through p, neither its begin nor its end. Its ends
 * are not equal, so there are two edits at least. */
static struct place
split(const struct edits *e, const struct part *p)
{
	long most = 1 + MANY_STEPS / (p->n + p->m);
	struct place met;

	for (long edits = 0; edits <= most; edits++) {
		if (widen(&e->ahead, &e->back, p, false, edits, &met))
			return met;
		if (widen(&e->back, &e->ahead, p, true, edits, &met))
			return (struct place){ p->n - met.x, p->m - met.y };
	}
	return furthest_place(&e->ahead, p, most);
}

static void
align_part(const struct edits *e, struct part p)
{
	size_t *match = e->s->match + (p.a - e->s->a);
	size_t from = (size_t)(p.b - e->s->b);

	for (;;) {
		struct place at;

		for (; p.n && p.m && *p.a == *p.b; p.n--, p.m--) {
			*match++ = from++;
			p.a++;
			p.b++;
		}
		for (; p.n && p.m && p.a[p.n - 1] == p.b[p.m - 1]; p.n--, p.m--)
			match[p.n - 1] = from + (size_t)p.m - 1;
		if (!p.n || !p.m)
			return;
		at = split(e, &p);
		align_part(e, (struct part){ p.a, p.b, at.x, at.y });
		p = (struct part){ p.a + at.x, p.b + at.y, p.n - at.x,
				   p.m - at.y };
		match += at.x;
		from += (size_t)at.y;
	}
}

static void
search_init(struct search *s, size_t items)
{
	s->room = xcalloc(2 * items + 5, sizeof(*s->room));
	s->furthest = s->room + items + 2;
}

void
align_by_edits(const struct sequences *s)
{
	struct edits e = { .s = s };

	search_init(&e.ahead, s->n + s->m);
	search_init(&e.back, s->n + s->m);
	align_part(&e, (struct part){ s->a, s->b, (long)s->n, (long)s->m });
	free(e.ahead.room);
	free(e.back.room);
}
