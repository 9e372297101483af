/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxtables says of a rule, in cells; and what a narrow screen needs to
 * show it: its port, and marks for what is hidden. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sallyport/mem.h>
#include "cells.h"

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
	bool to = strcmp(row->destination, "::/0") != 0;
	bool not = row->in[0] == '!' || row->out[0] == '!' ||
		   row->destination[0] == '!' || strstr(row->extra, "!");

	snprintf(cells->mark, sizeof(cells->mark), "%s%s%s%s", not ? "!" : "",
		 in ? "i" : "", out ? "o" : "", to ? "d" : "");
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

void
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

void
cells_done(struct cells *cells)
{
	row_done(&cells->row);
}
