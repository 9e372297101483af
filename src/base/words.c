/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of rules into words and back, by ip6tables-restore's quoting. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/vec.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Read the word at *line into word; false for an open quote. The quote that
 * closes ends the word, whatever follows it. */
static bool
word_read(const char **line, struct str *word)
{
	const char *s = *line;
	bool quoted = false, closed = false;

	for (; *s && !closed && (quoted || !is_blank(*s)); s++) {
		if (*s == '"' && quoted)
			closed = true;
		else if (*s == '"')
			quoted = true;
		else if (*s == '\\' && quoted && s[1])
			str_addc(word, *++s);
		else
			str_addc(word, *s);
	}
	*line = s;
	return closed || !quoted;
}

char **
words_split(const char *line, size_t *n)
{
	struct vec words = { 0 };
	bool good = true;

	for (;;) {
		struct str word = { 0 };

		while (is_blank(*line))
			line++;
		if (!*line)
			break;
		good = word_read(&line, &word) && good;
		vec_push(&words, str_take(&word));
	}
	*n = words.n;
	vec_push(&words, NULL);
	if (good)
		return (char **)words.v;
	words_free((char **)words.v);
	*n = 0;
	return NULL;
}

void
words_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

void
words_quote(struct str *out, const char *word)
{
	if (*word && !strpbrk(word, " \t\r\n\"")) {
		str_add(out, word);
		return;
	}
	str_addc(out, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			str_addc(out, '\\');
		str_addc(out, *word);
	}
	str_addc(out, '"');
}
