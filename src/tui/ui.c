/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor's state: which screen is shown, what the message line says, and
 * where a key goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "term.h"
#include "ui.h"

#define COUNT_MAX 1000000
#define DIGIT_MS 3000

void
ui_init(struct ui *ui, const struct world *world, struct session *session)
{
	*ui = (struct ui){
		.world = world,
		.session = session,
		.form = { .utf8 = world->utf8 },
		.watch = { .client = { .fd = -1 }, .claim = -1 },
	};
	rules_open(ui);
}

void
ui_done(struct ui *ui)
{
	while (ui->depth > 0)
		ui_pop(ui);
	form_done(&ui->form);
	watch_end(&ui->watch);
	probing_done(&ui->probe);
	exposing_done(&ui->expose);
	flowing_done(&ui->flowing);
	edit_done(&ui->edit, true);
	str_done(&ui->message);
	rule_unref(ui->clip);
	owned_forget(ui);
	draft_free(ui->draft);
	tables_free(ui->live_told);
	free(ui->search);
	free(ui->path);
	str_done(&ui->text);
}

struct view *
ui_view(const struct ui *ui)
{
	return (struct view *)&ui->views[ui->depth - 1];
}

struct view *
ui_push(struct ui *ui, const struct screen *screen, void *data)
{
	struct view *view;

	if (ui->depth == VIEWS_MAX)
		die("too many screens");
	view = &ui->views[ui->depth++];
	*view = (struct view){ .screen = screen, .ui = ui, .data = data };
	if (screen->update)
		screen->update(view);
	view_select(view, 0);
	return view;
}

void
ui_pop(struct ui *ui)
{
	struct view *view = ui_view(ui);

	if (view->screen->close)
		view->screen->close(view);
	ui->depth--;
}

void
ui_refresh(struct ui *ui)
{
	for (size_t i = 0; i < ui->depth; i++) {
		struct view *view = &ui->views[i];

		if (view->screen->update)
			view->screen->update(view);
		view_select(view, view->sel);
	}
}

void
ui_changed(struct ui *ui)
{
	ui->changed++;
	ui_refresh(ui);
}

/* Once is enough: the review says it every time. */
static void
tell_unusable(struct ui *ui, const struct rehearsal_report *rehearsal)
{
	if (!rehearsal || rehearsal->usable || ui->told_unusable)
		return;
	ui->told_unusable = true;
	if (ui->message.len == 0)
		ui_say(ui, _("not rehearsed: %s"), rehearsal->reason);
}

void
ui_rehearsal(struct ui *ui)
{
	if (!session_rehearsed(ui->session))
		return;
	ui_refresh(ui);
	tell_unusable(ui, ui->session->report->rehearsal);
	review_go_on(ui);
}

/* --- The message line --- */

static void
say(struct ui *ui, enum role role, const char *fmt, va_list ap)
{
	if (ui->unseen)
		str_add(&ui->message, "; ");
	else
		str_clear(&ui->message);
	str_vaddf(&ui->message, fmt, ap);
	if (!ui->unseen || role == ROLE_ERROR)
		ui->message_role = role;
}

void
ui_say(struct ui *ui, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(ui, ROLE_MESSAGE, fmt, ap);
	va_end(ap);
}

void
ui_warn(struct ui *ui, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(ui, ROLE_ERROR, fmt, ap);
	va_end(ap);
}

void
ui_error(struct ui *ui)
{
	ui_warn(ui, "%s", err_message());
}

void
ui_news(struct ui *ui, enum role role, const char *fmt, ...)
{
	va_list ap;

	ui->unseen = false;
	va_start(ap, fmt);
	say(ui, role, fmt, ap);
	va_end(ap);
	ui->unseen = ui->form.is_open;
	if (ui->unseen && !ui->form.choices)
		form_tell(&ui->form, str_text(&ui->message));
}

void
ui_add_in_place(struct ui *ui, size_t n)
{
	if (n)
		str_addf(&ui->message,
			 Q_("; %zu edit was in place already",
			    "; %zu edits were in place already", n), n);
}

/* A key was pressed: what the message line said was read. */
static void
forget_message(struct ui *ui)
{
	if (ui->unseen && ui->form.is_open)
		return;
	ui->unseen = false;
	str_clear(&ui->message);
}

static void
warn_icmp4(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;
	const struct step *last = steps->n ? steps->v[steps->n - 1] : NULL;

	if (last && changesets_bring_icmp4(&last->changesets))
		ui_warn(ui, _("'-p icmp' is IPv4's and matches nothing here: "
			      "ping over IPv6 is '-p icmpv6'"));
}

