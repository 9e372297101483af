/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper of a tryout is asked, and its answer: tryout-box.c asks,
 * tryout-helper.c is the helper. */
#ifndef SALLYPORT_BACKEND_TRYOUT_HELPER_H
#define SALLYPORT_BACKEND_TRYOUT_HELPER_H

#include <stdint.h>
#include <sys/types.h>
#include <sallyport/ruleset.h>

struct request {
	enum { ASK_LOAD, ASK_MATCH, ASK_TARGET } kind;
	uint32_t revision;
	char name[TABLE_NAME_SIZE];	/* of a table or an extension */
	uint64_t len;			/* of the items that follow */
};

struct reply {
	int32_t error;		/* errno, or 0 */
	int32_t flag;		/* of the first one, unasked: we are in a user
				 * namespace; of ASK_LOAD: the kernel has the
				 * table */
};

/* In the child of a fork: leave the parent's world, say hello on fd, and answer
 * until the other end is closed. */
_Noreturn void helper_main(int fd, pid_t parent);

#endif
