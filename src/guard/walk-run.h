/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk while it goes on: the pieces of the packet set, where they are, and
 * how each of them ends. */
#ifndef GUARD_WALK_RUN_H
#define GUARD_WALK_RUN_H

#include "walk-calls.h"
#include "walk-internal.h"
#include "walk-way.h"

#define PIECES_MAX 256

/* A station whose table is there, and may do more than let all pass. */
struct stop {
	const struct station *station;
	const struct ruleset *rs;
	const struct chain *chain;
	struct packet packet;	/* as it is seen there */
};

/* Part of the packets, and where they are. */
struct piece {
	struct piece_set set;
	struct place at;
	uint32_t frame;		/* where it returns to */
	uint64_t epoch;		/* of struct callee */
	bool in_doubt;		/* a fork is behind it: */
	const char *why;	/* the first one, */
	struct place doubt;	/* and where */
	bool threatened;	/* a rule behind it may have dropped it */
	struct place let;	/* where filter let it pass, if a chain */
	struct place spoiled;	/* where its hop limit was lost, */
	const char *spoiler;	/* and the target that did it */
	struct calls_mark mark;	/* of a waiting piece */
};

struct walk {
	const struct way *way;
	enum own own[ADDR_FIELDS];	/* of this set's packets */
	struct stop stops[STATIONS_MAX];
	unsigned n_stops;
	struct piece now;
	struct piece waiting[PIECES_MAX];	/* the last one goes on first */
	unsigned n_waiting;
	unsigned n_pieces;
	struct calls calls;
	uint64_t epochs;
	size_t visits;
	bool over;
	bool accepted;
	bool open;		/* a piece ended, nobody knows how */
	struct piece lost;	/* the last one that was lost in doubt */
	enum loss lost_how;
	const char *lost_why;
	bool find;		/* look for an acceptance, not for a drop */
	enum verdict best;	/* what was found, ACCEPT ends the search, */
	struct packet *found;	/* and where */
	struct tracking *tracking;	/* asked for: raw ends the way */
	struct walk_result *result;
	void (*met)(const char *table, const char *chain, size_t rule,
		    void *arg);
	void *arg;
};

/* The next stop, from this one on, that asks its rules about the piece in hand;
 * n_stops where none is left. */
unsigned stop_next(const struct walk *w, unsigned stop);

/* On to the stop: where the host forwards the packets before it, once. */
void count_hop(struct piece_set *set, const struct stop *stop);

/* One rule. False when the piece has come to its end. */
bool walk_step(struct walk *w);

/* Some packets may not get through. Only the first account is kept. */
void end_unknown(struct walk *w, const struct place *at, const char *why);

/* What becomes of the piece in hand here is not known. */
void end_open(struct walk *w, const char *why);

/* The piece in hand may end by being lost here, for what why does not say. */
void end_threatened(struct walk *w, const char *why);

/* The piece in hand is through, or lost by the target why (NULL: the verdict
 * DROP, or REJECT). */
void end_accepted(struct walk *w);
void end_lost(struct walk *w, enum loss loss, const char *why);

/* Nobody looks what becomes of the piece. */
void end_forgotten(struct walk *w, const struct piece *piece);

/* Out of bounds: nothing more can be said. */
void end_all(struct walk *w);

/* No piece is left. */
void end_walk(struct walk *w);

#endif
