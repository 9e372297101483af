/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Editing the text of a form: moving in it, changing it, and how it is wrapped
 * on the screen. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "form.h"
#include "term.h"

void
form_set_text(struct form *form, const char *text)
{
	str_clear(&form->text);
	str_add(&form->text, text);
	form->cursor = form->text.len;
}

/* --- Moving in the text --- */

static size_t
after(const struct form *form, size_t at)
{
	unsigned cp;
	size_t n;

	if (at >= form->text.len)
		return form->text.len;
	n = text_decode(form->text.s + at, form->text.len - at, &cp);
	return at + (n ? n : 1);
}

static size_t
before(const struct form *form, size_t at)
{
	size_t from = 0;

	for (size_t i = 0; i < at; i = after(form, i))
		from = i;
	return from;
}

static size_t
word_before(const struct form *form, size_t at)
{
	while (at > 0 && form->text.s[at - 1] == ' ')
		at--;
	while (at > 0 && form->text.s[at - 1] != ' ')
		at--;
	return at;
}

static void
cut_out(struct form *form, size_t from, size_t to)
{
	struct str *text = &form->text;

	if (from >= to)
		return;
	memmove(text->s + from, text->s + to, text->len - to);
	str_cut(text, text->len - (to - from));
	form->cursor = from;
}

static void
put_in(struct form *form, const char *s, size_t n)
{
	char *tail = xstrdup(str_text(&form->text) + form->cursor);

	str_cut(&form->text, form->cursor);
	str_addn(&form->text, s, n);
	form->cursor = form->text.len;
	str_add(&form->text, tail);
	free(tail);
}

/* --- The editing keys --- */

static void edit_left(struct form *f) { f->cursor = before(f, f->cursor); }
static void edit_right(struct form *f) { f->cursor = after(f, f->cursor); }
static void edit_home(struct form *f) { f->cursor = 0; }
static void edit_end(struct form *f) { f->cursor = f->text.len; }
static void edit_kill(struct form *f) { cut_out(f, f->cursor, f->text.len); }
static void edit_clear(struct form *f) { cut_out(f, 0, f->text.len); }

static void
edit_delete(struct form *form)
{
	cut_out(form, form->cursor, after(form, form->cursor));
}

static void
edit_backspace(struct form *form)
{
	cut_out(form, before(form, form->cursor), form->cursor);
}

static void
edit_word(struct form *form)
{
	cut_out(form, word_before(form, form->cursor), form->cursor);
}

static void
recall(struct form *form, size_t at)
{
	struct vec *past = &form->past[form->kind];

	if (at > past->n)
		return;
	form->recall = at;
	form_set_text(form, at == past->n ? "" : past->v[at]);
}

static void
edit_older(struct form *form)
{
	if (form->recall > 0)
		recall(form, form->recall - 1);
}

static void
edit_newer(struct form *form)
{
	recall(form, form->recall + 1);
}

static const struct {
	int key;
	void (*edit)(struct form *form);
} edits[] = {
	{ FN(KEY_LEFT), edit_left },
	{ KEY_CTRL('B'), edit_left },
	{ FN(KEY_RIGHT), edit_right },
	{ KEY_CTRL('F'), edit_right },
	{ FN(KEY_HOME), edit_home },
	{ KEY_CTRL('A'), edit_home },
	{ FN(KEY_END), edit_end },
	{ KEY_CTRL('E'), edit_end },
	{ FN(KEY_DC), edit_delete },
	{ KEY_CTRL('D'), edit_delete },
	{ FN(KEY_BACKSPACE), edit_backspace },
	{ KEY_CTRL('H'), edit_backspace },
	{ 0x7f, edit_backspace },
	{ KEY_CTRL('K'), edit_kill },
	{ KEY_CTRL('U'), edit_clear },
	{ KEY_CTRL('W'), edit_word },
	{ FN(KEY_UP), edit_older },
	{ KEY_CTRL('P'), edit_older },
	{ FN(KEY_DOWN), edit_newer },
	{ KEY_CTRL('N'), edit_newer },
};

static void
put_character(struct form *form, int key)
{
	char bytes[5] = "";
	unsigned c = (unsigned)key;
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	put_in(form, bytes, n);
}

void
form_edit(struct form *form, int key)
{
	bool offered = form->offered;

	form->offered = false;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		if (edits[i].key != key)
			continue;
		edits[i].edit(form);
		return;
	}
	if (key == '\t')
		key = ' ';	/* pasted */
	if ((key < ' ' && key != '\n') || key & KEY_FN_BIT)
		return;
	if (offered)
		edit_clear(form);
	put_character(form, key);
}

void
form_pasted(struct form *form)
{
	while (form->cursor > 0 && form->cursor == form->text.len &&
	       form->text.s[form->cursor - 1] == '\n')
		edit_backspace(form);
}

/* --- How it looks --- */

static size_t
shown_width(const struct form *form, size_t from, size_t to)
{
	return text_shown_width(str_text(&form->text) + from, to - from,
				form->utf8);
}

/* Where the line that begins at from ends. */
static size_t
line_end(const struct form *form, size_t from, size_t width)
{
	size_t at = from;

	while (at < form->text.len) {
		size_t next = after(form, at);

		if (form->text.s[at] == '\n')
			return next;
		if (shown_width(form, from, next) > width)
			break;
		at = next;
	}
	return at > from || at == form->text.len ? at : after(form, at);
}

static bool
is_last_line(const struct form *form, size_t from, size_t to)
{
	return to == form->text.len &&
	       (to == from || form->text.s[to - 1] != '\n');
}

size_t
form_line_start(const struct form *form, size_t width, size_t n)
{
	size_t at = 0;

	while (n-- > 0)
		at = line_end(form, at, width);
	return at;
}

size_t
form_wrap(const struct form *form, size_t width, size_t *row, size_t *column)
{
	size_t lines = 0, from = 0, to;

	for (;;) {
		to = line_end(form, from, width);
		if (form->cursor >= from && (form->cursor < to ||
		    (is_last_line(form, from, to) && form->cursor == to))) {
			*row = lines;
			*column = shown_width(form, from, form->cursor);
		}
		lines++;
		if (is_last_line(form, from, to))
			break;
		from = to;
	}
	if (*column == width) {	/* the cursor waits on a line of its own */
		*row = lines++;
		*column = 0;
	}
	return lines;
}
