/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a walk: where each chain that was jumped to returns, for all
 * pieces of the packet set at once, and which chains a piece is known to come
 * back from. */
#ifndef GUARD_WALK_CALLS_H
#define GUARD_WALK_CALLS_H

#include <stdint.h>
#include <sallyport/tables.h>

#define NO_FRAME UINT32_MAX

/* A place in the rules: before the rule of that index. */
struct place {
	const struct chain *chain;
	size_t rule;
	size_t hook_rule;	/* as in struct walk_result */
	unsigned stop;		/* of the way: in which table that is */
};

/* A chain, and the last epoch in which the piece that is walked came back from
 * it whole. In that epoch it will do so again, and what else may become of it
 * there where an answer is not known was seen the first time: n chains which
 * each jump twice to the next cost 2n visits and not 2^n. A piece that comes to
 * another hook or is changed begins a new epoch. */
struct callee {
	const struct ruleset *rs;
	const struct chain *chain;
	uint64_t returned;	/* 0: in none */
};

struct frame;
struct return_note;

struct calls {
	const struct tables *tables;
	struct callee *callees;	/* by name; made at the first jump */
	size_t n_callees;
	struct return_note *returned;	/* each return, to be undone */
	uint32_t n_returned;
	uint32_t cap_returned;
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

/* NULL where the table does not have it. */
struct callee *calls_find(struct calls *calls, const struct ruleset *rs,
			  const char *name);

/* A jump from the rule at: the frame of the callee, to be returned from. */
uint32_t calls_enter(struct calls *calls, const struct callee *callee,
		     uint32_t frame, uint64_t epoch, const struct place *at);

/* Back from frame to behind the rule that jumped: *at. Gives its parent. Who was
 * changed in the callee may not come back from it another time. */
uint32_t calls_return(struct calls *calls, uint32_t frame, uint64_t epoch,
		      struct place *at);

/* The piece leaves all chains that it is in, and comes back to none. */
void calls_leave(struct calls *calls);

/* A piece begins to wait here; pieces go on in the reverse order. */
struct calls_mark calls_hold(struct calls *calls);
void calls_rewind(struct calls *calls, const struct calls_mark *mark);

#endif
