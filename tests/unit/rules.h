/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets from lines of save text, and addresses, for tests of the guard. */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include <sallyport/addr.h>
#include <sallyport/ruleset.h>
#include "../tap.h"

/* The table filter of these lines; policies ACCEPT unless a line says so. */
static TAP_UNUSED struct ruleset *
rules(const char *lines)
{
	struct ruleset *rs = NULL;
	struct str text = { 0 };

	str_add(&text, "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
		       ":OUTPUT ACCEPT [0:0]\n");
	str_add(&text, lines);
	str_add(&text, "COMMIT\n");
	if (ruleset_load(text.s, text.len, "test", "filter", &rs))
		bail_out("%s", err_message());
	str_done(&text);
	return rs;
}

static TAP_UNUSED struct in6_addr
address(const char *text)
{
	struct in6_addr addr;

	if (addr_parse(text, &addr))
		bail_out("%s", err_message());
	return addr;
}

static void
rules_start(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
}

#endif
