/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the listing. A column begins at its stop, or one blank after
 * a cell that is longer than its column, as in the stock tool; the next one
 * that can be back at its stop is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>
#include "columns.h"

#define NARROW 80	/* below this the narrow set is shown */
#define MEASURED 2000	/* rules looked at to choose widths */

/* One rule's cells, made once for all its columns. */
struct cells {
	const struct rule *rule;
	struct row row;
	char num[24];
	char packets[24];
	char bytes[24];
	char mark[8];
	char port[24];
};

struct column {
	const char *head;
	size_t width;		/* the stock tool's, with the gap behind it */
	size_t gap;		/* at least */
	bool right;
	unsigned layouts;	/* bits; NARROW_SET for the narrow screen */
	const char *(*cell)(const struct cells *cells);
};

#define IN(layout) (1u << (layout))
#define ALL_SETS (IN(LAYOUT_PLAIN) | IN(LAYOUT_INTERFACES) | IN(LAYOUT_COUNTERS))
#define NARROW_SET IN(LAYOUT_COUNT)

static const char *cell_num(const struct cells *c) { return c->num; }
static const char *cell_packets(const struct cells *c) { return c->packets; }
static const char *cell_bytes(const struct cells *c) { return c->bytes; }
static const char *cell_mark(const struct cells *c) { return c->mark; }
static const char *cell_target(const struct cells *c) { return c->row.target; }
static const char *cell_prot(const struct cells *c) { return c->row.prot; }
static const char *cell_opt(const struct cells *c) { return c->row.opt; }
static const char *cell_in(const struct cells *c) { return c->row.in; }
static const char *cell_out(const struct cells *c) { return c->row.out; }
static const char *cell_port(const struct cells *c) { return c->port; }
static const char *cell_source(const struct cells *c) { return c->row.source; }
static const char *cell_extra(const struct cells *c) { return c->row.extra; }

static const char *
cell_destination(const struct cells *c)
{
	return c->row.destination;
}

static const struct column columns_table[] = {
	{ "num", 5, 1, false, ALL_SETS | NARROW_SET, cell_num },
	{ "", 3, 1, false, NARROW_SET, cell_mark },
	{ "pkts", 6, 1, true, IN(LAYOUT_COUNTERS), cell_packets },
	{ "bytes", 6, 1, true, IN(LAYOUT_COUNTERS), cell_bytes },
	{ "target", 11, 2, false, ALL_SETS, cell_target },
	{ "target", 11, 1, false, NARROW_SET, cell_target },
	{ "prot", 5, 1, false, ALL_SETS | NARROW_SET, cell_prot },
	{ "opt", 4, 1, false, ALL_SETS, cell_opt },
	{ "port", 11, 1, false, NARROW_SET, cell_port },
	{ "in", 7, 1, false, IN(LAYOUT_INTERFACES) | IN(LAYOUT_COUNTERS), cell_in },
	{ "out", 8, 2, false, IN(LAYOUT_INTERFACES) | IN(LAYOUT_COUNTERS), cell_out },
	{ "source", 21, 2, false, ALL_SETS, cell_source },
	{ "source", 21, 1, false, NARROW_SET, cell_source },
	{ "destination", 21, 2, false, ALL_SETS, cell_destination },
	{ "", 1, 0, false, ALL_SETS | NARROW_SET, cell_extra },
};

/* As the stock tool shortens numbers: up to 99999, then K, M, G, T. */
static void
format_number(char out[24], unsigned long long n)
{
	static const char units[] = "KMGT";
	size_t unit = 0;

	if (n <= 99999) {
		snprintf(out, 24, "%llu", n);
		return;
	}
	n = (n + 500) / 1000;
	while (n > 9999 && unit < 3) {
		n = (n + 500) / 1000;
		unit++;
	}
	snprintf(out, 24, "%llu%c", n, units[unit]);
}

/* What decides and is not shown in the narrow set. */
static void
make_mark(struct cells *cells)
{
	const struct row *row = &cells->row;
	bool in = strcmp(row->in, "*") != 0, out = strcmp(row->out, "*") != 0;
	bool not = row->in[0] == '!' || row->out[0] == '!' ||
		   row->destination[0] == '!' || strstr(row->extra, "!");

	snprintf(cells->mark, sizeof(cells->mark), "%s%s%s", not ? "!" : "",
		 in ? "i" : "", out ? "o" : "");
}

/* The port, out of what the matches print: what follows one of these. */
static void
make_port(struct cells *cells)
{
	static const char *const before[] = {
		"dpt:", "dpts:", "dports ", "ports ", "ipv6-icmptype ", "spt:",
		"spts:", "sports ",
	};

	cells->port[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		const char *at = strstr(cells->row.extra, before[i]);

		if (!at)
			continue;
		at += strlen(before[i]);
		snprintf(cells->port, sizeof(cells->port), "%s%.*s",
			 before[i][0] == 's' ? "from " : "",
			 (int)strcspn(at, " "), at);
		return;
	}
}

static void
cells_make(struct cells *cells, const struct rule *rule, size_t num)
{
	cells->rule = rule;
	xt_row(rule, &cells->row);
	snprintf(cells->num, sizeof(cells->num), "%zu", num);
	format_number(cells->packets, rule->counters.packets);
	format_number(cells->bytes, rule->counters.bytes);
	make_mark(cells);
	make_port(cells);
}

