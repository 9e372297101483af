/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal is given back on every exit: the normal one, die(), an exit(1)
 * inside a library, and a fatal signal. Curses writes to duplicates of the
 * terminal's descriptors, so that nothing a library prints reaches the
 * screen. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "capture.h"
#include "cursesw.h"
#include "term.h"
#include "theme.h"

#define RESET_MAX 256

/* <term.h> would bring macros by the hundred. */
extern char *tigetstr(const char *name);
extern int setupterm(const char *type, int fd, int *found);
extern struct term *set_curterm(struct term *current);
extern int del_curterm(struct term *old);

static struct {
	bool taken;
	pid_t owner;
	FILE *in;
	FILE *out;
	SCREEN *screen;
	struct termios saved;
	char reset[RESET_MAX];	/* for signal handlers: terminfo's last words */
	size_t reset_len;
	MEVENT mouse;
} term;

/* Bracketed paste, so that pasted lines are not taken for keys. */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

static const int fatal_signals[] = {
	SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT,
};

/* Only what signal-safety(7) lists. */
static void
on_fatal(int sig)
{
	if (term.taken && term.owner == getpid()) {
		ssize_t n = write(fileno_unlocked(term.out), term.reset,
				  term.reset_len);
		(void)n;
		tcsetattr(fileno_unlocked(term.in), TCSANOW, &term.saved);
		term.taken = false;
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
catch_fatal(void)
{
	static char stack[16384];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = {
		.sa_handler = on_fatal,
		.sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK,
	};

	sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
		sigaction(fatal_signals[i], &sa, NULL);
	xt_catch_faults();
}

static void
release_fatal(void)
{
	for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
		signal(fatal_signals[i], SIG_DFL);
}

static bool
can(const char *capability)
{
	const char *s = tigetstr(capability);

	return s && s != (const char *)-1;
}

/* Terminals with an alternate screen know of it, or ignore it. */
static bool
can_paste(void)
{
	return can("smcup");
}

static void
remember(const char *s)
{
	size_t n = strlen(s);

	if (term.reset_len + n > RESET_MAX)
		return;
	memcpy(term.reset + term.reset_len, s, n);
	term.reset_len += n;
}

static void
remember_reset(void)
{
	static const char *const names[] = {
		"sgr0", "op", "rmkx", "cnorm", "rmcup",
	};

	term.reset_len = 0;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (can(names[i]))
			remember(tigetstr(names[i]));
	}
	if (can_paste())
		remember(PASTE_OFF);
}

static void
tell_paste(const char *sequence)
{
	if (!can_paste())
		return;
	fputs(sequence, term.out);
	fflush(term.out);
}

/* Curses puts its own handlers where it finds none; loop.c waits for these
 * signals instead. */
static void
default_signals(void)
{
	static const int ours[] = { SIGTSTP, SIGINT, SIGTERM, SIGWINCH };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		signal(ours[i], SIG_DFL);
}

/* Started in the background of a terminal, as by timeout(1) in a script, we draw,
 * and find the terminal gone when we read: being stopped there we would hear no
 * HUP or TERM. */
static void
stop_in_background(bool yes)
{
	signal(SIGTTIN, yes ? SIG_DFL : SIG_IGN);
	signal(SIGTTOU, yes ? SIG_DFL : SIG_IGN);
}

static void
set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	define_key("\033[200~", KEY_MAX + 1);
	define_key("\033[201~", KEY_MAX + 2);
	tell_paste(PASTE_ON);
}

static enum err
open_streams(const struct world *world)
{
	int in = fcntl(fileno(world->in), F_DUPFD_CLOEXEC, 10);
	int out = fcntl(fileno(world->out), F_DUPFD_CLOEXEC, 10);

	term.in = in < 0 ? NULL : fdopen(in, "r");
	term.out = out < 0 ? NULL : fdopen(out, "w");
	if (!term.in || !term.out)
		return fail_errno(_("cannot open the terminal"));
	return OK;
}

static void
close_streams(void)
{
	if (term.in)
		fclose(term.in);
	if (term.out)
		fclose(term.out);
	term.in = NULL;
	term.out = NULL;
}

/* Curses writes on every terminal that terminfo knows, also on one where all of
 * it lands on one line: "dumb". */
