/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's counters, rule by rule, and the account that they give of a
 * packet. Read by the socket option alone: a read of all tables takes less than
 * loading one. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include "../tap.h"
#include "walk-random.h"

/* A rule, or a policy behind the last one. */
struct slot {
	const struct chain *chain;	/* NULL: of no account */
	size_t at;
	uint64_t before;
	uint64_t after;
};

struct table_counts {
	const struct ruleset *rs;
	struct ip6t_get_entries *entries;
	size_t size;
	struct slot *slots;	/* in the kernel's order */
	size_t n;
};

struct counts {
	int fd;
	size_t n;
	struct table_counts tables[TABLE_COUNT];
};

static void
get_entries(int fd, struct table_counts *t)
{
	socklen_t len = (socklen_t)(sizeof(*t->entries) + t->size);

	strcpy(t->entries->name, t->rs->table);
	t->entries->size = (unsigned)t->size;
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_ENTRIES, t->entries,
		       &len) < 0)
		bail_out("entries of %s: %s", t->rs->table, strerror(errno));
}

static const struct ip6t_entry *
entry_at(const struct table_counts *t, size_t offset)
{
	return (const void *)((const char *)t->entries->entrytable + offset);
}

/* A chain of rules' own begins with an ERROR that bears its name, and the last
 * entry of all is one too. */
static const char *
header_name(const struct ip6t_entry *e)
{
	const struct xt_error_target *error =
		(const void *)((const char *)e + e->target_offset);

	return strcmp(error->target.u.user.name, XT_ERROR_TARGET) == 0 ?
	       error->errorname : NULL;
}

static const struct chain *
chain_at(const struct table_counts *t, const struct ip6t_getinfo *info,
	 size_t offset)
{
	static const char *const hooks[NF_INET_NUMHOOKS] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
	};
	const char *name = header_name(entry_at(t, offset));

	if (name)
		return ruleset_chain(t->rs, name);
	for (int i = 0; i < NF_INET_NUMHOOKS; i++)
		if ((info->valid_hooks & (1u << i)) &&
		    info->hook_entry[i] == offset)
			return ruleset_chain(t->rs, hooks[i]);
	return NULL;
}

/* Each entry's place in the ruleset. What ends a chain of rules' own is none. */
static void
find_slots(struct table_counts *t, const struct ip6t_getinfo *info)
{
	const struct chain *chain = NULL;
	size_t at = 0;

	for (size_t offset = 0; offset < t->size;
	     offset += entry_at(t, offset)->next_offset) {
		const struct chain *begun = chain_at(t, info, offset);
		struct slot *slot = &t->slots[t->n++];
		bool header = header_name(entry_at(t, offset));

		if (begun || header) {
			chain = begun;
			at = 0;
		}
		if (header || !chain)
			continue;
		if (at < chain->rules.n || chain_is_builtin(chain)) {
			slot->chain = chain;
			slot->at = at;
		}
		at++;
	}
}

static void
add_table(struct counts *c, const struct ruleset *rs)
{
	struct table_counts *t = &c->tables[c->n++];
	struct ip6t_getinfo info = { .name = "" };
	socklen_t len = sizeof(info);

	strcpy(info.name, rs->table);
	if (getsockopt(c->fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &info, &len) < 0)
		bail_out("table %s: %s", rs->table, strerror(errno));
	t->rs = rs;
	t->size = info.size;
	t->entries = xcalloc(1, sizeof(*t->entries) + info.size);
	t->slots = xcalloc(info.num_entries, sizeof(*t->slots));
	get_entries(c->fd, t);
	find_slots(t, &info);
}

struct counts *
counts_new(const struct tables *tables)
{
	struct counts *c = xcalloc(1, sizeof(*c));

	c->fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (c->fd < 0)
		bail_out("raw socket: %s", strerror(errno));
	for (size_t i = 0; i < tables->v.n; i++)
		add_table(c, tables->v.v[i]);
	return c;
}

void
counts_free(struct counts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->tables[i].entries);
		free(c->tables[i].slots);
	}
	close(c->fd);
	free(c);
}

