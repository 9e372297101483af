/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changesets: THE central type. Staged edits, revisions, reverts, reviews and
 * commits are all changesets: ordered lists of changes to one table. */
#ifndef SALLYPORT_CHANGESET_H
#define SALLYPORT_CHANGESET_H

#include <jansson.h>
#include <sallyport/ruleset.h>

enum change_kind {
	CHANGE_INSERT,		/* rule at pos of chain; pos == length appends */
	CHANGE_DELETE,		/* the rule at pos */
	CHANGE_REPLACE,		/* the rule at pos by another */
	CHANGE_MOVE,		/* the rule at pos to to_pos, counted without it */
	CHANGE_POLICY,		/* of a built-in chain */
	CHANGE_CHAIN_NEW,	/* an empty user-defined chain */
	CHANGE_CHAIN_DELETE,	/* an empty one that nothing jumps to */
	CHANGE_CHAIN_RENAME,	/* and what jumps to it follows */
	CHANGE_CHAIN_FLUSH,	/* all rules of a chain */
	CHANGE_CHAIN_FILL,	/* the inverse of a flush: rules into an empty chain */
};

struct change {
	enum change_kind kind;
	char chain[CHAIN_NAME_SIZE];
	char new_name[CHAIN_NAME_SIZE];	/* RENAME */
	size_t pos;			/* from 0: INSERT DELETE REPLACE MOVE */
	size_t to_pos;			/* MOVE */
	struct rule *rule;		/* INSERT, REPLACE: the new one; MOVE: it */
	struct rule *old_rule;		/* DELETE, REPLACE: the one that goes */
	enum policy policy;		/* POLICY */
	enum policy old_policy;
	struct vec rules;		/* FLUSH: those that go; FILL: those that come */
};

struct changeset {
	char table[TABLE_NAME_SIZE];
	struct vec changes;	/* of struct change * */
};

/* Making one change. The chain name is copied, rules are referenced anew.
 * What only the ruleset knows (old_rule, old_policy, the rules of a flush, the
 * rule of a move) is filled in by changeset_push(). */
struct change *change_insert(const char *chain, size_t pos, const struct rule *rule);
struct change *change_delete(const char *chain, size_t pos);
struct change *change_replace(const char *chain, size_t pos, const struct rule *rule);
struct change *change_move(const char *chain, size_t pos, size_t to_pos);
struct change *change_policy(const char *chain, enum policy policy);
struct change *change_chain_new(const char *chain);
struct change *change_chain_delete(const char *chain);
struct change *change_chain_rename(const char *chain, const char *new_name);
struct change *change_chain_flush(const char *chain);
struct change *change_copy(const struct change *change);
void change_free(struct change *change);

struct changeset *changeset_new(const char *table);
struct changeset *changeset_copy(const struct changeset *cs);
void changeset_free(struct changeset *cs);

/* Apply change to rs and append it (eaten) to cs. On error (no such chain, no
 * such position, chain not empty, name taken ...) both are as before and change
 * is freed. */
enum err changeset_push_take(struct changeset *cs, struct ruleset *rs,
			     struct change *change) must_check;

/* Take the last change off cs and undo it on rs. Returned, yours; NULL when
 * cs is empty. Pushing it again is redo. */
struct change *changeset_pop(struct changeset *cs, struct ruleset *rs);

/* Apply all of cs to rs, or nothing (ERR_CONFLICT naming the first change that
 * does not fit). A rule that is named by position must equal the one that the
 * change knows. */
enum err changeset_apply(const struct changeset *cs, struct ruleset *rs) must_check;

/* The changeset that undoes cs, newest first. Yours. */
struct changeset *changeset_invert(const struct changeset *cs);

/* The changeset that makes a (its table) into b, with moves found and rules
 * that are in both left alone: applied to a it gives a ruleset equal to b, with
 * the counters of a's rules kept. Rules pair when xt_same() says so or, with
 * bytes true, only when rule_equal() does. Yours. */
struct changeset *changeset_diff(const struct ruleset *a, const struct ruleset *b,
				 bool bytes);

/* The changeset that makes on live the chains which cs touched into what they
 * are in target, other chains left alone but for what others opened where rules
 * that come back lead to: the plain form of a revert on a table that changed
 * meanwhile. after is the table as cs left it. What others did and is undone by
 * it is appended to lost, as ruleset_lost() says. Yours. */
struct changeset *changeset_restore_chains(const struct changeset *cs,
					   const struct ruleset *live,
					   const struct ruleset *target,
					   const struct ruleset *after,
					   struct str *lost);

/* What others did on the way from after, as cs left it, to live and does not
 * hold in want is appended to lost, a line each:
 *   "# opaque CHAIN BASE64"   a rule that they added
 *   "# deleted CHAIN BASE64"  one that they deleted
 *   "# moved CHAIN BASE64"    one that they put elsewhere in its chain
 *   "# policy CHAIN POLICY"   a policy that they set
 *   "# made CHAIN"            a chain that they made
 *   "# gone CHAIN"            one that they deleted
 *   "# renamed CHAIN NAME"    one, touched by cs, to which they gave that name
 * Nothing is left out; of moves there may be more, where target has moved rules of
 * that chain as well. Chains that cs renamed bear the name that target gives them.
 * Entries in base64: a guardian has no libxtables to print them with. */
void ruleset_lost(const struct changeset *cs, const struct ruleset *live,
		  const struct ruleset *want, const struct ruleset *target,
		  const struct ruleset *after, struct str *lost);

bool changeset_touches(const struct changeset *cs, const char *chain);

/* One change in words for people and for the review, a line or more, each with
 * its newline. Not translated: it is a notation. Positions count from 1 and are
 * those at the moment of the change:
 *   "+ INPUT 3: -p tcp -m tcp --dport 8080 -j ACCEPT"   "- INPUT 4: ..."
 *   a replacement is "- INPUT 2: OLD" and "+ INPUT 2: NEW"
 *   "> INPUT 5 to 2: ..."          "~ INPUT policy: ACCEPT to DROP"
 *   "+ chain NAME"  "- chain NAME"  "~ chain OLD to NEW"
 *   "- all of NAME (3)" and the rules, "+ all of NAME (3)" and the rules */
void change_describe(const struct change *change, struct str *out);
void changeset_describe(const struct changeset *cs, struct str *out);

/* JSON of the trial record and of history. Rules carry their spec, for people,
 * and their entry in base64, which is what is read back; no extension is
 * needed for that.
 *
 * Text from elsewhere need not be UTF-8, which JSON must be. For people it is
 * harmless then (json_text); what is read back, names of chains above all, is
 * {"base64": ...} (json_exact). null for NULL. */
json_t *json_text(const char *s);
json_t *json_exact(const char *s);
char *json_exact_get(const json_t *json);	/* yours; NULL for none */
json_t *rule_to_json(const struct rule *rule);
enum err rule_from_json(const json_t *json, struct rule **rule) must_check;
json_t *changeset_to_json(const struct changeset *cs);
enum err changeset_from_json(const json_t *json, struct changeset **cs) must_check;

/* A whole ruleset: all rules of a chain are one string, see json.c. */
json_t *ruleset_to_json(const struct ruleset *rs);
enum err ruleset_from_json(const json_t *json, struct ruleset **rs) must_check;

#endif