static void
cells_done(struct cells *cells)
{
	row_done(&cells->row);
}

static bool
is_shown(const struct columns *columns, const struct column *column)
{
	unsigned set = columns->narrow ? NARROW_SET : IN(columns->layout);

	return column->layouts & set;
}

/* The longest cell of each column, and of the text behind them. */
struct measure {
	size_t longest[ARRAY_LEN(columns_table)];
};

static void
measure_rule(struct measure *m, const struct columns *columns,
	     const struct rule *rule, size_t num)
{
	struct cells cells;

	cells_make(&cells, rule, num);
	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++) {
		size_t n;

		if (!is_shown(columns, &columns_table[i]))
			continue;
		n = text_width(columns_table[i].cell(&cells));
		if (n > m->longest[i])
			m->longest[i] = n;
	}
	cells_done(&cells);
}

static void
measure_all(struct measure *m, const struct columns *columns,
	    const struct ruleset *rs)
{
	size_t seen = 0;

	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++)
		m->longest[i] = strlen(columns_table[i].head);
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t k = 0; k < chain->rules.n; k++) {
			if (seen++ == MEASURED)
				return;
			measure_rule(m, columns, chain_rule(chain, k), k + 1);
		}
	}
}

/* How generous the columns are. */
enum fit {
	FIT_STOCK,	/* as the stock tool's */
	FIT_CELLS,	/* as the cells need, at most the stock tool's */
	FIT_TIGHT,	/* and sources as their heading, longer ones stick out */
};

static size_t
column_width(const struct column *column, size_t longest, enum fit fit)
{
	size_t need = longest + column->gap;

	if (fit == FIT_TIGHT && column->cell == cell_source)
		need = strlen(column->head) + column->gap;
	if (fit == FIT_STOCK || column->right || need > column->width)
		return column->width;
	return need;
}

/* Set the stops; returns where the last cell of the longest row ends. */
static size_t
set_stops(struct columns *columns, const struct measure *m, size_t indent,
	  enum fit fit)
{
	size_t at = indent, shown = 0;

	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++) {
		const struct column *column = &columns_table[i];

		if (!is_shown(columns, column))
			continue;
		columns->stop[shown++] = at;
		if (column->cell == cell_extra)
			return at + m->longest[i];
		at += column_width(column, m->longest[i], fit);
	}
	return at;
}

void
columns_fit(struct columns *columns, enum layout layout, const struct ruleset *rs,
	    size_t width, size_t indent)
{
	struct measure m;

	*columns = (struct columns){ .layout = layout, .narrow = width < NARROW };
	measure_all(&m, columns, rs);
	if (!columns->narrow &&
	    set_stops(columns, &m, indent, FIT_STOCK) <= width)
		return;
	if (set_stops(columns, &m, indent, FIT_CELLS) > width && columns->narrow)
		set_stops(columns, &m, indent, FIT_TIGHT);
}

/* In the stock tool's columns of these the '!' stands before the column. */
static bool
is_hanging(const struct column *column)
{
	return column->layouts & ALL_SETS &&
	       (column->cell == cell_prot || column->cell == cell_source ||
		column->cell == cell_destination);
}

static void
put_cell(const struct column *column, size_t stop, enum role role,
	 const char *text, struct paint *paint)
{
	size_t n = text_width(text), room = column->width - column->gap;

	if (column->right && n < room)
		stop += room - n;
	if (text[0] == '!' && is_hanging(column))
		stop--;
	if (paint->width >= stop && column->cell != cell_num)
		paint_add(paint, role, " ");
	paint_to(paint, role, stop);
	paint_raw(paint, role, text);
}

void
columns_header(const struct columns *columns, struct paint *paint)
{
	size_t shown = 0;

	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++)
		if (is_shown(columns, &columns_table[i]))
			put_cell(&columns_table[i], columns->stop[shown++],
				 ROLE_HEADER, columns_table[i].head, paint);
}

static enum role
target_role(const char *target)
{
	if (strcmp(target, "ACCEPT") == 0)
		return ROLE_ACCEPT;
	if (strcmp(target, "DROP") == 0 || strcmp(target, "REJECT") == 0)
		return ROLE_DROP;
	return ROLE_CHAIN;
}

void
columns_row(const struct columns *columns, const struct rule *rule, size_t num,
	    enum role role, struct paint *paint)
{
	struct cells cells;
	size_t shown = 0;

	cells_make(&cells, rule, num);
	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++) {
		const struct column *column = &columns_table[i];
		enum role own = role;

		if (!is_shown(columns, column))
			continue;
		if (column->cell == cell_target && role == ROLE_TEXT)
			own = target_role(cells.row.target);
		put_cell(column, columns->stop[shown++], own,
			 column->cell(&cells), paint);
	}
	cells_done(&cells);
}

bool
columns_want_interfaces(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t k = 0; k < chain->rules.n; k++) {
			struct row row;
			bool named;

			xt_row(chain_rule(chain, k), &row);
			named = strcmp(row.in, "*") || strcmp(row.out, "*");
			row_done(&row);
			if (named)
				return true;
		}
	}
	return false;
}

const char *
layout_name(enum layout layout)
{
	static const char *const names[LAYOUT_COUNT] = {
		[LAYOUT_PLAIN] = N_("plain"),
		[LAYOUT_INTERFACES] = N_("with interfaces"),
		[LAYOUT_COUNTERS] = N_("with counters"),
	};

	return _(names[layout]);
}
