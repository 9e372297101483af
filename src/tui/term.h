/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal: taken once, given back on every exit. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/world.h>

/* A key is a Unicode character, or FN(KEY_UP) and the like of <curses.h>. */
#define KEY_FN_BIT 0x1000000
#define FN(code) (KEY_FN_BIT | (code))
#define KEY_CTRL(c) ((c) & 0x1f)

/* Take the terminal of world->in and world->out. From now on the descriptors 1
 * and 2 go to a file in memory, whose text comes out when it is given back. */
enum err term_open(const struct world *world) must_check;

/* Give it back. Does nothing when it is not taken, or in a forked child. */
void term_close(void);

/* Stop as ^Z does, and take the terminal again afterwards. */
void term_suspend(void);

/* Give the terminal to another program, with its settings and the descriptors 1
 * and 2 as they were found; take it again in the size that it has then. */
void term_lend(void);
void term_take_again(void);

/* After SIGCONT by others: the screen is drawn anew. */
void term_repaint(void);

/* Learn the terminal's size from the kernel. */
void term_resize(void);

/* The descriptor to poll for keys. */
int term_fd(void);

/* The next key, without waiting; false when there is none now. A mouse event is
 * FN(KEY_MOUSE); term_mouse() tells more. */
bool term_key(int *key);

/* Keys that come between these two were pasted, not typed. */
#define KEY_PASTE FN(KEY_MAX + 1)
#define KEY_PASTE_END FN(KEY_MAX + 2)

/* The last mouse event: its row, and -1 or 1 for the wheel, 0 for a click. */
int term_mouse(int *row);

/* Drop keys that were typed ahead. */
void term_flush_keys(void);

void term_bell(void);

/* The name people know a key by: "F1", "^R", "Enter", "a". */
void term_key_name(int key, struct str *out);

#endif
