/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to read: rows that are wrapped to the width of the screen. */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include <sallyport/vec.h>
#include "paint.h"
#include "ui.h"

struct page_row {
	struct paint paint;
	size_t indent;		/* of the lines after the first */
};

/* Where a line on the screen comes from. */
struct piece {
	size_t row;
	size_t from;
	size_t to;
};

/* The first member of the data of every screen that shows a page. */
struct page {
	struct vec rows;	/* of struct page_row * */
	struct piece *pieces;
	size_t n;
	size_t width;		/* that they were cut for; 0: not yet */
};

void page_clear(struct page *page);

/* A new row to paint on. */
struct paint *page_row(struct page *page, size_t indent, bool utf8);

/* A row of our own words. */
void page_add(struct page *page, enum role role, const char *text, bool utf8);

/* The lines of text from elsewhere, each in the role that role_of gives. */
void page_text(struct page *page, const char *text,
	       enum role (*role_of)(const char *line), bool utf8);

/* Operations for a screen, and its actions where it has none of its own. */
extern const struct action_table page_actions;
size_t page_count(const struct view *view);
void page_draw_row(const struct view *view, size_t row, struct paint *paint);
void page_close(struct view *view);	/* frees view->data */

#endif
