/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scratch tables. A process of our own leaves our world for a network namespace
 * of its own and loads whole tables there, to see what they do with packets. No
 * lock is taken; all of it goes with the process.
 *
 * Rules that must not be loaded, or whose answer hangs on what a scratch
 * namespace does not have, are watched: it is told when a packet came to one,
 * so that what became of it says nothing. */
#ifndef SALLYPORT_SCRATCH_H
#define SALLYPORT_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>
#include <sallyport/tables.h>

/* In the child of a fork: keep nothing of the parent's but fd. Returns its new
 * number. name is what ps shows. */
int scratch_detach(int fd, const char *name);

/* Into a new network namespace; where that is not allowed, as root of a new user
 * namespace. 0 or errno. */
int scratch_enter(bool *user_ns);

/* Die with the parent; false: it is gone already. After scratch_enter(), as new
 * credentials clear it. */
bool scratch_follow(pid_t parent);

/* What of the world the namespace shows as it is. */
struct scratch_facts {
	bool user_ns;
	bool mac_known;		/* neighbours have their real link addresses */
	bool routes_known;	/* a packet's way back is what it is here */
};

/* A rule, or with SCRATCH_POLICY a policy, that a packet came to. */
#define SCRATCH_POLICY ((size_t)-1)
struct scratch_hit {
	const char *table;
	const char *chain;
	size_t pos;			/* from 0 */
	const struct rule *rule;	/* NULL: the policy */
	bool drops;			/* the policy or the rule is a DROP */
	const char *watched;		/* the extension that it is watched for,
					 * or NULL */
	bool history;			/* as its answer hangs on time, rate or
					 * what went before */
};

struct scratch;

/* Make the table what rs says, in one step. 0, or errno of the kernel's
 * refusal. *scratch is yours, and borrows rs. */
int scratch_load(const struct ruleset *rs, const struct scratch_facts *facts,
		 struct scratch **scratch);

/* Make the table one that accepts everything. 0 or errno. */
int scratch_load_empty(const char *table);
void scratch_free(struct scratch *scratch);

/* A match whose answer hangs on time, rate or history, so that what one packet
 * showed says nothing about the next: its name, static, or NULL. */
const char *match_fickle(const char *name);

/* Is any rule of it watched? */
bool scratch_is_watched(const struct scratch *scratch);

/* Call hit for each rule and policy that packets came to since the last call, or
 * since the table was loaded; hit may be NULL. */
void scratch_hits(struct scratch *scratch,
		  void (*hit)(const struct scratch_hit *hit, void *arg),
		  void *arg);

/* The rules of tables that are not loaded, as struct tryout_note *, with why. */
void scratch_unloaded(const struct tables *tables,
		      const struct scratch_facts *facts, struct vec *notes);

#endif
