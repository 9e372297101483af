/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxtables says of a rule, in cells; and what a narrow screen needs to
 * show it: its port, and marks for what is hidden. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* From the first begin to behind the last end there are no words of ours. */
static void
blank_out(char *s, const char *begin, const char *end)
{
	char *from = strstr(s, begin), *to = from, *next = from;

	if (!from)
		return;
	while ((next = strstr(next + 1, end)) != NULL)
		to = next + strlen(end);
	memset(from, ' ', (size_t)(to - from));
}

/* What the extensions themselves say in extra: what is quoted, in a comment
 * above all, could pass for it. */
static char *
own_words(const char *extra)
{
	char *words = xstrdup(extra);

	blank_out(words, "/* ", " */");
	blank_out(words, "\"", "\"");
	return words;
}

/* What decides and is not shown in the narrow set. */
static void
make_mark(struct cells *cells, const char *words)
{
	const struct row *row = &cells->row;
	bool in = strcmp(row->in, "*") != 0, out = strcmp(row->out, "*") != 0;
	bool to = strcmp(row->destination, "::/0") != 0;
	bool not = row->in[0] == '!' || row->out[0] == '!' ||
		   row->destination[0] == '!' || strchr(words, '!');

	snprintf(cells->mark, sizeof(cells->mark), "%s%s%s%s", not ? "!" : "",
		 in ? "i" : "", out ? "o" : "", to ? "d" : "");
}

/* The port, out of what the matches print: what follows one of these. */
static void
make_port(struct cells *cells, const char *words)
{
	static const char *const before[] = {
		"dpt:", "dpts:", "dports ", "ports ", "ipv6-icmptype ", "spt:",
		"spts:", "sports ",
	};

	cells->port[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		const char *at = strstr(words, before[i]);

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
	char *words;

	cells->rule = rule;
	xt_row(rule, &cells->row);
	snprintf(cells->num, sizeof(cells->num), "%zu", num);
	format_number(cells->packets, rule->counters.packets);
	format_number(cells->bytes, rule->counters.bytes);
	words = own_words(cells->row.extra);
	make_mark(cells, words);
	make_port(cells, words);
	free(words);
}

void
cells_done(struct cells *cells)
{
	row_done(&cells->row);
}
