/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where what is staged collides with what others did: each conflict with both
 * sides, and what may become of it. Until then everything stays as it was. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include "cursesw.h"
#include "page.h"
#include "term.h"

static void
conflicts_update(struct view *view)
{
	const struct vec *conflicts = &view->ui->session->conflicts;
	struct page *page = view->data;
	bool utf8 = view->ui->world->utf8;

	page_clear(page);
	page_add(page, ROLE_TEXT, _("Others changed the rules meanwhile. Your "
		 "edits stay staged on the rules as they were read, until you "
		 "say what stands."), utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	for (size_t i = 0; i < conflicts->n; i++) {
		struct str line = { 0 };

		conflict_describe(conflicts->v[i], &line);
		page_add(page, ROLE_WARN, str_text(&line), utf8);
		str_done(&line);
	}
}

static void
settle(struct ui *ui, enum reload how, const char *said)
{
	enum err err = session_reload(ui->session, how);

	ui_staged(ui, err);
	if (err)
		return;
	ui_pop(ui);
	watch_taken(ui);
	ui_forget_stale(ui);
	ui_changed(ui);
	ui_say(ui, "%s", said);
	ui_sync(ui);
}

static void
on_mine(struct ui *ui)
{
	settle(ui, RELOAD_OURS, _("carried over; your edits stand"));
}

static void
on_theirs(struct ui *ui)
{
	settle(ui, RELOAD_THEIRS, _("carried over but for what others did"));
}

static void
drop(struct ui *ui)
{
	settle(ui, RELOAD_DROP, _("dropped; these are the live rules"));
}

static const struct choice drop_choices[] = {
	{ 'd', N_("Drop them"), drop },
};

static void
on_drop(struct ui *ui)
{
	form_ask(&ui->form, _("Drop all staged edits?"), drop_choices,
		 ARRAY_LEN(drop_choices));
}

static const struct action actions[] = {
	{ .keys = { 'm' }, .name = "mine", .foot = N_("Mine"), .run = on_mine,
	  .help = N_("Read the rules again; where both collide my edit "
		     "stands") },
	{ .keys = { 'o' }, .name = "others", .foot = N_("Others'"),
	  .run = on_theirs,
	  .help = N_("Read the rules again; where both collide what others did "
		     "stands") },
	{ .keys = { 'd' }, .name = "drop", .foot = N_("Drop all"),
	  .run = on_drop,
	  .help = N_("Drop all staged edits and read the rules again") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop,
	  .help = N_("Go back; everything stays as it was") },
};

static const struct action_table conflicts_actions = ACTION_TABLE(actions);

const struct screen conflicts_screen = {
	.name = N_("Conflicts"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.update = conflicts_update,
	.close = page_close,
	.actions = &conflicts_actions,
};

void
conflicts_open(struct ui *ui)
{
	if (ui_view(ui)->screen != &conflicts_screen)
		ui_push(ui, &conflicts_screen, xcalloc(1, sizeof(struct page)));
	ui_changed(ui);
}
