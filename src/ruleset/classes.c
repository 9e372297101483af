/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of rules: the bytes first, since they are cheap, and the spec only
 * for rules that found no equal on the other side. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "classes.h"
#include "keys.h"

enum { SIDE_A = 1, SIDE_B = 2 };

struct classes {
	const struct rule **rules;	/* of a, then of b, chain by chain */
	int *of_rule;			/* the class of each */
	size_t in_a;			/* how many of them are a's */
	size_t in_all;
	size_t n;			/* classes */
	struct keys chains;		/* the addresses of the chains */
	const struct chain **chain;	/* for each its address */
	size_t *begin;			/* and its first rule in rules */
	int *local;			/* for each class: room of classes_of() */
};

static void
add_chains(struct classes *cl, const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];
		size_t at = cl->chains.n;

		cl->chain[at] = chain;
		if (keys_add(&cl->chains, &cl->chain[at], sizeof(chain)) != at)
			continue;
		cl->begin[at] = cl->in_all;
		for (size_t r = 0; r < chain->rules.n; r++)
			cl->rules[cl->in_all++] = chain_rule(chain, r);
	}
}

static void
by_bytes(struct classes *cl, unsigned char *sides)
{
	struct keys bytes;

	keys_init(&bytes, cl->in_all);
	for (size_t r = 0; r < cl->in_all; r++) {
		const struct rule *rule = cl->rules[r];
		size_t class = keys_add(&bytes, rule->entry, rule->size);

		cl->of_rule[r] = (int)class;
		sides[class] |= r < cl->in_a ? SIDE_A : SIDE_B;
	}
	cl->n = bytes.n;
	keys_done(&bytes);
}

/* The first class that reads as this one does, which may be itself. */
static int
class_of_spec(struct keys *specs, struct vec *texts, int *first,
	      const struct rule *rule, int class)
{
	struct str text = { 0 };
	size_t known = specs->n;
	size_t spec;

	xt_spec_body(rule, &text);
	spec = keys_add(specs, str_text(&text), text.len);
	if (spec < known) {
		str_done(&text);
		return first[spec];
	}
	first[spec] = class;
	vec_push(texts, str_take(&text));
	return class;
}

/* Rules whose bytes are on one side only may be on the other in other bytes. */
static void
by_spec(struct classes *cl, const unsigned char *sides)
{
	int *same = xcalloc(cl->n, sizeof(*same));	/* one more; 0: unknown */
	int *first = xcalloc(cl->n, sizeof(*first));	/* for each spec */
	struct vec texts = { 0 };
	struct keys specs;

	keys_init(&specs, cl->n);
	for (size_t r = 0; r < cl->in_all; r++) {
		int class = cl->of_rule[r];

		if (sides[class] == (SIDE_A | SIDE_B))
			continue;
		if (!same[class])
			same[class] = 1 + class_of_spec(&specs, &texts, first,
							cl->rules[r], class);
		cl->of_rule[r] = same[class] - 1;
	}
	keys_done(&specs);
	for (size_t i = 0; i < texts.n; i++)
		free(texts.v[i]);
	vec_done(&texts);
	free(same);
	free(first);
}

/* Where in rules each id is, of those from up to end; NO_KEY where twice. */
static size_t *
places_of_ids(const struct classes *cl, struct keys *ids, size_t from,
	      size_t end)
{
	size_t *place = xcalloc(end - from, sizeof(*place));

	keys_init(ids, end - from);
	for (size_t r = from; r < end; r++) {
		size_t known = ids->n;
		size_t id = keys_add(ids, &cl->rules[r]->id,
				     sizeof(cl->rules[r]->id));

		place[id] = id < known ? NO_KEY : r;
	}
	return place;
}

/* An id counts when the rule under it is the same, byte for byte, on both
 * sides and once on each. */
static void
by_id(struct classes *cl)
{
	struct keys in_a, in_b;
	size_t *of_a = places_of_ids(cl, &in_a, 0, cl->in_a);
	size_t *of_b = places_of_ids(cl, &in_b, cl->in_a, cl->in_all);

	for (size_t r = 0; r < cl->in_a; r++) {
		const struct rule *rule = cl->rules[r];
		size_t a = keys_find(&in_a, &rule->id, sizeof(rule->id));
		size_t b = keys_find(&in_b, &rule->id, sizeof(rule->id));

		if (of_a[a] == NO_KEY || b == NO_KEY || of_b[b] == NO_KEY ||
		    !rule_equal(rule, cl->rules[of_b[b]]))
			continue;
		cl->of_rule[r] = cl->of_rule[of_b[b]] = (int)cl->n++;
	}
	free(of_a);
	free(of_b);
	keys_done(&in_a);
	keys_done(&in_b);
}

struct classes *
classes_new(const struct ruleset *a, const struct ruleset *b, bool bytes)
{
	size_t chains = a->chains.n + b->chains.n;
	size_t rules = ruleset_rule_count(a) + ruleset_rule_count(b);
	struct classes *cl = xcalloc(1, sizeof(*cl));
	unsigned char *sides = xcalloc(rules, sizeof(*sides));

	keys_init(&cl->chains, chains);
	cl->chain = xcalloc(chains, sizeof(*cl->chain));
	cl->begin = xcalloc(chains, sizeof(*cl->begin));
	cl->rules = xcalloc(rules, sizeof(*cl->rules));
	cl->of_rule = xcalloc(rules, sizeof(*cl->of_rule));
	add_chains(cl, a);
	cl->in_a = cl->in_all;
	add_chains(cl, b);
	by_bytes(cl, sides);
	if (!bytes)
		by_spec(cl, sides);
	by_id(cl);
	cl->local = xcalloc(cl->n, sizeof(*cl->local));
	free(sides);
	return cl;
}

void
classes_free(struct classes *cl)
{
	keys_done(&cl->chains);
	free(cl->chain);
	free(cl->begin);
	free(cl->rules);
	free(cl->of_rule);
	free(cl->local);
	free(cl);
}

/* Of a chain that neither ruleset has there is nothing to read. */
static const int *
classes_of_chain(const struct classes *cl, const struct chain *chain)
{
	size_t at = keys_find(&cl->chains, &chain, sizeof(chain));

	return cl->of_rule + (at == NO_KEY ? 0 : cl->begin[at]);
}

static size_t
number_classes(const struct classes *cl, const struct chain *chain, size_t n,
	       int *numbers)
{
	const int *from = classes_of_chain(cl, chain);

	for (size_t r = 0; r < chain->rules.n; r++) {
		if (!cl->local[from[r]])
			cl->local[from[r]] = (int)++n;
		numbers[r] = cl->local[from[r]] - 1;
	}
	return n;
}

static void
forget_numbers(const struct classes *cl, const struct chain *chain)
{
	const int *from = classes_of_chain(cl, chain);

	for (size_t r = 0; r < chain->rules.n; r++)
		cl->local[from[r]] = 0;
}

size_t
classes_of(const struct classes *cl, const struct chain *a,
	   const struct chain *b, int *of_a, int *of_b)
{
	size_t n = number_classes(cl, a, 0, of_a);

	n = number_classes(cl, b, n, of_b);
	forget_numbers(cl, a);
	forget_numbers(cl, b);
	return n;
}
