/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a table lives: the kernel's legacy tables (ip6tc), or a rules file. */
#ifndef SALLYPORT_BACKEND_H
#define SALLYPORT_BACKEND_H

#include <stdbool.h>
#include <sallyport/tables.h>
#include <sallyport/clock.h>

struct backend;

/* What is there, found without touching anything. */
struct probe {
	bool can_read;		/* this backend can serve the table */
	bool legacy_rules;	/* a legacy table is registered in this namespace */
	bool nft_rules;		/* nf_tables has chains of family ip6 or inet that
				 * are hooked into the packet's path */
	bool elsewhere;		/* nft_rules and not legacy_rules: our table would be
				 * an empty one beside the real firewall */
};

struct backend_ops {
	const char *name;	/* "ip6tc", "file" */

	/* Fills *probe. An error only for what cannot be found out; a kernel
	 * without ip6_tables, missing privilege: ERR_FAIL with the sentence. */
	enum err (*probe)(struct backend *be, const char *table,
			  struct probe *probe) must_check;

	/* A table that is not there yet is read as empty and absent, and not
	 * made by that. */
	enum err (*read)(struct backend *be, const char *table,
			 struct ruleset **rs) must_check;

	/* Apply cs to the table, whose rules must equal live (fingerprint), in
	 * one step. Counters of untouched and moved rules and of policies are
	 * kept. ERR_CONFLICT when the table is not live any more, ERR_FAIL with
	 * the kernel's reason; the table is whole then. The caller holds the
	 * lock. */
	enum err (*commit)(struct backend *be, const struct ruleset *live,
			   const struct changeset *cs) must_check;

	/* Take the lock that other writers of this backend respect until
	 * deadline_ms of clock's boot time. ERR_BUSY names the holder. */
	enum err (*lock)(struct backend *be, const struct clock *clock,
			 int64_t deadline_ms) must_check;
	void (*unlock)(struct backend *be);

	void (*free)(struct backend *be);
};

struct backend {
	const struct backend_ops *ops;
};

/* The kernel's legacy IPv6 tables by libip6tc. lock_path as in
 * $XTABLES_LOCKFILE, NULL for /run/xtables.lock. Never touches the kernel
 * before probe or read. */
struct backend *backend_ip6tc(const char *lock_path);

/* A file of ip6tables-save text, offline. commit writes it atomically, other
 * tables' text kept. */
struct backend *backend_file(const char *path);

/* commit() of several tables of a backend_file() in one step: the file is
 * replaced once, with its mode and owner kept. live is what was read. */
enum err backend_file_commit(struct backend *be, const struct tables *live,
			     const struct vec *changesets) must_check;

static inline void
backend_free(struct backend *be)
{
	if (be)
		be->ops->free(be);
}

/* Hooked chains of families ip6 and inet in nf_tables of this network
 * namespace, by a read-only netlink dump: their number, or 0 where the kernel
 * has no nf_tables. */
enum err nft_count_hooked_chains(unsigned *n) must_check;

#endif
