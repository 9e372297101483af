/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of ip6tables-save, out and in. A bad line makes nothing: the message
 * names file, line and word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/ruleset.h>
#include <sallyport/text.h>

void
ruleset_save(const struct ruleset *rs, bool counters, struct str *out)
{
	str_addf(out, "*%s\n", rs->table);
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		str_addf(out, ":%s %s [%llu:%llu]\n", chain->name,
			 policy_name(chain->policy),
			 (unsigned long long)chain->counters.packets,
			 (unsigned long long)chain->counters.bytes);
	}
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++) {
			xt_spec(chain->rules.v[r], chain->name, counters, out);
			str_addc(out, '\n');
		}
	}
	str_add(out, "COMMIT\n");
}

struct loader {
	const char *table;	/* the one wanted; NULL for the first */
	struct ruleset *rs;	/* NULL before "*table" of that one */
	bool within;		/* between "*table" and COMMIT of that one */
	bool skipping;		/* the same of another */
	bool done;
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

/* "*filter" */
static enum err
load_table(struct loader *ld, const char *table)
{
	if (ld->within || ld->skipping)
		return fail(ERR_PARSE, _("table '%s' begins before COMMIT"),
			    table);
	if (ld->done || (ld->table && strcmp(ld->table, table) != 0)) {
		ld->skipping = true;
		return OK;
	}
	ld->within = true;
	return ruleset_new_empty(table, &ld->rs);
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
	err = policy_parse(words[1], &policy);
	if (err)
		return err;
	if (n > 2 && !counters_parse(words[2], &counters))
		return fail(ERR_PARSE, _("'%s' are no counters"), words[2]);
	if (!chain) {
		err = chain_name_check(name);
		if (err)
			return fail(ERR_PARSE, "%s", err_message());
		if (policy != POLICY_NONE)
			return fail(ERR_PARSE, _("'%s' is no built-in chain: it "
						 "cannot have policy '%s'"),
				    name, words[1]);
		ruleset_add_chain(ld->rs, name, POLICY_NONE);
		return OK;
	}
	if (chain_is_builtin(chain) && policy != POLICY_NONE) {
		chain->policy = policy;
		chain->counters = counters;
	}
	return OK;
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

/* Where "-A CHAIN" and "-I CHAIN [N]" put a rule; *used counts their words. */
static enum err
load_position(struct loader *ld, char **words, size_t n, struct chain **chain,
	      size_t *at, size_t *used)
{
	bool append = strcmp(words[0], "-A") == 0 ||
		      strcmp(words[0], "--append") == 0;
	unsigned long number;
	char *end;

	if (!append && strcmp(words[0], "-I") != 0 &&
	    strcmp(words[0], "--insert") != 0)
		return fail(ERR_PARSE, _("'%s' where -A or -I is expected"),
			    words[0]);
	if (n < 2)
		return fail(ERR_PARSE, _("'%s' without a chain"), words[0]);
	*chain = ruleset_chain(ld->rs, words[1]);
	if (!*chain)
		return fail(ERR_PARSE, _("there is no chain '%s'"), words[1]);
	*used = 2;
	*at = append ? (*chain)->rules.n : 0;
	if (append || n < 3 || words[2][0] < '0' || words[2][0] > '9')
		return OK;
	number = strtoul(words[2], &end, 10);
	if (*end || number < 1 || number > (*chain)->rules.n + 1)
		return fail(ERR_PARSE, _("chain '%s' has no place '%s'"),
			    words[1], words[2]);
	*at = number - 1;
	*used = 3;
	return OK;
}

/* "[1:60] -A INPUT ..." */
static enum err
load_rule(struct loader *ld, char **words, size_t n)
{
	struct chain_names names = ruleset_chain_names(ld->rs);
	struct counters counters;
	bool counted = counters_parse(words[0], &counters);
	struct vec rules = { 0 };
	struct chain *chain = NULL;
	size_t at = 0, used = 0;
	enum err err;

	if (counted) {
		words++;
		n--;
	}
	if (n == 0)
		return fail(ERR_PARSE, _("counters without a rule"));
	err = load_position(ld, words, n, &chain, &at, &used);
	if (err)
		return err;
	err = xt_parse(ld->rs->table, (int)(n - used), words + used, &names,
		       &rules);
	for (size_t i = 0; i < rules.n && !err; i++)
		err = rule_check_chain(rules.v[i], chain->name);
	if (err)
		rules_done(&rules);
	else
		load_place_take(chain, at, &rules, counted ? &counters : NULL);
	return err;
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
	if (!err)
		chain_push_take(chain, rule);
	str_done(&entry);
	return err;
}

static enum err
load_words(struct loader *ld, char **words, size_t n)
{
	if (n == 0)
		return OK;
	if (strcmp(words[0], "COMMIT") == 0) {
		if (!ld->within && !ld->skipping)
			return fail(ERR_PARSE, _("COMMIT without a table"));
		ld->done = ld->done || ld->within;
		ld->within = ld->skipping = false;
		return OK;
	}
	if (words[0][0] == '*')
		return load_table(ld, words[0] + 1);
	if (ld->skipping)
		return OK;
	if (words[0][0] == '#' && !(ld->within && is_opaque_line(words, n)))
		return OK;
	if (!ld->within)
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

enum err
ruleset_load(const char *text, size_t len, const char *name, const char *table,
	     struct ruleset **rs)
{
	struct loader ld = { .table = table };
	enum err err = OK;
	size_t line = 0;

	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		line++;
		err = load_line(&ld, text, n);
		n += end != NULL;
		text += n;
		len -= n;
	}
	if (err)
		err = fail(ERR_PARSE, "%s:%zu: %s", name, line, err_message());
	else if (ld.within || ld.skipping)
		err = fail(ERR_PARSE, _("%s:%zu: the text ends before COMMIT"),
			   name, line);
	else if (!ld.rs)
		err = fail(ERR_NOT_FOUND, _("%s: there is no table '%s' in it"),
			   name, table ? table : "filter");
	if (err)
		ruleset_free(ld.rs);
	else
		*rs = ld.rs;
	return err;
}
