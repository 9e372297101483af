/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor off screen. */
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/apply.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <limits.h>
#include <sys/stat.h>
#include "../ns.h"
#include "../../src/tui/cursesw.h"
#include "../../src/tui/term.h"
#include "screen.h"

static FILE *
null_stream(const char *mode)
{
	FILE *f = fopen("/dev/null", mode);

	if (!f)
		bail_out("cannot open /dev/null");
	return f;
}

static void
load_rules(const char *rules)
{
	FILE *pipe;

	if (!rules)
		return;
	pipe = popen("ip6tables-legacy-restore", "w");
	if (!pipe || fputs(rules, pipe) < 0 || pclose(pipe) != 0)
		bail_out("cannot load the rules");
}

static void
make_world(struct editor *editor, const struct setup *setup)
{
	editor->db_path = xasprintf("%s/lib/history.db", setup->dir);
	editor->run_dir = xasprintf("%s/run", setup->dir);
	mkdir(editor->run_dir, 0700);
	editor->world = (struct world){
		.clock = &clock_system,
		.backend = setup->file ? backend_file(setup->file) :
					 backend_ip6tc(ns_lock_path),
		.file = setup->file,
		.editor = setup->editor,
		.table = "filter",
		.db_path = editor->db_path,
		.guardian = { .run_dir = editor->run_dir,
			      .lock_path = ns_lock_path },
		.lifelines = { .ssh_connection = setup->ssh, .self = 1 },
		.actor = { .uid = 0, .user = (char *)"root",
			   .from = (char *)"2001:db8::77",
			   .host = (char *)"vps.example" },
		.term = setup->term ? setup->term : "xterm-256color",
		.no_color = setup->no_color,
		.utf8 = !setup->ascii,
		.read_only = setup->read_only,
		.sandbox = setup->sandbox,
		.rehearse = setup->rehearse,
		.in = null_stream("r"),
		.out = null_stream("w"),
		.err = stderr,
		.tty_in = true,
		.tty_out = true,
	};
}

/* The editor takes descriptor 1 away from whoever prints, which a test does. */
static void
keep_stdout(void)
{
	static FILE *own;

	if (own)
		return;
	own = fdopen(dup(STDOUT_FILENO), "w");
	if (!own)
		bail_out("cannot keep the standard output");
	setvbuf(own, NULL, _IOLBF, 0);
	fflush(stdout);
	stdout = own;
}

void
editor_open(struct editor *editor, const struct setup *setup)
{
	struct trial *trial = NULL;
	enum apply_found found;

	*editor = (struct editor){ 0 };
	keep_stdout();
	setlocale(LC_CTYPE, setup->ascii ? "C" : "C.UTF-8");
	load_rules(setup->rules);
	make_world(editor, setup);
	found = setup->file ? FOUND_NOTHING :
			      apply_resume(&editor->world, &trial);
	if (session_open(&editor->world, &editor->session))
		bail_out("session_open: %s", err_message());
	if (term_open(&editor->world))
		bail_out("term_open: %s", err_message());
	resizeterm(setup->rows, setup->columns);
	ui_init(&editor->ui, &editor->world, editor->session);
	watch_resume(&editor->ui, found, trial, err_message());
	draft_offer(&editor->ui);
	trial_free(trial);
	ui_draw(&editor->ui);
	ui_sync(&editor->ui);
}

void
editor_close(struct editor *editor)
{
	term_close();
	ui_done(&editor->ui);
	session_free(editor->session);
	backend_free(editor->world.backend);
	fclose(editor->world.in);
	fclose(editor->world.out);
	free(editor->db_path);
	free(editor->run_dir);
}

/* --- Keys --- */

static const struct {
	const char *name;
	int key;
} named_keys[] = {
	{ "Enter", '\r' },
	{ "Esc", '\033' },
	{ "Tab", '\t' },
	{ "lt", '<' },
	{ "Up", FN(KEY_UP) },
	{ "Down", FN(KEY_DOWN) },
	{ "Left", FN(KEY_LEFT) },
	{ "Right", FN(KEY_RIGHT) },
	{ "Home", FN(KEY_HOME) },
	{ "End", FN(KEY_END) },
	{ "PgDn", FN(KEY_NPAGE) },
	{ "PgUp", FN(KEY_PPAGE) },
	{ "Del", FN(KEY_DC) },
	{ "BS", FN(KEY_BACKSPACE) },
	{ "F1", FN(KEY_F(1)) },
	{ "F4", FN(KEY_F(4)) },
	{ "F8", FN(KEY_F(8)) },
	{ "F10", FN(KEY_F(10)) },
	{ "Paste", KEY_PASTE },
	{ "PasteEnd", KEY_PASTE_END },
};

static int
named_key(const char *name, size_t n)
{
	if (n == 2 && name[0] == '^')
		return KEY_CTRL(name[1]);
	for (size_t i = 0; i < ARRAY_LEN(named_keys); i++)
		if (strlen(named_keys[i].name) == n &&
		    strncmp(named_keys[i].name, name, n) == 0)
			return named_keys[i].key;
	bail_out("no such key: %.*s", (int)n, name);
}

void
editor_keys(struct editor *editor, const char *keys)
{
	size_t left = strlen(keys);

	while (left > 0) {
		size_t n;

		ui_draw(&editor->ui);
		if (*keys == '<') {
			n = strcspn(keys, ">") + 1;
			ui_key(&editor->ui, named_key(keys + 1, n - 2));
		} else {
			unsigned cp = 0;

			n = text_decode(keys, left, &cp);
			ui_key(&editor->ui, (int)cp);
		}
		keys += n;
		left -= n;
	}
}

