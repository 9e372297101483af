/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each role looks. Whatever colour says, an attribute or a character says
 * too: nothing is lost in monochrome. Backgrounds stay the terminal's own, so
 * that light and dark screens are both readable. */
#include <stdlib.h>
#include "cursesw.h"
#include "theme.h"

#define PLAIN (-1)

struct look {
	attr_t mono;
	attr_t attr;	/* with colours */
	short colour;
};

static const struct look looks[ROLE_COUNT] = {
	[ROLE_TEXT] =	    { A_NORMAL, A_NORMAL, PLAIN },
	[ROLE_TITLE] =	    { A_REVERSE, A_REVERSE, PLAIN },
	[ROLE_TITLE_SAFE] = { A_REVERSE, A_REVERSE, COLOR_GREEN },
	[ROLE_TITLE_WARN] = { A_REVERSE | A_UNDERLINE, A_REVERSE,
			      COLOR_YELLOW },
	[ROLE_TITLE_BAD] =  { A_BOLD, A_REVERSE | A_BOLD, COLOR_RED },
	[ROLE_CHAIN] =	    { A_BOLD, A_BOLD, PLAIN },
	[ROLE_HEADER] =	    { A_DIM, A_DIM, PLAIN },
	[ROLE_DIM] =	    { A_DIM, A_DIM, PLAIN },
	[ROLE_ACCEPT] =	    { A_NORMAL, A_NORMAL, COLOR_GREEN },
	[ROLE_DROP] =	    { A_NORMAL, A_NORMAL, COLOR_RED },
	[ROLE_ADDED] =	    { A_BOLD, A_BOLD, COLOR_GREEN },
	[ROLE_DELETED] =    { A_DIM, A_DIM, COLOR_RED },
	[ROLE_CHANGED] =    { A_BOLD, A_BOLD, COLOR_YELLOW },
	[ROLE_MOVED] =	    { A_BOLD, A_BOLD, COLOR_CYAN },
	[ROLE_SAFE] =	    { A_NORMAL, A_NORMAL, COLOR_GREEN },
	[ROLE_WARN] =	    { A_BOLD, A_BOLD, COLOR_YELLOW },
	[ROLE_BAD] =	    { A_BOLD, A_BOLD, COLOR_RED },
	[ROLE_KEY] =	    { A_BOLD, A_BOLD, PLAIN },
	[ROLE_MESSAGE] =    { A_NORMAL, A_NORMAL, PLAIN },
	[ROLE_ERROR] =	    { A_BOLD, A_BOLD, COLOR_RED },
	[ROLE_COUNTDOWN] =  { A_REVERSE | A_BOLD, A_REVERSE | A_BOLD,
			      COLOR_YELLOW },
	[ROLE_URGENT] =	    { A_REVERSE | A_BOLD, A_REVERSE | A_BOLD,
			      COLOR_RED },
};

static bool coloured;

void
theme_start(bool no_color)
{
	coloured = !no_color && has_colors() && start_color() == CURSES_OK &&
		   use_default_colors() == CURSES_OK;
	if (!coloured)
		return;
	for (int i = 0; i < ROLE_COUNT; i++)
		if (looks[i].colour != PLAIN)
			init_pair((short)(i + 1), looks[i].colour, -1);
}

unsigned
theme_attr(enum role role)
{
	const struct look *look = &looks[role];

	if (!coloured)
		return look->mono;
	if (look->colour == PLAIN)
		return look->attr;
	return look->attr | COLOR_PAIR(role + 1);
}
