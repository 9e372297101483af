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
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "cursesw.h"
#include "term.h"
#include "theme.h"

#define CAPTURED_MAX 4096
#define RESET_MAX 256

/* <term.h> would bring macros by the hundred. */
extern char *tigetstr(const char *name);

static struct {
	bool taken;
	pid_t owner;
	FILE *in;
	FILE *out;
	SCREEN *screen;
	struct termios saved;
	int captured;		/* what libraries print meanwhile */
	int old_out;
	int old_err;
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
}

static void
release_fatal(void)
{
	for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
		signal(fatal_signals[i], SIG_DFL);
}

/* Terminals with an alternate screen know of it, or ignore it. */
static bool
can_paste(void)
{
	const char *s = tigetstr("smcup");

	return s && s != (const char *)-1;
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
		const char *s = tigetstr(names[i]);

		if (s && s != (const char *)-1)
			remember(s);
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

static void
capture_start(void)
{
	fflush(stdout);
	fflush(stderr);
	term.old_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	term.old_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	term.captured = memfd_create("sallyport-output", MFD_CLOEXEC);
	if (term.captured < 0)
		term.captured = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(term.captured, STDOUT_FILENO);
	dup2(term.captured, STDERR_FILENO);
}

static void
give_back(int old, int fd)
{
	if (old < 0)
		return;
	dup2(old, fd);
	close(old);
}

/* What a library said before it ended the program is worth reading. */
static void
capture_end(void)
{
	char said[CAPTURED_MAX];
	struct str harmless = { 0 };
	ssize_t n;

	fflush(stdout);
	fflush(stderr);
	give_back(term.old_out, STDOUT_FILENO);
	give_back(term.old_err, STDERR_FILENO);
	n = pread(term.captured, said, sizeof(said), 0);
	for (ssize_t i = 0, from = 0; i < n; i++) {
		if (said[i] != '\n' && i + 1 < n)
			continue;
		text_visible(&harmless, said + from,
			     (size_t)(i - from + (said[i] != '\n')), false);
		str_addc(&harmless, '\n');
		from = i + 1;
	}
	fputs(str_text(&harmless), stderr);
	str_done(&harmless);
	close(term.captured);
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

enum err
term_open(const struct world *world)
{
	static bool registered;
	const char *type = world->term ? world->term : "";

	if (open_streams(world)) {
		close_streams();
		return ERR_FAIL;
	}
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
	delscreen(term.screen);
	close_streams();
	capture_end();
	die_restore(NULL);
}

void
term_suspend(void)
{
	sigset_t stop, old;

	tell_paste(PASTE_OFF);
	endwin();
	tcsetattr(fileno(term.in), TCSADRAIN, &term.saved);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &old);
	kill(0, SIGTSTP);
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

static const struct {
	int key;
	const char *name;
} key_names[] = {
	{ FN(KEY_UP), "Up" },
	{ FN(KEY_DOWN), "Down" },
	{ FN(KEY_LEFT), "Left" },
	{ FN(KEY_RIGHT), "Right" },
	{ FN(KEY_PPAGE), "PgUp" },
	{ FN(KEY_NPAGE), "PgDn" },
	{ FN(KEY_HOME), "Home" },
	{ FN(KEY_END), "End" },
	{ FN(KEY_BTAB), "S-Tab" },
	{ FN(KEY_ENTER), "Enter" },
	{ FN(KEY_DC), "Del" },
	{ FN(KEY_BACKSPACE), "Backspace" },
	{ '\r', "Enter" },
	{ '\n', "Enter" },
	{ '\t', "Tab" },
	{ '\033', "Esc" },
	{ ' ', "Space" },
	{ 0x7f, "Backspace" },
};

void
term_key_name(int key, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
		if (key_names[i].key != key)
			continue;
		str_add(out, key_names[i].name);
		return;
	}
	if (key >= FN(KEY_F(1)) && key <= FN(KEY_F(63)))
		str_addf(out, "F%d", key - FN(KEY_F0));
	else if (key & KEY_FN_BIT)
		str_add(out, _("this key"));
	else if (key < 0x20)
		str_addf(out, "^%c", key + '@');
	else if (key < 0x7f)
		str_addc(out, (char)key);
	else
		str_addf(out, "U+%04X", (unsigned)key);
}
