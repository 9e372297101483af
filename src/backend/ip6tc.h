/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe of the ip6tc backend, probe.c; the loading of scratch tables,
 * ip6tc-load.c; and changesets done to a handle, ip6tc-put.c. */
#ifndef SALLYPORT_BACKEND_IP6TC_H
#define SALLYPORT_BACKEND_IP6TC_H

#include <sallyport/backend.h>

enum err ip6tc_probe(struct backend *be, const char *table,
		     struct probe *probe) must_check;

/* Is the table registered in this network namespace? Opening one registers it
 * for ever. True where that cannot be found out (a user namespace). */
bool legacy_has_table(const char *table);

struct xtc_handle;	/* <libiptc/libip6tc.h> */

/* Apply cs to work, which is what h has, and to h. done gets the changes with
 * the very rules that they moved, rebuilt the chains of work, struct chain *,
 * that were made anew in h. ERR_CONFLICT: cs does not fit. */
enum err ip6tc_put(struct xtc_handle *h, const struct changeset *cs,
		   struct ruleset *work, struct changeset *done,
		   struct vec *rebuilt) must_check;

/* An item of a table: a rule, whose entry in normal form (size bytes) follows,
 * appended to chain; with size 0 the user-defined chain itself or, where policy
 * is not POLICY_NONE, the built-in chain's policy. */
struct load_item {
	char chain[TABLE_NAME_SIZE];
	uint32_t size;
	uint32_t policy;	/* enum policy */
};

/* Make of the table, in THIS network namespace, what the items say and nothing
 * else; policies that they do not name stay: for scratch namespaces only. 0, or errno; *opened tells
 * whether the kernel has the table. Neither takes a lock nor sets a message. */
int ip6tc_load(const char *table, const void *items, size_t len, bool *opened);

#endif
