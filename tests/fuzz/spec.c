/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a rule: whatever they are they are parsed or refused, and what was
 * parsed is printed as words. The first byte chooses the table. */
#include <sallyport/tables.h>
#include "fuzz.h"

/* What is printed of what was printed is the same: a second look changes
 * nothing. */
static void
check_rule(const char *table, const struct rule *rule)
{
	struct row row;

	xt_row(rule, &row);
	row_done(&row);
	if (prints_true(table, rule, NULL))
		must(prints_true(table, rule, NULL), "not twice the same");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
	if (words && xt_parse(table, (int)n, words, NULL, &rules) == OK)
		for (size_t i = 0; i < rules.n; i++)
			check_rule(table, rules.v[i]);
	rules_done(&rules);
	words_free(words);
	free(line);
	return 0;
}
