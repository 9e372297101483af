/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stock loaded its rules into one namespace, we load them into another; then
 * everything that can be read out of either is compared. */
#include "oracle.h"
#include "objects.h"
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/backend.h>
#include <sallyport/mem.h>

/* The lines in which two texts differ, at most a few. */
static unsigned
show_difference(const char *stock, const char *ours)
{
	unsigned bad = 0;

	while (*stock || *ours) {
		size_t n = strcspn(stock, "\n"), m = strcspn(ours, "\n");

		if ((n != m || memcmp(stock, ours, n) != 0) && bad++ < 10)
			diag("stock: %.*s\n# ours:  %.*s", (int)n, stock,
			     (int)m, ours);
		stock += n + (stock[n] == '\n');
		ours += m + (ours[m] == '\n');
	}
	return bad;
}

/* Drop the lines that begin with #. */
static void
drop_comments(char *text)
{
	char *to = text;

	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (*line != '#') {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
}

static struct rule *
line_rule(const char *table, const char *line, size_t n)
{
	char *text = xstrndup(line, n);
	struct ruleset *rs = NULL;
	struct rule *rule = NULL;

	if (oracle_parse(table, text, &rs) == OK) {
		for (size_t i = 0; i < rs->chains.n && !rule; i++) {
			const struct chain *chain = rs->chains.v[i];

			if (chain->rules.n == 1)
				rule = rule_ref(chain->rules.v[0]);
		}
	}
	ruleset_free(rs);
	free(text);
	return rule;
}

/* Does stock's line leave out what ours says? Some extensions print nothing for
 * what is inverted when it is a whole range, for shifts by 0, and the like. */
static bool
is_loss(const char *table, const char *stock, size_t n, const char *ours,
	size_t m)
{
	struct rule *a = line_rule(table, stock, n);
	struct rule *b = line_rule(table, ours, m);
	bool loss = b && (!a || !rule_equal(a, b));

	if (!loss)
		diag("stock: %.*s\n# ours:  %.*s", (int)n, stock, (int)m, ours);
	rule_unref(a);
	rule_unref(b);
	return loss;
}

static void
compare_save(const struct ruleset *rs, bool counters)
{
	struct str text = { 0 };
	char *saved = oracle_run(NULL, "ip6tables-legacy-save %s -t %s 2>/dev/null",
				 counters ? "-c" : "", rs->table);
	const char *stock = saved, *ours;
	unsigned losses = 0, bad = 0;

	drop_comments(saved);
	ruleset_save(rs, counters, &text);
	ours = text.s;
	while (*stock || *ours) {
		size_t n = strcspn(stock, "\n"), m = strcspn(ours, "\n");

		if (n == m && memcmp(stock, ours, n) == 0)
			;
		else if (is_loss(rs->table, stock, n, ours, m) && ++losses)
			diag("stock loses: %.*s", (int)m, ours);
		else
			bad++;
		stock += n + (stock[n] == '\n');
		ours += m + (ours[m] == '\n');
	}
	ok(!bad, "%s: save%s is stock's; %u lines of stock's lose something",
	   rs->table, counters ? " -c" : "", losses);
	free(saved);
	str_done(&text);
}

/* Our row with the number of its protocol, as release 1.8.9 has it. */
static void
add_numbered_row(struct str *out, const struct rule *rule, size_t num,
		 bool verbose)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	struct str row = { 0 }, name = { 0 };
	size_t at;

	xt_row_line(rule, num, verbose, &row);
	xt_proto_name(e->ipv6.proto, &name);
	at = 5 + (verbose ? 12 : 0);
	at += strlen(rule_target(rule)) > 9 ? strlen(rule_target(rule)) + 2 : 11;
	str_addf(out, "%.*s%-4u%s\n", (int)at, row.s, e->ipv6.proto,
		 row.s + at + (name.len > 4 ? name.len : 4));
	str_done(&row);
	str_done(&name);
}

