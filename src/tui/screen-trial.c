/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial: what is on probation, how long yet, and the two ways out. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "page.h"
#include "term.h"

/* --- Keys of every screen while a trial runs --- */

static const char *
unless_running(struct ui *ui)
{
	if (ui->world->read_only)
		return watch_read_only();
	return ui->watch.phase == WATCH_RUNNING ? NULL :
	       _("wait: the guardian was asked already");
}

static const struct action while_on_trial[] = {
	{ .keys = { 'R' }, .name = "revert", .run = watch_revert,
	  .unless = unless_running, .help = N_("Undo the change now") },
	{ .keys = { '+' }, .name = "extend", .run = watch_extend,
	  .unless = unless_running,
	  .help = N_("60 s more, an hour at most; the two digits shown keep "
		     "the change") },
};

const struct action_table trial_actions = ACTION_TABLE(while_on_trial);

/* --- The screen --- */

static void
add_key(struct page *page, const char *key, const char *text, bool utf8)
{
	struct paint *paint = page_row(page, 10, utf8);

	paint_addf(paint, ROLE_KEY, "    %s", key);
	paint_to(paint, ROLE_TEXT, 10);
	paint_add(paint, ROLE_TEXT, text);
}

static void
add_keys(struct page *page, const struct ui *ui, bool utf8)
{
	char code[16];

	if (ui->world->read_only) {
		add_key(page, "Esc", _("look at the rules meanwhile"), utf8);
		return;
	}
	snprintf(code, sizeof(code), "%d", ui->watch.code.code);
	if (watch_takes_code(ui))
		add_key(page, code,
			_("type these two digits to keep the change"), utf8);
	else
		add_key(page, "--", ui->watch.login_demanded ?
			_("once you have logged in anew over IPv6, two digits "
			  "here keep the change") :
			_("too many wrong digits: others follow soon"), utf8);
	add_key(page, "R", _("undo it now"), utf8);
	add_key(page, "+", _("60 s more"), utf8);
	add_key(page, "Esc",
		_("look at the rules meanwhile; the trial goes on"), utf8);
}

static void
add_who(struct page *page, const struct ui *ui, bool utf8)
{
	if (!ui->watch.found)
		return;
	paint_addf(page_row(page, 0, utf8), ROLE_TEXT,
		   _("It was begun by %s."), ui->watch.by);
}

static void
add_neighbours(struct page *page, const struct ui *ui, bool utf8)
{
	const struct vec *neighbours = &ui->watch.neighbours;

	for (size_t i = 0; i < neighbours->n; i++) {
		const struct watch_neighbour *n = neighbours->v[i];

		if (n->answered)
			paint_addf(page_row(page, 0, utf8), ROLE_SAFE,
				   _("Neighbour discovery works: %s "
				     "answered."), n->name);
		else
			paint_addf(page_row(page, 0, utf8), ROLE_TEXT,
				   _("Neighbour discovery: %s is asked; if it "
				     "falls silent the change is undone."),
				   n->name);
	}
}

static void
add_logins(struct page *page, const struct ui *ui, bool utf8)
{
	const struct vec *logins = &ui->watch.logins;

	for (size_t i = 0; i < logins->n; i++) {
		const struct watch_login *login = logins->v[i];

		paint_addf(page_row(page, 0, utf8),
			   login->proof ? ROLE_SAFE : ROLE_TEXT,
			   _("New login: %s."), login->text);
	}
}

/* Some login has shown already what is asked for otherwise. */
static bool
is_proven(const struct ui *ui)
{
	const struct vec *logins = &ui->watch.logins;

	for (size_t i = 0; i < logins->n; i++) {
		const struct watch_login *login = logins->v[i];

		if (login->proof)
			return true;
	}
	return false;
}

static void
trial_update(struct view *view)
{
	const struct ui *ui = view->ui;
	struct page *page = view->data;
	bool utf8 = ui->world->utf8;
	struct str text = { 0 };

	page_clear(page);
	page_add(page, ROLE_CHAIN, _("The change is in the kernel, on trial. "
		 "When the time is over it is undone."), utf8);
	add_who(page, ui, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	add_keys(page, ui, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	add_neighbours(page, ui, utf8);
	add_logins(page, ui, utf8);
	if (!is_proven(ui))
		page_add(page, ROLE_TEXT, _("Before you keep it, log in once more from "
		 "another window: this session proves nothing about the next "
		 "login. There, `sallyport confirm` keeps the change, too."),
		 utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	changesets_describe(&ui->watch.changes, &text);
	page_add(page, ROLE_CHAIN, _("On trial"), utf8);
	page_text(page, str_text(&text), diff_role, utf8);
	str_done(&text);
}

/* What a hand does by habit keeps nothing. */
static void
on_habit(struct ui *ui)
{
	if (watch_takes_code(ui))
		ui_say(ui, _("only the two digits %d keep the change"),
		       ui->watch.code.code);
}

static const struct action actions[] = {
	{ .keys = { ' ', '\r', FN(KEY_ENTER), 'y' }, .name = "nothing",
	  .run = on_habit, .help = N_("These keep nothing") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "leave", .foot = N_("Leave"),
	  .run = ui_leave, .help = N_("Leave the editor; the trial goes on") },
	{ .keys = { '\033', KEY_CTRL('C') }, .name = "rules",
	  .foot = N_("Rules"), .run = ui_pop,
	  .help = N_("Back to the rules; the trial goes on") },
};

static const struct action_table screen_actions = ACTION_TABLE(actions);

const struct screen trial_screen = {
	.name = N_("Trial"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.update = trial_update,
	.close = page_close,
	.actions = &screen_actions,
};

void
trial_open(struct ui *ui)
{
	ui_push(ui, &trial_screen, xcalloc(1, sizeof(struct page)));
}
