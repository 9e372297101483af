/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset: all chains of one table, with policies, rules and counters. Rules
 * are shared by reference, so a copy costs one pointer a rule. */
#ifndef SALLYPORT_RULESET_H
#define SALLYPORT_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/rule.h>
#include <sallyport/str.h>
#include <sallyport/vec.h>
#include <sallyport/xt.h>

#define TABLE_NAME_SIZE 32

enum policy {
	POLICY_NONE,	/* a user-defined chain */
	POLICY_ACCEPT,
	POLICY_DROP,
};

const char *policy_name(enum policy policy);	/* "-", "ACCEPT", "DROP" */
enum err policy_parse(const char *s, enum policy *policy) must_check;

struct chain {
	char name[CHAIN_NAME_SIZE];
	enum policy policy;
	bool policy_open;		/* the text it was read from names none:
					 * it stays what it is, where it is */
	struct counters counters;	/* of the policy */
	struct vec rules;		/* of struct rule * */
};

struct ruleset {
	char table[TABLE_NAME_SIZE];
	bool absent;			/* the kernel does not have the table: it
					 * is made, as this empty one, by the
					 * first commit. Not part of equality */
	struct vec chains;	/* of struct chain *; built-in ones first, in the
				 * order of the kernel's hooks, then the others
				 * in the order in which they were read */
	struct chain_index *index;	/* of ruleset.c */
};

struct ruleset *ruleset_new(const char *table);
/* The table's built-in chains, all empty with policy ACCEPT: what the kernel
 * makes of a table at its first use. ERR_NOT_FOUND for an unknown table. */
enum err ruleset_new_empty(const char *table, struct ruleset **rs) must_check;
struct ruleset *ruleset_copy(const struct ruleset *rs);
void ruleset_free(struct ruleset *rs);

struct chain *ruleset_chain(const struct ruleset *rs, const char *name); /* or NULL */
struct chain *ruleset_add_chain(struct ruleset *rs, const char *name,
				enum policy policy);
void ruleset_rename_chain(struct ruleset *rs, struct chain *chain,
			  const char *name);
/* Remove the chain with its rules; nothing where there is none. */
void ruleset_drop_chain(struct ruleset *rs, const char *name);
struct rule *chain_rule(const struct chain *chain, size_t at);
bool chain_is_builtin(const struct chain *chain);
void chain_push_take(struct chain *chain, struct rule *rule);

size_t ruleset_rule_count(const struct ruleset *rs);
/* How many rules jump or go to the chain. */
size_t ruleset_references(const struct ruleset *rs, const char *chain);
/* The same for each chain, in their order, on the heap. */
size_t *ruleset_count_references(const struct ruleset *rs);
struct chain_names ruleset_chain_names(const struct ruleset *rs);

/* A legal name for a new chain? ERR_USAGE says what is wrong (empty, too long,
 * '-' or '!' first, blanks, a target's name). All else ip6tables takes too, be
 * it control characters or no UTF-8. */
enum err chain_name_check(const char *name) must_check;
/* May a chain that is there already have it? Texts name those too. */
enum err chain_name_possible(const char *name) must_check;

/* Same chains, policies and rules, byte for byte and in order; counters aside.
 * The order of user-defined chains does not count. */
bool ruleset_equal(const struct ruleset *a, const struct ruleset *b);

/* XXH3 (128 bits) over what ruleset_equal() compares; 32 hex digits and NUL. It
 * tells tables apart, it does not seal them: who could forge one is root. */
#define FINGERPRINT_SIZE 33
void ruleset_fingerprint(const struct ruleset *rs, char out[FINGERPRINT_SIZE]);

/* The text of ip6tables-save for this table: "*filter", ":CHAIN POLICY [p:b]",
 * the specs, "COMMIT"; no header comments. */
void ruleset_save(const struct ruleset *rs, bool counters, struct str *out);

/* Put rs in the place of its table in the text of a rules file, or behind all of
 * it. ERR_FAIL where the text has it twice; name is the text's name for that. */
enum err savefile_put(const char *name, struct str *text,
		      const struct ruleset *rs, bool counters) must_check;
bool savefile_has(const struct str *text, const char *table);

/* Read ip6tables-save text, all that ip6tables-restore takes and "# opaque"
 * lines. Exactly the table wanted is taken (NULL: the first one), the last of
 * that name where there are several; others are skipped. name is the file's name
 * for messages, which begin "NAME:LINE: ". ERR_PARSE, with nothing made.
 * ERR_NOT_FOUND where the table is not in the text. */
enum err ruleset_load(const char *text, size_t len, const char *name,
		      const char *table, struct ruleset **rs) must_check;

#endif
