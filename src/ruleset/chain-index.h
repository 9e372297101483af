/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset's chains by name, for ruleset.c. */
#ifndef RULESET_CHAIN_INDEX_H
#define RULESET_CHAIN_INDEX_H

#include <sallyport/ruleset.h>

/* A zeroed one knows nothing yet: it is filled at the first look. */
struct chain_index {
	struct chain **slots;	/* NULL: not filled */
	size_t mask;
	size_t n;
};

/* The chain of that name, of chains that are all the index was told of. */
struct chain *chain_index_find(struct chain_index *index,
			       const struct vec *chains, const char *name);

/* The chain was added to the others. */
void chain_index_add(struct chain_index *index, struct chain *chain);

/* One is gone, or has another name. */
void chain_index_forget(struct chain_index *index);

#endif
