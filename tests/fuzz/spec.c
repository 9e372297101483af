/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a rule: whatever they are they are parsed or refused, and what was
 * parsed is printed as words that are parsed as the same. The first byte chooses
 * the table. */
#include <sallyport/tables.h>
#include "fuzz.h"

static bool
is_mine(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "mine") == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct chain_names names = { is_mine, NULL };
	struct vec rules = { 0 };
	const char *table;
	char *line, **words;
	size_t n = 0;

	fuzz_start();
	if (size == 0)
		return 0;
	table = table_names[data[0] % TABLE_COUNT];
	line = xstrndup((const char *)data + 1, size - 1);
	words = words_split(line, &n);
	if (words && xt_parse(table, (int)n, words, &names, &rules) == OK)
		for (size_t i = 0; i < rules.n; i++)
			check_rule(table, rules.v[i], &names);
	rules_done(&rules);
	words_free(words);
	free(line);
	return 0;
}