static void
compare_list(const struct ruleset *rs, const struct chain *chain, bool verbose)
{
	char *stock = oracle_run(NULL, "ip6tables-legacy -t %s -nL %s"
				 " --line-numbers %s 2>/dev/null | sed 1d",
				 rs->table, chain->name, verbose ? "-v" : "");
	struct str ours = { 0 };

	xt_row_header(verbose, &ours);
	str_addc(&ours, '\n');
	for (size_t i = 0; i < chain->rules.n; i++)
		add_numbered_row(&ours, chain_rule(chain, i), i + 1, verbose);
	is_int(show_difference(stock, ours.s), 0, "%s: list %s%s is stock's",
	       rs->table, chain->name, verbose ? " -v" : "");
	str_done(&ours);
	free(stock);
}

/* What a spec need not say: a protocol or an interface that is any, a number
 * under which a file was open. */
static bool
need_not_say(const struct rule *rule)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	const struct xt_entry_match *m = (const void *)e->elems;
	const struct ip6t_ip6 *ip = &e->ipv6;

	return (ip->proto == 0 && ip->flags & IP6T_F_PROTO) ||
	       strcmp(ip->iniface, "+") == 0 ||
	       strcmp(ip->outiface, "+") == 0 ||
	       (sizeof(*e) < e->target_offset &&
		strcmp(m->u.user.name, "bpf") == 0);
}

/* Its spec read back: the same bytes? */
static bool
comes_through(const struct ruleset *rs, const char *chain,
	      const struct rule *rule)
{
	struct ruleset *again = NULL;
	struct str line = { 0 };
	const struct rule *r;
	bool good = false;

	xt_spec(rule, chain, false, &line);
	if (oracle_parse(rs->table, line.s, &again)) {
		diag("%s: %s", line.s, err_message());
	} else {
		r = chain_rule(ruleset_chain(again, chain), 0);
		good = rule_equal(r, rule) ||
		       (need_not_say(rule) && xt_same(r, rule));
		if (!good)
			diag("%s: other bytes", line.s);
	}
	ruleset_free(again);
	str_done(&line);
	return good;
}

static void
compare_round_trip(const struct ruleset *rs)
{
	unsigned bad = 0;

	for (size_t c = 0; c < rs->chains.n; c++) {
		const struct chain *chain = rs->chains.v[c];

		for (size_t i = 0; i < chain->rules.n; i++)
			bad += !comes_through(rs, chain->name,
					      chain_rule(chain, i));
	}
	is_int(bad, 0, "%s: each spec reads back as the same bytes", rs->table);
}

/* The number under which whoever loaded the rule had the program of a bpf match
 * open. */
static void
forget_descriptors(struct ip6t_entry *e)
{
	size_t at = sizeof(*e);

	while (at < e->target_offset) {
		struct xt_entry_match *m = (void *)((char *)e + at);
		struct xt_bpf_info_v1 *bpf = (void *)m->data;

		if (strcmp(m->u.user.name, "bpf") == 0 &&
		    bpf->mode == XT_BPF_MODE_PATH_PINNED)
			bpf->fd = 0;
		at += m->u.match_size;
	}
}

/* The kernel's entries with counters and marks of its own zeroed. */
static char *
raw_entries(const char *table, size_t *size)
{
	struct ip6t_getinfo info = { 0 };
	struct ip6t_get_entries *got;
	socklen_t len = sizeof(info);
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	char *copy;

	str_copy(info.name, sizeof(info.name), table);
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &info, &len) < 0)
		bail_out("IP6T_SO_GET_INFO %s: %s", table, strerror(errno));
	len = (socklen_t)(sizeof(*got) + info.size);
	got = xcalloc(1, len);
	str_copy(got->name, sizeof(got->name), table);
	got->size = info.size;
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_ENTRIES, got, &len) < 0)
		bail_out("IP6T_SO_GET_ENTRIES: %s", strerror(errno));
	close(fd);
	copy = xmemdup(got->entrytable, info.size);
	for (size_t at = 0; at < info.size;) {
		struct ip6t_entry *e = (struct ip6t_entry *)(copy + at);

		memset(&e->counters, 0, sizeof(e->counters));
		e->comefrom = 0;
		forget_descriptors(e);
		at += e->next_offset;
	}
	free(got);
	*size = info.size;
	return copy;
}

