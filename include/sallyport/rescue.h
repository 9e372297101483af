/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table as the kernel takes it back in one setsockopt(): made while there is
 * memory, for a revert that finds none. */
#ifndef SALLYPORT_RESCUE_H
#define SALLYPORT_RESCUE_H

#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

/* Append what puts the table, which must be registered, back as it is now, its
 * counters too. */
enum err rescue_add(struct str *out, const char *table) must_check;

/* Put all of them back, the last one first. Allocates nothing; writes into blob,
 * which is aligned to 16 bytes. What others changed in these tables is lost. 0, or
 * errno of the first one that the kernel refused; the others are tried. */
int rescue_put(void *blob, size_t len);

#endif
