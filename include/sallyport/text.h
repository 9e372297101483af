/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from elsewhere, made harmless (P9). Control characters (C0, DEL, C1),
 * bytes that are not UTF-8, and characters that reorder, hide or join text (bidi
 * controls, zero width, blanks but the space, the private use areas) are shown
 * as <1b> or <U+202E>; so are combining marks with no character before them to
 * stand on, and all but three of many. What is shown can be told from what was
 * written, since a literal '<' before such a form is shown as <3c>.
 *
 * The rule: what is meant for a terminal goes through here, whoever reads it;
 * what goes into a pipe or a file is byte for byte. */
#ifndef SALLYPORT_TEXT_H
#define SALLYPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/str.h>

/* Append the n bytes at s to out, harmless. With utf8 false every byte above
 * 0x7e is shown as <xx>. TAB is shown as <09>, a newline as <0a>. */
void text_visible(struct str *out, const char *s, size_t n, bool utf8);

/* Columns that harmless UTF-8 text takes on the screen (wcwidth of each
 * character; independent of the locale). */
size_t text_width(const char *s);

/* Columns that text from elsewhere takes once text_visible() made it harmless. */
size_t text_shown_width(const char *s, size_t n, bool utf8);

/* Bytes of s that fit in width columns; never cuts a character. */
size_t text_fit(const char *s, size_t width);

/* Decode one character at s of n > 0 bytes. Returns its length 1..4 and sets
 * *cp, or returns 0 for a byte that begins no valid UTF-8 character. */
size_t text_decode(const char *s, size_t n, unsigned *cp);

/* Split a line into words as ip6tables-restore does: blanks separate, double
 * quotes group and end the word, a backslash within quotes keeps the next
 * character. Each word is a heap string. Returns the words in a NULL-terminated vector of the
 * caller's (words_free), their count in *n, or NULL for an open quote. */
char **words_split(const char *line, size_t *n);
void words_free(char **words);

/* Append word to out so that words_split gives it back: bare where it can be,
 * in double quotes with \ before " and \ elsewhere (it has blanks or quotes). */
void words_quote(struct str *out, const char *word);

#endif
