/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor on the screen. Owner of <curses.h>: src/tui/. */
#ifndef SALLYPORT_TUI_H
#define SALLYPORT_TUI_H

#include <sallyport/world.h>

/* Run the editor until it is left; returns an exit status. */
int tui_main(const struct world *world);

#endif
