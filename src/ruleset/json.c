/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules, changesets and rulesets as JSON. What is read back is the entry, byte
 * for byte; the spec stands beside it for people. Reading trusts nothing. */
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "change.h"

static const char *const kinds[] = {
	[CHANGE_INSERT] = "insert",
	[CHANGE_DELETE] = "delete",
	[CHANGE_REPLACE] = "replace",
	[CHANGE_MOVE] = "move",
	[CHANGE_POLICY] = "policy",
	[CHANGE_CHAIN_NEW] = "new-chain",
	[CHANGE_CHAIN_DELETE] = "delete-chain",
	[CHANGE_CHAIN_RENAME] = "rename-chain",
	[CHANGE_CHAIN_FLUSH] = "flush",
	[CHANGE_CHAIN_FILL] = "fill",
};

static enum err
bad(const char *what)
{
	return fail(ERR_PARSE, _("bad record: %s"), what);
}

static json_t *
counters_to_json(const struct counters *counters)
{
	return json_pack("[I,I]", (json_int_t)counters->packets,
			 (json_int_t)counters->bytes);
}

static void
counters_from_json(const json_t *json, struct counters *counters)
{
	counters->packets = (uint64_t)json_integer_value(json_array_get(json, 0));
	counters->bytes = (uint64_t)json_integer_value(json_array_get(json, 1));
}

json_t *
rule_to_json(const struct rule *rule)
{
	struct str entry = { 0 };
	struct str spec = { 0 };
	json_t *json;

	base64_encode(&entry, rule->entry, rule->size);
	xt_spec_body(rule, &spec);
	json = json_pack("{s:s,s:o,s:o}", "entry", str_text(&entry),
			 "counters", counters_to_json(&rule->counters),
			 "spec", json_text(str_text(&spec)));
	str_done(&entry);
	str_done(&spec);
	return json;
}

enum err
rule_from_json(const json_t *json, struct rule **rule)
{
	const json_t *entry = json_object_get(json, "entry");
	struct counters counters;
	struct str bytes = { 0 };
	enum err err;

	if (!json_is_string(entry))
		return bad(_("a rule without its entry"));
	counters_from_json(json_object_get(json, "counters"), &counters);
	err = base64_decode(&bytes, json_string_value(entry),
			    json_string_length(entry));
	if (!err)
		err = rule_new(str_text(&bytes), bytes.len, NULL, counters, rule);
	str_done(&bytes);
	return err;
}

static json_t *
rules_to_json(const struct vec *rules)
{
	json_t *json = json_array();

	for (size_t i = 0; i < rules->n; i++)
		json_array_append_new(json, rule_to_json(rules->v[i]));
	return json;
}

static enum err
rules_from_json(const json_t *json, struct vec *rules)
{
	for (size_t i = 0; i < json_array_size(json); i++) {
		struct rule *rule;
		enum err err = rule_from_json(json_array_get(json, i), &rule);

		if (err)
			return err;
		vec_push(rules, rule);
	}
	return OK;
}

/* A chain's name into an array of CHAIN_NAME_SIZE that is all zeroes. */
static enum err
name_from_json(const json_t *json, const char *key, char *name)
{
	char *s = json_exact_get(json_object_get(json, key));
	size_t n = s ? strlen(s) : 0;

	if (n < CHAIN_NAME_SIZE)
		memcpy(name, s ? s : "", n);
	free(s);
	return n < CHAIN_NAME_SIZE ? OK :
		bad(_("the name of a chain is too long"));
}

