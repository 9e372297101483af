/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One place for the last message and for what each code means to the shell. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/err.h>

static char message[4096];
static void (*restore_terminal)(void);

static const int statuses[] = {
	[OK] = 0,
	[ERR_FAIL] = 1,
	[ERR_USAGE] = 2,
	[ERR_PARSE] = 2,
	[ERR_REFUSED] = 3,
	[ERR_CONFLICT] = 4,
	[ERR_REVERTED] = 5,
	[ERR_BUSY] = 6,
	[ERR_NOT_FOUND] = 1,
	[ERR_CANCELLED] = 1,
};

/* Formatted aside first: an argument may be the old message. */
static void
message_set(const char *fmt, va_list ap, const char *tail)
{
	char text[sizeof(message) - 128];

	vsnprintf(text, sizeof(text), fmt, ap);
	snprintf(message, sizeof(message), "%s%s%s", text, tail ? ": " : "",
		 tail ? tail : "");
}

enum err
fail(enum err code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message_set(fmt, ap, NULL);
	va_end(ap);
	return code;
}

enum err
fail_errno(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	message_set(fmt, ap, strerror(error));
	va_end(ap);
	return error == ENOENT ? ERR_NOT_FOUND : ERR_FAIL;
}

const char *
err_message(void)
{
	return message;
}

int
err_status(enum err code)
{
	return statuses[code];
}

void
die_restore(void (*restore)(void))
{
	restore_terminal = restore;
}

void
die(const char *fmt, ...)
{
	void (*restore)(void) = restore_terminal;
	va_list ap;

	restore_terminal = NULL;	/* it may die, too */
	if (restore)
		restore();
	va_start(ap, fmt);
	message_set(fmt, ap, NULL);
	va_end(ap);
	for (char *s = message; *s; s++)	/* names may be in it (P9) */
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
	fprintf(stderr, "sallyport: %s\n", message);
	exit(1);
}