void
ui_staged(struct ui *ui, enum err err)
{
	if (err)
		ui_error(ui);
	ui_changed(ui);
	if (err)
		return;
	exposing_warn(ui);
	warn_icmp4(ui);
}

const char *
unless_writable(struct ui *ui)
{
	if (ui->world->read_only)
		return _("read-only: nothing can be staged");
	return NULL;
}

const char *
ui_host(const struct ui *ui)
{
	return ui->world->actor.host ? ui->world->actor.host : "localhost";
}

/* --- Keys --- */

static void
on_mouse(struct ui *ui)
{
	struct view *view = ui_view(ui);
	int line, wheel = term_mouse(&line), first = ui->top;

	if (ui->form.is_open)
		return;
	if (wheel)
		view_move(view, 3 * wheel);
	else if (line >= first && (size_t)(line - first) < view->page)
		view_select(view, view->top + (size_t)(line - first));
}

/* Digits are the code while a trial waits for it, nothing while it begins or
 * ends, else a number before G. */
static void
on_digit(struct ui *ui, int digit)
{
	ui->digit_ms = ui->world->clock->boot_ms(ui->world->clock);
	if (ui->watch.phase == WATCH_RUNNING)
		watch_digit(ui, digit);
	else if (ui->watch.phase == WATCH_NONE && ui->count < COUNT_MAX)
		ui->count = 10 * ui->count + (unsigned)digit;
}

void
ui_forget_digit(struct ui *ui)
{
	const struct clock *clock = ui->world->clock;
	char shown[16];

	if (ui->watch.phase != WATCH_RUNNING || ui->watch.code.typed < 0 ||
	    clock->boot_ms(clock) - ui->digit_ms < DIGIT_MS)
		return;
	snprintf(shown, sizeof(shown), "%d_", ui->watch.code.typed);
	if (strcmp(str_text(&ui->message), shown) == 0)
		str_clear(&ui->message);
	code_clear(&ui->watch.code);
}

static bool
is_number_key(const struct ui *ui, int key)
{
	return key >= '0' && key <= '9' &&
	       (key > '0' || ui->count > 0 || ui->watch.phase == WATCH_RUNNING);
}

/* What is pasted outside of a form would be taken for keys. */
static bool
on_paste(struct ui *ui, int key)
{
	if (key == KEY_PASTE) {
		ui->pasting = true;
		if (!ui->form.is_open)
			ui_warn(ui, _("pasted text is ignored here; press : "
				      "first to enter a command"));
		return true;
	}
	if (key == KEY_PASTE_END) {
		ui->pasting = false;
		form_pasted(&ui->form);
		return true;
	}
	return ui->pasting && !ui->form.is_open;
}

/* What was staged by this key and not tried is told behind what the key says. */
static void
say_note(struct ui *ui)
{
	char *note = session_take_note(ui->session);

	if (note && ui->message.len)
		str_addf(&ui->message, "; %s", note);
	else if (note)
		ui_say(ui, "%s", note);
	free(note);
}

/* The countdown is all that is shown: what it offers works, whatever is open
 * below, and nothing else. */
static void
small_key(struct ui *ui, int key)
{
	if (ui->pasting)
		return;
	if (key == 'q' && session_staged_count(ui->session) == 0)
		ui->done = true;
	ui->unseen = false;
	str_clear(&ui->message);
	if (ui->watch.phase == WATCH_RUNNING && is_number_key(ui, key)) {
		on_digit(ui, key - '0');
	} else {
		code_clear(&ui->watch.code);
		action_on_trial(ui, key);
	}
}

void
ui_key(struct ui *ui, int key)
{
	size_t steps = ui->session->steps.n;

	if (on_paste(ui, key))
		return;
	if (ui->too_small) {
		small_key(ui, key);
		return;
	}
	ui->commit_waits = false;
	forget_message(ui);
	free(session_take_note(ui->session));
	if (key == FN(KEY_MOUSE)) {
		on_mouse(ui);
	} else if (ui->form.is_open) {
		form_key(ui, key);
	} else if (is_number_key(ui, key)) {
		on_digit(ui, key - '0');
	} else {
		code_clear(&ui->watch.code);
		action_dispatch(ui, key);
		ui->count = 0;
	}
	say_note(ui);
	if (ui->session->steps.n > steps)
		owned_ask(ui);
}