static enum err
check_type(const struct world *world, const char *type)
{
	int found = 0;
	bool known, places;

	if (!*type)
		return fail(ERR_FAIL, _("TERM is not set; `TERM=xterm-256color "
			    "sallyport` works on most terminals"));
	known = setupterm(type, fileno(world->out), &found) == CURSES_OK ||
		found > 0;
	places = known && can("cup");
	del_curterm(set_curterm(NULL));
	if (!known)
		return fail(ERR_FAIL, _("unknown terminal type '%s'; "
			    "`TERM=xterm-256color sallyport` works on most "
			    "terminals"), type);
	if (!places)
		return fail(ERR_FAIL, _("the editor cannot place the cursor on "
			    "a terminal of the type '%s'; `TERM=xterm-256color "
			    "sallyport` often can"), type);
	return OK;
}

enum err
term_open(const struct world *world)
{
	static bool registered;
	const char *type = world->term ? world->term : "";

	if (check_type(world, type))
		return ERR_FAIL;
	if (open_streams(world)) {
		close_streams();
		return ERR_FAIL;
	}
	stop_in_background(false);
	tcgetattr(fileno(term.in), &term.saved);
	set_escdelay(25);
	term.screen = newterm(type, term.out, term.in);
	if (!term.screen) {
		close_streams();
		return fail(ERR_FAIL, _("unknown terminal type '%s'"), type);
	}
	default_signals();
	remember_reset();
	set_modes();
	theme_start(world->no_color);
	capture_start();
	term.owner = getpid();
	term.taken = true;
	if (!registered)
		atexit(term_close);
	registered = true;
	die_restore(term_close);
	catch_fatal();
	return OK;
}

void
term_close(void)
{
	if (!term.taken || term.owner != getpid())
		return;
	term.taken = false;
	release_fatal();
	mousemask(0, NULL);
	tell_paste(PASTE_OFF);
	endwin();
	tcsetattr(fileno(term.in), TCSADRAIN, &term.saved);
	stop_in_background(true);
	delscreen(term.screen);
	close_streams();
	capture_end();
	die_restore(NULL);
}

/* Is our process group in the foreground? Both are 0 where a process namespace
 * hides them: taken for yes. */
static bool
is_foreground(void)
{
	pid_t group = tcgetpgrp(fileno(term.in));

	return group < 0 || group == getpgrp();
}

static void
leave_screen(void)
{
	tell_paste(PASTE_OFF);
	endwin();
	tcsetattr(fileno(term.in), TCSADRAIN, &term.saved);
}

void
term_lend(void)
{
	leave_screen();
	capture_end();
}

/* The other program may have been one with job control: a shell. */
void
term_take_again(void)
{
	if (!is_foreground())
		tcsetpgrp(fileno(term.in), getpgrp());
	capture_start();
	flushinp();
	term_repaint();
}

void
term_suspend(void)
{
	sigset_t stop, old;

	leave_screen();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &old);
	kill(0, SIGTSTP);
	while (!is_foreground())
		raise(SIGSTOP);
	sigprocmask(SIG_SETMASK, &old, NULL);
	term_repaint();
}

void
term_repaint(void)
{
	reset_prog_mode();
	tell_paste(PASTE_ON);
	term_resize();
	clearok(curscr, TRUE);
}

void
term_resize(void)
{
	struct winsize ws;

	if (ioctl(fileno(term.out), TIOCGWINSZ, &ws) == 0 &&
	    ws.ws_row > 0 && ws.ws_col > 0)
		resizeterm(ws.ws_row, ws.ws_col);
}

int
term_fd(void)
{
	return fileno(term.in);
}

bool
term_key(int *key)
{
	wint_t c;

	for (;;) {
		int rc = get_wch(&c);

		if (rc == CURSES_ERR)
			return false;
		if (rc == CURSES_OK) {
			*key = (int)c;
			return true;
		}
		if (c == KEY_RESIZE)
			continue;
		if (c == KEY_MOUSE && getmouse(&term.mouse) == CURSES_ERR)
			continue;
		*key = FN((int)c);
		return true;
	}
}

int
term_mouse(int *row)
{
	*row = term.mouse.y;
	if (term.mouse.bstate & BUTTON4_PRESSED)
		return -1;
	return term.mouse.bstate & BUTTON5_PRESSED ? 1 : 0;
}

void
term_flush_keys(void)
{
	flushinp();
}

void
term_bell(void)
{
	beep();
}
