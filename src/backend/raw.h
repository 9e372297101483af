/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table by its own socket options, for what libip6tc does not
 * offer: where a rule stands among all entries, and counters added to it. */
#ifndef SALLYPORT_BACKEND_RAW_H
#define SALLYPORT_BACKEND_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/rule.h>

struct xt_counters;

/* Does the kernel have ip6_tables at all? Asks in a way that registers no
 * table. ERR_FAIL says what is missing: privilege or support. */
enum err raw_probe(void) must_check;

struct raw_table;

/* The table as it is now; it must be registered already. Yours. */
enum err raw_table_read(const char *table, struct raw_table **rt) must_check;
void raw_table_free(struct raw_table *rt);

/* How many entries the table has, with policies and chain heads. */
size_t raw_table_count(const struct raw_table *rt);

/* The entry's number of rule pos (from 0) of chain, of a built-in chain's policy
 * for RAW_POLICY; RAW_NONE where there is none. */
#define RAW_POLICY ((size_t)-1)
#define RAW_NONE ((size_t)-1)
size_t raw_table_find(const struct raw_table *rt, const char *chain, size_t pos);

/* Call each for every rule and policy, in the order of the entries, with what it
 * has counted: pos is the rule's in its chain, or RAW_POLICY. */
void raw_table_each(const struct raw_table *rt,
		    void (*each)(const char *chain, size_t pos,
				 uint64_t packets, void *arg),
		    void *arg);

/* What the kernel said, for who hands it back as it is; borrowed of rt. */
struct ip6t_getinfo;
struct ip6t_get_entries;
void raw_table_parts(const struct raw_table *rt,
		     const struct ip6t_getinfo **info,
		     const struct ip6t_get_entries **entries);

/* Add to the counters of all raw_table_count() entries. */
enum err raw_table_add(const struct raw_table *rt, const struct counters *add)
	must_check;

/* Between begin and end a replacement of a table by this process leaves what
 * the old counters were at the very moment of the swap: n of them, valid until
 * the next begin; NULL where there was none. */
void swap_counters_begin(void);

/* Was a table replaced since the last begin? ip6tc_commit() can fail after it,
 * when it hands the old counters on: then the new table stands all the same. */
bool swap_was_made(void);
const struct xt_counters *swap_counters_end(size_t *n);

#endif
