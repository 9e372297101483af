/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Specs into rules. A parse leaves nothing behind that the next one could see,
 * however it ends. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/text.h>
#include "xt-internal.h"

/* A word that is no option: "!" or a mistake. */
static void
parse_word(struct parse *p)
{
	if (strcmp(optarg, "!") != 0)
		box_fail(PARAMETER_PROBLEM, _("bad argument '%s'"), optarg);
	if (p->invert)
		box_fail(PARAMETER_PROBLEM,
			 _("multiple consecutive ! not allowed"));
	p->invert = true;
	optarg[0] = '\0';	/* old parsers look at the word before theirs */
}

static void
parse_options(struct parse *p)
{
	optind = 0;
	opterr = 0;
	for (;;) {
		int c;

		p->at = optind ? optind : 1;
		c = getopt_long(p->argc, p->argv, xt_option_letters,
				xt_params->opts, NULL);
		if (c == -1)
			break;
		if (c == 1)
			parse_word(p);
		else if (option_take(p, c) || extend_option(p, c))
			p->invert = false;
	}
	p->at = 0;
	if (optind < p->argc)
		box_fail(PARAMETER_PROBLEM, _("bad argument '%s'"),
			 p->argv[optind]);
	if (p->invert)
		box_fail(PARAMETER_PROBLEM,
			 _("nothing appropriate following !"));
}

static bool
has_rule(const struct parse *p)
{
	return !p->command || (p->command->letter &&
			       strchr("ACDIR", p->command->letter) &&
			       !(p->command->letter == 'D' &&
				 p->command->number));
}

static bool
says_rule(const struct parse *p)
{
	return p->seen || p->matches;
}

static void
parse_body(void *arg)
{
	struct parse *p = arg;
	const char *table;

	extend_reset();
	parse_options(p);
	table = p->command && p->command->table ? p->command->table : p->table;
	if (strcmp(table, "nat") == 0 && strcmp(p->jump, "DROP") == 0)
		box_fail(PARAMETER_PROBLEM,
			 _("the table 'nat' is not for filtering: DROP is not "
			   "allowed in it"));
	extend_check(p);
	if (p->command && !p->command->letter)
		box_fail(PARAMETER_PROBLEM, _("no command such as -A"));
	if (has_rule(p))
		build_rules(p);
	else if (says_rule(p))
		box_fail(PARAMETER_PROBLEM, _("-%c takes no rule"),
			 p->command->letter);
}

static void
parse_free(struct parse *p)
{
	extend_free(p);
	for (int i = 0; i < p->argc; i++)
		free(p->argv[i]);
	free(p->argv);
	free(p->sources);
	free(p->source_masks);
	free(p->destinations);
	free(p->destination_masks);
}

/* True with p->rules, which are the caller's then; box_error() otherwise. */
static bool
parse_run(struct parse *p, int argc)
{
	bool good;

	p->argc = argc + 1;
	p->argv = xcalloc((size_t)argc + 2, sizeof(*p->argv));
	p->argv[0] = xstrdup(XT_PROGRAM);
	for (int i = 0; i < argc; i++)
		p->argv[i + 1] = xstrdup(p->words[i]);
	good = box_run(parse_body, p);
	parse_free(p);
	if (!good)
		rules_done(&p->rules);
	return good;
}

/* By its bare name, but for one of a single letter. */
static bool
mentions(const char *text, const char *word)
{
	const char *bare = word + strspn(word, "-");

	return strstr(text, strlen(bare) > 1 ? bare : word) != NULL;
}

/* The guest's message, and in front of it the words that it is about, where it
 * names neither the option nor its argument. */
static enum err
parse_fail(const struct parse *p)
{
	const char *text = box_error();
	const char *word = p->at ? p->words[p->at - 1] : p->checked;
	const char *argument = p->at && optind > p->at + 1 &&
			       optind <= p->argc ? p->words[p->at] : NULL;

	if (!*text)
		text = _("it cannot be read");
	if (p->ipv4)
		return fail(ERR_USAGE, "%s", text);
	if (!word || mentions(text, word) ||
	    (argument && *argument && strstr(text, argument)))
		return fail(ERR_PARSE, "%s", text);
	if (argument)
		return fail(ERR_PARSE, "'%s %s': %s", word, argument, text);
	return fail(ERR_PARSE, "'%s': %s", word, text);
}

/* "# opaque BASE64" */
static bool
is_opaque(int argc, char *const *argv)
{
	return argc == 3 && strcmp(argv[0], "#") == 0 &&
	       strcmp(argv[1], "opaque") == 0;
}

static enum err
parse_opaque(const char *base64, struct vec *rules)
{
	struct counters counters = { 0 };
	struct str entry = { 0 };
	struct rule *rule;
	enum err err = base64_decode(&entry, base64, strlen(base64));

	if (!err)
		err = rule_new(str_text(&entry), entry.len, NULL, counters,
			       &rule);
	if (!err)
		vec_push(rules, rule);
	str_done(&entry);
	return err;
}

static void
rules_move(struct vec *from, struct vec *to)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, from->v[i]);
	vec_done(from);
}

enum err
xt_parse(const char *table, int argc, char *const *argv,
	 const struct chain_names *names, struct vec *rules)
{
	struct parse p = { .table = table, .names = names, .words = argv };

	if (is_opaque(argc, argv))
		return parse_opaque(argv[2], rules);
	if (!parse_run(&p, argc))
		return parse_fail(&p);
	rules_move(&p.rules, rules);
	return OK;
}

enum err
xt_parse_command(const char *table, int argc, char *const *argv,
		 const struct chain_names *names, struct xt_command *command,
		 struct vec *rules)
{
	struct parse p = { .table = table, .names = names, .words = argv,
			   .command = command };

	if (!parse_run(&p, argc)) {
		xt_command_done(command);
		return parse_fail(&p);
	}
	rules_move(&p.rules, rules);
	return OK;
}

void
xt_command_done(struct xt_command *command)
{
	free(command->chain);
	free(command->argument);
	free(command->table);
	*command = (struct xt_command){ 0 };
}

static bool
is_that_chain(const char *name, void *arg)
{
	return strcmp(name, arg) == 0;
}

struct rule *
parse_back(const char *body, const char *jump)
{
	struct chain_names names = { is_that_chain, (void *)jump };
	struct rule *rule = NULL;
	size_t n = 0;
	char **words = words_split(body, &n);
	struct parse p = { .table = "", .names = jump ? &names : NULL,
			   .words = words };

	if (words && parse_run(&p, (int)n)) {
		if (p.rules.n == 1)
			rule = rule_ref(p.rules.v[0]);
		rules_done(&p.rules);
	}
	words_free(words);
	return rule;
}