/* --- What is seen --- */

struct cell {
	wchar_t text[CCHARW_MAX + 1];
	attr_t attr;
	short pair;
};

static void
cell_at(int y, int x, struct cell *cell)
{
	cchar_t c;

	mvin_wch(y, x, &c);
	memset(cell, 0, sizeof(*cell));
	getcchar(&c, cell->text, &cell->attr, &cell->pair, NULL);
	cell->attr &= A_REVERSE | A_BOLD | A_DIM | A_UNDERLINE;
	if (cell->text[0] == L' ' && !(cell->attr & (A_REVERSE | A_UNDERLINE)))
		cell->attr = cell->pair = 0;	/* nobody sees it */
}

static void
add_wide(struct str *out, const wchar_t *text)
{
	static const char *const box = "\xe2\x94\x80";
	char bytes[MB_LEN_MAX + 1];

	for (; *text; text++) {
		int n = wctomb(bytes, *text);

		if (n > 0)
			str_addn(out, bytes, (size_t)n);
		else
			str_add(out, *text == 0x2500 ? box : "?");
	}
}

static size_t
trim(struct str *out, size_t from)
{
	size_t n = out->len;

	while (n > from && out->s[n - 1] == ' ')
		n--;
	str_cut(out, n);
	return n;
}

static void
dump_text(int y, int width, struct str *out)
{
	size_t from = out->len;

	for (int x = 0; x < width; x++) {
		struct cell cell;

		cell_at(y, x, &cell);
		add_wide(out, cell.text);
		if (cell.text[0] && wcwidth(cell.text[0]) == 2)
			x++;
	}
	trim(out, from);
	str_addc(out, '\n');
}

static const char *
colour_name(short pair)
{
	static const char *const names[] = {
		"black", "red", "green", "yellow", "blue", "magenta", "cyan",
		"white",
	};
	short fg = -1, bg = -1;

	if (pair == 0 || pair_content(pair, &fg, &bg) == CURSES_ERR || fg < 0)
		return NULL;
	return names[fg & 7];
}

static void
add_run(struct str *out, int from, int to, const struct cell *cell)
{
	static const struct {
		attr_t attr;
		const char *name;
	} names[] = {
		{ A_REVERSE, "reverse" }, { A_BOLD, "bold" }, { A_DIM, "dim" },
		{ A_UNDERLINE, "underline" },
	};
	const char *colour = colour_name(cell->pair);

	if (!cell->attr && !colour)
		return;
	str_addf(out, "   %d-%d", from, to);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (cell->attr & names[i].attr)
			str_addf(out, " %s", names[i].name);
	if (colour)
		str_addf(out, " %s", colour);
}

static void
dump_attributes(int y, int width, struct str *out)
{
	struct cell start, cell;
	size_t before = out->len;
	int from = 0;

	cell_at(y, 0, &start);
	for (int x = 1; x <= width; x++) {
		if (x < width)
			cell_at(y, x, &cell);
		if (x < width && cell.attr == start.attr &&
		    cell.pair == start.pair)
			continue;
		add_run(out, from, x - 1, &start);
		start = cell;
		from = x;
	}
	if (out->len > before)
		str_addc(out, '\n');
}

void
editor_text(struct editor *editor, struct str *out)
{
	int rows, columns;

	ui_draw(&editor->ui);
	getmaxyx(stdscr, rows, columns);
	for (int y = 0; y < rows; y++)
		dump_text(y, columns, out);
}

void
editor_dump(struct editor *editor, struct str *out)
{
	int rows, columns, cy, cx;

	ui_draw(&editor->ui);
	getyx(stdscr, cy, cx);
	getmaxyx(stdscr, rows, columns);
	for (int y = 0; y < rows; y++) {
		str_addc(out, '|');
		dump_text(y, columns, out);
		dump_attributes(y, columns, out);
	}
	str_addf(out, "cursor %d,%d\n", cy, cx);
}

/* --- The guardian --- */

bool
editor_wait(struct editor *editor, enum watch_phase phase)
{
	struct watch *watch = &editor->ui.watch;

	for (int i = 0; i < 300 && watch->phase != phase; i++) {
		struct pollfd fd = { .fd = watch_fd(watch), .events = POLLIN };

		if (fd.fd >= 0 && poll(&fd, 1, 100) > 0)
			watch_input(&editor->ui);
		else if (fd.fd < 0)
			break;
	}
	return watch->phase == phase;
}

bool
editor_idle(struct editor *editor)
{
	struct session *session = editor->session;

	session_rehearse(session);
	if (session_rehearsal_fd(session) < 0)
		return false;
	for (int i = 0; i < 100 && session_rehearsal_fd(session) >= 0; i++) {
		struct pollfd fd = { .fd = session_rehearsal_fd(session),
				     .events = POLLIN };

		if (poll(&fd, 1, 100) > 0)
			ui_rehearsal(&editor->ui);
	}
	return session_rehearsal_fd(session) < 0;
}

static char *made_dir;
static pid_t made_by;

static void
remove_dir(void)
{
	char *command;

	if (getpid() != made_by)
		return;
	command = xasprintf("rm -rf '%s'", made_dir);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", made_dir);
	free(command);
}

char *
screen_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!made_dir) {
		made_dir = xasprintf("%s/screens-XXXXXX", tmp ? tmp : "/tmp");
		if (!mkdtemp(made_dir))
			bail_out("cannot make a directory");
		made_by = getpid();
		atexit(remove_dir);
	}
	return made_dir;
}
