/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was read back already. Whether a spec says its rule depends on the parts
 * that extensions print, hardly ever on addresses; and the parts of most rules
 * of a table are those of another one. */
#include <stdlib.h>
#include <string.h>
#include "xt-internal.h"

#define SLOTS 4096	/* a power of 2 */

/* A rule without its addresses and interfaces. */
struct parts {
	struct {
		uint16_t proto;
		uint8_t flags;
		uint8_t invflags;
	} core;
	size_t size;
	const unsigned char *bytes;
};

static struct parts *slots[SLOTS];	/* each with its bytes behind it */

static struct parts
parts_of(const struct rule *rule)
{
	const struct ip6t_entry *e = (const void *)rule->entry;

	return (struct parts){
		.core = { e->ipv6.proto, e->ipv6.flags, e->ipv6.invflags },
		.size = rule->size - sizeof(*e),
		.bytes = e->elems,
	};
}

/* FNV-1a */
static uint64_t
hash(uint64_t h, const void *data, size_t n)
{
	const unsigned char *s = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * 1099511628211u;
	return h;
}

static struct parts **
slot_of(const struct parts *p)
{
	uint64_t h = hash(14695981039346656037u, &p->core, sizeof(p->core));

	h = hash(h, p->bytes, p->size);
	return &slots[(h ^ h >> 32) & (SLOTS - 1)];
}

static bool
parts_equal(const struct parts *a, const struct parts *b)
{
	return a->size == b->size &&
	       memcmp(&a->core, &b->core, sizeof(a->core)) == 0 &&
	       memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool
known_has(const struct rule *rule)
{
	struct parts p = parts_of(rule);
	const struct parts *q = *slot_of(&p);

	return q && parts_equal(q, &p);
}

void
known_add(const struct rule *rule)
{
	struct parts p = parts_of(rule);
	struct parts **slot = slot_of(&p);
	struct parts *q = xcalloc(1, sizeof(p) + p.size);

	memcpy(q + 1, p.bytes, p.size);
	p.bytes = (unsigned char *)(q + 1);
	*q = p;
	free(*slot);
	*slot = q;
}

void
known_done(void)
{
	for (size_t i = 0; i < SLOTS; i++) {
		free(slots[i]);
		slots[i] = NULL;
	}
}
