/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of text in the making: harmless text in roles, without a place. */
#ifndef TUI_PAINT_H
#define TUI_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/str.h>
#include "theme.h"

/* Text up to byte end has this role. */
struct run {
	size_t end;
	enum role role;
};

struct paint {
	struct str text;
	struct run *runs;
	size_t n;
	size_t cap;
	size_t width;	/* columns so far */
	bool utf8;
};

void paint_init(struct paint *paint, bool utf8);
void paint_done(struct paint *paint);
void paint_clear(struct paint *paint);

/* Append our own text (it is not looked at for control characters). */
void paint_add(struct paint *paint, enum role role, const char *s);
void paint_own(struct paint *paint, enum role role, const char *s, size_t n);
void paint_addf(struct paint *paint, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Append text from elsewhere, made harmless. */
void paint_raw(struct paint *paint, enum role role, const char *s);
void paint_rawn(struct paint *paint, enum role role, const char *s, size_t n);

/* Blanks up to column. */
void paint_to(struct paint *paint, enum role role, size_t column);

/* The role of the text at byte. */
enum role paint_role(const struct paint *paint, size_t byte);

#endif
