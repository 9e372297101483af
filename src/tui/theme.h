/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles of text; one table says how each looks. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>

enum role {
	ROLE_TEXT,
	ROLE_TITLE,		/* the first line */
	ROLE_TITLE_SAFE,	/* the verdict in it */
	ROLE_TITLE_WARN,
	ROLE_TITLE_BAD,
	ROLE_CHAIN,
	ROLE_HEADER,		/* of columns */
	ROLE_DIM,
	ROLE_ACCEPT,
	ROLE_DROP,
	ROLE_ADDED,
	ROLE_DELETED,
	ROLE_CHANGED,
	ROLE_MOVED,
	ROLE_SAFE,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_KEY,		/* a key's name in footer and help */
	ROLE_MESSAGE,
	ROLE_ERROR,
	ROLE_COUNTDOWN,
	ROLE_URGENT,		/* the countdown's end */
	ROLE_COUNT
};

/* Set the colours up: not with no_color, nor where the terminal has none. */
void theme_start(bool no_color);

/* A curses attribute, with its colour pair. */
unsigned theme_attr(enum role role);

#endif
