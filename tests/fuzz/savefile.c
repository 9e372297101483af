/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip6tables-save text: read or refused whole, and what was read is written as
 * text that is read as the same. */
#include <sallyport/tables.h>
#include "fuzz.h"

static void
save(const struct tables *tables, struct str *out)
{
	for (size_t i = 0; i < tables->v.n; i++)
		ruleset_save(tables->v.v[i], true, out);
}

static bool
all_print_true(const struct ruleset *rs)
{
	struct chain_names names = ruleset_chain_names(rs);

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++) {
			const struct rule *rule = chain->rules.v[r];

			if (!prints_true(rs->table, rule, &names))
				return false;
		}
	}
	return true;
}

static void
check_tables(const struct tables *tables)
{
	struct str text = { 0 }, again = { 0 };
	struct tables *back = NULL;

	for (size_t i = 0; i < tables->v.n; i++)
		if (!all_print_true(tables->v.v[i]))
			return;
	save(tables, &text);
	must(tables_load(str_text(&text), text.len, "saved", NULL, NULL,
			 &back) == OK, "%s in\n%s", err_message(),
	     str_text(&text));
	save(back, &again);
	must(strcmp(str_text(&text), str_text(&again)) == 0, "\n%sbecomes\n%s",
	     str_text(&text), str_text(&again));
	tables_free(back);
	str_done(&text);
	str_done(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tables *tables = NULL, *more = NULL;

	fuzz_start();
	if (tables_load((const char *)data, size, "fuzz", NULL, NULL,
			&tables) != OK)
		return 0;
	check_tables(tables);
	if (tables_load((const char *)data, size, "fuzz", NULL, tables,
			&more) == OK)
		check_tables(more);
	tables_free(more);
	tables_free(tables);
	return 0;
}
