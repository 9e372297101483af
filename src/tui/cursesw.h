/* SPDX-License-Identifier: GPL-2.0-or-later */
/* <curses.h> with wide characters, without its OK, which is ours. */
#ifndef TUI_CURSESW_H
#define TUI_CURSESW_H

#include <wchar.h>
#define NCURSES_NOMACROS 1
#include <curses.h>
#undef OK
#define CURSES_OK 0
#define CURSES_ERR (-1)

#endif
