/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change meets a ruleset: it fits and is done, or nothing is. */
#include <string.h>
#include <sallyport/i18n.h>
#include "change.h"

static enum err
find_chain(const struct ruleset *rs, const char *name, struct chain **chain)
{
	*chain = ruleset_chain(rs, name);
	if (*chain)
		return OK;
	return fail(ERR_NOT_FOUND, _("there is no chain '%s'"), name);
}

static enum err
find_user_chain(const struct ruleset *rs, const char *name,
		struct chain **chain)
{
	enum err err = find_chain(rs, name, chain);

	if (!err && chain_is_builtin(*chain))
		err = fail(ERR_USAGE, _("'%s' is a built-in chain: it can be "
					"neither deleted nor renamed"), name);
	return err;
}

static enum err
check_place(const struct chain *chain, size_t pos, size_t count)
{
	if (pos < count)
		return OK;
	return fail(ERR_NOT_FOUND, _("chain '%s' has no rule %zu"),
		    chain->name, pos + 1);
}

static enum err
not_as_known(const char *chain, size_t pos)
{
	return fail(ERR_CONFLICT, _("rule %zu of chain '%s' is not the one that "
				    "this change knows"), pos + 1, chain);
}

enum err
change_check_target(const struct ruleset *rs, const struct rule *rule)
{
	static const char *const verdicts = " ACCEPT DROP QUEUE RETURN ";
	const char *target = rule_target(rule);
	const struct chain *chain;
	char word[CHAIN_NAME_SIZE + 2];

	if (!rule_has_standard_target(rule) || !*target)
		return OK;
	word[0] = ' ';
	word[1] = '\0';
	strncat(word, target, sizeof(word) - 3);
	strcat(word, " ");
	if (strstr(verdicts, word))
		return OK;
	chain = ruleset_chain(rs, target);
	if (!chain)
		return fail(ERR_NOT_FOUND, _("there is no chain '%s' to jump to"),
			    target);
	if (chain_is_builtin(chain))
		return fail(ERR_USAGE, _("no rule can jump to the built-in "
					 "chain '%s'"), target);
	return OK;
}

static enum err
apply_insert(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_chain(rs, change->chain, &chain);

	if (!err)
		err = check_place(chain, change->pos, chain->rules.n + 1);
	if (!err)
		err = change_check_target(rs, change->rule);
	if (!err)
		vec_insert(&chain->rules, change->pos, rule_ref(change->rule));
	return err;
}

/* The rule at pos, which must equal known where something is known. */
static enum err
find_rule(struct ruleset *rs, const char *name, size_t pos,
	  const struct rule *known, struct chain **chain)
{
	enum err err = find_chain(rs, name, chain);

	if (!err)
		err = check_place(*chain, pos, (*chain)->rules.n);
	if (!err && known && !rule_equal(known, chain_rule(*chain, pos)))
		err = not_as_known(name, pos);
	return err;
}

/* old_rule becomes the very rule that goes, with its counters. */
static void
note_old_take(struct change *change, struct rule *rule)
{
	rule_unref(change->old_rule);
	change->old_rule = rule;
}

static enum err
apply_delete(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_rule(rs, change->chain, change->pos,
				 change->old_rule, &chain);

	if (!err)
		note_old_take(change, vec_remove(&chain->rules, change->pos));
	return err;
}

static void
take_over_id(struct change *change)
{
	struct rule *rule = rule_with_id(change->rule, change->old_rule->id);

	rule_unref(change->rule);
	change->rule = rule;
}

static enum err
apply_replace(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_rule(rs, change->chain, change->pos,
				 change->old_rule, &chain);

	if (!err)
		err = change_check_target(rs, change->rule);
	if (err)
		return err;
	note_old_take(change, chain->rules.v[change->pos]);
	if (change->rule->id != change->old_rule->id)
		take_over_id(change);
	chain->rules.v[change->pos] = rule_ref(change->rule);
	return OK;
}

static enum err
apply_move(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	struct rule *rule;
	enum err err = find_rule(rs, change->chain, change->pos, change->rule,
				 &chain);

	if (!err)
		err = check_place(chain, change->to_pos, chain->rules.n);
	if (err)
		return err;
	rule = vec_remove(&chain->rules, change->pos);
	vec_insert(&chain->rules, change->to_pos, rule);
	rule_unref(change->rule);
	change->rule = rule_ref(rule);
	return OK;
}

static enum err
apply_policy(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_chain(rs, change->chain, &chain);

	if (err)
		return err;
	if (!chain_is_builtin(chain))
		return fail(ERR_USAGE, _("chain '%s' is not built in: it has no "
					 "policy"), change->chain);
	if (change->old_policy && change->old_policy != chain->policy)
		return fail(ERR_CONFLICT, _("the policy of chain '%s' is not the "
					    "one that this change knows"),
			    change->chain);
	change->old_policy = chain->policy;
	chain->policy = change->policy;
	chain->policy_open = false;
	return OK;
}

