/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of ip6tables-save, in. A bad line makes nothing: the message names
 * file, line and word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/tables.h>
#include <sallyport/text.h>
#include "change.h"

/* What is loaded, and how. */
struct loader {
	const char *only;	/* the table wanted; NULL for all */
	bool one;		/* no more than the first one wanted */
	const struct tables *live;	/* --noflush: what it is added to */
	struct tables *out;
	struct ruleset *rs;	/* between "*table" and COMMIT; else NULL */
	struct chain *chain;	/* that the last rule went to */
	bool skipping;		/* a table that is not wanted */
};

static bool
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

static bool
is_wanted(const struct loader *ld, const char *table)
{
	if (ld->one && ld->out->v.n > 0)
		return false;
	return !ld->only || strcmp(ld->only, table) == 0;
}

/* "*filter". A table may come again: then it goes on with --noflush, and begins
 * anew without. */
static enum err
load_table(struct loader *ld, const char *table)
{
	const struct ruleset *from = NULL;
	enum err err;

	if (ld->rs || ld->skipping)
		return fail(ERR_PARSE, _("table '%s' begins before COMMIT"),
			    table);
	if (!is_wanted(ld, table)) {
		ld->skipping = true;
		return OK;
	}
	if (ld->live) {
		from = tables_get(ld->out, table);
		from = from ? from : tables_get(ld->live, table);
	}
	if (from) {
		ld->rs = ruleset_copy(from);
		return OK;
	}
	err = ruleset_new_empty(table, &ld->rs);
	return err ? ERR_PARSE : OK;
}

static enum err
load_commit(struct loader *ld)
{
	if (!ld->rs && !ld->skipping)
		return fail(ERR_PARSE, _("COMMIT without a table"));
	if (ld->rs)
		tables_put_take(ld->out, ld->rs);
	ld->rs = NULL;
	ld->chain = NULL;
	ld->skipping = false;
	return OK;
}

/* A user-defined chain: made, or with --noflush emptied where it is there. */
static enum err
load_own_chain(struct loader *ld, const char *name, const char *policy)
{
	struct chain *chain = ruleset_chain(ld->rs, name);
	enum err err;

	if (strcmp(policy, "-") != 0)
		return fail(ERR_PARSE, _("'%s' is no built-in chain: it cannot "
					 "have policy '%s'"), name, policy);
	if (chain && !ld->live)
		return fail(ERR_PARSE, _("chain '%s' is there already"), name);
	if (chain) {
		for (size_t i = 0; i < chain->rules.n; i++)
			rule_unref(chain->rules.v[i]);
		chain->rules.n = 0;
		return OK;
	}
	err = chain_name_check(name);
	if (err)
		return ERR_PARSE;
	ruleset_add_chain(ld->rs, name, POLICY_NONE);
	return OK;
}

/* ":INPUT DROP [0:0]", ":mine - [0:0]" */
static enum err
load_chain(struct loader *ld, char **words, size_t n)
{
	const char *name = words[0] + 1;
	struct chain *chain = ruleset_chain(ld->rs, name);
	struct counters counters = { 0 };
	enum policy policy;
	enum err err;

	if (n < 2)
		return fail(ERR_PARSE, _("chain '%s' has no policy"), name);
	if (!chain || !chain_is_builtin(chain))
		return load_own_chain(ld, name, words[1]);
	if (n > 2 && !counters_parse(words[2], &counters))
		return fail(ERR_PARSE, _("'%s' are no counters"), words[2]);
	err = policy_parse(words[1], &policy);
	if (!err && policy != POLICY_NONE) {
		chain->policy = policy;
		chain->counters = counters;
	}
	return err;
}

