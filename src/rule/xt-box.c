/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box that guest code runs in. libxtables and its plugins print to stdout,
 * complain on stderr, fail by a callback that must not return, call exit() and
 * crash on data that no kernel checked. In the box what they print is captured
 * without a file descriptor, and every way to end ends just the run in it. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/err.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "xt-internal.h"

static struct box {
	bool is_allowed;	/* libxtables was started */
	bool is_open;
	bool has_crashed;
	jmp_buf way_out;
	FILE *out_file;		/* ours: what stdout is in the box */
	FILE *err_file;
	FILE *real_out;		/* the world's, while the box is open */
	FILE *real_err;
	struct str out;
	struct str err;
	struct str error;	/* what box_fail() was told */
} box;

/* One plugin prints the NUL behind its text: what is kept is text. */
static ssize_t
box_write(void *cookie, const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t len = strnlen(s + at, n - at);

		str_addn(cookie, s + at, len);
		at += len + 1;
	}
	return (ssize_t)n;
}

static FILE *
box_file(struct str *text)
{
	cookie_io_functions_t io = { .write = box_write };
	FILE *f = fopencookie(text, "w", io);

	if (!f)
		die("fopencookie: no memory");
	setvbuf(f, NULL, _IOFBF, 4096);
	return f;
}

void
box_allow(void)
{
	box.is_allowed = true;
	xt_catch_faults();
}

static void
box_open(void)
{
	if (box.is_open)
		die("box_run: not nestable");
	if (!box.out_file) {
		box.out_file = box_file(&box.out);
		box.err_file = box_file(&box.err);
	}
	str_clear(&box.out);
	str_clear(&box.err);
	str_clear(&box.error);
	box.real_out = stdout;
	box.real_err = stderr;
	stdout = box.out_file;
	stderr = box.err_file;
	box.has_crashed = false;
	box.is_open = true;
}

/* A stream that crashed is in no state to be touched again. */
static void
box_close(void)
{
	box.is_open = false;
	stdout = box.real_out;
	stderr = box.real_err;
	if (box.has_crashed) {
		box.out_file = box.err_file = NULL;
		str_add(&box.error, _("its extension crashed"));
		return;
	}
	fflush(box.out_file);
	fflush(box.err_file);
}

bool
box_run(void (*body)(void *arg), void *arg)
{
	volatile bool done = false;	/* set between setjmp and longjmp */

	if (!box.is_allowed) {
		str_clear(&box.out);
		str_clear(&box.error);
		str_add(&box.error, _("libxtables was not started"));
		return false;
	}
	box_open();
	if (setjmp(box.way_out) == 0) {
		body(arg);
		done = true;
	}
	box_close();
	return done;
}

void
box_leave(void)
{
	longjmp(box.way_out, 1);
}

void
box_crash(void)
{
	box.has_crashed = true;
	longjmp(box.way_out, 1);
}

void
box_abandon(void)
{
	box_close();
	if (box.err.len)
		fputs(str_text(&box.err), stderr);
}

bool
box_is_open(void)
{
	return box.is_open;
}

const struct str *
box_out(void)
{
	if (box.is_open)
		fflush(box.out_file);
	return &box.out;
}

void
box_fail(enum xtables_exittype status, const char *fmt, ...)
{
	va_list ap;

	str_clear(&box.error);
	va_start(ap, fmt);
	str_vaddf(&box.error, fmt, ap);
	va_end(ap);
	if (!box.is_open)
		die("libxtables: %s", str_text(&box.error));
	box_leave();
}

const char *
box_error(void)
{
	struct str *text = box.error.len ? &box.error : &box.err;
	const char *start;

	while (text->len && strchr("\n ", text->s[text->len - 1]))
		str_cut(text, text->len - 1);
	start = str_text(text);
	start += strspn(start, "\n ");
	if (str_starts(start, XT_PROGRAM ": "))
		start += strlen(XT_PROGRAM ": ");
	return start;
}

void
box_done(void)
{
	if (box.is_allowed)
		fault_release();
	if (box.out_file) {
		fclose(box.out_file);
		fclose(box.err_file);
	}
	str_done(&box.out);
	str_done(&box.err);
	str_done(&box.error);
	memset(&box, 0, sizeof(box));
}
