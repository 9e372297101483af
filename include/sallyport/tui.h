/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor on the screen. Owner of <curses.h>: src/tui/. */
#ifndef SALLYPORT_TUI_H
#define SALLYPORT_TUI_H

#include <sallyport/world.h>

/* Run the editor until it is left; returns an exit status. */
int tui_main(const struct world *world);

/* Call each with every action of every screen, from the tables that dispatch
 * reads: for the check of the manual. Keys are "a o", help is not translated. */
void tui_each_action(void (*each)(const char *screen, const char *keys,
				  const char *name, const char *help, void *arg),
		     void *arg);

#endif
