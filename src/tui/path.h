/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File names as they are typed. */
#ifndef TUI_PATH_H
#define TUI_PATH_H

#include <sallyport/str.h>

/* "~" and "~USER" at the beginning become that directory. Yours. */
char *path_expand(const char *typed);

/* Add what all names that begin as typed have in common, and the slash behind a
 * directory that is the only one. */
void path_complete(struct str *typed);

#endif
