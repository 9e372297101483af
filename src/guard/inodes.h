/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of socket inodes: whose socket is it? */
#ifndef GUARD_INODES_H
#define GUARD_INODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A zeroed struct is an empty set. */
struct inodes {
	uint64_t *v;
	size_t n;
	size_t cap;
};

/* Add the sockets that pid has open, as far as we may see them. */
void inodes_of_process(pid_t pid, struct inodes *inodes);

/* Sort before asking. */
void inodes_sort(struct inodes *inodes);
bool inodes_has(const struct inodes *inodes, uint64_t inode);
void inodes_done(struct inodes *inodes);

#endif
