/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help: the keys of the screen that it was asked on, from its tables. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "page.h"

#define KEYS_WIDTH 16

static void
add_actions(struct page *page, const struct action_table *table, bool utf8)
{
	for (size_t i = 0; i < table->n; i++) {
		struct paint *paint = page_row(page, KEYS_WIDTH, utf8);
		struct str keys = { 0 };

		action_keys(&table->actions[i], &keys);
		paint_addf(paint, ROLE_KEY, "  %s", str_text(&keys));
		paint_to(paint, ROLE_TEXT, KEYS_WIDTH - 1);
		paint_addf(paint, ROLE_TEXT, " %s", _(table->actions[i].help));
		str_done(&keys);
	}
}

static void
add_section(struct page *page, const char *heading,
	    const struct action_table *table, bool utf8)
{
	if (page->rows.n > 0)
		page_add(page, ROLE_TEXT, "", utf8);
	page_add(page, ROLE_CHAIN, heading, utf8);
	add_actions(page, table, utf8);
}

static const struct {
	const char *sign;
	enum role role;
	const char *meaning;
} signs[] = {
	{ "+", ROLE_ADDED, N_("will be added") },
	{ "-", ROLE_DELETED, N_("will be deleted") },
	{ "~", ROLE_CHANGED, N_("will be changed") },
	{ ">", ROLE_MOVED, N_("will be moved") },
	{ "+? -? ~? >?", ROLE_KEY, N_("with ?: done already, on trial: undone "
				      "unless it is kept") },
	{ "*", ROLE_KEY, N_("the packet that is asked about meets this rule") },
	{ "=", ROLE_KEY, N_("this rule, or policy, decides about it") },
	{ "!", ROLE_TEXT, N_("narrow screens: a negation (!) is not shown") },
	{ "i o d", ROLE_TEXT, N_("narrow screens: -i, -o or -d is not shown") },
};

static void
add_signs(struct page *page, bool utf8)
{
	page_add(page, ROLE_TEXT, "", utf8);
	page_add(page, ROLE_CHAIN, _("Marks before a rule"), utf8);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		struct paint *paint = page_row(page, KEYS_WIDTH, utf8);

		paint_addf(paint, signs[i].role, "  %s", signs[i].sign);
		paint_to(paint, ROLE_TEXT, KEYS_WIDTH - 1);
		paint_addf(paint, ROLE_TEXT, " %s", _(signs[i].meaning));
	}
}

const struct screen help_screen = {
	.name = N_("Help"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.close = page_close,
	.actions = &page_actions,
};

void
help_open(struct ui *ui)
{
	const struct screen *on = ui_view(ui)->screen;
	struct page *page;
	bool utf8 = ui->world->utf8;

	if (on == &help_screen)
		return;
	page = xcalloc(1, sizeof(*page));
	if (on->actions->n > 0)
		add_section(page, _(on->name), on->actions, utf8);
	add_section(page, _("Everywhere"), &common_actions, utf8);
	add_section(page, _("While a trial runs"), &trial_actions, utf8);
	if (on == &rules_screen)
		add_signs(page, utf8);
	ui_push(ui, &help_screen, page);
}
