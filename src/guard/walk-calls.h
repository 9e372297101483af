/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a walk: where each chain that was jumped to returns, for all
 * pieces of the packet set at once, and which chains a piece is known to come
 * back from. */
#ifndef GUARD_WALK_CALLS_H
#define GUARD_WALK_CALLS_H

#include <stdint.h>
#include <sallyport/ruleset.h>

#define NO_FRAME UINT32_MAX

/* A place in the rules: before the rule of that index. */
struct place {
	const struct chain *chain;
	size_t rule;
	size_t hook_rule;	/* as in struct walk_result */
};

/* A chain, and whether the piece that is walked came back from it whole. It
 * will do so again, and what else may become of it there where an answer is not
 * known was seen the first time: n chains which each jump twice to the next
 * cost 2n visits and not 2^n. */
struct callee {
	const struct chain *chain;
	bool returned;
};

struct frame;

struct calls {
	const struct ruleset *rs;
	struct callee *callees;	/* by name; made at the first jump */
	uint32_t *returned;	/* those that are, in order of becoming so */
	uint32_t n_returned;
	struct frame *frames;
	uint32_t n_frames;
	uint32_t cap_frames;
	uint32_t held;		/* frames below belong to waiting pieces too */
};

/* What was there when a piece began to wait. */
struct calls_mark {
	uint32_t frames;
	uint32_t returned;
	uint32_t held;
};

void calls_done(struct calls *calls);

struct callee *calls_find(struct calls *calls, const char *name);  /* or NULL */

/* A jump from the rule at: the frame of the callee, to be returned from. */
uint32_t calls_enter(struct calls *calls, const struct callee *callee,
		     uint32_t frame, const struct place *at);

/* Back from frame to behind the rule that jumped: *at. Gives its parent. */
uint32_t calls_return(struct calls *calls, uint32_t frame, struct place *at);

/* A piece begins to wait here; pieces go on in the reverse order. */
struct calls_mark calls_hold(struct calls *calls);
void calls_rewind(struct calls *calls, const struct calls_mark *mark);

#endif
