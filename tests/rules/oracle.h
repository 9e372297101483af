/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed ip6tables as the oracle of our parser and printer. What it
 * refuses to parse we refuse, what it takes we take; the tables that come of it
 * are the same in the kernel, in lists and in save files. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "../ns.h"
#include <sallyport/err.h>
#include <sallyport/ruleset.h>

/* What stock says of a spec. TURNED_DOWN: it parses, the kernel refuses it. */
enum answer { TAKEN, REFUSED, TURNED_DOWN };

struct oracle {
	char table[TABLE_NAME_SIZE];
	struct vec taken;	/* of char *: "-A CHAIN ...", in their order */
	struct vec refused;	/* by both */
	struct vec turned_down;
	unsigned differ;	/* one takes what the other refuses */
};

/* Private namespaces, or the whole test is skipped; xt_init(). */
void oracle_or_skip(void);

/* Begin with a table: its chains "here" and "there" are made in stock's
 * namespace. False where this kernel does not have the table. */
bool oracle_begin(struct oracle *o, const char *table);

/* Give stock and us lines of a save file ("-A CHAIN ..."); a difference fails
 * the test. */
void oracle_try(struct oracle *o, char *const *lines, size_t n);
enum answer oracle_try_one(struct oracle *o, const char *line);

/* Does stock take a line that we refuse? It leaves the tables unlike. */
bool oracle_is_stricter(const struct oracle *o, const char *line);

/* Compare all that was taken: save, save -c, list, list -v, each spec read
 * back, the kernel's bytes; and what the kernel turned down it does not take
 * from us. Goes on to a new namespace. */
void oracle_compare(struct oracle *o);
void oracle_done(struct oracle *o);

/* Our reading of a line, its error in err_message(). */
enum err oracle_parse(const char *table, const char *line, struct ruleset **rs);

/* A save file's table of these lines, with the chains; heap. */
char *oracle_text(const char *table, const char *lines);

/* The output, both streams, of a shell command; heap. */
char *oracle_run(int *status, const char *fmt, ...) TAP_FORMAT(2, 3);

#endif
