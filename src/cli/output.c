/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print: byte for byte into a pipe or a file, harmless on a
 * terminal. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>
#include "internal.h"

static void
print_harmless(const struct world *world, const struct str *text)
{
	struct str line = {0};
	size_t at = 0;
	size_t len;
	const char *end;

	while (at < text->len) {
		end = memchr(text->s + at, '\n', text->len - at);
		len = end ? (size_t)(end - text->s) - at : text->len - at;
		str_clear(&line);
		text_visible(&line, text->s + at, len, world->utf8);
		if (end)
			str_addc(&line, '\n');
		fputs(str_text(&line), world->out);
		at += len + (end != NULL);
	}
	str_done(&line);
}

enum err
cli_print(const struct world *world, const struct str *text)
{
	if (world->tty_out)
		print_harmless(world, text);
	else
		fwrite(str_text(text), 1, text->len, world->out);
	if (fflush(world->out) || ferror(world->out))
		return fail_errno(_("cannot write the output"));
	return OK;
}

void
cli_warn(const struct world *world, const char *fmt, ...)
{
	struct str text = {0};
	struct str line = {0};
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	text_visible(&line, str_text(&text), text.len, world->utf8);
	fflush(world->out);
	fprintf(world->err, "sallyport: %s\n", str_text(&line));
	str_done(&line);
	str_done(&text);
}

void
cli_warn_take(const struct world *world, char *warning)
{
	if (warning)
		cli_warn(world, "%s", warning);
	free(warning);
}
