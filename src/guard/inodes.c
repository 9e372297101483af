/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted array is all that a set of a few thousand sockets needs. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "inodes.h"

static bool
add_inode(uint64_t inode, void *arg)
{
	struct inodes *inodes = arg;

	if (inodes->n == inodes->cap) {
		inodes->cap = inodes->cap ? inodes->cap * 2 : 16;
		inodes->v = xreallocarray(inodes->v, inodes->cap,
					  sizeof(*inodes->v));
	}
	inodes->v[inodes->n++] = inode;
	return true;
}

void
inodes_of_process(pid_t pid, struct inodes *inodes)
{
	proc_each_socket(pid, add_inode, inodes);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
inodes_sort(struct inodes *inodes)
{
	if (inodes->n)
		qsort(inodes->v, inodes->n, sizeof(*inodes->v), compare);
}

bool
inodes_has(const struct inodes *inodes, uint64_t inode)
{
	return inodes->n && bsearch(&inode, inodes->v, inodes->n,
				    sizeof(*inodes->v), compare);
}

void
inodes_done(struct inodes *inodes)
{
	free(inodes->v);
	*inodes = (struct inodes){ 0 };
}
