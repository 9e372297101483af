/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON for programs: the text is what it is, and all that a terminal might obey
 * is an escape of JSON's own there, so that nothing need be changed in it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "internal.h"

/* Bytes that are no UTF-8 as their numbers, all else as it is. */
static void
add_utf8(struct str *out, const char *s)
{
	size_t n = strlen(s), len;
	unsigned cp;

	for (size_t i = 0; i < n; i += len) {
		len = text_decode(s + i, n - i, &cp);
		if (len) {
			str_addn(out, s + i, len);
		} else {
			len = 1;
			str_addf(out, "<%02x>", (unsigned char)s[i]);
		}
	}
}

json_t *
cli_json_text(const char *s)
{
	struct str text = { 0 };
	json_t *json;

	if (!s)
		return json_null();
	add_utf8(&text, s);
	json = json_string(str_text(&text));
	if (!json)
		die("a text is no valid JSON");
	str_done(&text);
	return json;
}

json_t *
cli_json_lines(const char *text)
{
	json_t *lines = json_array();

	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);

		json_array_append_new(lines, cli_json_text(line));
		free(line);
		text += n + (text[n] == '\n');
	}
	return lines;
}

/* The one control character that JSON lets stand. */
static void
add_without_del(struct str *out, const char *s)
{
	for (; *s; s++)
		if (*s == 0x7f)
			str_add(out, "\\u007f");
		else
			str_addc(out, *s);
}

void
cli_json_add_take(const struct world *world, json_t *json, size_t flags,
		  struct str *out)
{
	char *text = json_dumps(json, flags | (world->tty_out ?
					       JSON_ENSURE_ASCII : 0));

	if (!text)
		die("what is to be printed is no valid JSON");
	if (world->tty_out)
		add_without_del(out, text);
	else
		str_add(out, text);
	free(text);
	json_decref(json);
}

enum err
cli_json_print_take(const struct world *world, json_t *json)
{
	struct str text = { 0 };
	enum err err;

	cli_json_add_take(world, json, JSON_INDENT(2), &text);
	str_addc(&text, '\n');
	err = cli_print_exact(world, &text);
	str_done(&text);
	return err;
}
