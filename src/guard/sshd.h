/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sockets are an SSH server's: told by who has them open, where that can
 * be seen, and by port 22. */
#ifndef GUARD_SSHD_H
#define GUARD_SSHD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sallyport/err.h>
#include <sallyport/vec.h>

/* Socket inodes, sorted. */
struct inodes {
	uint64_t *v;
	size_t n;
	size_t cap;
};

/* The sockets of every process from self upwards. */
void inodes_of_ancestors(pid_t self, struct inodes *inodes);
bool inodes_has(const struct inodes *inodes, uint64_t inode);
void inodes_done(struct inodes *inodes);

/* The listening sockets (of sockets_listening) that are an sshd's are pushed to
 * out, borrowed. */
enum err sshd_listeners(const struct vec *listening, struct vec *out)
	must_check;

#endif
