/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of a revision that are members of struct revision, for the reader
 * and the writer of rows. */
#ifndef SALLYPORT_REVISION_COLUMNS_H
#define SALLYPORT_REVISION_COLUMNS_H

#include <stddef.h>

enum column_kind {
	COLUMN_NUMBER,		/* int64_t, uint64_t */
	COLUMN_PARENT,		/* int64_t, 0 is stored as NULL */
	COLUMN_UID,		/* int */
	COLUMN_TEXT,		/* char * */
	COLUMN_FIXED,		/* char[size] */
};

struct column {
	const char *name;
	enum column_kind kind;
	size_t offset;
	size_t size;
};

extern const struct column columns[];
extern const size_t columns_n;

#endif
