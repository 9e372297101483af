/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of tryouts share: rules given to us and to the stock tool. */
#ifndef TESTS_TRYOUT_H
#define TESTS_TRYOUT_H

#include <sallyport/mem.h>
#include <sallyport/tryout.h>
#include "../ns.h"

#define LIMIT_MS 20000		/* busy machines are no failure */

static struct ruleset * TAP_UNUSED
must_load(const char *table, const char *rules)
{
	char *text = xasprintf("*%s\n%sCOMMIT\n", table, rules);
	struct ruleset *rs = NULL;

	if (ruleset_load(text, strlen(text), "test", table, &rs))
		bail_out("%s: %s", err_message(), rules);
	free(text);
	return rs;
}

/* Does ip6tables-legacy-restore take it? */
static bool TAP_UNUSED
stock_takes(const char *table, const char *rules)
{
	FILE *f = popen("ip6tables-legacy-restore >/dev/null 2>&1", "w");

	if (!f)
		bail_out("popen: %s", strerror(errno));
	fprintf(f, "*%s\n%sCOMMIT\n", table, rules);
	return pclose(f) == 0;
}

static const char * TAP_UNUSED
first_text(const struct vec *notes)
{
	const struct tryout_note *note = notes->n ? notes->v[0] : NULL;

	return note ? note->text : "";
}

#endif
