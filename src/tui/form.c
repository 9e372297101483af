/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line to fill in. What was typed is never lost: an error leaves it in place
 * with the cursor at the word that is wrong, and Up brings back what was
 * entered before. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "form.h"
#include "term.h"
#include "ui.h"

#define PAST_MAX 100

void
form_tell(struct form *form, const char *text)
{
	free(form->error);
	form->error = xstrdup(text);
}

/* A short value is entered anew rather than edited. */
static bool
is_value(enum form_kind kind)
{
	return kind == FORM_SECONDS || kind == FORM_PORT || kind == FORM_PROBE;
}

void
form_open(struct form *form, enum form_kind kind, const char *label,
	  const char *text, form_submit *submit)
{
	form_close(form);
	form->is_open = true;
	form->opened++;
	form->kind = kind;
	form->label = xstrdup(label);
	form->submit = submit;
	form->recall = form->past[kind].n;
	form_set_text(form, text);
	form->offered = *text && is_value(kind);
}

void
form_ask(struct form *form, const char *question, const struct choice *choices,
	 size_t n)
{
	form_open(form, FORM_OTHER, question, "", NULL);
	form->choices = choices;
	form->n_choices = n;
}

void
form_close(struct form *form)
{
	form->is_open = false;
	form->cancel = NULL;
	form->complete = NULL;
	form->choices = NULL;
	form->n_choices = 0;
	free(form->label);
	form->label = NULL;
	form_tell(form, NULL);
}

void
form_done(struct form *form)
{
	form_close(form);
	str_done(&form->text);
	for (size_t k = 0; k < FORM_KINDS; k++) {
		for (size_t i = 0; i < form->past[k].n; i++)
			free(form->past[k].v[i]);
		vec_done(&form->past[k]);
	}
}

/* Put the cursor at what an error message quotes, where the text has it. */
static void
point_at_error(struct form *form)
{
	const char *at = form->error;

	while ((at = strpbrk(at, "'`\"")) != NULL) {
		size_t n = strcspn(++at, "'\"");
		char *word = xstrndup(at, n);
		const char *found = n > 0 ? strstr(str_text(&form->text), word)
					  : NULL;

		free(word);
		if (found) {
			form->cursor = (size_t)(found - form->text.s);
			return;
		}
		at += n;
		if (*at)
			at++;
	}
}

static void
remember(struct form *form)
{
	struct vec *past = &form->past[form->kind];
	const char *text = str_text(&form->text);

	if (!*text || (past->n > 0 && strcmp(past->v[past->n - 1], text) == 0))
		return;
	if (past->n == PAST_MAX)
		free(vec_remove(past, 0));
	vec_push(past, xstrdup(text));
}

static void
submit(struct ui *ui)
{
	struct form *form = &ui->form;
	char *text = xstrdup(str_text(&form->text));
	unsigned opened = form->opened;

	remember(form);
	if (form->submit(ui, text) != OK) {
		form_tell(form, err_message());
		point_at_error(form);
	} else if (form->opened == opened) {
		form_close(form);	/* unless submit opened the next one */
	}
	free(text);
}

static void
answer(struct ui *ui, int key)
{
	struct form *form = &ui->form;

	for (size_t i = 0; i < form->n_choices; i++) {
		void (*run)(struct ui *) = form->choices[i].run;

		if (form->choices[i].key != key)
			continue;
		form_close(form);
		run(ui);
		return;
	}
	if (ui->watch.phase == WATCH_RUNNING &&
	    (key == 'R' || (key >= '0' && key <= '9')))
		form_tell(form, _("Esc leaves the question; then R and the two "
				  "digits settle the trial"));
}

static bool
can_complete(const struct ui *ui)
{
	const struct form *form = &ui->form;

	return form->complete && !ui->pasting &&
	       form->cursor == form->text.len;
}

static void
cancel(struct ui *ui)
{
	void (*then)(struct ui *) = ui->form.cancel;

	form_close(&ui->form);
	if (!ui->unseen)
		ui_say(ui, _("cancelled"));
	if (then)
		then(ui);
}

/* It enters nothing. Commands are a line each, all else is one line. */
static void
pasted_break(struct form *form)
{
	bool lines = form->kind == FORM_COMMAND;
	bool again = form->cursor > 0 &&
		     form->text.s[form->cursor - 1] == '\n';

	if (!lines || !again)
		form_edit(form, lines ? '\n' : ' ');
	form_tell(form, NULL);
}

static bool
is_enter(int key)
{
	return key == '\r' || key == '\n' || key == FN(KEY_ENTER);
}

void
form_key(struct ui *ui, int key)
{
	if (key == '\033' || key == KEY_CTRL('C')) {
		cancel(ui);
	} else if (ui->form.choices) {
		if (!ui->pasting)
			answer(ui, key);
	} else if (is_enter(key) && ui->pasting) {
		pasted_break(&ui->form);
	} else if (is_enter(key)) {
		submit(ui);
	} else if (key == '\t' && can_complete(ui)) {
		ui->form.complete(&ui->form.text);
		ui->form.cursor = ui->form.text.len;
	} else {
		form_edit(&ui->form, key);
		form_tell(&ui->form, NULL);
	}
}

void
form_head(const struct form *form, struct paint *paint)
{
	if (form->error)
		paint_raw(paint, ROLE_ERROR, form->error);
	else
		paint_raw(paint, ROLE_CHAIN, form->label);
}

/* A key and its label stand on one line. */
static void
foot_add(struct paint *paint, size_t width, const char *key, const char *label)
{
	size_t n = text_width(key) + 1 + text_width(label);
	size_t used = paint->width % width;

	if (paint->width > 0 && used + 2 + n > width)
		paint_to(paint, ROLE_TEXT, paint->width - used + width);
	else if (paint->width > 0)
		paint_add(paint, ROLE_TEXT, "  ");
	paint_add(paint, ROLE_KEY, key);
	paint_addf(paint, ROLE_TEXT, " %s", label);
}

void
form_foot(const struct form *form, size_t width, struct paint *paint)
{
	for (size_t i = 0; i < form->n_choices; i++) {
		struct str key = { 0 };

		term_key_name(form->choices[i].key, &key);
		foot_add(paint, width, str_text(&key), _(form->choices[i].label));
		str_done(&key);
	}
	if (!form->choices)
		foot_add(paint, width, "Enter", _("Accept"));
	if (form->complete)
		foot_add(paint, width, "Tab", _("Complete"));
	foot_add(paint, width, "Esc", _("Cancel"));
	if (!form->choices && form->past[form->kind].n > 0 &&
	    paint->width + strlen("  Up ") + text_width(_("Earlier text")) <=
	    width)
		foot_add(paint, width, "Up", _("Earlier text"));
}
