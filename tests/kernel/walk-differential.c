/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk against the kernel: random rules in all tables, loaded by
 * ip6tables-legacy, and random packets, sent into a veth or by the host. The
 * kernel's counters tell which rules they met and which one decided, and
 * conntrack whether they were diverted. No false ACCEPT, no false DROP, no
 * other rule. WALK_CASES and WALK_SEED change how many and which. */
#include <inttypes.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <sallyport/backend.h>
#include "../ns.h"
#include "../unit/rules.h"
#include "walk-random.h"

#define CASES 5000
#define PACKETS 6	/* for each ruleset */
#define FAILURES 5	/* then no more are told */

static bool security;	/* this kernel has that table */
static unsigned unknown, accepted, dropped, diverted, failed, sets, paths;
static unsigned silent, no_zone, resent;
static bool final;		/* what does not agree now is told */
static bool doubted;		/* something does not */

/* A ruleset as it is loaded. */
struct loaded {
	const struct way_rules *way;
	bool plain;
	bool restores;		/* marks of connections, which are not known */
	struct tables *tables;
	struct counts *counts;
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

/* Send, and wait until some rule has decided. What filter accepts may be
 * dropped behind it: it is looked at once more. What is diverted to the host
 * itself may be answered by it. */
static bool
ask_kernel(const struct loaded *l, const struct sending *s,
	   struct account *account)
{
	int looks = 0;

