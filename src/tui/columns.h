/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the listing: those of `ip6tables -nL --line-numbers`. */
#ifndef TUI_COLUMNS_H
#define TUI_COLUMNS_H

#include <stdbool.h>
#include <sallyport/ruleset.h>
#include "paint.h"

enum layout {
	LAYOUT_PLAIN,		/* as -nL */
	LAYOUT_INTERFACES,	/* with in and out */
	LAYOUT_COUNTERS,	/* as -nvL */
	LAYOUT_COUNT
};

#define COLUMNS_MAX 10

struct columns {
	enum layout layout;
	bool narrow;		/* below 80 columns: another set of columns */
	bool utf8;		/* the terminal's */
	size_t stop[COLUMNS_MAX + 1];	/* where each one begins */
};

/* Do all rows of rs fit in width with the stock tool's columns? indent is kept
 * before them. */
bool columns_stock_fits(enum layout layout, const struct ruleset *rs, bool utf8,
			size_t width, size_t indent);

/* Choose the columns of a chain: the stock tool's, or with stock false as
 * little as its cells need. */
void columns_fit(struct columns *columns, enum layout layout,
		 const struct chain *chain, bool stock, bool utf8,
		 size_t width, size_t indent);

void columns_header(const struct columns *columns, struct paint *paint);

/* A rule, num counting from 1; its text in role, or with its target coloured
 * when role is ROLE_TEXT. */
void columns_row(const struct columns *columns, const struct rule *rule,
		 size_t num, enum role role, struct paint *paint);

/* Does any rule name an interface? Then a listing without them misleads. */
bool columns_want_interfaces(const struct ruleset *rs);

const char *layout_name(enum layout layout);	/* translated */

#endif
