/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command as it is pasted from the web: staged whole or not at all, and what it
 * staged makes of the table before the one after, and can be undone. The first
 * byte chooses the table, one with a chain "mine" of two rules. */
#include <sallyport/command.h>
#include <sallyport/tables.h>
#include "fuzz.h"

static struct ruleset *
table_before(const char *table)
{
	char *text = xasprintf("*%s\n:mine - [0:0]\n:other - [0:0]\n"
			       "-A mine -s ::1/128 -j other\n"
			       "-A mine -p tcp -m tcp --dport 22 -j ACCEPT\n"
			       "COMMIT\n", table);
	struct ruleset *rs;

	must(ruleset_load(text, strlen(text), "before", NULL, &rs) == OK, "%s",
	     err_message());
	free(text);
	return rs;
}

static void
check_changes(const struct changeset *cs, const struct ruleset *before,
	      const struct ruleset *after)
{
	struct ruleset *rs = ruleset_copy(before);
	struct changeset *inverse = changeset_invert(cs);
	struct str text = { 0 };

	must(changeset_apply(cs, rs) == OK, "%s", err_message());
	must(ruleset_equal(rs, after), "another table");
	must(changeset_apply(inverse, rs) == OK, "%s", err_message());
	must(ruleset_equal(rs, before), "the way back leads elsewhere");
	changeset_describe(cs, &text);
	check_ruleset(after);
	str_done(&text);
	changeset_free(inverse);
	ruleset_free(rs);
}

/* The command as it is parsed by itself, as apply does with its words. */
static void
parse_words(const char *table, const char *line)
{
	struct xt_command command = { 0 };
	struct vec rules = { 0 };
	size_t n = 0;
	char **words = words_split(line, &n);

	if (words && xt_parse_command(table, (int)n, words, NULL, &command,
				      &rules) == OK)
		must(command.letter, "no command in '%s'", line);
	xt_command_done(&command);
	rules_done(&rules);
	words_free(words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ruleset *before, *after;
	struct changeset *cs;
	const char *table;
	char *line;

	fuzz_start();
	if (size == 0)
		return 0;
	table = table_names[data[0] % TABLE_COUNT];
	line = xstrndup((const char *)data + 1, size - 1);
	before = table_before(table);
	after = ruleset_copy(before);
	cs = changeset_new(table);
	parse_words(table, line);
	if (command_stage(line, after, cs) == OK)
		check_changes(cs, before, after);
	else
		must(cs->changes.n == 0 && ruleset_equal(before, after),
		     "half of '%s' was staged", line);
	changeset_free(cs);
	ruleset_free(after);
	ruleset_free(before);
	free(line);
	return 0;
}
