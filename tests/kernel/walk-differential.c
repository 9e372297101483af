/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk against the kernel: random rules in all tables, loaded by
 * ip6tables-legacy, and random packets, sent into a veth or by the host. The
 * kernel's counters tell which rule decided, and conntrack whether a packet was
 * diverted. No false ACCEPT, no false DROP, no other rule.
 * WALK_CASES and WALK_SEED change how many and which. */
#include <sallyport/backend.h>
#include "walk-packets.h"

#define PACKETS 6	/* for each ruleset */

static bool security;	/* this kernel has that table */

/* What the kernel did with a packet. */
struct account {
	struct walk_result result;
	int decided;		/* rules and policies that did */
	bool diverted;
};

static struct tables *
read_tables(struct backend *be)
{
	struct tables *tables = tables_new();

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct ruleset *rs;

		if (!security && strcmp(table_names[i], "security") == 0)
			continue;
		if (be->ops->read(be, table_names[i], &rs))
			bail_out("%s", err_message());
		tables_put_take(tables, rs);
	}
	return tables;
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

/* How many packets more the rule counted; behind the last one, the policy. */
static uint64_t
counted(const struct chain *before, const struct chain *after, size_t at)
{
	if (at == after->rules.n)
		return after->counters.packets - before->counters.packets;
	return chain_rule(after, at)->counters.packets -
	       chain_rule(before, at)->counters.packets;
}

/* A drop decides in any table, an acceptance in filter. */
static void
take_account(struct account *account, const char *table,
	     const struct chain *chain, size_t at, uint64_t more)
{
	bool policy = at == chain->rules.n;
	const char *target = policy ? policy_name(chain->policy) :
				      rule_target(chain_rule(chain, at));
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
	account->decided += (int)more;
	r->verdict = accept ? VERDICT_ACCEPT : VERDICT_DROP;
	r->table = table;
	strcpy(r->chain, chain->name);
	r->rule = policy ? 0 : at + 1;
}

static const char *
static_name(const char *table)
{
	size_t i = 0;

	while (strcmp(table_names[i], table) != 0)
		i++;
	return table_names[i];
}

static void
take_table(struct account *account, const struct way_rules *way,
	   const struct ruleset *before, const struct ruleset *after)
{
	const char *table = static_name(after->table);

	for (size_t i = 0; i < after->chains.n; i++) {
		const struct chain *a = before->chains.v[i];
		const struct chain *b = after->chains.v[i];

		if (!is_on_way(way, table, b))
			continue;
		for (size_t j = 0; j <= b->rules.n; j++)
			if (counted(a, b, j))
				take_account(account, table, b, j,
					     counted(a, b, j));
		if (strcmp(table, way->probe) == 0 &&
		    strcmp(b->name, way->name) == 0)
			account->diverted = counted(a, b, 0) > 0;
	}
}

static void
kernel_account(const struct way_rules *way, const struct tables *before,
	       const struct tables *after, struct account *account)
{
	memset(account, 0, sizeof(*account));
	account->result.verdict = VERDICT_UNKNOWN;
	for (size_t i = 0; i < after->v.n; i++)
		take_table(account, way, before->v.v[i], after->v.v[i]);
}

/* Send, and wait until some rule has decided. What is accepted by filter may be
 * dropped behind it: it is looked at once more. */
static bool
ask_kernel(struct backend *be, const struct way_rules *way,
	   const struct packet *p, struct account *account)
{
	int fd = prepare(p);
	struct tables *before = read_tables(be), *after;
	int looks = 0;

	send_packet(fd, p);
	for (int i = 0; i < 200 && looks < 2; i++) {
		if (i > 3)
			poll(NULL, 0, 2);
		after = read_tables(be);
		kernel_account(way, before, after, account);
		if (account->decided)
			looks += account->result.verdict == VERDICT_DROP ? 2 : 1;
		tables_free(after);
	}
	tables_free(before);
	if (fd >= 0)
		close(fd);
	return account->decided == 1;
}

static unsigned unknown, accepted, dropped, diverted, failed, sets, silent;

static void
complain(const char *what, const struct tables *tables, const char *way,
	 const struct packet *p, const struct walk_result *walked,
	 const struct account *kernel)
{
	struct str text = { 0 };

	failed++;
	str_addf(&text, "%s, %s: walk %s ", what, way,
		 verdict_name(walked->verdict));
	walk_result_rule(walked, &text);
	str_addf(&text, " (%s, loss %d), kernel %s ",
		 walked->why ? walked->why : "", walked->loss,
		 verdict_name(kernel->result.verdict));
	walk_result_rule(&kernel->result, &text);
	str_addf(&text, "%s, proto %u, type %u, ports %u %u, flags %u, state %d,"
		 " hops %u, length %u, from ",
		 kernel->diverted ? ", diverted" : "", p->proto, p->icmp_type,
		 p->sport.lo, p->dport.lo, p->tcp_flags, p->ct, p->hop_limit.lo,
		 p->length.lo);
	addr_format(&text, &p->src);
	diag("%s", str_text(&text));
	for (size_t i = 0; i < tables->v.n; i++) {
		str_clear(&text);
		ruleset_save(tables->v.v[i], false, &text);
		tap_quote("", str_text(&text));
	}
	str_done(&text);
}

