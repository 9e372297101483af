/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the listing. A column begins at its stop, or one blank after
 * a cell that is longer than its column, as in the stock tool; the next one
 * that can be back at its stop is. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cells.h"
#include "columns.h"

#define NARROW 80	/* below this the narrow set is shown */
#define MEASURED 2000	/* rules of a chain looked at to choose widths */

struct column {
	const char *head;
	size_t width;		/* the stock tool's, with the gap behind it */
	size_t gap;		/* at least */
	bool right;
	unsigned layouts;	/* bits; NARROW_SET for the narrow screen */
	const char *(*cell)(const struct cells *cells);
};

#define IN(layout) (1u << (layout))
#define IN_OUT (IN(LAYOUT_INTERFACES) | IN(LAYOUT_COUNTERS))
#define ALL_SETS (IN(LAYOUT_PLAIN) | IN_OUT)
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
	{ "", 5, 1, false, NARROW_SET, cell_mark },
	{ "pkts", 6, 1, true, IN(LAYOUT_COUNTERS), cell_packets },
	{ "bytes", 6, 1, true, IN(LAYOUT_COUNTERS), cell_bytes },
	{ "target", 11, 2, false, ALL_SETS, cell_target },
	{ "target", 11, 1, false, NARROW_SET, cell_target },
	{ "prot", 5, 1, false, ALL_SETS | NARROW_SET, cell_prot },
	{ "opt", 4, 1, false, ALL_SETS, cell_opt },
	{ "port", 11, 1, false, NARROW_SET, cell_port },
	{ "in", 7, 1, false, IN_OUT, cell_in },
	{ "out", 8, 2, false, IN_OUT, cell_out },
	{ "source", 21, 2, false, ALL_SETS, cell_source },
	{ "source", 21, 1, false, NARROW_SET, cell_source },
	{ "destination", 21, 2, false, ALL_SETS, cell_destination },
	{ "", 1, 0, false, ALL_SETS | NARROW_SET, cell_extra },
};

static bool
is_shown(const struct columns *columns, const struct column *column)
{
	unsigned set = columns->narrow ? NARROW_SET : IN(columns->layout);

	return column->layouts & set;
}

#define LENGTHS 48	/* an address is not longer */
#define MOST 3 / 4	/* of the rows */

/* The longest cell of each column, and of the text behind them; how many cells
 * there are of each length. */
struct measure {
	size_t rows;
	size_t longest[ARRAY_LEN(columns_table)];
	unsigned lengths[ARRAY_LEN(columns_table)][LENGTHS];
};

static void
measure_cell(struct measure *m, size_t column, size_t n)
{
	if (n > m->longest[column])
		m->longest[column] = n;
	m->lengths[column][n < LENGTHS ? n : LENGTHS - 1]++;
}

static void
measure_rule(struct measure *m, const struct columns *columns,
	     const struct rule *rule, size_t num)
{
	struct cells cells;

	m->rows++;
	cells_make(&cells, rule, num);
	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++) {
		const char *text = columns_table[i].cell(&cells);

		if (is_shown(columns, &columns_table[i]))
			measure_cell(m, i, text_shown_width(text, strlen(text),
							    columns->utf8));
	}
	cells_done(&cells);
}

/* The length that most cells keep to. */
static size_t
usual_length(const struct measure *m, size_t column)
{
	size_t seen = 0, least = strlen(columns_table[column].head);

	for (size_t n = 0; n < LENGTHS; n++) {
		seen += m->lengths[column][n];
		if (seen >= m->rows * MOST)
			return n > least ? n : least;
	}
	return LENGTHS;
}

static void
measure_heads(struct measure *m)
{
	*m = (struct measure){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(columns_table); i++)
		m->longest[i] = strlen(columns_table[i].head);
}

static void
measure_chain(struct measure *m, const struct columns *columns,
	      const struct chain *chain)
{
	for (size_t i = 0; i < chain->rules.n && i < MEASURED; i++)
		measure_rule(m, columns, chain_rule(chain, i), i + 1);
}

/* How generous the columns are. */
enum fit {
	FIT_STOCK,	/* as the stock tool's */
	FIT_LONG,	/* as the longest cells need: all stand in line */
	FIT_CELLS,	/* as the cells need, at most the stock tool's */
	FIT_TIGHT,	/* and addresses as most of them need */
};

static bool
is_address(const struct column *column)
{
	return column->cell == cell_source || column->cell == cell_destination;
}

static size_t
column_width(const struct measure *m, size_t i, enum fit fit)
{
	const struct column *column = &columns_table[i];
	size_t need = m->longest[i] + column->gap;

	if (fit == FIT_TIGHT && is_address(column))
		need = usual_length(m, i) + 1;
	if (fit == FIT_STOCK || column->right)
		return column->width;
	if (fit != FIT_LONG && need > column->width)
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
		at += column_width(m, i, fit);
	}
	return at;
}

bool
columns_stock_fits(enum layout layout, const struct ruleset *rs, bool utf8,
		   size_t width, size_t indent)
{
	struct columns columns = { .layout = layout, .utf8 = utf8 };
	struct measure m;

	if (width < NARROW)
		return false;
	measure_heads(&m);
	for (size_t i = 0; i < rs->chains.n; i++)
		measure_chain(&m, &columns, rs->chains.v[i]);
	return set_stops(&columns, &m, indent, FIT_STOCK) <= width;
}

void
columns_fit(struct columns *columns, enum layout layout,
	    const struct chain *chain, bool stock, bool utf8, size_t width,
	    size_t indent)
{
	struct measure m;

	*columns = (struct columns){ .layout = layout, .utf8 = utf8 };
	columns->narrow = width < NARROW;
	measure_heads(&m);
	measure_chain(&m, columns, chain);
	if (stock)
		set_stops(columns, &m, indent, FIT_STOCK);
	else if (set_stops(columns, &m, indent, FIT_LONG) > width &&
		 set_stops(columns, &m, indent, FIT_CELLS) > width)
		set_stops(columns, &m, indent, FIT_TIGHT);
}

/* In the stock tool's columns of these the '!' stands before the column. */
static bool
is_hanging(const struct column *column)
{
	return column->layouts & ALL_SETS &&
	       (column->cell == cell_prot || is_address(column));
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
