/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands between "*table" and COMMIT: rules, and the other commands that
 * ip6tables-restore takes there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "change.h"
#include "command-stage.h"
#include "load.h"

/* A line: its command, and what is said of a rule, counters first. Borrowed. */
struct line {
	char **words;
	size_t n;
	char *packets;		/* of "[1:60]"; NULL for none */
	char *bytes;
};

bool
counters_parse(const char *word, struct counters *counters)
{
	unsigned long long packets, bytes;
	int end = 0;

	if (sscanf(word, "[%llu:%llu]%n", &packets, &bytes, &end) != 2 ||
	    !end || word[end])
		return false;
	*counters = (struct counters){ packets, bytes };
	return true;
}

/* The chain a rule goes to: most often the one of the rule before. */
static enum err
load_find_chain(struct loader *ld, const char *name)
{
	if (!ld->chain || strcmp(ld->chain->name, name) != 0)
		ld->chain = ruleset_chain(ld->rs, name);
	if (!ld->chain)
		return fail(ERR_PARSE, _("there is no chain '%s'"), name);
	return OK;
}

/* Where "-A CHAIN" and "-I CHAIN [N]" put a rule; *used counts their words. */
static enum err
load_position(struct loader *ld, char **words, size_t n, size_t *at,
	      size_t *used)
{
	bool append = words[0][1] == 'A';
	unsigned long number;
	char *end;
	enum err err;

	if (n < 2)
		return fail(ERR_PARSE, _("'%s' without a chain"), words[0]);
	err = load_find_chain(ld, words[1]);
	if (err)
		return err;
	*used = 2;
	*at = append ? ld->chain->rules.n : 0;
	if (append || n < 3 || words[2][0] < '0' || words[2][0] > '9')
		return OK;
	number = strtoul(words[2], &end, 10);
	if (*end || number < 1 || number > ld->chain->rules.n + 1)
		return fail(ERR_PARSE, _("chain '%s' has no place '%s'"),
			    words[1], words[2]);
	*at = number - 1;
	*used = 3;
	return OK;
}

/* The words behind the used ones, the line's counters as -c before them: as
 * ip6tables-restore does it, so that -c in the rule is one too many. */
static void
line_argv(const struct line *line, size_t used, struct vec *argv)
{
	static char option[] = "-c";

	if (line->packets) {
		vec_push(argv, option);
		vec_push(argv, line->packets);
		vec_push(argv, line->bytes);
	}
	for (size_t i = used; i < line->n; i++)
		vec_push(argv, line->words[i]);
}

/* What the kernel would refuse, or take for something else. */
static enum err
check_rules(const struct loader *ld, const struct vec *rules)
{
	enum err err = OK;

	for (size_t i = 0; i < rules->n && !err; i++) {
		err = rule_check_chain(rules->v[i], ld->chain->name);
		if (!err)
			err = change_check_target(ld->rs, rules->v[i]);
	}
	return err ? ERR_PARSE : OK;
}

/* Rules of one line that are appended keep their order; those that are inserted
 * go to the same place each. They are eaten. */
static void
load_place_take(struct chain *chain, size_t at, bool append, struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		vec_insert(&chain->rules, append ? at + i : at, rules->v[i]);
	vec_done(rules);
}

static enum err
load_put(struct loader *ld, const struct line *line)
{
	struct chain_names names = ruleset_chain_names(ld->rs);
	struct vec rules = { 0 }, argv = { 0 };
	size_t at = 0, used = 0;
	enum err err = load_position(ld, line->words, line->n, &at, &used);

	if (!err) {
		line_argv(line, used, &argv);
		err = xt_parse(ld->rs->table, (int)argv.n, (char **)argv.v,
			       &names, &rules);
		vec_done(&argv);
	}
	if (!err)
		err = check_rules(ld, &rules);
	if (err)
		rules_done(&rules);
	else
		load_place_take(ld->chain, at, line->words[0][1] == 'A',
				&rules);
	return err;
}

/* -Z leaves counters that the text brings alone, as ip6tables-restore does, and
 * those of what is there, which no commit touches. */
