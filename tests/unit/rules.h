/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets from lines of save text, and addresses, for tests of the guard. */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include <sallyport/addr.h>
#include <sallyport/tables.h>
#include "../tap.h"

/* The table of these lines; policies ACCEPT unless a line says so. */
static TAP_UNUSED struct ruleset *
table_rules(const char *table, const char *lines, size_t len)
{
	struct ruleset *rs = NULL;
	struct str text = { 0 };

	if (ruleset_new_empty(table, &rs))
		bail_out("%s", err_message());
	str_addf(&text, "*%s\n", table);
	for (size_t i = 0; i < rs->chains.n; i++)
		str_addf(&text, ":%s ACCEPT [0:0]\n",
			 ((struct chain *)rs->chains.v[i])->name);
	ruleset_free(rs);
	str_addn(&text, lines, len);
	str_add(&text, "COMMIT\n");
	if (ruleset_load(text.s, text.len, "test", table, &rs))
		bail_out("%s", err_message());
	str_done(&text);
	return rs;
}

/* The table filter. */
static TAP_UNUSED struct ruleset *
rules(const char *lines)
{
	return table_rules("filter", lines, strlen(lines));
}

/* Lines of filter, then of other tables, each below its name: "*nat". */
static TAP_UNUSED struct tables *
firewall(const char *lines)
{
	struct tables *tables = tables_new();
	char table[TABLE_NAME_SIZE] = "filter";
	const char *s = lines;

	for (;;) {
		const char *star = *s == '*' ? s : strstr(s, "\n*");
		size_t len = star ? (size_t)(star - s) + (star > s) : strlen(s);

		tables_put_take(tables, table_rules(table, s, len));
		s += len;
		if (!*s)
			return tables;
		len = strcspn(s, "\n");
		snprintf(table, sizeof(table), "%.*s", (int)len - 1, s + 1);
		s += len + (s[len] == '\n');
	}
}

static TAP_UNUSED struct in6_addr
address(const char *text)
{
	struct in6_addr addr;

	if (addr_parse(text, &addr))
		bail_out("%s", err_message());
	return addr;
}

static TAP_UNUSED void
rules_start(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
}

#endif
