/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string that grows, and is terminated at every moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>

static void
str_reserve(struct str *str, size_t more)
{
	size_t want = str->len + more + 1;

	if (want <= str->cap)
		return;
	if (want < str->cap * 2)
		want = str->cap * 2;
	if (want < 64)
		want = 64;
	str->s = xreallocarray(str->s, want, 1);
	str->cap = want;
}

void
str_done(struct str *str)
{
	free(str->s);
	*str = (struct str){ 0 };
}

void
str_clear(struct str *str)
{
	str_cut(str, 0);
}

void
str_cut(struct str *str, size_t len)
{
	if (len >= str->len)
		return;
	str->len = len;
	str->s[len] = '\0';
}

void
str_drop(struct str *str, size_t n)
{
	if (!n)
		return;
	str->len -= n;
	memmove(str->s, str->s + n, str->len + 1);
}

void
str_addc(struct str *str, char c)
{
	str_addn(str, &c, 1);
}

void
str_add(struct str *str, const char *s)
{
	str_addn(str, s, strlen(s));
}

void
str_addn(struct str *str, const char *s, size_t n)
{
	str_reserve(str, n);
	if (n)
		memcpy(str->s + str->len, s, n);
	str->len += n;
	str->s[str->len] = '\0';
}

void
str_addf(struct str *str, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(str, fmt, ap);
	va_end(ap);
}

void
str_vaddf(struct str *str, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	str_reserve(str, (size_t)n);
	vsnprintf(str->s + str->len, (size_t)n + 1, fmt, ap);
	str->len += (size_t)n;
}

const char *
str_text(const struct str *str)
{
	return str->s ? str->s : "";
}

char *
str_take(struct str *str)
{
	char *s = str->s ? str->s : xstrdup("");

	*str = (struct str){ 0 };
	return s;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

const char *
str_find(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return words[i];
	return NULL;
}

void
str_copy(char *to, size_t size, const char *s)
{
	size_t n = strnlen(s, size - 1);

	memset(to, 0, size);
	memcpy(to, s, n);
}