static enum err
commit(struct backend *be, const struct ruleset *live,
       const struct ruleset *wanted)
{
	struct changeset *cs = changeset_diff(live, wanted, true);
	enum err err = be->ops->commit(be, live, cs);

	changeset_free(cs);
	return err;
}

/* Load all that was taken by our parser into a fresh namespace. */
static void
our_load(const struct oracle *o, struct backend *be)
{
	struct ruleset *live = NULL, *wanted = NULL;
	struct str lines = { 0 };
	char *text;

	if (unshare(CLONE_NEWNET) < 0)
		bail_out("unshare: %s", strerror(errno));
	objects_make();
	for (size_t i = 0; i < o->taken.n; i++)
		str_addf(&lines, "%s\n", (char *)o->taken.v[i]);
	text = oracle_text(o->table, str_text(&lines));
	if (be->ops->read(be, o->table, &live) ||
	    ruleset_load(text, strlen(text), "text", o->table, &wanted))
		bail_out("%s", err_message());
	if (!ok(commit(be, live, wanted) == OK, "%s: our rules are committed",
		o->table))
		diag("%s", err_message());
	ruleset_free(live);
	ruleset_free(wanted);
	free(text);
	str_done(&lines);
}

static void
compare_kernel(const struct oracle *o, struct backend *be)
{
	size_t n, m, at = 0;
	char *stock = raw_entries(o->table, &n), *ours;
	unsigned number = 0;

	our_load(o, be);
	ours = raw_entries(o->table, &m);
	ok(n == m && memcmp(stock, ours, n) == 0,
	   "%s: the kernel's table is stock's, %zu bytes", o->table, n);
	while (at < n && at < m) {
		struct ip6t_entry *e = (struct ip6t_entry *)(stock + at);

		if (m < at + e->next_offset ||
		    memcmp(stock + at, ours + at, e->next_offset) != 0) {
			diag("entry %u at %zu differs", number, at);
			break;
		}
		at += e->next_offset;
		number++;
	}
	free(stock);
	free(ours);
}

/* A table with the rules of that line behind its own is not committed. */
static bool
is_turned_down(const struct oracle *o, struct backend *be,
	       const struct ruleset *live, const char *line)
{
	struct ruleset *extra = NULL, *wanted = ruleset_copy(live);
	bool good;

	if (oracle_parse(o->table, line, &extra)) {
		ruleset_free(wanted);
		return true;
	}
	for (size_t c = 0; c < extra->chains.n; c++) {
		const struct chain *chain = extra->chains.v[c];
		struct chain *to = ruleset_chain(wanted, chain->name);

		for (size_t i = 0; i < chain->rules.n; i++)
			chain_push_take(to, rule_ref(chain->rules.v[i]));
	}
	good = commit(be, live, wanted) != OK;
	if (!good)
		diag("the kernel takes it from us: %s", line);
	ruleset_free(extra);
	ruleset_free(wanted);
	return good;
}

static void
compare_turned_down(const struct oracle *o, struct backend *be)
{
	struct ruleset *live;
	unsigned bad = 0;

	if (be->ops->read(be, o->table, &live))
		bail_out("%s", err_message());
	for (size_t i = 0; i < o->turned_down.n && !bad; i++)
		bad += !is_turned_down(o, be, live, o->turned_down.v[i]);
	is_int(bad, 0, "%s: what the kernel refuses stock it refuses us (%zu)",
	       o->table, o->turned_down.n);
	ruleset_free(live);
}

void
oracle_compare(struct oracle *o)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct ruleset *rs;

	if (be->ops->read(be, o->table, &rs))
		bail_out("%s", err_message());
	compare_save(rs, false);
	compare_save(rs, true);
	for (size_t i = 0; i < rs->chains.n; i++) {
		compare_list(rs, rs->chains.v[i], false);
		compare_list(rs, rs->chains.v[i], true);
	}
	compare_round_trip(rs);
	compare_kernel(o, be);
	compare_turned_down(o, be);
	ruleset_free(rs);
	backend_free(be);
}