static json_t *
change_to_json(const struct change *change)
{
	json_t *json = json_pack("{s:s,s:o}", "kind", kinds[change->kind],
				 "chain", json_exact(change->chain));

	if (change->new_name[0])
		json_object_set_new(json, "name", json_exact(change->new_name));
	json_object_set_new(json, "pos", json_integer((json_int_t)change->pos));
	if (change->kind == CHANGE_MOVE)
		json_object_set_new(json, "to",
				    json_integer((json_int_t)change->to_pos));
	if (change->rule)
		json_object_set_new(json, "rule", rule_to_json(change->rule));
	if (change->old_rule)
		json_object_set_new(json, "old", rule_to_json(change->old_rule));
	if (change->kind == CHANGE_POLICY) {
		json_object_set_new(json, "policy",
				    json_string(policy_name(change->policy)));
		json_object_set_new(json, "was", json_string(
				    policy_name(change->old_policy)));
	}
	if (change->rules.n)
		json_object_set_new(json, "rules", rules_to_json(&change->rules));
	return json;
}

static enum err
kind_from_json(const json_t *json, enum change_kind *kind)
{
	const char *word = json_string_value(json_object_get(json, "kind"));

	for (size_t i = 0; word && i < ARRAY_LEN(kinds); i++)
		if (strcmp(word, kinds[i]) == 0) {
			*kind = (enum change_kind)i;
			return OK;
		}
	return bad(_("a change of no known kind"));
}

static enum err
policies_from_json(const json_t *json, struct change *change)
{
	const char *policy = json_string_value(json_object_get(json, "policy"));
	const char *was = json_string_value(json_object_get(json, "was"));
	enum err err;

	if (!policy || !was)
		return bad(_("a policy is missing"));
	err = policy_parse(policy, &change->policy);
	return err ? err : policy_parse(was, &change->old_policy);
}

/* What each kind cannot be without. */
static enum err
change_check(const struct change *change)
{
	bool needs_rule = change->kind == CHANGE_INSERT ||
			  change->kind == CHANGE_REPLACE ||
			  change->kind == CHANGE_MOVE;
	bool needs_old = change->kind == CHANGE_DELETE ||
			 change->kind == CHANGE_REPLACE;

	if ((needs_rule && !change->rule) || (needs_old && !change->old_rule))
		return bad(_("a change without its rule"));
	if (!change->chain[0])
		return bad(_("a change without its chain"));
	if (change->kind == CHANGE_CHAIN_RENAME && !change->new_name[0])
		return bad(_("a new name is missing"));
	return OK;
}

static enum err
change_from_json(const json_t *json, struct change *change)
{
	const json_t *rule = json_object_get(json, "rule");
	const json_t *old = json_object_get(json, "old");
	enum err err = kind_from_json(json, &change->kind);

	if (!err)
		err = name_from_json(json, "chain", change->chain);
	if (!err)
		err = name_from_json(json, "name", change->new_name);
	change->pos = (size_t)json_integer_value(json_object_get(json, "pos"));
	change->to_pos = (size_t)json_integer_value(json_object_get(json, "to"));
	if (!err && rule)
		err = rule_from_json(rule, &change->rule);
	if (!err && old)
		err = rule_from_json(old, &change->old_rule);
	if (!err && change->kind == CHANGE_POLICY)
		err = policies_from_json(json, change);
	if (!err)
		err = rules_from_json(json_object_get(json, "rules"),
				      &change->rules);
	return err ? err : change_check(change);
}

json_t *
changeset_to_json(const struct changeset *cs)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < cs->changes.n; i++)
		json_array_append_new(changes, change_to_json(cs->changes.v[i]));
	return json_pack("{s:s,s:o}", "table", cs->table, "changes", changes);
}

/* The name of the table; "" where it is missing or too long. */
static const char *
table_from_json(const json_t *json)
{
	const char *table = json_string_value(json_object_get(json, "table"));

	return table && strlen(table) < TABLE_NAME_SIZE ? table : "";
}

enum err
changeset_from_json(const json_t *json, struct changeset **cs)
{
	const json_t *changes = json_object_get(json, "changes");
	enum err err = OK;

	if (!*table_from_json(json) || !json_is_array(changes))
		return bad(_("no changeset"));
	*cs = changeset_new(table_from_json(json));
	for (size_t i = 0; i < json_array_size(changes) && !err; i++) {
		struct change *change = xcalloc(1, sizeof(*change));

		vec_push(&(*cs)->changes, change);
		err = change_from_json(json_array_get(changes, i), change);
	}
	if (err) {
		changeset_free(*cs);
		*cs = NULL;
	}
	return err;
}

