/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The box that guest code runs in. libxtables and its plugins print to stdout,
 * complain on stderr, call exit() and look up host names; in the box the first
 * two are captured without a file descriptor, the third comes back to us, and
 * the last is answered at once.
 *
 * Data that no kernel checked can crash a plugin as it prints: it walks past its
 * tables, it divides by zero. That ends the run in the box, not the program.
 *
 * exit() and getaddrinfo() are defined here, in the program, so that the guests'
 * calls of these names reach us before they reach libc; outside of the box both
 * hand on what they are given. */
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/err.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "xt-internal.h"

bool box_resolve;

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE };

static struct box {
	bool is_open;
	bool has_crashed;
	jmp_buf way_out;
	struct sigaction real_faults[ARRAY_LEN(faults)];	/* the world's */
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

/* SA_NODEFER: the jump out leaves no signal blocked. */
static void
on_fault(int signal)
{
	box.has_crashed = true;
	longjmp(box.way_out, 1);
}

static void
faults_catch(void)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_NODEFER };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		sigaction(faults[i], &action, &box.real_faults[i]);
}

static void
faults_release(void)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		sigaction(faults[i], &box.real_faults[i], NULL);
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
	faults_catch();
}

/* A stream that crashed is in no state to be touched again. */
static void
box_close(void)
{
	faults_release();
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
	if (box.out_file) {
		fclose(box.out_file);
		fclose(box.err_file);
	}
	str_done(&box.out);
	str_done(&box.err);
	str_done(&box.error);
	memset(&box, 0, sizeof(box));
}

/* The next definition of name behind the program's own: libc's. */
static void *
libc_symbol(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Does this address belong to the program, rather than to a library? */
static bool
is_ours(const void *address)
{
	Dl_info caller, self;

	return dladdr(address, &caller) && dladdr(&box, &self) &&
	       caller.dli_fbase == self.dli_fbase;
}

/* die() in the box means it: what it wrote must be seen. */
static void
box_abandon(void)
{
	box_close();
	if (box.err.len)
		fputs(str_text(&box.err), stderr);
}

__attribute__((visibility("default"))) void
exit(int status)
{
	void (*libc_exit)(int);

	if (box.is_open && !is_ours(__builtin_return_address(0)))
		box_leave();
	if (box.is_open)
		box_abandon();
	*(void **)&libc_exit = libc_symbol("exit");
	if (libc_exit)
		libc_exit(status);
	_exit(status);
}

__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict node, const char *restrict service,
	    const struct addrinfo *restrict hints,
	    struct addrinfo **restrict res)
{
	static int (*libc_getaddrinfo)(const char *, const char *,
				       const struct addrinfo *,
				       struct addrinfo **);
	struct addrinfo numeric = { .ai_family = AF_UNSPEC };

	if (!libc_getaddrinfo)
		*(void **)&libc_getaddrinfo = libc_symbol("getaddrinfo");
	if (!libc_getaddrinfo)
		return EAI_SYSTEM;
	if (box.is_open && !box_resolve && node) {
		if (hints)
			numeric = *hints;
		numeric.ai_flags |= AI_NUMERICHOST;
		hints = &numeric;
	}
	return libc_getaddrinfo(node, service, hints, res);
}