	counts_start(l->counts);
	packet_send(s);
	for (int i = 0; i < 2000 && looks < 2; i++) {
		if (i > 20)
			poll(NULL, 0, 1);
		counts_look(l->counts, l->way, account);
		if (account->decided)
			looks += account->result.verdict == VERDICT_DROP ? 2 : 1;
		else
			sched_yield();
	}
	return account->decided == 1 || account->diverted;
}

static void
describe(const struct sending *s, struct str *text)
{
	const struct packet *p = &s->p;

	str_addf(text, "%s, proto %u, type %u, ports %u %u, flags %u, state %d"
		 "%s, hops %u, length %u, from ", s->name, p->proto,
		 p->icmp_type, p->sport.lo, p->dport.lo, p->tcp_flags, p->ct,
		 p->ct_reply ? " reply" : "", p->hop_limit.lo, p->length.lo);
	addr_format(text, &p->src);
}

static void
complain(const char *what, const struct loaded *l, const struct sending *s,
	 const struct walk_result *walked, const struct account *kernel)
{
	struct str text = { 0 };

	doubted = true;
	if (!final)
		return;
	failed++;
	str_addf(&text, "%s, %s: walk %s ", what, l->way->name,
		 verdict_name(walked->verdict));
	walk_result_rule(walked, &text);
	str_addf(&text, " (%s, loss %d), kernel %s ",
		 walked->why ? walked->why : "", walked->loss,
		 verdict_name(kernel->result.verdict));
	walk_result_rule(&kernel->result, &text);
	str_addf(&text, "%s, ", kernel->diverted ? ", diverted" : "");
	describe(s, &text);
	diag("%s", str_text(&text));
	for (size_t i = 0; i < l->tables->v.n; i++) {
		str_clear(&text);
		ruleset_save(l->tables->v.v[i], false, &text);
		tap_quote("", str_text(&text));
	}
	str_done(&text);
}

/* Those have one hop limit only. */
static bool
is_discovery(const struct packet *p)
{
	return p->proto == IPPROTO_ICMPV6 &&
	       p->icmp_type >= ND_ROUTER_SOLICIT &&
	       p->icmp_type <= ND_REDIRECT;
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
	if (p->proto != IPPROTO_ICMPV6 && p->sport.lo >= 1024 && draw(2))
		set.sport = (struct range){ 1024, 65535 };
	if (draw(2) && !is_discovery(p))
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
	case LOSS_ASTRAY:
		return false;
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

/* Rules that were met, each once, in no order; without the one that tells
 * whether they were diverted. */
struct met {
	const struct way_rules *way;
	char rules[64][48];
	unsigned n;
};

static void
note(const char *table, const char *chain, size_t rule, void *arg)
{
	struct met *met = arg;
	char name[48];

	if (rule == 1 && strcmp(chain, met->way->name) == 0 &&
	    strcmp(table, met->way->probe) == 0)
		return;
	snprintf(name, sizeof(name), "%s %s %zu", table, chain, rule);
	for (unsigned i = 0; i < met->n; i++)
		if (strcmp(met->rules[i], name) == 0)
			return;
	if (met->n == ARRAY_LEN(met->rules))
		bail_out("too many rules are met");
	strcpy(met->rules[met->n++], name);
}

static bool
holds(const struct met *all, const struct met *some)
{
	for (unsigned i = 0; i < some->n; i++) {
		unsigned j = 0;

		while (j < all->n && strcmp(all->rules[j], some->rules[i]) != 0)
			j++;
		if (j == all->n) {
			if (final)
				diag("%s is not met", some->rules[i]);
			return false;
		}
	}
	return true;
}

/* Where nothing is in doubt, the walk's path is the kernel's; else it holds
 * that. Whether a group is LOCAL to addrtype is always in doubt. What is
 * diverted goes on in the kernel. */
static void
compare_paths(const struct loaded *l, const struct sending *s,
	      const struct met *met, const struct walk_result *one,
	      const struct account *kernel)
{
	bool exact = l->plain && !one->why && s->p.dst.s6_addr[0] != 0xff &&
		     !(l->restores && s->entry);
	struct met theirs = { .way = l->way };

	if (one->verdict == VERDICT_UNKNOWN || one->or_before ||
	    one->loss == LOSS_DIVERTED || kernel->diverted)
		return;
	counts_each(l->counts, l->way, note, &theirs);
	paths++;
	if (!holds(met, &theirs) || (exact && !holds(&theirs, met)))
		complain("the path", l, s, one, kernel);
}

/* A set that holds the packet. */
static void
compare_sets(const struct loaded *l, const struct sending *s,
	     const struct walk_result *one, const struct account *kernel)
{
	bool through = kernel->result.verdict == VERDICT_ACCEPT &&
		       !kernel->diverted;
	struct packet set = widen(&s->p, l->way->name), found;
	struct walk_result many, again;

	walk(l->tables, l->way->name, &set, &many);
	if (many.verdict == VERDICT_ACCEPT) {
		sets++;
		if (!through || one->verdict == VERDICT_DROP)
			complain("a set", l, s, &many, kernel);
	}
	if (one->verdict == VERDICT_ACCEPT && set.dst_len == 128 &&
	    walk_find(l->tables, l->way->name, &set, &found) == VERDICT_DROP)
		complain("nobody of a set", l, s, &many, kernel);
	if (many.verdict != VERDICT_DROP)
		return;
	set.src = many.src;
	set.src_len = 128;
	walk(l->tables, l->way->name, &set, &again);
	if (again.verdict != VERDICT_DROP)
		complain("the source that is named", l, s, &again, kernel);
}

static bool
compare(const struct loaded *l, const struct sending *s,
	const struct account *kernel)
{
	struct met met = { .way = l->way };
	struct walk_result one;

	walk_path(l->tables, l->way->name, &s->p, &one, note, &met);
	doubted = false;
	if (one.verdict != VERDICT_UNKNOWN && !is_right(&one, kernel))
		complain("one packet", l, s, &one, kernel);
	compare_paths(l, s, &met, &one, kernel);
	compare_sets(l, s, &one, kernel);
	if (!doubted || final)
		count(&one);
	return !doubted;
}

/* False: no answer, or one that does not agree. */
static bool
try_once(const struct loaded *l, struct sending s)
{
	struct tracking tracking;
	struct account kernel;
	struct str text = { 0 };

	if (!ask_kernel(l, &s, &kernel)) {
		if (final) {
			silent++;
			describe(&s, &text);
			diag("%s: %d decided: %s", l->way->name, kernel.decided,
			     str_text(&text));
			str_done(&text);
		}
		return false;
	}
	walk_tracking(l->tables, l->way->name, &s.p, &tracking);
	if (packet_in_zone(&s, &tracking))
		return compare(l, &s, &kernel);
	no_zone++;
	return true;
}

/* The host says something by itself now and then: what does not agree is sent
 * a second time, and no third time. */
static void
try_packet(const struct loaded *l)
{
	struct sending s;

	do
		random_packet(&s, l->way->name);
	while (s.entry && !entry_make(&s));
	final = false;
	if (try_once(l, s))
		return;
	final = true;
	resent++;
	entries_flush();
	if (s.entry && !entry_make(&s))
		bail_out("an entry is there again");
	try_once(l, s);
}

static void
try_ruleset(struct backend *be, struct loader *loader)
{
	struct loaded l = { .way = random_way(), .plain = draw(2) };
	struct str text = { 0 };

	random_rules(&text, l.way, l.plain, security);
	l.restores = strstr(str_text(&text), "--restore-mark");
	loader_load(loader, security ? "security" : "filter", str_text(&text));
	l.tables = read_tables(be);
	l.counts = counts_new(l.tables);
	for (int i = 0; i < PACKETS && failed < FAILURES; i++)
		try_packet(&l);
	counts_free(l.counts);
	tables_free(l.tables);
	str_done(&text);
}

static void
tell(unsigned n, double seconds)
{
	unsigned judged = accepted + dropped + unknown;
	struct str text = { 0 };

	packet_kinds(&text);
	diag("%s", str_text(&text));
	str_done(&text);
	diag("%u rulesets, %u packets in %.1f s: %u accepted, %u dropped "
	     "(%u of them diverted), %u unknown (%.1f%%)", n, judged, seconds,
	     accepted, dropped, diverted, unknown,
	     100.0 * unknown / (judged + !judged));
	diag("%u paths and %u accepted sets compared; %u packets without an "
	     "answer, %u in a zone that depends, %u sent again", paths, sets,
	     silent, no_zone, resent);
}

int
main(void)
{
	const char *cases = getenv("WALK_CASES"), *start = getenv("WALK_SEED");
	unsigned n = cases ? (unsigned)atoi(cases) : CASES;
	struct timespec from, to;
	struct loader *loader;
	struct backend *be;

	if (start)
		seed = strtoull(start, NULL, 0) | 1;
	ns_or_skip();
	diag("WALK_SEED=0x%" PRIx64 " WALK_CASES=%u", seed, n);
	rules_start();
	links_up();
	security = command("ip6tables-legacy -t security -F");
	loader = loader_new();
	be = backend_ip6tc(ns_lock_path);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < n && failed < FAILURES; i++) {
		if (i % 1000 == 0)
			entries_flush();
		try_ruleset(be, loader);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	tell(n, (double)(to.tv_sec - from.tv_sec) +
		(double)(to.tv_nsec - from.tv_nsec) / 1e9);
	is_int(failed, 0, "the walk and the kernel agree");
	ok(accepted > n / 2 && dropped > n / 2 && sets > n / 10 &&
	   paths > n && diverted > n / 100 && silent <= n / 500,
	   "and there was something to agree on");
	loader_free(loader);
	backend_free(be);
	xt_done();
	return done_testing();
}
