/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ip6tables command becomes changes. All of them fit and are staged, or
 * none is. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "change.h"
#include "command-stage.h"
#include "command-words.h"

/* What a command works on. */
struct stage {
	struct ruleset *rs;
	struct changeset *cs;
	const struct xt_command *command;
	const struct vec *rules;	/* of the command's spec */
};

static enum err
push(struct stage *st, struct change *change)
{
	return changeset_push_take(st->cs, st->rs, change);
}

static enum err
find_chain(const struct stage *st, const struct chain **chain)
{
	*chain = ruleset_chain(st->rs, st->command->chain);
	return *chain ? OK : fail(ERR_NOT_FOUND, _("there is no chain '%s'"),
				  st->command->chain);
}

static enum err
check_rules(const struct stage *st)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < st->rules->n; i++)
		err = rule_check_chain(st->rules->v[i], st->command->chain);
	return err;
}

static enum err
stage_append(struct stage *st)
{
	const struct chain *chain;
	enum err err = find_chain(st, &chain);

	for (size_t i = 0; !err && i < st->rules->n; i++)
		err = push(st, change_insert(chain->name, chain->rules.n,
					     st->rules->v[i]));
	return err;
}

/* Each of several rules goes to the same place, as ip6tables does it: the last
 * one ends up first. */
static enum err
stage_insert(struct stage *st)
{
	size_t at = st->command->number ? st->command->number - 1 : 0;
	enum err err = OK;

	for (size_t i = 0; !err && i < st->rules->n; i++)
		err = push(st, change_insert(st->command->chain, at,
					     st->rules->v[i]));
	return err;
}

/* The first rule that is the same: byte for byte, else by its text. */
static enum err
find_same(const struct chain *chain, const struct rule *rule, size_t *at)
{
	for (*at = 0; *at < chain->rules.n; ++*at) {
		if (rule_equal(chain_rule(chain, *at), rule))
			return OK;
	}
	for (*at = 0; *at < chain->rules.n; ++*at) {
		if (xt_same(chain_rule(chain, *at), rule))
			return OK;
	}
	return fail(ERR_NOT_FOUND, _("chain '%s' has no such rule"),
		    chain->name);
}

static enum err
stage_delete(struct stage *st)
{
	const struct chain *chain;
	enum err err = find_chain(st, &chain);

	if (!err && st->command->number)
		return push(st, change_delete(chain->name,
					      st->command->number - 1));
	for (size_t i = 0; !err && i < st->rules->n; i++) {
		size_t at;

		err = find_same(chain, st->rules->v[i], &at);
		if (!err)
			err = push(st, change_delete(chain->name, at));
	}
	return err;
}

static enum err
stage_replace(struct stage *st)
{
	if (st->rules->n != 1)
		return fail(ERR_PARSE, _("one rule cannot be replaced by %zu"),
			    st->rules->n);
	return push(st, change_replace(st->command->chain,
				       st->command->number - 1,
				       st->rules->v[0]));
}

static enum err
stage_policy(struct stage *st)
{
	const char *word = st->command->argument;
	enum policy policy;
	enum err err = policy_parse(word, &policy);

	if (err)
		return err;
	if (policy == POLICY_NONE)
		return fail(ERR_PARSE, _("'%s' is no policy"), word);
	if (policy == POLICY_DROP && strcmp(st->rs->table, "nat") == 0)
		return fail(ERR_PARSE,
			    _("the table 'nat' is not for filtering: DROP is "
			      "not allowed in it"));
	return push(st, change_policy(st->command->chain, policy));
}

static enum err
check_name(const char *name)
{
	enum err err = chain_name_check(name);

	if (!err && xt_has_target(name))
		err = fail(ERR_USAGE, _("'%s' is a target, not a name for a "
					"chain"), name);
	return err;
}

static enum err
stage_new(struct stage *st)
{
	enum err err = check_name(st->command->chain);

	return err ? err : push(st, change_chain_new(st->command->chain));
}

static enum err
stage_rename(struct stage *st)
{
	enum err err = check_name(st->command->argument);

	return err ? err : push(st, change_chain_rename(st->command->chain,
							st->command->argument));
}

/* Names of the chains that a command without a name is for, heap strings. */
static void
all_chains(const struct ruleset *rs, bool builtin_too, struct vec *names)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		if (builtin_too ? chain->rules.n > 0 : !chain_is_builtin(chain))
			vec_push(names, xstrdup(chain->name));
	}
}

/* One change for the chain that is named, or for each. */
static enum err
push_each(struct stage *st, bool builtin_too,
	  struct change *(*make)(const char *chain))
{
	struct vec names = { 0 };
	enum err err = OK;

	if (st->command->chain)
		vec_push(&names, xstrdup(st->command->chain));
	else
		all_chains(st->rs, builtin_too, &names);
	for (size_t i = 0; !err && i < names.n; i++)
		err = push(st, make(names.v[i]));
	command_words_free(&names);
	return err;
}

static enum err
stage_flush(struct stage *st)
{
	return push_each(st, true, change_chain_flush);
}

