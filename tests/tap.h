/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TAP for tests in C: every assertion is one line, and what fails says where,
 * what was expected and what came. A test ends in `return done_testing();`. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_UNUSED __attribute__((unused))
#define TAP_FORMAT(f, a) __attribute__((format(printf, f, a), unused))

/* Weak, so that all files of a test count together. */
__attribute__((weak)) int tap_count;
__attribute__((weak)) int tap_failed;

/* ok(condition, "what should hold", ...): gives the condition back. */
#define ok(cond, ...) tap_ok(__FILE__, __LINE__, (cond), __VA_ARGS__)

/* is_str(got, expected, "what", ...): NULL equals only NULL. */
#define is_str(got, expected, ...) \
	tap_is_str(__FILE__, __LINE__, (got), (expected), __VA_ARGS__)

/* is_int(got, expected, "what", ...): any integer that fits a long long. */
#define is_int(got, expected, ...) \
	tap_is_int(__FILE__, __LINE__, (long long)(got), \
		   (long long)(expected), __VA_ARGS__)

static void TAP_FORMAT(1, 2)
diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* Every line of s behind "#   ": a text of many lines stays a comment. */
static void TAP_UNUSED
tap_quote(const char *label, const char *s)
{
	printf("# %s", label);
	for (; s && *s; s++) {
		putchar(*s);
		if (*s == '\n' && s[1])
			printf("#           ");
	}
	printf("%s\n", s ? "" : "NULL");
}

static bool TAP_UNUSED
tap_result(const char *file, int line, bool good, const char *fmt, va_list ap)
{
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	printf("\n");
	if (!good) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

static bool TAP_FORMAT(4, 5)
tap_ok(const char *file, int line, bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_result(file, line, good, fmt, ap);
	va_end(ap);
	return good;
}

static bool TAP_FORMAT(5, 6)
tap_is_str(const char *file, int line, const char *got, const char *expected,
	   const char *fmt, ...)
{
	bool good = got && expected ? strcmp(got, expected) == 0
				    : got == expected;
	va_list ap;

	va_start(ap, fmt);
	tap_result(file, line, good, fmt, ap);
	va_end(ap);
	if (!good) {
		tap_quote("     got: ", got);
		tap_quote("expected: ", expected);
		fflush(stdout);
	}
	return good;
}

static bool TAP_FORMAT(5, 6)
tap_is_int(const char *file, int line, long long got, long long expected,
	   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_result(file, line, got == expected, fmt, ap);
	va_end(ap);
	if (got != expected)
		diag("got %lld, expected %lld", got, expected);
	return got == expected;
}

/* One assertion that cannot be made here. */
static void TAP_FORMAT(1, 2)
skip(const char *fmt, ...)
{
	va_list ap;

	printf("ok %d # SKIP ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* The whole file cannot be tried here. Before the first assertion. */
_Noreturn static void TAP_FORMAT(1, 2)
skip_all(const char *fmt, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(0);
}

/* Going on makes no sense. */
_Noreturn static void TAP_FORMAT(1, 2)
bail_out(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(1);
}

/* The locale of the environment, as main.c takes it. */
static void TAP_UNUSED
tap_locale(void)
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
}

/* The plan, at the end; the exit status of the test. */
static int TAP_UNUSED
done_testing(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failed > 0;
}

#endif
