/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the merge share. */
#ifndef SALLYPORT_RULESET_MERGE_H
#define SALLYPORT_RULESET_MERGE_H

#include <sallyport/changeset.h>
#include <sallyport/merge.h>
#include <sallyport/weave.h>
#include "keys.h"

struct merge {
	const struct ruleset *base;
	const struct ruleset *ours;
	const struct ruleset *theirs;
	enum merge_side side;
	struct classes *to_ours;	/* of base and ours */
	struct classes *to_theirs;
	struct powers *base_powers;	/* where it is cautious */
	struct powers *ours_powers;
	struct powers *theirs_powers;
	struct ruleset *merged;
	struct keys opened;		/* chains, where it is cautious */
	struct keys targets;		/* of its rules, once all are merged */
	struct vec *conflicts;
};

/* One more, zeroed but for these; the merge's. */
struct conflict *merge_conflict(struct merge *m, enum conflict_kind kind,
				const char *chain);

bool chain_same_rules(const struct chain *a, const struct chain *b);

/* The chain's rules as keys, the bytes of their entries; NULL has none. */
void merge_rule_keys(struct keys *keys, const struct chain *chain);

/* The names that the chain's rules lead to: keys in these rules. */
void merge_add_targets(struct keys *targets, const struct chain *chain);
bool merge_is_target(const struct keys *targets, const char *name);

/* A chain of base on one of the sides. */
struct side {
	struct weave weave;	/* from base to it */
	size_t *of_base;	/* for each rule of base: where it is, or
				 * NO_MATCH */
};

/* --- merge-renames.c --- */

/* Give the chains that one side renamed their new names on all sides, which are
 * m's own. A name that cannot be given is a conflict. */
void merge_follow_renames(struct merge *m, struct ruleset *base,
			  struct ruleset *ours, struct ruleset *theirs);

/* The same for what theirs renamed alone, as far as it can be told. The chains of
 * base stay in their places. */
void merge_follow_theirs(struct ruleset *base, struct ruleset *ours,
			 const struct ruleset *theirs);

/* False: rs has no such chain, or one of that name. */
bool merge_rename_chain(struct ruleset *rs, const char *from, const char *to);

/* --- restore.c --- */

/* Chains that cs touched and that others renamed since after get in rs, a copy of
 * what they left, the name back that they have in after. Each is told to lost,
 * which may be NULL. */
void merge_undo_their_renames(const struct changeset *cs,
			      const struct ruleset *target,
			      const struct ruleset *after, struct ruleset *rs,
			      struct str *lost);

/* --- lost.c --- */

/* A line more: others renamed the chain. */
void lost_renamed(struct str *lost, const char *from, const char *to);

/* --- merge-opens.c --- */

/* What a jump to each chain of rs, which is borrowed, may come to. */
struct powers *merge_powers_new(const struct ruleset *rs);
void merge_powers_free(struct powers *powers);

/* Might the rules of both sides together accept what neither accepts? */
bool merge_may_open(const struct merge *m, const struct side *ours,
		    const struct side *theirs);

/* Might a packet be accepted, or kept out, by the rule or what it leads to? */
bool merge_can_open(const struct powers *powers, const struct rule *rule);
bool merge_can_close(const struct powers *powers, const struct rule *rule);

/* --- merge-reach.c --- */

/* The names of the chains that theirs opened since base, where they are: keys of
 * theirs. was and is: their powers. */
void merge_opened(const struct ruleset *base, const struct ruleset *theirs,
		  const struct powers *was, const struct powers *is,
		  struct keys *opened);

/* The opened chains of rs that rules lead to, each chain being looked at once. */
struct reach {
	const struct ruleset *rs;
	const struct keys *opened;
	struct keys seen;
	struct vec found;	/* their names; rs owns them */
};

void reach_init(struct reach *reach, const struct ruleset *rs,
		const struct keys *opened);
void reach_follow(struct reach *reach, const struct rule *rule);
void reach_done(struct reach *reach);

/* --- merge-rules.c --- */

/* Push the merged rules of one chain to out. base, ours and theirs are chains
 * of the three rulesets, or empty ones. */
void merge_rules(struct merge *m, const struct chain *base,
		 const struct chain *ours, const struct chain *theirs,
		 struct chain *out);

#endif
