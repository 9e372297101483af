/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing string. Always NUL-terminated once anything was added; may hold
 * NUL bytes, so len counts. A zeroed struct is an empty string. */
#ifndef SALLYPORT_STR_H
#define SALLYPORT_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *s;	/* NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

void str_done(struct str *str);
void str_clear(struct str *str);	/* len 0, memory kept */
void str_cut(struct str *str, size_t len);	/* no longer than len */
void str_drop(struct str *str, size_t n);	/* the first n <= len bytes */
void str_addc(struct str *str, char c);
void str_add(struct str *str, const char *s);
void str_addn(struct str *str, const char *s, size_t n);
void str_addf(struct str *str, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void str_vaddf(struct str *str, const char *fmt, va_list ap);

/* The text, never NULL. Borrowed until the next change. */
const char *str_text(const struct str *str);

/* The text as a heap string of the caller's; str is empty afterwards. */
char *str_take(struct str *str);

/* Copy s, cut where need be, into an array of size bytes; the rest is zeroed. */
void str_copy(char *to, size_t size, const char *s);

/* The one of n words that is word, or NULL. */
const char *str_find(const char *const *words, size_t n, const char *word);

bool str_starts(const char *s, const char *prefix);

#endif
