/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of a rule's row, made once for all its columns. */
#ifndef TUI_CELLS_H
#define TUI_CELLS_H

#include <sallyport/xt.h>

struct cells {
	const struct rule *rule;
	struct row row;
	char num[24];
	char packets[24];
	char bytes[24];
	char mark[8];		/* what decides and a narrow row hides */
	char port[24];
};

void cells_make(struct cells *cells, const struct rule *rule, size_t num);
void cells_done(struct cells *cells);

#endif