static void
read_counts(struct counts *c, bool start)
{
	for (size_t i = 0; i < c->n; i++) {
		struct table_counts *t = &c->tables[i];
		size_t offset = 0;

		get_entries(c->fd, t);
		for (size_t j = 0; j < t->n; j++) {
			const struct ip6t_entry *e = entry_at(t, offset);

			t->slots[j].after = e->counters.pcnt;
			if (start)
				t->slots[j].before = e->counters.pcnt;
			offset += e->next_offset;
		}
	}
}

void
counts_start(struct counts *c)
{
	read_counts(c, true);
}

static bool
is_on_way(const struct way_rules *way, const char *table,
	  const struct chain *chain)
{
	for (const struct hook *h = way->hooks; h->table; h++)
		if (strcmp(h->table, table) == 0 &&
		    strcmp(h->name, chain->name) == 0)
			return true;
	return !chain_is_builtin(chain);
}

static const char *
static_name(const char *table)
{
	size_t i = 0;

	while (strcmp(table_names[i], table) != 0)
		i++;
	return table_names[i];
}

/* A drop decides in any table, an acceptance in filter. */
static void
take_account(struct account *account, const char *table,
	     const struct slot *slot)
{
	const struct chain *chain = slot->chain;
	bool policy = slot->at == chain->rules.n;
	const char *target = policy ? policy_name(chain->policy) :
				      rule_target(chain_rule(chain, slot->at));
	bool accept = strcmp(target, "ACCEPT") == 0;
	bool drop = strcmp(target, "DROP") == 0 ||
		    strcmp(target, "REJECT") == 0 ||
		    strcmp(target, "TPROXY") == 0;
	struct walk_result *r = &account->result;

	if (drop ? false : !accept || strcmp(table, "filter") != 0)
		return;
	if (drop && r->verdict == VERDICT_ACCEPT)
		account->decided = 0;
	if (accept && r->verdict == VERDICT_DROP)
		return;
	account->decided += (int)(slot->after - slot->before);
	r->verdict = accept ? VERDICT_ACCEPT : VERDICT_DROP;
	r->table = static_name(table);
	strcpy(r->chain, chain->name);
	r->rule = policy ? 0 : slot->at + 1;
}

static void
each_counted(const struct counts *c, const struct way_rules *way,
	     void (*each)(const char *table, const struct slot *slot,
			  void *arg), void *arg)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct table_counts *t = &c->tables[i];

		for (size_t j = 0; j < t->n; j++)
			if (t->slots[j].chain &&
			    t->slots[j].after != t->slots[j].before &&
			    is_on_way(way, t->rs->table, t->slots[j].chain))
				each(t->rs->table, &t->slots[j], arg);
	}
}

struct look {
	const struct way_rules *way;
	struct account *account;
};

static void
look_at(const char *table, const struct slot *slot, void *arg)
{
	const struct look *look = arg;

	if (strcmp(table, look->way->probe) == 0 && slot->at == 0 &&
	    strcmp(slot->chain->name, look->way->name) == 0)
		look->account->diverted = true;
	take_account(look->account, table, slot);
}

void
counts_look(struct counts *c, const struct way_rules *way,
	    struct account *account)
{
	struct look look = { way, account };

	memset(account, 0, sizeof(*account));
	account->result.verdict = VERDICT_UNKNOWN;
	read_counts(c, false);
	each_counted(c, way, look_at, &look);
}

struct call {
	void (*each)(const char *table, const char *chain, size_t rule,
		     void *arg);
	void *arg;
};

static void
call_each(const char *table, const struct slot *slot, void *arg)
{
	const struct call *call = arg;

	if (slot->at < slot->chain->rules.n)
		call->each(table, slot->chain->name, slot->at + 1, call->arg);
}

void
counts_each(const struct counts *c, const struct way_rules *way,
	    void (*each)(const char *table, const char *chain, size_t rule,
			 void *arg), void *arg)
{
	struct call call = { each, arg };

	each_counted(c, way, call_each, &call);
}
