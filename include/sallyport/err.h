/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors. The message is made once, where the facts are known; callers pass
 * only the code up. The code alone decides the exit status. */
#ifndef SALLYPORT_ERR_H
#define SALLYPORT_ERR_H

#include <stdarg.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))

enum err {
	OK = 0,
	ERR_FAIL,	/* it did not work */
	ERR_USAGE,	/* bad command line */
	ERR_PARSE,	/* rules that cannot be read */
	ERR_REFUSED,	/* the guard said no */
	ERR_CONFLICT,	/* the live table is not what was judged */
	ERR_REVERTED,	/* the change was undone */
	ERR_BUSY,	/* another trial is running */
	ERR_NOT_FOUND,	/* no such chain, rule, file or revision */
	ERR_CANCELLED,	/* the administrator said no */
};

/* Set the message and return code. The message is one sentence without a
 * full stop that names the object; it is copied. */
enum err fail(enum err code, const char *fmt, ...) printf_like(2, 3);

/* The same with ": " and strerror(errno) behind it. Returns ERR_FAIL, or
 * ERR_NOT_FOUND where errno is ENOENT. */
enum err fail_errno(const char *fmt, ...) printf_like(1, 2);

/* The last message; "" before the first. Valid until the next fail(). */
const char *err_message(void);

/* The exit status of design section 9. */
int err_status(enum err code);

/* A broken invariant or no memory: restore the terminal, print, exit(1). */
_Noreturn void die(const char *fmt, ...) printf_like(1, 2);

/* What die() calls before it prints; NULL for nothing. */
void die_restore(void (*restore)(void));

#endif
