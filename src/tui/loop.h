/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that waits. */
#ifndef TUI_LOOP_H
#define TUI_LOOP_H

#include <sallyport/err.h>

struct ui;

/* Block the signals that the loop takes as input. Before the terminal is
 * taken. */
enum err loop_open(void) must_check;

/* Draw and wait until the editor is left. */
void loop_run(struct ui *ui);

/* As before loop_open(). */
void loop_close(void);

#endif
