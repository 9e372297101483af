/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows: rules as `ip6tables -nL --line-numbers [-v]` lists them. What matches
 * and targets say is said by their own print functions; the frame around it,
 * which the stock program prints itself, is made here. */
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include "xt-internal.h"

#define UNSUPPORTED " [unsupported revision]"

static void
print_match(const struct ip6t_ip6 *ip, const struct xt_entry_match *m)
{
	const char *name = m->u.user.name;
	struct xtables_match *ext = find_match(name, NULL);
	struct xtables_match *rev;

	if (!ext) {
		if (*name)
			printf("UNKNOWN match `%s' ", name);
		return;
	}
	rev = xtables_find_match_revision(name, XTF_TRY_LOAD, ext,
					  m->u.user.revision);
	if (rev && rev->print && view_match_fits(m, rev))
		rev->print(ip, m, 1);
	else
		printf("%s%s ", ext->name, ext->print ? UNSUPPORTED : "");
}

static void
print_target(const struct ip6t_ip6 *ip, const struct xt_entry_target *t)
{
	const char *name = t->u.user.name;
	struct xtables_target *ext = find_target(name);
	struct xtables_target *rev;

	if (!ext) {
		if (t->u.target_size != sizeof(*t))
			printf("[%u bytes of unknown target data] ",
			       (unsigned)(t->u.target_size - sizeof(*t)));
		return;
	}
	rev = xtables_find_target_revision(name, XTF_TRY_LOAD, ext,
					   t->u.user.revision);
	if (rev && rev->print && view_target_fits(t, rev))
		rev->print(ip, t, 1);
	else if (ext->print)
		printf(" %s%s", ext->name, UNSUPPORTED);
}

static void
print_extra(void *arg)
{
	const struct rule *rule = arg;
	const struct ip6t_entry *e = view_entry(rule);
	const struct xt_entry_match *m = NULL;

	if (e->ipv6.flags & IP6T_F_GOTO)
		printf("[goto] ");
	for (;;) {
		m = view_match(e, m);
		if (!m)
			break;
		print_match(&e->ipv6, m);
	}
	if (!rule_has_standard_target(rule))
		print_target(&e->ipv6, view_target(e));
}

/* Append what the matches and the target print, blanks around it included. */
static void
add_extra(struct str *out, const struct rule *rule)
{
	bool whole = box_run(print_extra, (void *)rule);

	str_add(out, str_text(box_out()));
	if (!whole)
		str_add(out, " [incomplete]");
}

/* An interface: "*" for any, "!" before it, at most as long as the stock
 * tool's buffer. */
static void
add_iface(struct str *out, const char name[IFNAMSIZ], bool inverted)
{
	char text[IFNAMSIZ + 2];

	snprintf(text, sizeof(text), "%s%.*s", inverted ? "!" : "", IFNAMSIZ,
		 name[0] ? name : "*");
	str_add(out, text);
}

static void
add_address(struct str *out, const struct in6_addr *addr,
	    const struct in6_addr *mask)
{
	char text[INET6_ADDRSTRLEN];

	str_add(out, inet_ntop(AF_INET6, addr, text, sizeof(text)));
	str_add(out, xtables_ip6mask_to_numeric(mask));
}

/* The cells of a row, each without its inversion mark. */
struct cells {
	const struct ip6t_ip6 *ip;
	struct str prot;
	struct str in;
	struct str out;
	struct str source;
	struct str destination;
};

static struct cells
cells_make(const struct rule *rule)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	const struct ip6t_ip6 *ip = &e->ipv6;
	struct cells c = { .ip = ip };

	xt_proto_name(ip->proto, &c.prot);
	add_iface(&c.in, ip->iniface, ip->invflags & IP6T_INV_VIA_IN);
	add_iface(&c.out, ip->outiface, ip->invflags & IP6T_INV_VIA_OUT);
	add_address(&c.source, &ip->src, &ip->smsk);
	add_address(&c.destination, &ip->dst, &ip->dmsk);
	return c;
}

static void
cells_done(struct cells *c)
{
	str_done(&c->prot);
	str_done(&c->in);
	str_done(&c->out);
	str_done(&c->source);
	str_done(&c->destination);
}

/* The text of a cell with its mark in front, as a heap string. */
static char *
cell_take(struct str *text, bool inverted)
{
	char *s = xasprintf("%s%s", inverted ? "!" : "", str_text(text));

	str_done(text);
	return s;
}

/* The extra cell: what is printed, without the blanks around it. */
static char *
cell_extra(const struct rule *rule)
{
	struct str text = { 0 };
	char *cell;

	add_extra(&text, rule);
	while (text.len && text.s[text.len - 1] == ' ')
		str_cut(&text, text.len - 1);
	cell = xstrdup(str_text(&text) + strspn(str_text(&text), " "));
	str_done(&text);
	return cell;
}

void
xt_row(const struct rule *rule, struct row *row)
{
	struct cells c = cells_make(rule);
	unsigned inv = c.ip->invflags;

	row->target = xstrdup(rule_target(rule));
	row->opt = xstrdup("--");
	row->prot = cell_take(&c.prot, inv & IP6T_INV_PROTO);
	row->in = str_take(&c.in);
	row->out = str_take(&c.out);
	row->source = cell_take(&c.source, inv & IP6T_INV_SRCIP);
	row->destination = cell_take(&c.destination, inv & IP6T_INV_DSTIP);
	row->extra = cell_extra(rule);
	cells_done(&c);
}

void
row_done(struct row *row)
{
	free(row->target);
	free(row->prot);
	free(row->opt);
	free(row->in);
	free(row->out);
	free(row->source);
	free(row->destination);
	free(row->extra);
	memset(row, 0, sizeof(*row));
}

/* A counter in five columns: up to 99999, then rounded to K, M, G and T. */
static void
add_counter(struct str *out, uint64_t n)
{
	static const char units[] = "KMGT";
	size_t i = 0;

	if (n <= 99999) {
		str_addf(out, "%5llu ", (unsigned long long)n);
		return;
	}
	n = (n + 500) / 1000;
	for (; n > 9999 && i < sizeof(units) - 2; i++)
		n = (n + 500) / 1000;
	str_addf(out, "%4llu%c ", (unsigned long long)n, units[i]);
}

static char
mark(const struct cells *c, unsigned flag)
{
	return c->ip->invflags & flag ? '!' : ' ';
}

void
xt_row_line(const struct rule *rule, size_t num, bool verbose, struct str *out)
{
	struct cells c = cells_make(rule);

	if (num)
		str_addf(out, "%-4zu ", num);
	if (verbose) {
		add_counter(out, rule->counters.packets);
		add_counter(out, rule->counters.bytes);
	}
	str_addf(out, "%-9s %c%-4s -- ", rule_target(rule),
		 mark(&c, IP6T_INV_PROTO), str_text(&c.prot));
	if (verbose)
		str_addf(out, " %-6s %-6s ", str_text(&c.in), str_text(&c.out));
	str_addf(out, "%c%-19s %c%-19s ", mark(&c, IP6T_INV_SRCIP),
		 str_text(&c.source), mark(&c, IP6T_INV_DSTIP),
		 str_text(&c.destination));
	add_extra(out, rule);
	cells_done(&c);
}

void
xt_row_header(bool verbose, struct str *out)
{
	str_addf(out, "%-4s ", "num");
	if (verbose)
		str_addf(out, "%5s %5s ", "pkts", "bytes");
	str_addf(out, "%-9s  prot opt", "target");
	if (verbose)
		str_addf(out, " %-6s %-6s ", "in", "out");
	str_addf(out, " %-19s  %-19s ", "source", "destination");
}
