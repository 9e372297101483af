/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is boxed for libxtables is as always for the program itself: crashes,
 * exit() and look-ups of names; and nothing is printed where it should not. */
#include "../tap.h"
#include <netdb.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

static void
on_crash(int sig)
{
	_exit(7);
}

/* The exit status of a child that does this; 128 + N where signal N ended it. */
static int
status_of(void (*child)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		child();
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* Volatile, and not NULL: a sanitizer knows that one before it happens. */
static void
crash(void)
{
	volatile char *volatile nowhere = (char *)8;

	*nowhere = 1;
}

static void
crash_handled(void)
{
	signal(SIGSEGV, on_crash);
	xt_catch_faults();
	xt_catch_faults();
	crash();
}

static void
kill_handled(void)
{
	signal(SIGSEGV, on_crash);
	xt_catch_faults();
	raise(SIGSEGV);
}

static void
kill_default(void)
{
	signal(SIGSEGV, SIG_DFL);
	xt_catch_faults();
	raise(SIGSEGV);
}

static void
crash_after_done(void)
{
	signal(SIGSEGV, on_crash);
	xt_catch_faults();
	xt_done();
	crash();
}

static int exit_word[2];

static void
say_goodbye(void)
{
	if (write(exit_word[1], "x", 1) < 0)
		_exit(98);
}

static void
leave(void)
{
	atexit(say_goodbye);
	exit(3);
}

static bool
chain_that_dies(const char *name, void *arg)
{
	die("the end of %s", name);
}

/* die() in the middle of a parse. */
static void
die_in_box(void)
{
	struct chain_names names = { chain_that_dies, NULL };
	char *words[] = { (char *)"-j", (char *)"here" };
	struct vec rules = { 0 };

	dup2(exit_word[1], 2);
	if (xt_parse("filter", 2, words, &names, &rules))
		_exit(97);
}

static void
test_exit(void)
{
	char text[64] = "";

	if (pipe(exit_word) < 0)
		bail_out("pipe");
	is_int(status_of(leave), 3, "exit() ends the program");
	ok(read(exit_word[0], text, sizeof(text)) == 1 && text[0] == 'x',
	   "by way of atexit()");
	is_int(status_of(die_in_box), 1, "so does die() in a parse");
	if (read(exit_word[0], text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	ok(strstr(text, "the end of here"), "and says why");
}

static void
test_names(void)
{
	struct addrinfo *res = NULL;

	ok(getaddrinfo("localhost", NULL, NULL, &res) == 0,
	   "the program itself can look up names");
	if (res)
		freeaddrinfo(res);
}

/* Before xt_init() nothing can be read, and nothing is lost. */
static void
test_not_started(void)
{
	char *words[] = { (char *)"-j", (char *)"DROP" };
	struct vec rules = { 0 };

	ok(xt_parse("filter", 2, words, NULL, &rules) == ERR_PARSE,
	   "nothing is parsed before the start");
	diag("%s", err_message());
}

int
main(void)
{
	test_not_started();
	if (xt_init(false))
		bail_out("%s", err_message());
	is_int(status_of(crash_handled), 7, "a crash of ours is handed on");
	is_int(status_of(kill_handled), 7, "so is a signal");
	is_int(status_of(kill_default), 128 + SIGSEGV, "which may end us");
	is_int(status_of(crash_after_done), 7, "and a crash behind the end");
	test_exit();
	test_names();
	xt_done();
	return done_testing();
}
