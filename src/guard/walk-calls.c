/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a walk. Frames are shared by all pieces below them and are kept
 * on one stack, which works because pieces wait on a stack too. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "walk-calls.h"

struct frame {
	uint32_t parent;
	uint32_t callee;
	uint64_t epoch;		/* of the piece that jumped */
	struct place back;
};

struct return_note {
	uint32_t callee;
	uint64_t before;	/* the epoch that stood there */
};

void
calls_done(struct calls *calls)
{
	free(calls->callees);
	free(calls->returned);
	free(calls->frames);
}

static int
compare_callees(const void *a, const void *b)
{
	const struct callee *x = a, *y = b;

	if (x->rs != y->rs)
		return (uintptr_t)x->rs < (uintptr_t)y->rs ? -1 : 1;
	return strcmp(x->chain->name, y->chain->name);
}

static void
index_chains(struct calls *calls)
{
	const struct vec *tables = &calls->tables->v;
	size_t n = 0;

	for (size_t i = 0; i < tables->n; i++)
		n += ((const struct ruleset *)tables->v[i])->chains.n;
	calls->callees = xcalloc(n, sizeof(*calls->callees));
	for (size_t i = 0; i < tables->n; i++) {
		const struct ruleset *rs = tables->v[i];

		for (size_t c = 0; c < rs->chains.n; c++)
			calls->callees[calls->n_callees++] = (struct callee){
				.rs = rs, .chain = rs->chains.v[c],
			};
	}
	qsort(calls->callees, n, sizeof(*calls->callees), compare_callees);
}

struct callee *
calls_find(struct calls *calls, const struct ruleset *rs, const char *name)
{
	struct chain key = { .policy = POLICY_NONE };
	struct callee wanted = { .rs = rs, .chain = &key };

	if (!calls->callees)
		index_chains(calls);
	strncpy(key.name, name, sizeof(key.name) - 1);
	return bsearch(&wanted, calls->callees, calls->n_callees,
		       sizeof(*calls->callees), compare_callees);
}

uint32_t
calls_enter(struct calls *calls, const struct callee *callee, uint32_t frame,
	    uint64_t epoch, const struct place *at)
{
	if (calls->n_frames == calls->cap_frames) {
		calls->cap_frames = calls->cap_frames ? calls->cap_frames * 2 :
							16;
		calls->frames = xreallocarray(calls->frames, calls->cap_frames,
					      sizeof(*calls->frames));
	}
	calls->frames[calls->n_frames] = (struct frame){
		.parent = frame,
		.callee = (uint32_t)(callee - calls->callees),
		.epoch = epoch,
		.back = { at->chain, at->rule + 1, at->hook_rule, at->stop },
	};
	return calls->n_frames++;
}

static void
remember(struct calls *calls, uint32_t callee, uint64_t epoch)
{
	struct callee *c = &calls->callees[callee];

	if (c->returned == epoch)
		return;
	if (calls->n_returned == calls->cap_returned) {
		calls->cap_returned = calls->cap_returned ?
				      calls->cap_returned * 2 : 16;
		calls->returned = xreallocarray(calls->returned,
						calls->cap_returned,
						sizeof(*calls->returned));
	}
	calls->returned[calls->n_returned++] = (struct return_note){
		.callee = callee, .before = c->returned,
	};
	c->returned = epoch;
}

uint32_t
calls_return(struct calls *calls, uint32_t frame, uint64_t epoch,
	     struct place *at)
{
	const struct frame *f = &calls->frames[frame];

	if (f->epoch == epoch)
		remember(calls, f->callee, epoch);
	*at = f->back;
	if (frame + 1 == calls->n_frames && frame >= calls->held)
		calls->n_frames--;
	return f->parent;
}

void
calls_leave(struct calls *calls)
{
	if (calls->n_frames > calls->held)
		calls->n_frames = calls->held;
}

struct calls_mark
calls_hold(struct calls *calls)
{
	struct calls_mark mark = {
		.frames = calls->n_frames,
		.returned = calls->n_returned,
		.held = calls->held,
	};

	calls->held = calls->n_frames;
	return mark;
}

void
calls_rewind(struct calls *calls, const struct calls_mark *mark)
{
	while (calls->n_returned > mark->returned) {
		const struct return_note *note =
			&calls->returned[--calls->n_returned];

		calls->callees[note->callee].returned = note->before;
	}
	calls->n_frames = mark->frames;
	calls->held = mark->held;
}
