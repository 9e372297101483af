/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real screens without a terminal: curses writes to /dev/null, keys come
 * from a string, and what would be seen is read back from curses. */
#ifndef TESTS_SCREENS_SCREEN_H
#define TESTS_SCREENS_SCREEN_H

#include <stdbool.h>
#include <sallyport/str.h>
#include <sallyport/world.h>
#include "../../src/tui/ui.h"

struct setup {
	int rows;
	int columns;
	const char *term;	/* NULL: xterm-256color */
	bool no_color;
	bool ascii;		/* no UTF-8 */
	bool read_only;
	bool sandbox;
	bool rehearse;		/* the kernel is asked too */
	const char *rules;	/* ip6tables-save text */
	const char *ssh;	/* $SSH_CONNECTION */
	const char *dir;	/* private, for history and trial */
	const char *file;	/* as with --file */
	const char *editor;	/* $EDITOR */
	const char *heard;	/* what the guardian says more on trial */
};

struct editor {
	struct world world;
	struct ui ui;
	struct session *session;
	char *db_path;
	char *run_dir;
};

/* Load setup->rules into this network namespace's table and open the editor. */
void editor_open(struct editor *editor, const struct setup *setup);
void editor_close(struct editor *editor);

/* Keys: characters as they are, others as <Enter>, <Down>, <^A>, <lt>. What the
 * last one made is drawn when it is looked at, and but once, as by the loop. */
void editor_keys(struct editor *editor, const char *keys);

/* Draw, and append what is seen: each line between bars, below it its runs of
 * attributes as "  | 0-9 reverse bold red"; at last the cursor. */
void editor_dump(struct editor *editor, struct str *out);

/* The text alone. */
void editor_text(struct editor *editor, struct str *out);

/* Is this text on the screen? What the screen shows is told if not. */
bool editor_sees(struct editor *editor, const char *text);

/* Does the text of the table have this: as staged, as it is in the kernel? */
bool editor_staged(const struct editor *editor, const char *table,
		   const char *text);
bool editor_live(const struct editor *editor, const char *table,
		 const char *text);

/* Write a file, whose path is yours; does one have this text? */
char *file_make(const char *dir, const char *name, const char *text);
bool file_has(const char *path, const char *text);

/* Take the guardian's events until the watch is in phase; false after 10 s. */
bool editor_wait(struct editor *editor, enum watch_phase phase);

/* Nobody types: the rehearsal that is due begins, and is waited for; false where
 * none was due, or after 10 s. */
bool editor_idle(struct editor *editor);

/* An empty private directory; removed at exit. */
char *screen_dir(void);

#endif
