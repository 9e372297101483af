/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of one host together: what a packet passes, and what a commit of
 * several changesets, one a table, changes. */
#ifndef SALLYPORT_TABLES_H
#define SALLYPORT_TABLES_H

#include <sallyport/changeset.h>

/* All tables of IPv6 in the order in which several are committed. */
#define TABLE_COUNT 5
extern const char *const table_names[TABLE_COUNT];

bool table_is_known(const char *name);

struct tables {
	struct vec v;		/* of struct ruleset *, in the order of
				 * table_names; not all need be there */
};

struct tables *tables_new(void);
struct tables *tables_copy(const struct tables *tables);
void tables_free(struct tables *tables);

struct ruleset *tables_get(const struct tables *tables, const char *name); /* or NULL */

/* Put rs (eaten) in its place; one of the same table there is freed. */
void tables_put_take(struct tables *tables, struct ruleset *rs);

/* Changesets, one a table, in a vec of struct changeset *. Tables that b lacks
 * are left alone; no changeset is empty. As changeset_diff(). */
void tables_diff(const struct tables *a, const struct tables *b, bool bytes,
		 struct vec *changesets);

/* Apply each to its table, or nothing: as changeset_apply(). */
enum err tables_apply(struct tables *tables, const struct vec *changesets)
	must_check;

/* Read ip6tables-save text as ip6tables-restore does: each table of it replaces
 * the whole table or, with live given, changes that (--noflush: the chains that
 * it declares are emptied, the rest stays). A policy that it leaves out is
 * policy_open. only: no other table than this one; NULL for all. name is the
 * text's name for messages, which begin "NAME:LINE: ". ERR_PARSE, with nothing
 * made; ERR_NOT_FOUND where no table is in it. Yours. */
enum err tables_load(const char *text, size_t len, const char *name,
		     const char *only, const struct tables *live,
		     struct tables **tables) must_check;

/* The ip6tables-save text of the tables that are there or hold anything; of only,
 * where that is not NULL, whatever it holds. Returns how many. */
size_t tables_save(const struct tables *tables, const char *only, bool counters,
		   struct str *out);

void changesets_copy(const struct vec *from, struct vec *to);
void changesets_done(struct vec *changesets);	/* free all, and vec_done() */
size_t changesets_count(const struct vec *changesets);	/* of changes */

/* Do they bring a rule that is for IPv4's ICMP? */
bool changesets_bring_icmp4(const struct vec *changesets);

/* The changes in words, as changeset_describe(); where not all are of filter,
 * each table's below its name: "*nat". */
void changesets_describe(const struct vec *changesets, struct str *out);

#endif
