/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors 1 and 2 while the editor has the screen. */
#ifndef TUI_CAPTURE_H
#define TUI_CAPTURE_H

void capture_start(void);

/* As before; what was printed meanwhile goes to the old descriptor 2. */
void capture_end(void);

#endif
