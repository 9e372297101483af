/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each rule of a text asks for the chain it is in, and whether its target is one:
 * with thousands of chains that must not be a look at each. Open addressing,
 * never more than half full. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <sallyport/mem.h>
#include "chain-index.h"

/* The slot of that name, or the free one where it would go. */
static struct chain **
slot_of(const struct chain_index *index, const char *name)
{
	size_t i = XXH3_64bits(name, strlen(name)) & index->mask;

	while (index->slots[i] && strcmp(index->slots[i]->name, name) != 0)
		i = (i + 1) & index->mask;
	return &index->slots[i];
}

static void
put(struct chain_index *index, struct chain *chain)
{
	struct chain **slot = slot_of(index, chain->name);

	if (*slot)	/* the first one of a name is it */
		return;
	*slot = chain;
	index->n++;
}

static void
fill(struct chain_index *index, const struct vec *chains)
{
	size_t size = 16;

	while (size < chains->n * 4)
		size *= 2;
	index->slots = xcalloc(size, sizeof(*index->slots));
	index->mask = size - 1;
	for (size_t i = 0; i < chains->n; i++)
		put(index, chains->v[i]);
}

struct chain *
chain_index_find(struct chain_index *index, const struct vec *chains,
		 const char *name)
{
	if (!index->slots)
		fill(index, chains);
	return *slot_of(index, name);
}

void
chain_index_add(struct chain_index *index, struct chain *chain)
{
	if (!index->slots)
		return;
	if ((index->n + 1) * 2 > index->mask)
		chain_index_forget(index);
	else
		put(index, chain);
}

void
chain_index_forget(struct chain_index *index)
{
	free(index->slots);
	*index = (struct chain_index){ 0 };
}