/* Put the rules of one line at their place. They are eaten. */
static void
load_place_take(struct chain *chain, size_t at, struct vec *rules,
		const struct counters *counters)
{
	for (size_t i = 0; i < rules->n; i++) {
		struct rule *rule = rules->v[i];

		if (counters) {
			rule = rule_with_counters(rule, *counters);
			rule_unref(rules->v[i]);
		}
		vec_insert(&chain->rules, at + i, rule);
	}
	vec_done(rules);
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

static enum err
load_put(struct loader *ld, char **words, size_t n,
	 const struct counters *counters)
{
	struct chain_names names = ruleset_chain_names(ld->rs);
	struct vec rules = { 0 };
	size_t at = 0, used = 0;
	enum err err = load_position(ld, words, n, &at, &used);

	if (!err)
		err = xt_parse(ld->rs->table, (int)(n - used), words + used,
			       &names, &rules);
	for (size_t i = 0; i < rules.n && !err; i++) {
		err = rule_check_chain(rules.v[i], ld->chain->name);
		if (!err && change_check_target(ld->rs, rules.v[i]))
			err = ERR_PARSE;
	}
	if (err)
		rules_done(&rules);
	else
		load_place_take(ld->chain, at, &rules, counters);
	return err;
}

/* Any other command that ip6tables-restore takes: -D, -R, -N, -P, -F ... */
static enum err
load_command(struct loader *ld, char **words, size_t n)
{
	struct changeset *cs;
	enum err err;

	if (words[0][0] != '-')
		return fail(ERR_PARSE, _("'%s' where a rule such as -A INPUT is "
					 "expected"), words[0]);
	cs = changeset_new(ld->rs->table);
	ld->chain = NULL;
	err = command_stage_words((int)n, words, ld->rs, cs);
	changeset_free(cs);
	return err ? ERR_PARSE : OK;
}

/* "[1:60] -A INPUT ..." */
static enum err
load_rule(struct loader *ld, char **words, size_t n)
{
	struct counters counters;
	bool counted = counters_parse(words[0], &counters);

	if (counted) {
		words++;
		n--;
	}
	if (n == 0)
		return fail(ERR_PARSE, _("counters without a rule"));
	if (strcmp(words[0], "-A") == 0 || strcmp(words[0], "-I") == 0)
		return load_put(ld, words, n, counted ? &counters : NULL);
	return load_command(ld, words, n);
}

/* "# opaque CHAIN [1:60] BASE64": true when it is one. */
static bool
is_opaque_line(char **words, size_t n)
{
	return n >= 4 && strcmp(words[0], "#") == 0 &&
	       strcmp(words[1], "opaque") == 0;
}

static enum err
load_opaque(struct loader *ld, char **words, size_t n)
{
	struct chain *chain = ruleset_chain(ld->rs, words[2]);
	struct counters counters = { 0 };
	struct str entry = { 0 };
	struct rule *rule;
	enum err err;

	if (!chain)
		return fail(ERR_PARSE, _("there is no chain '%s'"), words[2]);
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
	chain_push_take(chain, rule);
	return OK;
}

static enum err
load_words(struct loader *ld, char **words, size_t n)
{
	if (n == 0)
		return OK;
	if (strcmp(words[0], "COMMIT") == 0)
		return load_commit(ld);
	if (words[0][0] == '*')
		return load_table(ld, words[0] + 1);
	if (ld->skipping)
		return OK;
	if (words[0][0] == '#' && !(ld->rs && is_opaque_line(words, n)))
		return OK;
	if (!ld->rs)
		return fail(ERR_PARSE, _("'%s' before a table (*filter)"),
			    words[0]);
	if (words[0][0] == '#')
		return load_opaque(ld, words, n);
	if (words[0][0] == ':')
		return load_chain(ld, words, n);
	return load_rule(ld, words, n);
}

static enum err
load_line(struct loader *ld, const char *line, size_t len)
{
	char *copy = xstrndup(line, len);
	char **words = NULL;
	size_t n = 0;
	enum err err;

	if (strlen(copy) != len) {
		err = fail(ERR_PARSE, _("a NUL byte: this is no text"));
	} else if (copy[0] == '#' && !str_starts(copy, "# opaque ")) {
		err = OK;
	} else {
		words = words_split(copy, &n);
		err = words ? load_words(ld, words, n) :
			fail(ERR_PARSE, _("a quote is not closed"));
	}
	words_free(words);
	free(copy);
	return err;
}

/* Load all of text. Nothing is made of it on an error. */
static enum err
load_text(struct loader *ld, const char *text, size_t len, const char *name)
{
	enum err err = OK;
	size_t line = 0;

	ld->out = tables_new();
	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		line++;
		err = load_line(ld, text, n);
		n += end != NULL;
		text += n;
		len -= n;
	}
	if (err)
		err = fail(ERR_PARSE, "%s:%zu: %s", name, line, err_message());
	else if (ld->rs || ld->skipping)
		err = fail(ERR_PARSE, _("%s:%zu: the text ends before COMMIT"),
			   name, line);
	else if (ld->out->v.n == 0)
		err = fail(ERR_NOT_FOUND, _("%s: there is no table '%s' in it"),
			   name, ld->only ? ld->only : "filter");
	ruleset_free(ld->rs);
	if (err)
		tables_free(ld->out);
	return err;
}

enum err
ruleset_load(const char *text, size_t len, const char *name, const char *table,
	     struct ruleset **rs)
{
	struct loader ld = { .only = table, .one = true };
	enum err err = load_text(&ld, text, len, name);

	if (err)
		return err;
	*rs = vec_pop(&ld.out->v);
	tables_free(ld.out);
	return OK;
}

enum err
tables_load(const char *text, size_t len, const char *name, const char *only,
	    const struct tables *live, struct tables **tables)
{
	struct loader ld = { .only = only, .live = live };
	enum err err = load_text(&ld, text, len, name);

	if (!err)
		*tables = ld.out;
	return err;
}
