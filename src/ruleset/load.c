/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of ip6tables-save, in. A bad line makes nothing: the message names
 * file, line and word. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/tables.h>
#include <sallyport/text.h>
#include "load.h"

#define COMMIT "COMMIT"

static bool
is_wanted(const struct loader *ld, const char *table)
{
	if (ld->one && ld->out->v.n > 0)
		return false;
	return !ld->only || strcmp(ld->only, table) == 0;
}

/* What is not said of policies again is what it was. */
static void
keep_policies(const struct ruleset *from, struct ruleset *to)
{
	for (size_t i = 0; i < to->chains.n; i++) {
		struct chain *chain = to->chains.v[i];
		const struct chain *before = ruleset_chain(from, chain->name);

		chain->policy = before->policy;
		chain->policy_open = before->policy_open;
	}
}

/* An empty table, whose policies are what they are until the text says. */
static enum err
new_table(const struct loader *ld, const char *table, struct ruleset **rs)
{
	const struct ruleset *before = tables_get(ld->out, table);
	enum err err = ruleset_new_empty(table, rs);

	if (err)
		return ERR_PARSE;
	for (size_t i = 0; i < (*rs)->chains.n; i++) {
		struct chain *chain = (*rs)->chains.v[i];

		chain->policy_open = true;
	}
	if (before)
		keep_policies(before, *rs);
	return OK;
}

/* "*filter". A table may come again: then it goes on with --noflush, and begins
 * anew without. */
static enum err
load_table(struct loader *ld, const char *table)
{
	const struct ruleset *from = NULL;

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
	if (!from)
		return new_table(ld, table, &ld->rs);
	ld->rs = ruleset_copy(from);
	return OK;
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
		rules_done(&chain->rules);
		return OK;
	}
	err = chain_name_possible(name);
	if (err)
		return ERR_PARSE;
	ruleset_add_chain(ld->rs, name, POLICY_NONE);
	return OK;
}

static enum err
load_policy(struct chain *chain, const char *word, const char *counters)
{
	struct counters parsed = { 0 };
	enum policy policy;
	enum err err;

	if (counters && !counters_parse(counters, &parsed))
		return fail(ERR_PARSE, _("'%s' are no counters"), counters);
	err = policy_parse(word, &policy);
	if (err || policy == POLICY_NONE)
		return err;
	chain->policy = policy;
	chain->policy_open = false;
	chain->counters = parsed;
	return OK;
}

/* ":INPUT DROP [0:0]", ":mine - [0:0]", without any quotes. */
static enum err
load_chain(struct loader *ld, char *line)
{
	static const char *const blanks = " \t\r";
	char *rest = NULL;
	const char *name = strtok_r(line + 1, blanks, &rest);
	const char *policy = strtok_r(NULL, blanks, &rest);
	struct chain *chain;

	if (!name)
		return fail(ERR_PARSE, _("a chain without a name"));
	if (!policy)
		return fail(ERR_PARSE, _("chain '%s' has no policy"), name);
	chain = ruleset_chain(ld->rs, name);
	if (!chain || !chain_is_builtin(chain))
		return load_own_chain(ld, name, policy);
	return load_policy(chain, policy, strtok_r(NULL, blanks, &rest));
}

/* "*filter" and "COMMIT"; false for any other line. */
static bool
is_frame(const char *line, char **word)
{
	size_t n = strcspn(line, " \t\r");

	if (*line != '*' && (n != strlen(COMMIT) || !str_starts(line, COMMIT)))
		return false;
	*word = xstrndup(line, n);
	return true;
}

static enum err
load_frame_take(struct loader *ld, char *word)
{
	enum err err = *word == '*' ? load_table(ld, word + 1) :
				      load_commit(ld);

	free(word);
	return err;
}

static enum err
load_line(struct loader *ld, char *line)
{
	char *word = NULL;

	line += strspn(line, " \t\r");
	if (!*line)
		return OK;
	if (is_frame(line, &word))
		return load_frame_take(ld, word);
	if (ld->skipping || (*line == '#' && !str_starts(line, "# opaque ")))
		return OK;
	if (!ld->rs && *line == '#')
		return OK;
	if (!ld->rs)
		return fail(ERR_PARSE, _("'%.*s' before a table (*filter)"),
			    (int)strcspn(line, " \t\r"), line);
	return *line == ':' ? load_chain(ld, line) : load_command(ld, line);
}

/* Rules are text: a NUL byte says that the file is something else. */
static enum err
check_text(const char *text, size_t len, const char *name)
{
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	size_t line = 1;

	if (!nul)
		return OK;
	for (const char *p = text; p < nul; p++)
		line += *p == '\n';
	return fail(ERR_PARSE, _("%s:%zu: a NUL byte: this is no rules file"),
		    name, line);
}

static enum err
no_table(const struct loader *ld, const char *name)
{
	if (!ld->only)
		return fail(ERR_NOT_FOUND, _("%s: there is no table in it, such "
					     "as *filter"), name);
	return fail(ERR_NOT_FOUND, _("%s: there is no table '%s' in it"), name,
		    ld->only);
}

/* Load all of text. Nothing is made of it on an error. */
static enum err
load_text(struct loader *ld, const char *text, size_t len, const char *name)
{
	enum err err = check_text(text, len, name);
	size_t line = 0;

	if (err)
		return err;
	ld->out = tables_new();
	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		char *copy = xstrndup(text, n);

		line++;
		err = load_line(ld, copy);
		free(copy);
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
		err = no_table(ld, name);
	ruleset_free(ld->rs);
	if (err)
		tables_free(ld->out);
	return err;
}

enum err
ruleset_load(const char *text, size_t len, const char *name, const char *table,
	     struct ruleset **rs)
{
	struct loader ld = { .only = table, .one = !table };
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
