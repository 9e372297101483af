/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzing targets share. Each is one function that takes bytes; make
 * fuzz links it to libFuzzer, make check to a loop over tests/fuzz/found. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/ruleset.h>
#include <sallyport/str.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise was broken: what was found, and where. */
#define must(what, ...) do { \
	if (!(what)) { \
		dprintf(2, "broken: %s: ", #what); \
		dprintf(2, __VA_ARGS__); \
		dprintf(2, "\n"); \
		abort(); \
	} \
} while (0)

/* Start libxtables, once. The box survives crashes of guests; behind this a
 * crash in our own code ends the process in the box as well. */
void fuzz_start(void);

/* Must be: the rule can be shown, and the text of its spec is read back as the
 * same rule. */
void check_rule(const char *table, const struct rule *rule,
		const struct chain_names *names);

/* Must be: check_rule() of all, and the table's text is read as the table. */
void check_ruleset(const struct ruleset *rs);

#endif