static enum err
stage_drop(struct stage *st)
{
	return push_each(st, false, change_chain_delete);
}

static const struct {
	char letter;
	enum err (*stage)(struct stage *st);
} kinds[] = {
	{ 'A', stage_append }, { 'D', stage_delete }, { 'E', stage_rename },
	{ 'F', stage_flush }, { 'I', stage_insert }, { 'N', stage_new },
	{ 'P', stage_policy }, { 'R', stage_replace }, { 'X', stage_drop },
};

static enum err
stage_command(struct stage *st)
{
	const struct xt_command *command = st->command;
	size_t i = 0;
	enum err err;

	if (command->table && strcmp(command->table, st->rs->table) != 0)
		return fail(ERR_USAGE, _("the command is for table '%s', this "
					 "is table '%s'"),
			    command->table, st->rs->table);
	while (i < ARRAY_LEN(kinds) && kinds[i].letter != command->letter)
		i++;
	if (i == ARRAY_LEN(kinds))
		return fail(ERR_USAGE, _("-%c changes no rule: it cannot be "
					 "staged"), command->letter);
	err = check_rules(st);
	return err ? err : kinds[i].stage(st);
}

/* Take off what was pushed since there were n changes. */
static void
unstage(struct stage *st, size_t n)
{
	while (st->cs->changes.n > n)
		change_free(changeset_pop(st->cs, st->rs));
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* How many words name the program: sudo, ip6tables, /sbin/ip6tables-nft. */
static enum err
program_words(int argc, char *const *argv, int *n)
{
	const char *name;

	*n = 0;
	if (argc > *n && strcmp(base_name(argv[*n]), "sudo") == 0)
		++*n;
	if (argc == *n)
		return fail(ERR_USAGE, _("an ip6tables command is missing"));
	name = base_name(argv[*n]);
	if (name[0] == '-' || name[0] == '!')
		return OK;
	if (str_starts(name, "iptables"))
		return fail(ERR_USAGE, _("'%s' is for IPv4: the rules here are "
					 "those of ip6tables"), name);
	if (strcmp(name, "ip6tables") != 0 &&
	    strcmp(name, "ip6tables-legacy") != 0 &&
	    strcmp(name, "ip6tables-nft") != 0)
		return fail(ERR_USAGE, _("'%s' is not ip6tables"), name);
	++*n;
	return OK;
}

const char *
command_table(int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		if (str_starts(argv[i], "--table="))
			return argv[i] + strlen("--table=");
		if (strcmp(argv[i], "-t") == 0 || strcmp(argv[i], "--table") == 0)
			return i + 1 < argc ? argv[i + 1] : NULL;
		if (argv[i][0] == '-' && argv[i][1] == 't' && argv[i][2])
			return argv[i] + 2;
	}
	return NULL;
}

enum err
command_stage_parsed(struct ruleset *rs, struct changeset *cs,
		     const struct xt_command *command, const struct vec *rules)
{
	struct stage st = { rs, cs, command, rules };
	size_t had = cs->changes.n;
	enum err err = stage_command(&st);

	if (err)
		unstage(&st, had);
	return err;
}

enum err
command_find_rules(const struct ruleset *rs, const struct xt_command *command,
		   const struct vec *rules)
{
	const struct chain *chain = ruleset_chain(rs, command->chain);
	enum err err = OK;
	size_t at;

	if (!chain)
		return fail(ERR_NOT_FOUND, _("there is no chain '%s'"),
			    command->chain);
	for (size_t i = 0; i < rules->n && !err; i++)
		err = find_same(chain, rules->v[i], &at);
	return err;
}

enum err
command_stage_words(int argc, char *const *argv, struct ruleset *rs,
		    struct changeset *cs)
{
	struct chain_names names = ruleset_chain_names(rs);
	struct xt_command command = { 0 };
	struct vec rules = { 0 };
	size_t had = cs->changes.n;
	enum err err;
	int skip;

	err = program_words(argc, argv, &skip);
	if (err)
		return err;
	err = xt_parse_command(rs->table, argc - skip, argv + skip, &names,
			       &command, &rules);
	if (!err)
		err = command_stage_parsed(rs, cs, &command, &rules);
	if (!err && cs->changes.n == had + 1 &&
	    change_is_nothing(cs->changes.v[had]))
		change_free(changeset_pop(cs, rs));
	rules_done(&rules);
	xt_command_done(&command);
	return err;
}

enum err
command_find_table(const char *line, const char *otherwise,
		   char table[TABLE_NAME_SIZE])
{
	struct vec words = { 0 };
	enum err err = command_words(line, &words);
	const char *named;

	if (err)
		return err;
	named = command_table((int)words.n, (char **)words.v);
	str_copy(table, TABLE_NAME_SIZE, named ? named : otherwise);
	command_words_free(&words);
	return OK;
}

enum err
command_stage(const char *line, struct ruleset *rs, struct changeset *cs)
{
	struct vec words = { 0 };
	enum err err = command_words(line, &words);

	if (err)
		return err;
	err = command_stage_words((int)words.n, (char **)words.v, rs, cs);
	command_words_free(&words);
	return err;
}
