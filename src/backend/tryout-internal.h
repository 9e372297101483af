/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the tryout share. */
#ifndef SALLYPORT_BACKEND_TRYOUT_INTERNAL_H
#define SALLYPORT_BACKEND_TRYOUT_INTERNAL_H

#include <stdint.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/tryout.h>

/* --- tryout-notes.c --- */

/* text is eaten; chain may be "". */
void note_take(struct vec *notes, const char *table, const char *chain,
	       size_t pos, bool refused, char *text);

/* --- tryout-reach.c: from where rules are reached --- */

struct node {
	const struct chain *chain;
	unsigned hooks;		/* bits 1 << NF_INET_*: built-in chains from
				 * which it is reached */
	size_t stop;		/* rules from here on are not reached: they
				 * stand behind an unconditional verdict */
	struct vec jumps;	/* of struct node *, by the rules before stop */
	bool wanted;		/* for who builds a part of the table */
};

struct reach {
	size_t n;
	struct node *nodes;	/* in the order of their names */
};

extern const char *const hook_chain_names[NF_INET_NUMHOOKS];

struct reach *reach_new(const struct ruleset *rs);
void reach_free(struct reach *reach);
/* Or NULL. */
struct node *reach_node(const struct reach *reach, const char *chain);
unsigned node_hooks(const struct node *node, size_t pos);

/* Does the rule end its chain for every packet? */
bool rule_is_verdict(const struct rule *rule);

/* The chain that the rule jumps or goes to, or NULL. */
struct node *reach_jump(const struct reach *reach, const struct rule *rule);

/* Mark the chain and all below it wanted. */
void reach_want(struct node *node);

/* --- tryout-parts.c: rules without some of their extensions --- */

/* The rule with the matches that keep says yes to, and with its target if
 * target; a verdict goes in any case, a jump stays. Yours. */
struct rule *rule_part(const struct rule *rule,
		       bool (*keep)(const struct xt_entry_match *m,
				    const void *arg),
		       const void *arg, bool target);

/* --- tryout-exempt.c: what must not be tried --- */

/* Why an extension must not be tried. */
enum exempt {
	EXEMPT_NOT,
	EXEMPT_GLOBAL,		/* its state is not of a namespace */
	EXEMPT_OBJECT,		/* what it names is of the namespace: a set */
	EXEMPT_HELPER,
	EXEMPT_PINNED,
	EXEMPT_USERS,
	EXEMPT_LABELS,
	EXEMPT_BRIDGES,
};

/* user_ns: the namespace has no users but us. */
enum exempt exempt_match(const struct xt_entry_match *m, bool user_ns);
enum exempt exempt_target(const struct xt_entry_target *t, bool user_ns);

/* The reason in words, translated. Yours; NULL for EXEMPT_NOT. */
char *exempt_text(enum exempt exempt, const char *name);

/* --- tryout-suspects.c: what the kernel would look at anew --- */

struct suspect {
	const struct chain *chain;
	size_t pos;
	unsigned hooks;
	struct rule *tried;	/* as it is tried: the rule, or what is left of
				 * it without what is exempt */
	char *untried;		/* why there is something exempt, or NULL */
	bool refused;		/* no longer tried */
};

/* Of struct suspect *, in the order of candidate's chains and rules. */
void suspects_find(const struct ruleset *before,
		   const struct ruleset *candidate, const struct reach *reach,
		   bool user_ns, struct vec *suspects);
void suspects_done(struct vec *suspects);

/* --- tryout-scratch.c: the table in which they are tried --- */

/* Some of the suspects: from the one up to, not with, the other. */
struct range {
	size_t from;
	size_t to;
};

/* Append to out the items, as ip6tc_load() takes them, of a small table in
 * which the suspects of the range are reached as in the candidate. */
void scratch_write(const struct ruleset *candidate, struct reach *reach,
		   const struct vec *suspects, struct range range,
		   struct str *out);

/* --- tryout-box.c: the helper --- */

/* What the kernel said to a table. */
struct box_answer {
	enum { BOX_ACCEPTED, BOX_REFUSED, BOX_NO_TABLE, BOX_UNAVAILABLE } kind;
	int error;	/* errno of BOX_REFUSED */
};

struct box_answer box_load(struct tryout_box *box, const char *table,
			   const struct str *items);

/* Does the kernel have this extension? 0, ENOENT, or EPROTONOSUPPORT where it
 * has another revision only; -1 where it cannot be told. */
int box_has(struct tryout_box *box, const char *name, unsigned revision,
	    bool target);

/* Start the helper where there is none; false: box_reason() says why. */
bool box_start(struct tryout_box *box);
const char *box_reason(const struct tryout_box *box);
bool box_in_user_ns(const struct tryout_box *box);
/* No other helper is started any more. */
bool box_gave_up(const struct tryout_box *box);
/* True once: the reason has not been told yet. */
bool box_tell(struct tryout_box *box);

/* --- tryout-words.c: why, in words --- */

/* The part of a rule that is at fault: a match, a target, or neither. */
struct culprit {
	const struct xt_entry_match *match;
	const struct xt_entry_target *target;
	int lacks;		/* box_has()'s answer where error is ENOENT */
};

/* "nat PREROUTING 3"; of the usual table only "INPUT 3". Yours. */
char *rule_place(const char *table, const char *chain, size_t pos);

/* The whole sentence. Yours. */
char *refusal_text(const char *table, const struct suspect *suspect,
		   const struct culprit *culprit, int error);

#endif
