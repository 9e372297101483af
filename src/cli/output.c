/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands print: byte for byte into a pipe or a file, harmless on a
 * terminal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "internal.h"

/* One line, all of it: a newline in it does not end it on a terminal. */
static void
put_line(const struct world *world, const char *s, size_t n)
{
	struct str line = {0};

	if (world->tty_out) {
		text_visible(&line, s, n, world->utf8);
		s = str_text(&line);
		n = line.len;
	}
	fwrite(s, 1, n, world->out);
	putc('\n', world->out);
	str_done(&line);
}

static void
put_lines(const struct world *world, const struct str *text)
{
	size_t at = 0;
	size_t len;
	const char *end;

	while (at < text->len) {
		end = memchr(text->s + at, '\n', text->len - at);
		len = end ? (size_t)(end - text->s) - at : text->len - at;
		put_line(world, text->s + at, len);
		at += len + 1;
	}
}

/* A stream that has failed once fails for ever, for the reason that it had. */
enum err
cli_flush(const struct world *world)
{
	static int error;

	if (fflush(world->out) == 0 && !ferror(world->out))
		return OK;
	if (!error)
		error = errno;
	errno = error;
	return fail_errno(_("cannot write the output"));
}

enum err
cli_print(const struct world *world, const struct str *text)
{
	if (world->tty_out)
		put_lines(world, text);
	else
		fwrite(str_text(text), 1, text->len, world->out);
	return cli_flush(world);
}

enum err
cli_print_exact(const struct world *world, const struct str *text)
{
	fwrite(str_text(text), 1, text->len, world->out);
	return cli_flush(world);
}

enum err
cli_print_lines(const struct world *world, const struct vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		put_line(world, lines->v[i], strlen(lines->v[i]));
	return cli_flush(world);
}

/* Append what fmt makes, harmless. */
static void
add_harmless(struct str *out, bool utf8, const char *fmt, va_list ap)
{
	struct str text = {0};

	str_vaddf(&text, fmt, ap);
	text_visible(out, str_text(&text), text.len, utf8);
	str_done(&text);
}

void
cli_ask(const struct world *world, const char *fmt, ...)
{
	struct str question = {0};
	va_list ap;

	va_start(ap, fmt);
	add_harmless(&question, world->utf8, fmt, ap);
	va_end(ap);
	fflush(world->out);
	fputs(str_text(&question), world->err);
	str_done(&question);
}

void
cli_warn(const struct world *world, const char *fmt, ...)
{
	struct str line = {0};
	va_list ap;

	va_start(ap, fmt);
	add_harmless(&line, world->utf8, fmt, ap);
	va_end(ap);
	fflush(world->out);
	fprintf(world->err, "sallyport: %s\n", str_text(&line));
	str_done(&line);
}

/* Of these warnings each is said once, however often its cause is met. */
static bool
is_new(const char *warning)
{
	static struct vec said;		/* of char * */

	for (size_t i = 0; i < said.n; i++)
		if (strcmp(said.v[i], warning) == 0)
			return false;
	vec_push(&said, xstrdup(warning));
	return true;
}

void
cli_warn_take(const struct world *world, char *warning)
{
	if (warning && is_new(warning))
		cli_warn(world, "%s", warning);
	free(warning);
}

void
cli_say(const struct world *world, const struct str *text)
{
	if (cli_print(world, text))
		cli_warn_take(world, xstrdup(err_message()));
}

int
cli_end(const struct world *world, enum err err)
{
	if (!err) {
		err = cli_flush(world);
		if (err && !is_new(err_message()))
			return err_status(err);
	}
	return err ? cli_tell_error(world->err, err, world->utf8) : 0;
}
