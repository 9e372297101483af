/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands are pasted from web pages, where a shell was to read them. We read
 * them by its quoting rules, and refuse whatever it would have acted on: what
 * we stage must be what was meant. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/str.h>
#include "command-words.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum err
shell_only(char c)
{
	return fail(ERR_PARSE,
		    _("'%c' is for a shell, and no shell reads this: give one "
		      "plain command"), c);
}

static enum err
open_quote(void)
{
	return fail(ERR_PARSE, _("a quote is not closed"));
}

/* From behind a single quote to behind the next. */
static enum err
read_single(const char **at, struct str *word)
{
	const char *end = strchr(*at, '\'');

	if (!end)
		return open_quote();
	str_addn(word, *at, (size_t)(end - *at));
	*at = end + 1;
	return OK;
}

/* From behind a double quote to behind the next. */
static enum err
read_double(const char **at, struct str *word)
{
	const char *s = *at;

	for (; *s && *s != '"'; s++) {
		if (*s == '$' || *s == '`')
			return shell_only(*s);
		if (*s == '\\' && s[1] && strchr("\"\\$`", s[1]))
			s++;
		str_addc(word, *s);
	}
	if (!*s)
		return open_quote();
	*at = s + 1;
	return OK;
}

/* One word, which begins at *at. */
static enum err
read_word(const char **at, struct str *word)
{
	const char *s = *at;
	enum err err = OK;

	while (!err && *s && !is_blank(*s)) {
		char c = *s++;

		if (c == '\'')
			err = read_single(&s, word);
		else if (c == '"')
			err = read_double(&s, word);
		else if (strchr(";&|<>()$`", c))
			err = shell_only(c);
		else if (c == '\\' && *s == '\n')
			s++;
		else if (c == '\\' && *s)
			str_addc(word, *s++);
		else
			str_addc(word, c);
	}
	*at = s;
	return err;
}

static const char *
skip_prompt(const char *line)
{
	while (is_blank(*line))
		line++;
	return (*line == '$' || *line == '#') && is_blank(line[1]) ? line + 1
								   : line;
}

/* A line that goes on after a backslash is one line. */
static const char *
skip_blanks(const char *s)
{
	for (;;) {
		if (is_blank(*s))
			s++;
		else if (s[0] == '\\' && s[1] == '\n')
			s += 2;
		else
			return s;
	}
}

enum err
command_words(const char *line, struct vec *words)
{
	const char *at = skip_blanks(skip_prompt(line));
	enum err err = OK;

	for (; !err && *at && *at != '#'; at = skip_blanks(at)) {
		struct str word = { 0 };

		err = read_word(&at, &word);
		vec_push(words, str_take(&word));
	}
	if (err)
		command_words_free(words);
	return err;
}

void
command_words_free(struct vec *words)
{
	for (size_t i = 0; i < words->n; i++)
		free(words->v[i]);
	vec_done(words);
}
