/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text to read. Rows are made once; they are cut into lines for the width that
 * the screen happens to have. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "page.h"
#include "term.h"

#define WIDTH_UNKNOWN 80

void
page_clear(struct page *page)
{
	for (size_t i = 0; i < page->rows.n; i++) {
		struct page_row *row = page->rows.v[i];

		paint_done(&row->paint);
		free(row);
	}
	vec_done(&page->rows);
	free(page->pieces);
	page->pieces = NULL;
	page->n = 0;
	page->width = 0;
}

struct paint *
page_row(struct page *page, size_t indent, bool utf8)
{
	struct page_row *row = xcalloc(1, sizeof(*row));

	paint_init(&row->paint, utf8);
	row->indent = indent;
	vec_push(&page->rows, row);
	page->width = 0;
	return &row->paint;
}

void
page_add(struct page *page, enum role role, const char *text, bool utf8)
{
	paint_add(page_row(page, 0, utf8), role, text);
}

static size_t
indent_of(const char *line)
{
	return strspn(line, " ") + 2;
}

void
page_text(struct page *page, const char *text,
	  enum role (*role_of)(const char *line), bool utf8)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);

		paint_raw(page_row(page, indent_of(line), utf8), role_of(line),
			  line);
		free(line);
		text += n + (text[n] == '\n');
	}
}

/* Where the line that begins at from ends: behind a blank if there is one. */
static size_t
cut(const char *s, size_t from, size_t width)
{
	size_t fit = text_fit(s + from, width), n = fit;

	if (!s[from + fit])
		return from + fit;
	while (n > 0 && s[from + n - 1] != ' ')
		n--;
	if (n <= strspn(s + from, " "))
		n = fit > 0 ? fit : 1;
	return from + n;
}

static void
add_piece(struct page *page, size_t row, size_t from, size_t to)
{
	if (page->n % 64 == 0)
		page->pieces = xreallocarray(page->pieces, page->n + 64,
					     sizeof(*page->pieces));
	page->pieces[page->n++] = (struct piece){ row, from, to };
}

static void
wrap_row(struct page *page, size_t at, size_t width)
{
	const struct page_row *row = page->rows.v[at];
	const char *s = str_text(&row->paint.text);
	size_t from = 0, room = width;

	do {
		size_t to = cut(s, from, room);

		add_piece(page, at, from, to);
		from = to;
		room = row->indent < width / 2 ? width - row->indent : width;
	} while (s[from]);
}

static void
wrap(struct page *page, size_t width)
{
	if (width == 0)
		width = WIDTH_UNKNOWN;
	if (page->width == width)
		return;
	page->n = 0;
	for (size_t i = 0; i < page->rows.n; i++)
		wrap_row(page, i, width);
	page->width = width;
}

size_t
page_count(const struct view *view)
{
	struct page *page = view->data;

	wrap(page, view->width);
	return page->n;
}

void
page_draw_row(const struct view *view, size_t row, struct paint *paint)
{
	const struct page *page = view->data;
	const struct piece *piece = &page->pieces[row];
	const struct page_row *from = page->rows.v[piece->row];
	const struct paint *all = &from->paint;
	size_t at = piece->from;

	if (piece->from > 0)
		paint_to(paint, ROLE_TEXT, from->indent < view->width / 2 ?
			 from->indent : 0);
	for (size_t i = 0; i < all->n && at < piece->to; i++) {
		size_t end = all->runs[i].end < piece->to ? all->runs[i].end
							  : piece->to;

		if (end <= at)
			continue;
		paint_own(paint, all->runs[i].role, all->text.s + at, end - at);
		at = end;
	}
}

void
page_close(struct view *view)
{
	page_clear(view->data);
	free(view->data);
}

static const struct action actions[] = {
	{ .keys = { '/' }, .name = "search", .foot = N_("Search"),
	  .run = ui_search, .help = N_("Search for text") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back") },
};

const struct action_table page_actions = ACTION_TABLE(actions);
