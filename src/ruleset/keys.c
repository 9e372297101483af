/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table that only grows: open addressing, never more than half full. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <sallyport/mem.h>
#include "keys.h"

struct key_slot {
	const void *key;	/* NULL: free */
	uint64_t hash;
	size_t size;
	size_t number;
};

void
keys_init(struct keys *keys, size_t most)
{
	size_t size = 16;

	while (size < most * 2)
		size *= 2;
	keys->slots = xcalloc(size, sizeof(*keys->slots));
	keys->mask = size - 1;
	keys->n = 0;
}

void
keys_done(struct keys *keys)
{
	free(keys->slots);
}

/* The slot of this key, or the free one where it would go. */
static struct key_slot *
slot_of(const struct keys *keys, const void *key, size_t size, uint64_t hash)
{
	size_t i = hash & keys->mask;

	for (;; i = (i + 1) & keys->mask) {
		struct key_slot *slot = &keys->slots[i];

		if (!slot->key || (slot->hash == hash && slot->size == size &&
				   memcmp(slot->key, key, size) == 0))
			return slot;
	}
}

size_t
keys_add(struct keys *keys, const void *key, size_t size)
{
	uint64_t hash = XXH3_64bits(key, size);
	struct key_slot *slot = slot_of(keys, key, size, hash);

	if (!slot->key)
		*slot = (struct key_slot){ key, hash, size, keys->n++ };
	return slot->number;
}

size_t
keys_find(const struct keys *keys, const void *key, size_t size)
{
	const struct key_slot *slot = slot_of(keys, key, size,
					      XXH3_64bits(key, size));

	return slot->key ? slot->number : NO_KEY;
}
