/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ip6tables-save text: read or refused whole, and what was read is written as
 * text that is read as the same. */
#include <sallyport/tables.h>
#include "fuzz.h"

static void
check_tables(const struct tables *tables)
{
	for (size_t i = 0; i < tables->v.n; i++)
		check_ruleset(tables->v.v[i]);
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
