/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One change: made, applied, undone, put into words. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "change.h"

static struct change *
change_new(enum change_kind kind, const char *chain)
{
	struct change *change = xcalloc(1, sizeof(*change));

	change->kind = kind;
	str_copy(change->chain, sizeof(change->chain), chain);
	return change;
}

struct change *
change_insert(const char *chain, size_t pos, const struct rule *rule)
{
	struct change *change = change_new(CHANGE_INSERT, chain);

	change->pos = pos;
	change->rule = rule_ref(rule);
	return change;
}

struct change *
change_delete(const char *chain, size_t pos)
{
	struct change *change = change_new(CHANGE_DELETE, chain);

	change->pos = pos;
	return change;
}

struct change *
change_replace(const char *chain, size_t pos, const struct rule *rule)
{
	struct change *change = change_insert(chain, pos, rule);

	change->kind = CHANGE_REPLACE;
	return change;
}

struct change *
change_move(const char *chain, size_t pos, size_t to_pos)
{
	struct change *change = change_new(CHANGE_MOVE, chain);

	change->pos = pos;
	change->to_pos = to_pos;
	return change;
}

struct change *
change_policy(const char *chain, enum policy policy)
{
	struct change *change = change_new(CHANGE_POLICY, chain);

	change->policy = policy;
	return change;
}

struct change *
change_chain_new(const char *chain)
{
	return change_new(CHANGE_CHAIN_NEW, chain);
}

struct change *
change_chain_delete(const char *chain)
{
	return change_new(CHANGE_CHAIN_DELETE, chain);
}

struct change *
change_chain_rename(const char *chain, const char *new_name)
{
	struct change *change = change_new(CHANGE_CHAIN_RENAME, chain);

	str_copy(change->new_name, sizeof(change->new_name), new_name);
	return change;
}

struct change *
change_chain_flush(const char *chain)
{
	return change_new(CHANGE_CHAIN_FLUSH, chain);
}

static void
rules_share(struct vec *to, const struct vec *from)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, rule_ref(from->v[i]));
}

struct change *
change_copy(const struct change *change)
{
	struct change *copy = xmemdup(change, sizeof(*change));

	if (copy->rule)
		copy->rule = rule_ref(copy->rule);
	if (copy->old_rule)
		copy->old_rule = rule_ref(copy->old_rule);
	copy->rules = (struct vec){ 0 };
	rules_share(&copy->rules, &change->rules);
	return copy;
}

void
change_free(struct change *change)
{
	if (!change)
		return;
	rule_unref(change->rule);
	rule_unref(change->old_rule);
	rules_done(&change->rules);
	free(change);
}

struct change *
change_invert(const struct change *change)
{
	static const enum change_kind inverse[] = {
		[CHANGE_INSERT] = CHANGE_DELETE,
		[CHANGE_DELETE] = CHANGE_INSERT,
		[CHANGE_REPLACE] = CHANGE_REPLACE,
		[CHANGE_MOVE] = CHANGE_MOVE,
		[CHANGE_POLICY] = CHANGE_POLICY,
		[CHANGE_CHAIN_NEW] = CHANGE_CHAIN_DELETE,
		[CHANGE_CHAIN_DELETE] = CHANGE_CHAIN_NEW,
		[CHANGE_CHAIN_RENAME] = CHANGE_CHAIN_RENAME,
		[CHANGE_CHAIN_FLUSH] = CHANGE_CHAIN_FILL,
		[CHANGE_CHAIN_FILL] = CHANGE_CHAIN_FLUSH,
	};
	struct change *inv = change_copy(change);

	inv->kind = inverse[change->kind];
	inv->policy = change->old_policy;
	inv->old_policy = change->policy;
	if (change->kind == CHANGE_MOVE) {
		inv->pos = change->to_pos;
		inv->to_pos = change->pos;
	} else {
		struct rule *rule = inv->rule;

		inv->rule = inv->old_rule;
		inv->old_rule = rule;
	}
	if (change->kind == CHANGE_CHAIN_RENAME) {
		memcpy(inv->chain, change->new_name, sizeof(inv->chain));
		memcpy(inv->new_name, change->chain, sizeof(inv->new_name));
	}
	return inv;
}

static void
describe_rule(const char *lead, const struct change *change, size_t pos,
	      const struct rule *rule, struct str *out)
{
	str_addf(out, "%s %s %zu: ", lead, change->chain, pos + 1);
	xt_spec_body(rule, out);
	str_addc(out, '\n');
}

static void
describe_rules(const char *lead, const char *sign, const struct change *change,
	       struct str *out)
{
	str_addf(out, "%s %s (%zu)\n", lead, change->chain, change->rules.n);
	for (size_t i = 0; i < change->rules.n; i++)
		describe_rule(sign, change, i, change->rules.v[i], out);
}

void
change_describe(const struct change *change, struct str *out)
{
	switch (change->kind) {
	case CHANGE_INSERT:
		describe_rule("+", change, change->pos, change->rule, out);
		break;
	case CHANGE_DELETE:
		describe_rule("-", change, change->pos, change->old_rule, out);
		break;
	case CHANGE_REPLACE:
		describe_rule("-", change, change->pos, change->old_rule, out);
		describe_rule("+", change, change->pos, change->rule, out);
		break;
	case CHANGE_MOVE:
		str_addf(out, "> %s %zu to %zu: ", change->chain,
			 change->pos + 1, change->to_pos + 1);
		xt_spec_body(change->rule, out);
		str_addc(out, '\n');
		break;
	case CHANGE_POLICY:
		str_addf(out, "~ %s policy: %s to %s\n", change->chain,
			 policy_name(change->old_policy),
			 policy_name(change->policy));
		break;
	case CHANGE_CHAIN_NEW:
		str_addf(out, "+ chain %s\n", change->chain);
		break;
	case CHANGE_CHAIN_DELETE:
		str_addf(out, "- chain %s\n", change->chain);
		break;
	case CHANGE_CHAIN_RENAME:
		str_addf(out, "~ chain %s to %s\n", change->chain,
			 change->new_name);
		break;
	case CHANGE_CHAIN_FLUSH:
		describe_rules("- all of", "-", change, out);
		break;
	case CHANGE_CHAIN_FILL:
		describe_rules("+ all of", "+", change, out);
		break;
	}
}
