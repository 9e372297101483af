/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sides changed one table: ours and others'. Merging keeps the work of both
 * or says where it cannot. A changeset that is carried onto a live table, and a
 * revert beside the work of others, are merges. */
#ifndef SALLYPORT_MERGE_H
#define SALLYPORT_MERGE_H

#include <sallyport/tables.h>

enum conflict_kind {
	CONFLICT_RULE_GONE,	/* we change or move a rule that others deleted
				 * or changed */
	CONFLICT_RULE_CHANGED,	/* we delete a rule that others changed */
	CONFLICT_RULE_MOVED,	/* both moved it, to different places */
	CONFLICT_POLICY,	/* both set it, to different ones */
	CONFLICT_CHAIN_GONE,	/* others deleted a chain that we change or
				 * lead to */
	CONFLICT_CHAIN_USED,	/* we delete a chain that others changed or lead
				 * to: it stays whichever side is preferred */
	CONFLICT_CHAIN_TWICE,	/* both made a chain of that name, not alike */
	CONFLICT_OPENS,		/* MERGE_CAUTIOUS: both together might let in
				 * what neither lets in */
	CONFLICT_CHAIN_NAME,	/* we rename a chain that others deleted, or to
				 * a name that they took */
};

struct conflict {
	enum conflict_kind kind;
	char table[TABLE_NAME_SIZE];
	char chain[CHAIN_NAME_SIZE];
	char name[CHAIN_NAME_SIZE];	/* CHAIN_NAME: the new one */
	struct rule *rule;	/* RULE_*: as it was; else NULL */
	struct rule *ours;	/* RULE_GONE: what it is to become; NULL: moved */
	struct rule *theirs;	/* RULE_GONE, RULE_CHANGED: what they made of
				 * it, as it seems; NULL: nothing */
	enum policy our_policy;	/* POLICY */
	enum policy their_policy;
};

/* Who stands where both collide. Cautious is for what nobody looks at: theirs
 * stands, and a chain is a conflict also where the merged rules might accept
 * packets that neither ours nor theirs accepts: a rule that closes goes, on one
 * side, from before one that opens, on the other. What merged so merges into
 * itself when that is theirs: a revert that begins anew does nothing more, unless
 * rules that read alike, or that both sides moved, leave it open what was done. */
enum merge_side { MERGE_THEIRS, MERGE_OURS, MERGE_CAUTIOUS };

/* ours and theirs were both made from base. Rules keep theirs' counters. In one
 * gap between rules that both sides kept, what theirs put there stays in front
 * of what ours put (cautious: not at the end of the chain, where others append);
 * what both put there or both deleted is one. *merged is yours
 * whether or not there are conflicts: struct conflict *, pushed to conflicts.
 * ERR_CONFLICT when there are any. Needs no libxtables. */
enum err ruleset_merge(const struct ruleset *base, const struct ruleset *ours,
		       const struct ruleset *theirs, enum merge_side side,
		       struct ruleset **merged, struct vec *conflicts)
	must_check;

/* Carry cs, which fits base, onto live: *rebased does on live what cs does on
 * base. As ruleset_merge(). */
enum err changeset_rebase(const struct changeset *cs,
			  const struct ruleset *base,
			  const struct ruleset *live, enum merge_side side,
			  struct changeset **rebased, struct vec *conflicts)
	must_check;

/* The same for changesets of several tables, which fit old: *rebased, of struct
 * changeset *, do on live what they do on old, and are pushed. */
enum err tables_rebase(const struct vec *changesets, const struct tables *old,
		       const struct tables *live, enum merge_side side,
		       struct vec *rebased, struct vec *conflicts) must_check;

/* One line that names both sides. Translated. */
void conflict_describe(const struct conflict *conflict, struct str *out);
void conflicts_done(struct vec *conflicts);	/* free all, and vec_done() */

#endif