static enum err
load_zero(const struct ruleset *rs, const struct xt_command *command)
{
	const struct chain *chain;

	if (!command->chain)
		return OK;
	chain = ruleset_chain(rs, command->chain);
	if (!chain)
		return fail(ERR_PARSE, _("there is no chain '%s'"),
			    command->chain);
	if (command->number > chain->rules.n)
		return fail(ERR_PARSE, _("chain '%s' has no rule %zu"),
			    chain->name, command->number);
	return OK;
}

static enum err
run_command(struct ruleset *rs, const struct xt_command *command,
	    const struct vec *rules)
{
	struct changeset *cs;
	enum err err;

	if (command->table)
		return fail(ERR_PARSE, _("'-t %s' has no place here: the table "
					 "is '%s'"), command->table, rs->table);
	if (command->letter == 'Z')
		return load_zero(rs, command);
	if (command->letter == 'C')
		return command_find_rules(rs, command, rules);
	cs = changeset_new(rs->table);
	err = command_stage_parsed(rs, cs, command, rules);
	changeset_free(cs);
	return err;
}

/* Any other command that ip6tables-restore takes: -D, -R, -N, -P, -F ... */
static enum err
load_other(struct loader *ld, const struct line *line)
{
	struct chain_names names = ruleset_chain_names(ld->rs);
	struct xt_command command = { 0 };
	struct vec rules = { 0 }, argv = { 0 };
	enum err err;

	if (line->words[0][0] != '-')
		return fail(ERR_PARSE, _("'%s' where a rule such as -A INPUT is "
					 "expected"), line->words[0]);
	ld->chain = NULL;
	line_argv(line, 0, &argv);
	err = xt_parse_command(ld->rs->table, (int)argv.n, (char **)argv.v,
			       &names, &command, &rules);
	if (!err && run_command(ld->rs, &command, &rules))
		err = ERR_PARSE;
	rules_done(&rules);
	vec_done(&argv);
	xt_command_done(&command);
	return err;
}

/* A rule with -4 is one of iptables, in a text for both: it is passed over. */
static enum err
load_rule(struct loader *ld, const struct line *line)
{
	const char *word = line->words[0];
	bool put = strcmp(word, "-A") == 0 || strcmp(word, "-I") == 0;
	enum err err = put ? load_put(ld, line) : load_other(ld, line);

	return err == ERR_USAGE ? OK : err;
}

/* "# opaque CHAIN [1:60] BASE64" */
static enum err
load_opaque(struct loader *ld, char **words, size_t n)
{
	struct counters counters = { 0 };
	struct str entry = { 0 };
	struct rule *rule;
	enum err err = load_find_chain(ld, words[2]);

	if (err)
		return err;
	if (n == 5 && !counters_parse(words[3], &counters))
		return fail(ERR_PARSE, _("'%s' are no counters"), words[3]);
	err = base64_decode(&entry, words[n - 1], strlen(words[n - 1]));
	if (!err)
		err = rule_new(str_text(&entry), entry.len, NULL, counters,
			       &rule);
	str_done(&entry);
	if (err)
		return err;
	if (change_check_target(ld->rs, rule)) {
		rule_unref(rule);
		return ERR_PARSE;
	}
	chain_push_take(ld->chain, rule);
	return OK;
}

static enum err
load_words(struct loader *ld, struct line *line)
{
	if (strcmp(line->words[0], "#") != 0)
		return load_rule(ld, line);
	return line->n < 4 ? OK : load_opaque(ld, line->words, line->n);
}

/* Take "[1:60]" off the line. */
static enum err
take_counters(char *text, struct line *line, char **rest)
{
	char *colon = strchr(text, ':');
	char *end = strchr(text, ']');

	if (!colon || !end || end < colon)
		return fail(ERR_PARSE, _("counters that are not [PACKETS:BYTES] "
					 "begin the line"));
	*colon = *end = '\0';
	line->packets = text + 1;
	line->bytes = colon + 1;
	*rest = end + 1;
	return OK;
}

enum err
load_command(struct loader *ld, char *text)
{
	struct line line = { 0 };
	char *rest = text;
	enum err err = *text == '[' ? take_counters(text, &line, &rest) : OK;

	if (err)
		return err;
	line.words = words_split(rest, &line.n);
	if (!line.words)
		return fail(ERR_PARSE, _("a quote is not closed"));
	err = line.n ? load_words(ld, &line) :
		fail(ERR_PARSE, _("counters without a rule"));
	words_free(line.words);
	return err;
}
