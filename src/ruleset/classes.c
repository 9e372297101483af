/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes of rules, by hash: the bytes first, since they are cheap, and the
 * spec only for rules that found no equal on the other side. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "classes.h"

enum { SIDE_A = 1, SIDE_B = 2 };

/* A key is bytes that somebody else owns. */
struct slot {
	const void *key;	/* NULL: free */
	size_t size;
	uint64_t hash;
	int class;
	unsigned sides;
};

struct table {
	struct slot *slots;
	size_t mask;
};

struct classes {
	struct table ids;	/* id -> rule of a, then class of the pair */
	struct table bytes;	/* entry -> class */
	struct table specs;	/* spec -> class */
	struct vec texts;	/* owned specs */
	size_t n;
};

static void
table_init(struct table *t, size_t items)
{
	size_t size = 16;

	while (size < items * 2)
		size *= 2;
	t->slots = xcalloc(size, sizeof(*t->slots));
	t->mask = size - 1;
}

static uint64_t
hash(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = n * 0x9e3779b97f4a7c15u;

	while (n) {
		uint64_t word = 0;
		size_t part = n < sizeof(word) ? n : sizeof(word);

		memcpy(&word, s, part);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		s += part;
		n -= part;
	}
	return h;
}

/* The slot of this key, or the free one where it would go. */
static struct slot *
table_find(const struct table *t, const void *key, size_t size)
{
	uint64_t h = hash(key, size);
	size_t i = h & t->mask;

	while (t->slots[i].key &&
	       (t->slots[i].hash != h || t->slots[i].size != size ||
		memcmp(t->slots[i].key, key, size) != 0))
		i = (i + 1) & t->mask;
	t->slots[i].hash = h;
	return &t->slots[i];
}

static struct slot *
table_add(struct classes *cl, struct table *t, const void *key, size_t size)
{
	struct slot *slot = table_find(t, key, size);

	if (slot->key)
		return slot;
	slot->key = key;
	slot->size = size;
	slot->class = (int)cl->n++;
	return slot;
}

static void
each_rule(struct classes *cl, const struct ruleset *rs, unsigned side,
	  void (*each)(struct classes *, const struct rule *, unsigned side))
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++)
			each(cl, chain_rule(chain, r), side);
	}
}

static void
add_bytes(struct classes *cl, const struct rule *rule, unsigned side)
{
	struct slot *slot = table_add(cl, &cl->bytes, rule->entry, rule->size);

	slot->sides |= side;
}

/* An id counts when the rule under it is the same, byte for byte, on both
 * sides and once on each: a's rule is noted, b's is compared with it. */
static void
add_id(struct classes *cl, const struct rule *rule, unsigned side)
{
	struct slot *slot = table_find(&cl->ids, &rule->id, sizeof(rule->id));
	const struct rule *first;

	if (!slot->key) {
		slot->key = &rule->id;
		slot->size = sizeof(rule->id);
		slot->sides = side;
		slot->class = -1;
		return;
	}
	first = (const struct rule *)((const char *)slot->key -
				      offsetof(struct rule, id));
	if (slot->sides == SIDE_A && side == SIDE_B && rule_equal(first, rule))
		slot->class = (int)cl->n++;
	else if (slot->sides & side)
		slot->class = -1;
	slot->sides |= side;
}

static void
add_spec(struct classes *cl, const struct rule *rule, unsigned side)
{
	struct slot *bytes = table_find(&cl->bytes, rule->entry, rule->size);
	struct str text = { 0 };
	struct slot *slot;

	if (bytes->sides != side)
		return;
	xt_spec_body(rule, &text);
	slot = table_find(&cl->specs, text.s, text.len);
	if (slot->key) {
		bytes->class = slot->class;
		str_done(&text);
		return;
	}
	slot->size = text.len;
	slot->class = bytes->class;
	slot->key = str_take(&text);
	vec_push(&cl->texts, (void *)(uintptr_t)slot->key);
}

struct classes *
classes_new(const struct ruleset *a, const struct ruleset *b, bool bytes)
{
	size_t items = ruleset_rule_count(a) + ruleset_rule_count(b);
	struct classes *cl = xcalloc(1, sizeof(*cl));

	table_init(&cl->ids, items);
	table_init(&cl->bytes, items);
	table_init(&cl->specs, bytes ? 0 : items);
	each_rule(cl, a, SIDE_A, add_id);
	each_rule(cl, b, SIDE_B, add_id);
	each_rule(cl, a, SIDE_A, add_bytes);
	each_rule(cl, b, SIDE_B, add_bytes);
	if (!bytes) {
		each_rule(cl, a, SIDE_A, add_spec);
		each_rule(cl, b, SIDE_B, add_spec);
	}
	return cl;
}

void
classes_free(struct classes *cl)
{
	for (size_t i = 0; i < cl->texts.n; i++)
		free(cl->texts.v[i]);
	vec_done(&cl->texts);
	free(cl->ids.slots);
	free(cl->bytes.slots);
	free(cl->specs.slots);
	free(cl);
}

size_t
classes_count(const struct classes *cl)
{
	return cl->n;
}

static int
class_of(const struct classes *cl, const struct rule *rule)
{
	const struct slot *slot = table_find(&cl->ids, &rule->id,
					     sizeof(rule->id));

	if (slot->key && slot->class >= 0)
		return slot->class;
	return table_find(&cl->bytes, rule->entry, rule->size)->class;
}

int *
classes_of(const struct classes *cl, const struct chain *chain)
{
	int *classes = xcalloc(chain->rules.n, sizeof(*classes));

	for (size_t i = 0; i < chain->rules.n; i++)
		classes[i] = class_of(cl, chain_rule(chain, i));
	return classes;
}
