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
#include <sallyport/str.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise was broken: what was found, and where. */
#define must(what, ...) do { \
	if (!(what)) { \
		fprintf(stderr, "broken: %s: ", #what); \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr); \
		abort(); \
	} \
} while (0)

/* Is the rule's spec parsed again, to the same? Some extensions of libxtables
 * 1.8.9 print what they do not read (-m time --monthdays 0): that is theirs, and
 * ip6tables-save's. */
static inline bool
prints_true(const char *table, const struct rule *rule,
	    const struct chain_names *names)
{
	struct str spec = { 0 }, again = { 0 };
	struct vec rules = { 0 };
	size_t n = 0;
	char **words;
	bool same;

	xt_spec_body(rule, &spec);
	words = words_split(str_text(&spec), &n);
	must(words, "'%s' cannot be split", str_text(&spec));
	same = xt_parse(table, (int)n, words, names, &rules) == OK &&
	       rules.n == 1;
	if (same)
		xt_spec_body(rules.v[0], &again);
	same = same && strcmp(str_text(&spec), str_text(&again)) == 0;
	rules_done(&rules);
	words_free(words);
	str_done(&spec);
	str_done(&again);
	return same;
}

static inline void
fuzz_start(void)
{
	static bool started;

	if (!started && xt_init(false) != OK)
		abort();
	started = true;
}

#endif
