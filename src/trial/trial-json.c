/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial record, written as JSON. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "record.h"

char *
json_text_get(const json_t *object, const char *key)
{
	return json_exact_get(json_object_get(object, key));
}

json_t *
actor_to_json(const struct actor *actor)
{
	json_t *json = json_object();

	json_object_set_new(json, "uid", json_integer(actor->uid));
	json_object_set_new(json, "user", json_exact(actor->user));
	json_object_set_new(json, "from", json_exact(actor->from));
	json_object_set_new(json, "tty", json_exact(actor->tty));
	json_object_set_new(json, "host", json_exact(actor->host));
	return json;
}

void
actor_from_json(const json_t *json, struct actor *actor)
{
	const json_t *uid = json_object_get(json, "uid");

	actor_done(actor);
	if (json_is_integer(uid))
		actor->uid = (int)json_integer_value(uid);
	actor->user = json_text_get(json, "user");
	actor->from = json_text_get(json, "from");
	actor->tty = json_text_get(json, "tty");
	actor->host = json_text_get(json, "host");
}

static json_t *
table_to_json(const struct ruleset *rs)
{
	return rs ? ruleset_to_json(rs) : json_null();
}

struct ruleset *
trial_part_expected(const struct trial_part *part)
{
	struct ruleset *expected = ruleset_copy(part->before);

	if (changeset_apply(part->changes, expected) == OK)
		return expected;
	ruleset_free(expected);
	return NULL;
}

/* true stands for what the changes make of the table before: half the
 * record. */
static json_t *
after_to_json(const struct trial_part *part)
{
	struct ruleset *expected;
	bool same;

	if (!part->after)
		return json_null();
	expected = trial_part_expected(part);
	same = expected && ruleset_equal(expected, part->after);
	ruleset_free(expected);
	return same ? json_true() : ruleset_to_json(part->after);
}

static json_t *
found_to_json(const struct trial_part *part)
{
	json_t *list = json_array();

	for (size_t i = 0; i < part->found.n; i++)
		json_array_append_new(list, ruleset_to_json(part->found.v[i]));
	return list;
}

static json_t *
part_to_json(const struct trial_part *part)
{
	json_t *json = json_object();
	json_t *changes = part->changes_json;

	json_object_set_new(json, "before_print",
			    json_text(part->before_print));
	json_object_set_new(json, "after_print", json_text(part->after_print));
	json_object_set_new(json, "changes", changes ? json_incref(changes) :
			    changeset_to_json(part->changes));
	json_object_set_new(json, "before", table_to_json(part->before));
	json_object_set_new(json, "after", after_to_json(part));
	if (part->found.n)
		json_object_set_new(json, "found", found_to_json(part));
	return json;
}

json_t *
trial_parts_to_json(const struct trial *trial)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trial->parts.n; i++)
		json_array_append_new(list, part_to_json(trial_part(trial, i)));
	return list;
}

static json_t *
judged_to_json(const struct trial *trial)
{
	json_t *json = json_object();

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (trial->judged[i][0])
			json_object_set_new(json, table_names[i],
					    json_text(trial->judged[i]));
	return json;
}

static json_t *
neighbours_to_json(const struct trial *trial)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trial->neighbours.n; i++) {
		const struct trial_neighbour *n = trial->neighbours.v[i];
		struct str addr = { 0 };

		addr_format(&addr, &n->addr);
		json_array_append_new(list, json_pack("{s:o, s:s}",
			"interface", json_exact(n->ifname),
			"address", str_text(&addr)));
		str_done(&addr);
	}
	return list;
}

json_t *
trial_head_to_json(const struct trial *trial)
{
	json_t *json = json_object();

	json_object_set_new(json, "format", json_integer(TRIAL_FORMAT));
	json_object_set_new(json, "id", json_text(trial->id));
	json_object_set_new(json, "state",
			    json_text(trial_state_name(trial->state)));
	json_object_set_new(json, "netns_cookie",
			    json_integer((json_int_t)trial->netns_cookie));
	json_object_set_new(json, "boot_id", json_text(trial->boot_id));
	json_object_set_new(json, "deadline_ms",
			    json_integer(trial->deadline_ms));
	json_object_set_new(json, "window_ms", json_integer(trial->window_ms));
	json_object_set_new(json, "wall", json_boolean(trial->wall));
	json_object_set_new(json, "no_trial", json_boolean(trial->no_trial));
	json_object_set_new(json, "login_demanded",
			    json_boolean(trial->login_demanded));
	json_object_set_new(json, "committed_ms",
			    json_integer(trial->committed_ms));
	json_object_set_new(json, "logins", trial_logins_to_json(trial));
	json_object_set_new(json, "actor", actor_to_json(&trial->actor));
	json_object_set_new(json, "message", json_exact(trial->message));
	json_object_set_new(json, "origin", json_text(trial->origin));
	json_object_set_new(json, "override", json_exact(trial->override));
	json_object_set_new(json, "committed_wall_s",
			    json_integer(trial->committed_wall_s));
	json_object_set_new(json, "settled_wall_s",
			    json_integer(trial->settled_wall_s));
	json_object_set_new(json, "reason", json_exact(trial->reason));
	json_object_set_new(json, "settled_by",
			    actor_to_json(&trial->settled_by));
	json_object_set_new(json, "lost", json_exact(trial->lost));
	json_object_set_new(json, "judged", judged_to_json(trial));
	json_object_set_new(json, "neighbours", neighbours_to_json(trial));
	json_object_set_new(json, "needs", trial_needs_to_json(trial));
	return json;
}

json_t *
trial_to_json(const struct trial *trial)
{
	json_t *json = trial_head_to_json(trial);

	json_object_set_new(json, "tables", trial_parts_to_json(trial));
	return json;
}
