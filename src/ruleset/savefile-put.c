/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table's text in a rules file gives way to another; every other byte of
 * the file stays. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/ruleset.h>

/* Does the line begin with this word? */
static bool
line_says(const char *line, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, " \t");
	return strncmp(line, word, n) == 0 && strchr("\r\n \t", line[n]);
}

/* Where the table's text is in text, from its "*" to the line after COMMIT, of
 * the last such table. How many there are. */
static unsigned
table_span(const char *text, const char *table, size_t *from, size_t *to)
{
	char *head = xasprintf("*%s", table);
	const char *start = NULL;
	unsigned n = 0;

	for (const char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (!start && line_says(line, head))
			start = line;
		if (!start || !line_says(line, "COMMIT"))
			continue;
		*from = (size_t)(start - text);
		*to = (size_t)(next - text);
		start = NULL;
		n++;
	}
	free(head);
	return n;
}

bool
savefile_has(const struct str *text, const char *table)
{
	size_t from, to;

	return table_span(str_text(text), table, &from, &to) > 0;
}

enum err
savefile_put(const char *name, struct str *text, const struct ruleset *rs,
	     bool counters)
{
	struct str result = { 0 };
	size_t from = 0, to = 0;
	unsigned n = table_span(str_text(text), rs->table, &from, &to);

	if (n > 1)
		return fail(ERR_FAIL, _("'%s' has table '%s' twice: make one of "
					"them"), name, rs->table);
	if (n == 0) {
		if (text->len && text->s[text->len - 1] != '\n')
			str_addc(text, '\n');
		from = to = text->len;
	}
	str_addn(&result, str_text(text), from);
	ruleset_save(rs, counters, &result);
	str_addn(&result, str_text(text) + to, text->len - to);
	str_done(text);
	*text = result;
	return OK;
}