/* All rules of a chain in one string, since a table may have a hundred thousand:
 * for each one its head and its entry, in base64. */
struct packed_rule {
	uint64_t packets;
	uint64_t bytes;
	uint64_t size;
};

static json_t *
rules_pack(const struct vec *rules)
{
	struct str bytes = { 0 }, text = { 0 };
	json_t *json;

	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = rules->v[i];
		const struct packed_rule head = {
			rule->counters.packets, rule->counters.bytes, rule->size,
		};

		str_addn(&bytes, (const char *)&head, sizeof(head));
		str_addn(&bytes, (const char *)rule->entry, rule->size);
	}
	base64_encode(&text, str_text(&bytes), bytes.len);
	json = json_stringn_nocheck(str_text(&text), text.len);
	str_done(&bytes);
	str_done(&text);
	return json;
}

static enum err
rules_unpack(const struct str *bytes, struct vec *rules)
{
	struct packed_rule head;
	struct rule *rule;
	enum err err;

	for (size_t at = 0; at < bytes->len; at += head.size) {
		if (bytes->len - at < sizeof(head))
			return bad(_("a rule is cut off"));
		memcpy(&head, bytes->s + at, sizeof(head));
		at += sizeof(head);
		if (head.size > bytes->len - at)
			return bad(_("a rule is cut off"));
		err = rule_new(bytes->s + at, head.size, NULL,
			       (struct counters){ head.packets, head.bytes },
			       &rule);
		if (err)
			return err;
		vec_push(rules, rule);
	}
	return OK;
}

static enum err
packed_from_json(const json_t *json, struct vec *rules)
{
	struct str bytes = { 0 };
	enum err err = OK;

	if (!json_is_string(json))
		return bad(_("a chain without its rules"));
	err = base64_decode(&bytes, json_string_value(json),
			    json_string_length(json));
	if (!err)
		err = rules_unpack(&bytes, rules);
	str_done(&bytes);
	return err;
}

json_t *
ruleset_to_json(const struct ruleset *rs)
{
	json_t *chains = json_array();

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		json_array_append_new(chains, json_pack("{s:o,s:s,s:o,s:o}",
			"chain", json_exact(chain->name),
			"policy", policy_name(chain->policy),
			"counters", counters_to_json(&chain->counters),
			"rules", rules_pack(&chain->rules)));
	}
	return json_pack("{s:s,s:o}", "table", rs->table, "chains", chains);
}

static enum err
chain_from_json(const json_t *json, struct ruleset *rs)
{
	const char *policy = json_string_value(json_object_get(json, "policy"));
	char name[CHAIN_NAME_SIZE] = "";
	struct chain *chain;
	enum policy p;
	enum err err = name_from_json(json, "chain", name);

	if (!err && (!name[0] || ruleset_chain(rs, name)))
		err = bad(_("a chain without a name, or twice"));
	if (!err)
		err = policy_parse(policy ? policy : "", &p);
	if (err)
		return err;
	chain = ruleset_add_chain(rs, name, p);
	counters_from_json(json_object_get(json, "counters"), &chain->counters);
	return packed_from_json(json_object_get(json, "rules"), &chain->rules);
}

enum err
ruleset_from_json(const json_t *json, struct ruleset **rs)
{
	const json_t *chains = json_object_get(json, "chains");
	enum err err = OK;

	if (!*table_from_json(json) || !json_is_array(chains))
		return bad(_("no ruleset"));
	*rs = ruleset_new(table_from_json(json));
	for (size_t i = 0; i < json_array_size(chains) && !err; i++)
		err = chain_from_json(json_array_get(chains, i), *rs);
	if (err) {
		ruleset_free(*rs);
		*rs = NULL;
	}
	return err;
}
