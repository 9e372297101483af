/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for keys, which are bytes that somebody else owns: the first new key
 * is 0, the next one 1. */
#ifndef SALLYPORT_RULESET_KEYS_H
#define SALLYPORT_RULESET_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define NO_KEY SIZE_MAX

struct keys {
	struct key_slot *slots;
	size_t mask;
	size_t n;
};

/* Room for so many different keys, and no more. */
void keys_init(struct keys *keys, size_t most);
void keys_done(struct keys *keys);

/* The number of a key, that it had or now gets. */
size_t keys_add(struct keys *keys, const void *key, size_t size);

/* The number of a key, or NO_KEY. */
size_t keys_find(const struct keys *keys, const void *key, size_t size);

#endif
