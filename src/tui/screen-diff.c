/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes as a list in colours: a revision, a comparison, what was lost. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "page.h"

enum role
diff_role(const char *line)
{
	switch (line[0]) {
	case '+':
	case 'N':
		return ROLE_ADDED;
	case '-':
	case 'X':
	case 'F':
		return ROLE_DELETED;
	case '~':
	case 'P':
	case 'E':
	case ' ':
		return ROLE_CHANGED;
	case '>':
		return ROLE_MOVED;
	case '*':	/* a table */
		return ROLE_CHAIN;
	default:
		return ROLE_TEXT;
	}
}

const struct screen diff_screen = {
	.name = N_("Difference"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.close = page_close,
	.actions = &page_actions,
};

void
diff_open(struct ui *ui, struct str *text, const char *heading)
{
	struct page *page = xcalloc(1, sizeof(*page));
	bool utf8 = ui->world->utf8;

	paint_raw(page_row(page, 0, utf8), ROLE_CHAIN, heading);
	page_add(page, ROLE_TEXT, "", utf8);
	if (text->len == 0)
		page_add(page, ROLE_TEXT, _("No difference."), utf8);
	page_text(page, str_text(text), diff_role, utf8);
	str_done(text);
	ui_push(ui, &diff_screen, page);
}