/* A set that the packet is one of. */
static struct packet
widen(const struct packet *p, const char *way)
{
	static const unsigned lens[] = { 0, 16, 47, 64, 126, 128 };
	struct packet set = *p;

	if (*way == 'O')
		set.dst_len = PICK(lens);
	else
		set.src_len = PICK(lens);
	if (p->proto != IPPROTO_ICMPV6 && draw(2))
		set.sport = (struct range){ 1024, 65535 };
	if (draw(2))
		set.hop_limit = (struct range){ 4, 255 };
	if (p->proto == IPPROTO_TCP)
		set.tcp_flags_any = (uint8_t)(1u << draw(6));
	return set;
}

static bool
same_rule(const struct walk_result *a, const struct walk_result *b)
{
	return a->rule == b->rule && strcmp(a->chain, b->chain) == 0 &&
	       strcmp(a->table, b->table) == 0;
}

/* Does the kernel's account bear the walk's answer out? */
static bool
is_right(const struct walk_result *walked, const struct account *kernel)
{
	const struct walk_result *r = &kernel->result;
	bool tproxy = walked->why && strcmp(walked->why, "TPROXY") == 0;

	if (walked->verdict == VERDICT_ACCEPT)
		return r->verdict == VERDICT_ACCEPT && !kernel->diverted &&
		       (walked->why || same_rule(walked, r));
	/* The earlier rule may have been one that diverts. */
	if (walked->or_before && (r->verdict == VERDICT_DROP ||
				  kernel->diverted))
		return true;
	switch (walked->loss) {
	case LOSS_HOP_LIMIT:
		return r->verdict == VERDICT_ACCEPT;
	case LOSS_DIVERTED:
		return tproxy ? same_rule(walked, r) : kernel->diverted;
	case LOSS_DROPPED:
		return r->verdict == VERDICT_DROP && same_rule(walked, r);
	}
	return false;
}

static void
count(const struct walk_result *one)
{
	switch (one->verdict) {
	case VERDICT_ACCEPT:
		accepted++;
		break;
	case VERDICT_DROP:
		dropped++;
		diverted += one->loss == LOSS_DIVERTED;
		break;
	case VERDICT_UNKNOWN:
		unknown++;
		break;
	}
}

/* An answer does not find its connection in another zone: it is a new one. */
static void
follow_zone(const struct tables *tables, const char *way, struct packet *p)
{
	struct tracking tracking;

	walk_tracking(tables, way, p, &tracking);
	if (p->ct != CT_ESTABLISHED || !tracking.tracked ||
	    !tracking.zone_reply)
		return;
	p->ct = CT_NEW;
	p->ct_reply = false;
}

static void
compare(const struct tables *tables, const char *way, const struct packet *p,
	const struct account *kernel)
{
	struct packet set = widen(p, way);
	struct walk_result one, many;

	walk(tables, way, p, &one);
	count(&one);
	if (one.verdict != VERDICT_UNKNOWN && !is_right(&one, kernel))
		complain("one packet", tables, way, p, &one, kernel);
	walk(tables, way, &set, &many);
	if (many.verdict != VERDICT_ACCEPT)
		return;
	sets++;
	if (kernel->result.verdict != VERDICT_ACCEPT || kernel->diverted)
		complain("a set", tables, way, p, &many, kernel);
	/* The set holds the packet: whoever is dropped, somebody of it is. */
	if (one.verdict == VERDICT_DROP)
		complain("a set that holds it", tables, way, p, &many, kernel);
}

static void
try_ruleset(struct backend *be)
{
	const struct way_rules *way = &PICK(way_rules);
	struct str text = { 0 };
	struct tables *tables;

	random_rules(&text, way, security);
	if (!command(str_text(&text), "ip6tables-legacy-restore"))
		bail_out("ip6tables-legacy-restore refused:\n%s",
			 str_text(&text));
	tables = read_tables(be);
	for (int i = 0; i < PACKETS && failed < 5; i++) {
		struct account kernel;
		struct packet p;

		random_packet(&p, way->name);
		if (ask_kernel(be, way, &p, &kernel)) {
			follow_zone(tables, way->name, &p);
			compare(tables, way->name, &p, &kernel);
		} else {
			silent++;
			diag("%s: %d decided, proto %u", way->name,
			     kernel.decided, p.proto);
		}
	}
	tables_free(tables);
	str_done(&text);
}

int
main(void)
{
	const char *cases = getenv("WALK_CASES"), *start = getenv("WALK_SEED");
	unsigned n = cases ? (unsigned)atoi(cases) : 150;
	struct backend *be;

	if (start)
		seed = strtoull(start, NULL, 0) | 1;
	ns_or_skip();
	rules_start();
	set_up();
	security = command("*security\nCOMMIT\n", "ip6tables-legacy-restore");
	be = backend_ip6tc(ns_lock_path);
	for (unsigned i = 0; i < n && failed < 5; i++)
		try_ruleset(be);
	diag("%u rulesets: %u accepted, %u dropped (%u diverted), %u unknown "
	     "(%u%%), %u sets accepted, %u packets without an answer", n,
	     accepted, dropped, diverted, unknown,
	     unknown * 100 / (accepted + dropped + unknown + 1), sets, silent);
	is_int(failed, 0, "the walk and the kernel agree");
	ok(accepted > n / 2 && dropped > n / 2 && sets > n / 10 &&
	   diverted > n / 100 && silent < n / 10 + 1,
	   "and there was something to agree on");
	backend_free(be);
	xt_done();
	return done_testing();
}
