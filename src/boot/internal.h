/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the boot rules. */
#ifndef BOOT_INTERNAL_H
#define BOOT_INTERNAL_H

#include <sallyport/boot.h>

/* Would loader load the text in an empty network namespace, and make of it as
 * many chains and rules as tables have? ERR_FAIL says why not. */
enum err boot_try(const char *loader, const struct str *text,
		  const struct tables *tables) must_check;

/* The first line that `loader -V` prints; "" where it prints none. */
void boot_ask_version(const char *loader, struct str *line);

/* A target wants the unit, and it is not masked. */
bool boot_unit_enabled(const struct boot_world *world, const char *unit);

#endif
