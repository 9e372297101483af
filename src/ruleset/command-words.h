/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pasted command line into words, as a shell would, but no shell does. */
#ifndef RULESET_COMMAND_WORDS_H
#define RULESET_COMMAND_WORDS_H

#include <sallyport/err.h>
#include <sallyport/vec.h>

/* Push the words of line, heap strings, to words: blanks separate, both kinds
 * of quotes group, a backslash keeps the next character, # begins a comment; a
 * prompt ("$ " or "# ") before the first word is left out. ERR_PARSE for an
 * open quote and for what a shell would act on (; & | < > ( ) $ `), with
 * nothing pushed. */
enum err command_words(const char *line, struct vec *words) must_check;
void command_words_free(struct vec *words);

#endif
