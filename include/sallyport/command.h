/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ip6tables command as it is pasted from the web, made into changes. */
#ifndef SALLYPORT_COMMAND_H
#define SALLYPORT_COMMAND_H

#include <sallyport/changeset.h>

/* Parse "[sudo] [ip6tables[-legacy|-nft]] [-t TABLE] [-w [N]] -A|-I [n]|-D
 * (n|spec)|-R n|-P|-N|-X|-E|-F CHAIN ..." against rs, apply it to rs and append the
 * changes to cs: all of them, or none on error. What leaves everything as it was
 * (-P of the policy that is set) is no change. -t of another table than rs's
 * is ERR_USAGE; -L, -S, -Z, -C are refused by name. ERR_PARSE and
 * ERR_NOT_FOUND as for ip6tables. */
enum err command_stage(const char *line, struct ruleset *rs,
		       struct changeset *cs) must_check;

/* The table that a command names with -t, borrowed; NULL where it names none. */
const char *command_table(int argc, char *const *argv);

/* The same for a line; otherwise is what it is where none is named. */
enum err command_find_table(const char *line, const char *otherwise,
			    char table[TABLE_NAME_SIZE]) must_check;

/* The same for words that are split already (argv without program name). */
enum err command_stage_words(int argc, char *const *argv, struct ruleset *rs,
			     struct changeset *cs) must_check;

#endif