/* Whether a name is a good one is asked where people type it: what the kernel
 * had must be put back whatever it is called. */
static enum err
check_free_name(const struct ruleset *rs, const char *name)
{
	if (!*name)
		return fail(ERR_USAGE, _("a chain needs a name"));
	if (ruleset_chain(rs, name))
		return fail(ERR_USAGE, _("there is a chain '%s' already"), name);
	return OK;
}

static enum err
apply_chain_new(struct change *change, struct ruleset *rs)
{
	enum err err = check_free_name(rs, change->chain);

	if (!err)
		ruleset_add_chain(rs, change->chain, POLICY_NONE);
	return err;
}

static enum err
apply_chain_delete(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_user_chain(rs, change->chain, &chain);
	size_t references;

	if (err)
		return err;
	if (chain->rules.n)
		return fail(ERR_USAGE, _("chain '%s' is not empty"),
			    change->chain);
	references = ruleset_references(rs, change->chain);
	if (references)
		return fail(ERR_USAGE, Q_("%zu rule jumps to chain '%s'",
					  "%zu rules jump to chain '%s'",
					  references), references, change->chain);
	ruleset_drop_chain(rs, change->chain);
	return OK;
}

static void
retarget_rules(struct chain *chain, const char *from, const char *to)
{
	for (size_t i = 0; i < chain->rules.n; i++) {
		struct rule *rule = chain->rules.v[i];

		if (!rule_jumps_to(rule, from))
			continue;
		chain->rules.v[i] = rule_retarget(rule, to);
		rule_unref(rule);
	}
}

static enum err
apply_chain_rename(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_user_chain(rs, change->chain, &chain);

	if (!err)
		err = check_free_name(rs, change->new_name);
	if (err)
		return err;
	ruleset_rename_chain(rs, chain, change->new_name);
	for (size_t i = 0; i < rs->chains.n; i++)
		retarget_rules(rs->chains.v[i], change->chain,
			       change->new_name);
	return OK;
}

/* Does the change know other rules than those that the chain has? */
static bool
rules_differ(const struct vec *known, const struct vec *rules)
{
	if (known->n != rules->n)
		return true;
	for (size_t i = 0; i < known->n; i++)
		if (!rule_equal(known->v[i], rules->v[i]))
			return true;
	return false;
}

static enum err
apply_chain_flush(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	struct vec known = change->rules;
	enum err err = find_chain(rs, change->chain, &chain);

	if (err)
		return err;
	if (known.n && rules_differ(&known, &chain->rules))
		return fail(ERR_CONFLICT, _("chain '%s' has other rules than "
					    "this change knows"), change->chain);
	change->rules = chain->rules;
	chain->rules = (struct vec){ 0 };
	rules_done(&known);
	return OK;
}

static enum err
apply_chain_fill(struct change *change, struct ruleset *rs)
{
	struct chain *chain;
	enum err err = find_chain(rs, change->chain, &chain);

	if (!err && chain->rules.n)
		err = fail(ERR_CONFLICT, _("chain '%s' is not empty"),
			   change->chain);
	for (size_t i = 0; i < change->rules.n && !err; i++)
		err = change_check_target(rs, change->rules.v[i]);
	for (size_t i = 0; i < change->rules.n && !err; i++)
		chain_push_take(chain, rule_ref(change->rules.v[i]));
	return err;
}

static enum err (*const apply_kind[])(struct change *, struct ruleset *) = {
	[CHANGE_INSERT] = apply_insert,
	[CHANGE_DELETE] = apply_delete,
	[CHANGE_REPLACE] = apply_replace,
	[CHANGE_MOVE] = apply_move,
	[CHANGE_POLICY] = apply_policy,
	[CHANGE_CHAIN_NEW] = apply_chain_new,
	[CHANGE_CHAIN_DELETE] = apply_chain_delete,
	[CHANGE_CHAIN_RENAME] = apply_chain_rename,
	[CHANGE_CHAIN_FLUSH] = apply_chain_flush,
	[CHANGE_CHAIN_FILL] = apply_chain_fill,
};

enum err
change_apply(struct change *change, struct ruleset *rs)
{
	return apply_kind[change->kind](change, rs);
}

bool
change_is_nothing(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_POLICY:
		return change->policy == change->old_policy;
	case CHANGE_REPLACE:
		return rule_equal(change->rule, change->old_rule);
	case CHANGE_MOVE:
		return change->pos == change->to_pos;
	case CHANGE_CHAIN_FLUSH:
	case CHANGE_CHAIN_FILL:
		return change->rules.n == 0;
	case CHANGE_INSERT:
	case CHANGE_DELETE:
	case CHANGE_CHAIN_NEW:
	case CHANGE_CHAIN_DELETE:
	case CHANGE_CHAIN_RENAME:
		return false;
	}
	return false;
}
