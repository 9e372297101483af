/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the history's tests share: a directory of their own, random tables whose
 * rules need no extension, and trials on them. */
#ifndef TESTS_UNIT_HISTORY_H
#define TESTS_UNIT_HISTORY_H

#include <netinet/in.h>
#include <ftw.h>
#include <net/if.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/history.h>
#include <sallyport/mem.h>
#include "../tap.h"

static char test_dir[64];
static char db_path[96];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
remove_test_dir(void)
{
	nftw(test_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void TAP_UNUSED
make_test_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(test_dir, sizeof(test_dir), "%.40s/history-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(test_dir))
		bail_out("no temporary directory");
	snprintf(db_path, sizeof(db_path), "%s/db/history.db", test_dir);
}

static void TAP_UNUSED
remove_db(void)
{
	static const char *const parts[] = { "", "-wal", "-shm", "-journal" };
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_LEN(parts); i++) {
		snprintf(path, sizeof(path), "%s%s", db_path, parts[i]);
		unlink(path);
	}
}

static TAP_UNUSED struct history *
must_open(void)
{
	struct history *history;

	if (history_open(db_path, false, &history) != OK)
		bail_out("cannot open: %s", err_message());
	return history;
}

static unsigned random_state = 1;

static unsigned
below(unsigned n)
{
	random_state = random_state * 1103515245u + 12345u;
	return (random_state >> 16) % n;
}

/* "-s ADDRESS -j VERDICT" */
static struct rule *
random_rule(void)
{
	struct {
		struct ip6t_entry entry;
		struct xt_standard_target target;
	} raw = {0};
	struct counters none = {0};
	struct rule *rule;
	unsigned i;

	for (i = 0; i < 16; i++) {
		raw.entry.ipv6.src.s6_addr[i] = below(256);
		raw.entry.ipv6.smsk.s6_addr[i] = 0xff;
	}
	raw.entry.target_offset = sizeof(raw.entry);
	raw.entry.next_offset = sizeof(raw);
	raw.target.target.u.target_size = sizeof(raw.target);
	if (rule_new(&raw, sizeof(raw), below(2) ? "ACCEPT" : "DROP", none,
		     &rule) != OK)
		bail_out("no rule: %s", err_message());
	return rule;
}

static TAP_UNUSED struct ruleset *
empty_table(void)
{
	struct ruleset *rs;

	if (ruleset_new_empty("filter", &rs) != OK)
		bail_out("no table: %s", err_message());
	return rs;
}

static struct change *
random_change(const struct ruleset *rs)
{
	const struct chain *chain = rs->chains.v[below(rs->chains.n)];
	size_t n = chain->rules.n;
	struct change *change;
	struct rule *rule;
	char name[16];

	if (below(12) == 0) {
		snprintf(name, sizeof(name), "chain%u", below(10000));
		return change_chain_new(name);
	}
	if (below(12) == 0 && chain_is_builtin(chain))
		return change_policy(chain->name, chain->policy == POLICY_DROP
				     ? POLICY_ACCEPT : POLICY_DROP);
	if (n > 1 && below(4) == 0)
		return change_move(chain->name, below(n), below(n));
	if (n > 0 && below(4) == 0)
		return change_delete(chain->name, below(n));
	rule = random_rule();
	change = n > 0 && below(4) == 0
		? change_replace(chain->name, below(n), rule)
		: change_insert(chain->name, below(n + 1), rule);
	rule_unref(rule);
	return change;
}

/* Change rs by n random changes; the changeset is yours. */
static TAP_UNUSED struct changeset *
random_changes(struct ruleset *rs, unsigned n)
{
	struct changeset *cs = changeset_new(rs->table);

	while (cs->changes.n < n)
		if (changeset_push_take(cs, rs, random_change(rs)) != OK)
			diag("change left out: %s", err_message());
	return cs;
}

/* A trial of n random changes on a copy of before, committed at time_s. */
static TAP_UNUSED struct trial *
random_trial(const struct ruleset *before, unsigned n, int64_t time_s)
{
	struct trial *trial = trial_new();
	struct trial_part *part;

	trial->state = TRIAL_ON;
	trial->message = xstrdup("open the web server");
	trial->origin = xstrdup("edit");
	trial->actor.uid = 1000;
	trial->actor.user = xstrdup("alice");
	trial->actor.from = xstrdup("2001:db8::77");
	trial->actor.tty = xstrdup("pts/3");
	trial->actor.host = xstrdup("vps.example");
	trial->committed_wall_s = time_s;
	part = trial_add_part(trial);
	part->before = ruleset_copy(before);
	part->after = ruleset_copy(before);
	part->changes = random_changes(part->after, n);
	ruleset_fingerprint(part->before, part->before_print);
	ruleset_fingerprint(part->after, part->after_print);
	return trial;
}

static void TAP_UNUSED
settle(struct trial *trial, enum trial_state state, const char *reason)
{
	trial->state = state;
	trial->settled_wall_s = trial->committed_wall_s + 30;
	free(trial->reason);
	trial->reason = xstrdup(reason);
	actor_done(&trial->settled_by);
	trial->settled_by.uid = 0;
	trial->settled_by.user = xstrdup("root");
}

static int64_t TAP_UNUSED
record(struct history *history, const struct trial *trial)
{
	int64_t id = -1;

	if (history_record_trial(history, trial, &id) != OK)
		diag("not recorded: %s", err_message());
	return id;
}

static int64_t TAP_UNUSED
sync_live(struct history *history, const struct ruleset *live, int64_t now_s)
{
	struct actor actor = { .uid = 0, .user = (char *)"root",
			       .host = (char *)"vps.example" };
	int64_t id = -1;

	if (history_sync(history, live, &actor, now_s, &id) != OK)
		diag("not synced: %s", err_message());
	return id;
}

static int64_t TAP_UNUSED
newest(struct history *history)
{
	int64_t id = -1;

	if (history_newest(history, "filter", &id) != OK)
		return -1;
	return id;
}

static TAP_UNUSED struct revision *
must_get(struct history *history, int64_t id)
{
	struct revision *rev;

	if (history_get(history, id, &rev) != OK)
		bail_out("no revision %lld: %s", (long long)id, err_message());
	return rev;
}

/* Is the revision's table, rebuilt, equal to expected? */
static bool TAP_UNUSED
rebuilds(struct history *history, int64_t id, const struct ruleset *expected)
{
	struct ruleset *rs = NULL;
	bool same;

	if (history_ruleset(history, id, &rs) != OK) {
		diag("revision %lld: %s", (long long)id, err_message());
		return false;
	}
	same = ruleset_equal(rs, expected);
	ruleset_free(rs);
	return same;
}

#endif
