/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every screen can do: help, leaving, moving, searching. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "term.h"
#include "ui.h"

#define SCROLL_COLUMNS 8

static void on_down(struct ui *ui) { view_move(ui_view(ui), 1); }
static void on_up(struct ui *ui) { view_move(ui_view(ui), -1); }
static void on_top(struct ui *ui) { view_select(ui_view(ui), 0); }

static long
page_step(const struct ui *ui)
{
	size_t page = ui_view(ui)->page;

	return page > 2 ? (long)page - 1 : 1;
}

static void
on_page_down(struct ui *ui)
{
	view_move(ui_view(ui), page_step(ui));
}

static void
on_page_up(struct ui *ui)
{
	view_move(ui_view(ui), -page_step(ui));
}

static void on_right(struct ui *ui) { ui_view(ui)->left += SCROLL_COLUMNS; }

static void
on_left(struct ui *ui)
{
	struct view *view = ui_view(ui);

	view->left -= view->left < SCROLL_COLUMNS ? view->left : SCROLL_COLUMNS;
}

static void
on_bottom(struct ui *ui)
{
	size_t n = ui->count > 0 ? ui->count - 1 : view_count(ui_view(ui));

	view_select(ui_view(ui), n);
}

/* --- Searching --- */

void
ui_find(struct ui *ui, int direction)
{
	if (!view_find(ui_view(ui), ui->search, direction))
		ui_warn(ui, _("'%s' is not here"), ui->search);
}

static enum err
submit_find(struct ui *ui, const char *text)
{
	if (!*text)
		return OK;
	free(ui->search);
	ui->search = xstrdup(text);
	ui_find(ui, 1);
	return OK;
}

void
ui_search(struct ui *ui)
{
	form_open(&ui->form, FORM_SEARCH, _("Search for:"), "", submit_find);
}

static const char *
unless_search(struct ui *ui)
{
	return ui->search ? NULL : _("nothing was searched for yet; / does");
}

static void on_next(struct ui *ui) { ui_find(ui, 1); }
static void on_previous(struct ui *ui) { ui_find(ui, -1); }

/* --- Leaving --- */

static void
leave_now(struct ui *ui)
{
	ui->done = true;
}

static void
drop_and_leave(struct ui *ui)
{
	session_drop_draft(ui->session);
	leave_now(ui);
}

static const struct choice trial_choices[] = {
	{ 'y', N_("Leave"), leave_now },
};

static const struct choice leave_choices[] = {
	{ 'y', N_("Drop and leave"), drop_and_leave },
	{ 'k', N_("Keep for later"), leave_now },
};

static void
ask_to_leave(struct ui *ui, char *question, const struct choice *choices,
	     size_t n)
{
	form_ask(&ui->form, question, choices, n);
	free(question);
}

/* A trial goes on without us: that must be known. */
void
ui_leave(struct ui *ui)
{
	size_t n = session_staged_count(ui->session);

	if (ui->watch.phase != WATCH_NONE)
		ask_to_leave(ui, xstrdup(_("The trial goes on; `sallyport "
					   "confirm` keeps it. Leave?")),
			     trial_choices, ARRAY_LEN(trial_choices));
	else if (n > 0)
		ask_to_leave(ui, xasprintf(
			Q_("%zu edit is staged. Leave?",
			   "%zu edits are staged. Leave?", n), n),
			     leave_choices, ARRAY_LEN(leave_choices));
	else
		leave_now(ui);
}

/* Nor is what was typed ahead an answer to anything else. */
void
ui_leave_no_more(struct ui *ui)
{
	if (ui->form.choices != trial_choices)
		return;
	form_close(&ui->form);
	term_flush_keys();
}

static void
on_quit(struct ui *ui)
{
	if (ui->depth > 1)
		ui_pop(ui);
	else
		ui_leave(ui);
}

static void
on_cancel(struct ui *ui)
{
	if (ui->depth > 1)
		ui_pop(ui);
	else if (ui->probe.answer)
		probing_clear(ui);
}

const char *
unless_history(struct ui *ui)
{
	if (ui->world->file)
		return _("a file has no history");
	for (size_t i = 0; i < ui->depth; i++)
		if (ui->views[i].screen == &history_screen)
			return _("the history is open already");
	return NULL;
}

static void
on_repaint(struct ui *ui)
{
	term_repaint();
}

static const struct action common[] = {
	{ .keys = { '?', FN(KEY_F(1)) }, .name = "help", .foot = N_("Help"),
	  .run = help_open, .help = N_("Show the keys of this screen") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "leave", .run = on_quit,
	  .help = N_("Leave this screen; on the rules screen, the editor") },
	{ .keys = { '\033', KEY_CTRL('C') }, .name = "cancel", .run = on_cancel,
	  .help = N_("Cancel what is being entered; go back; end the marks "
		     "of a probe") },
	{ .keys = { 'j', FN(KEY_DOWN) }, .name = "down", .run = on_down,
	  .help = N_("Go down") },
	{ .keys = { 'k', FN(KEY_UP) }, .name = "up", .run = on_up,
	  .help = N_("Go up") },
	{ .keys = { FN(KEY_NPAGE), KEY_CTRL('F') }, .name = "page-down",
	  .run = on_page_down, .help = N_("Go down a page") },
	{ .keys = { FN(KEY_PPAGE), KEY_CTRL('B') }, .name = "page-up",
	  .run = on_page_up, .help = N_("Go up a page") },
	{ .keys = { 'g', FN(KEY_HOME) }, .name = "top", .run = on_top,
	  .help = N_("Go to the beginning") },
	{ .keys = { 'G', FN(KEY_END) }, .name = "bottom", .run = on_bottom,
	  .help = N_("Go to the end; 12G goes to line 12") },
	{ .keys = { FN(KEY_LEFT) }, .name = "left", .run = on_left,
	  .help = N_("Scroll to the left") },
	{ .keys = { FN(KEY_RIGHT) }, .name = "right", .run = on_right,
	  .help = N_("Scroll to the right, where a row ends in >") },
	{ .keys = { '/' }, .name = "search", .run = ui_search,
	  .help = N_("Search for text") },
	{ .keys = { 'n', FN(KEY_F(3)) }, .name = "search-next", .run = on_next,
	  .unless = unless_search, .help = N_("Search again, downwards") },
	{ .keys = { 'N' }, .name = "search-previous", .run = on_previous,
	  .unless = unless_search, .help = N_("Search again, upwards") },
	{ .keys = { 'H' }, .name = "history", .run = history_open_screen,
	  .unless = unless_history,
	  .help = N_("Who changed what, and when") },
	{ .keys = { KEY_CTRL('L') }, .name = "repaint", .run = on_repaint,
	  .help = N_("Draw the screen anew; ^Z suspends the editor") },
};

const struct action_table common_actions = ACTION_TABLE(common);
