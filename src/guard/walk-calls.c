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
	struct place back;
};

void
calls_done(struct calls *calls)
{
	free(calls->callees);
	free(calls->returned);
	free(calls->frames);
}

static int
compare_names(const void *a, const void *b)
{
	const struct callee *x = a, *y = b;

	return strcmp(x->chain->name, y->chain->name);
}

static void
index_chains(struct calls *calls)
{
	const struct vec *chains = &calls->rs->chains;

	calls->callees = xcalloc(chains->n, sizeof(*calls->callees));
	calls->returned = xcalloc(chains->n, sizeof(*calls->returned));
	for (size_t i = 0; i < chains->n; i++)
		calls->callees[i].chain = chains->v[i];
	qsort(calls->callees, chains->n, sizeof(*calls->callees),
	      compare_names);
}

struct callee *
calls_find(struct calls *calls, const char *name)
{
	struct chain key = { .policy = POLICY_NONE };
	struct callee wanted = { .chain = &key };

	if (!calls->callees)
		index_chains(calls);
	strncpy(key.name, name, sizeof(key.name) - 1);
	return bsearch(&wanted, calls->callees, calls->rs->chains.n,
		       sizeof(*calls->callees), compare_names);
}

uint32_t
calls_enter(struct calls *calls, const struct callee *callee, uint32_t frame,
	    const struct place *at)
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
		.back = { at->chain, at->rule + 1, at->hook_rule },
	};
	return calls->n_frames++;
}

static void
remember(struct calls *calls, uint32_t callee)
{
	if (calls->callees[callee].returned)
		return;
	calls->callees[callee].returned = true;
	calls->returned[calls->n_returned++] = callee;
}

uint32_t
calls_return(struct calls *calls, uint32_t frame, struct place *at)
{
	const struct frame *f = &calls->frames[frame];

	remember(calls, f->callee);
	if (frame + 1 == calls->n_frames && frame >= calls->held)
		calls->n_frames--;
	*at = f->back;
	return f->parent;
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
	while (calls->n_returned > mark->returned)
		calls->callees[calls->returned[--calls->n_returned]].returned =
			false;
	calls->n_frames = mark->frames;
	calls->held = mark->held;
}
