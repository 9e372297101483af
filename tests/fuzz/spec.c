/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a rule: whatever they are they are parsed or refused, and what was
 * parsed is printed as words that are parsed to the same. The first byte chooses
 * the table. */
#include <sallyport/tables.h>
#include "fuzz.h"

static void
check_rule(const char *table, const struct rule *rule)
{
	struct str spec = { 0 }, again = { 0 };
	struct vec rules = { 0 };
	struct row row;
	size_t n = 0;
	char **words;

	xt_row(rule, &row);
	row_done(&row);
	xt_spec_body(rule, &spec);
	words = words_split(str_text(&spec), &n);
	must(words, "'%s' cannot be split", str_text(&spec));
	must(xt_parse(table, (int)n, words, NULL, &rules) == OK,
	     "'%s': %s", str_text(&spec), err_message());
	must(rules.n == 1, "'%s' is several rules", str_text(&spec));
	xt_spec_body(rules.v[0], &again);
	must(strcmp(str_text(&spec), str_text(&again)) == 0, "'%s' becomes '%s'",
	     str_text(&spec), str_text(&again));
	rules_done(&rules);
	words_free(words);
	str_done(&spec);
	str_done(&again);
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
