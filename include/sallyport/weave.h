/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rules of one chain became those of another: what stayed, moved, was
 * replaced, came and went. The difference is made from it, and the listing of
 * what is staged. */
#ifndef SALLYPORT_WEAVE_H
#define SALLYPORT_WEAVE_H

#include <stdint.h>
#include <sallyport/ruleset.h>

#define NO_MATCH SIZE_MAX

enum origin {
	FROM_NOWHERE,	/* it is new */
	FROM_KEPT,
	FROM_REPLACED,	/* new, in the place of one that goes */
	FROM_MOVED,
};

struct weave {
	const struct chain *a;
	const struct chain *b;
	size_t *at;		/* for each rule of b: its rule of a, or NO_MATCH */
	enum origin *from;	/* for each rule of b */
	bool *stays;		/* for each rule of a: false where it is deleted */
};

/* What is the same rule is decided over both whole rulesets: by bytes or, unless
 * bytes, by spec; of rules that read alike the one of the same id. */
struct classes *classes_new(const struct ruleset *a, const struct ruleset *b,
			    bool bytes);
void classes_free(struct classes *classes);

/* a's and b's chain; either may be an empty one. Both are borrowed. */
void weave_init(struct weave *weave, const struct chain *a,
		const struct chain *b, const struct classes *classes);
void weave_done(struct weave *weave);

/* Between the same kept rules, what comes also replaces what goes, in order,
 * whatever their ids are: where a is not what b was made from, a rule that was
 * edited in its place is one change. */
void weave_pair_places(struct weave *weave);

/* Do both begin and end alike, for more than half of their rules? */
bool weave_much_alike(const struct chain *a, const struct chain *b);

/* The chain of a, gone in b, whose rules chain of b has, for the most part: it
 * was renamed. NULL where chain is in a, or new, or empty. */
const struct chain *weave_renamed_from(const struct ruleset *a,
				       const struct ruleset *b,
				       const struct chain *chain);

#endif
