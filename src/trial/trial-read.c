/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial record, read from JSON. It is judged field by field: a record that
 * does not hold together is not acted on. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "record.h"

static enum err
bad_field(const char *key)
{
	return fail(ERR_FAIL, _("field '%s' is missing or wrong"), key);
}

static enum err
take_int(const json_t *json, const char *key, int64_t *out)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value))
		return bad_field(key);
	*out = json_integer_value(value);
	return OK;
}

/* A string of exactly size - 1 characters out of hex digits and '-'; an empty
 * one where that is allowed. */
static enum err
take_hex(const json_t *json, const char *key, char *out, size_t size,
	 bool empty)
{
	const char *s = json_string_value(json_object_get(json, key));
	size_t len = s ? strlen(s) : 0;

	if (!s || (len != size - 1 && !(empty && len == 0)) ||
	    strspn(s, "0123456789abcdef-") != len)
		return bad_field(key);
	memcpy(out, s, len + 1);
	return OK;
}

static enum err
take_state(const json_t *json, enum trial_state *state)
{
	const char *s = json_string_value(json_object_get(json, "state"));

	if (!s || !trial_state_parse(s, state))
		return bad_field("state");
	return OK;
}

/* The table and its fingerprint must belong together. */
static enum err
check_table(const struct ruleset *rs, const char *key, const char *print)
{
	char real[FINGERPRINT_SIZE];

	ruleset_fingerprint(rs, real);
	if (strcmp(real, print) != 0)
		return fail(ERR_FAIL,
			    _("table '%s' does not match its fingerprint"), key);
	return OK;
}

static enum err
take_table(const json_t *json, const char *key, const char *print,
	   struct ruleset **rs)
{
	enum err err = ruleset_from_json(json_object_get(json, key), rs);

	if (err)
		return fail(ERR_FAIL, _("table '%s': %s"),
			    key,
			    err_message());
	return check_table(*rs, key, print);
}

static enum err
take_after(const json_t *json, struct trial_part *part)
{
	const json_t *after = json_object_get(json, "after");

	if (json_is_null(after))
		return OK;
	if (!json_is_true(after))
		return take_table(json, "after", part->after_print,
				  &part->after);
	part->after = trial_part_expected(part);
	if (!part->after)
		return fail(ERR_FAIL, _("the changes do not fit the table"));
	return check_table(part->after, "after", part->after_print);
}

static enum err
take_prints(const json_t *json, struct trial_part *part)
{
	enum err err = take_hex(json, "before_print", part->before_print,
				FINGERPRINT_SIZE, false);

	if (!err)
		err = take_hex(json, "after_print", part->after_print,
			       FINGERPRINT_SIZE, true);
	return err;
}

static bool
is_one_table(const struct trial_part *part)
{
	const char *table = part->before->table;

	return strcmp(part->changes->table, table) == 0 &&
	       (!part->after || strcmp(part->after->table, table) == 0);
}

/* It is for the history alone: what is none of ours in it is left out. */
static void
take_found(const json_t *json, struct trial_part *part)
{
	const json_t *list = json_object_get(json, "found"), *one;
	struct ruleset *rs;
	size_t i;

	json_array_foreach(list, i, one) {
		if (part->found.n >= TRIAL_FOUND_MAX ||
		    ruleset_from_json(one, &rs) != OK)
			continue;
		if (strcmp(rs->table, part->before->table) == 0)
			vec_push(&part->found, rs);
		else
			ruleset_free(rs);
	}
}

static enum err
take_part(const json_t *json, struct trial_part *part)
{
	const json_t *changes = json_object_get(json, "changes");
	enum err err = take_prints(json, part);

	if (!err) {
		err = changeset_from_json(changes, &part->changes);
		if (err)
			return fail(ERR_FAIL, _("the changes: %s"), err_message());
	}
	if (!err)
		err = take_table(json, "before", part->before_print,
				 &part->before);
	if (!err)
		err = take_after(json, part);
	if (!err && !is_one_table(part))
		err = fail(ERR_FAIL, _("tables are mixed up"));
	if (!err)
		take_found(json, part);
	if (!err)
		part->changes_json = json_incref((json_t *)(uintptr_t)changes);
	return err;
}

static bool
has_table_before(const struct trial *trial, size_t at)
{
	const char *table = trial_part(trial, at)->before->table;

	for (size_t i = 0; i < at; i++)
		if (strcmp(trial_part(trial, i)->before->table, table) == 0)
			return true;
	return false;
}

static enum err
take_tables(const json_t *json, struct trial *trial)
{
	const json_t *list = json_object_get(json, "tables");
	size_t n = json_array_size(list);
	enum err err = OK;

	if (n == 0 || n > TABLE_COUNT)
		return bad_field("tables");
	for (size_t i = 0; i < n && !err; i++) {
		err = take_part(json_array_get(list, i), trial_add_part(trial));
		if (!err && has_table_before(trial, i))
			err = fail(ERR_FAIL, _("a table comes twice"));
	}
	return err;
}

static enum err
take_judged(const json_t *json, struct trial *trial)
{
	const json_t *judged = json_object_get(json, "judged");
	enum err err = OK;

	for (size_t i = 0; i < TABLE_COUNT && !err; i++)
		if (json_object_get(judged, table_names[i]))
			err = take_hex(judged, table_names[i], trial->judged[i],
				       FINGERPRINT_SIZE, true);
	return err;
}

/* A record without them, or with one that is none, has nobody to ask. */
static void
take_neighbours(const json_t *json, struct trial *trial)
{
	const json_t *list = json_object_get(json, "neighbours"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(
			json_object_get(one, "address"));
		char *ifname = json_text_get(one, "interface");
		struct in6_addr addr;

		if (text && ifname && addr_parse(text, &addr) == OK)
			trial_add_neighbour(trial, ifname, &addr);
		free(ifname);
	}
}

static enum err
take_numbers(const json_t *json, struct trial *trial)
{
	int64_t cookie = 0;
	enum err err = take_int(json, "netns_cookie", &cookie);

	trial->netns_cookie = (uint64_t)cookie;
	if (!err)
		err = take_int(json, "deadline_ms", &trial->deadline_ms);
	if (!err)
		err = take_int(json, "window_ms", &trial->window_ms);
	if (!err)
		err = take_int(json, "committed_wall_s",
			       &trial->committed_wall_s);
	if (!err)
		err = take_int(json, "settled_wall_s", &trial->settled_wall_s);
	if (!err)
		err = take_state(json, &trial->state);
	trial->wall = json_is_true(json_object_get(json, "wall"));
	trial->committed_ms = json_integer_value(
		json_object_get(json, "committed_ms"));
	trial->login_demanded = json_is_true(
		json_object_get(json, "login_demanded"));
	trial->no_trial = json_is_true(json_object_get(json, "no_trial"));
	return err;
}

static enum err
take_names(const json_t *json, struct trial *trial)
{
	enum err err = take_hex(json, "id", trial->id, sizeof(trial->id),
				false);

	if (!err)
		err = take_hex(json, "boot_id", trial->boot_id,
			       sizeof(trial->boot_id), true);
	return err;
}

static void
take_texts(const json_t *json, struct trial *trial)
{
	actor_from_json(json_object_get(json, "actor"), &trial->actor);
	actor_from_json(json_object_get(json, "settled_by"),
			&trial->settled_by);
	trial->message = json_text_get(json, "message");
	trial->origin = json_text_get(json, "origin");
	trial->override = json_text_get(json, "override");
	trial->reason = json_text_get(json, "reason");
	trial->lost = json_text_get(json, "lost");
}

static enum err
check_format(const json_t *json)
{
	const json_t *format = json_object_get(json, "format");

	if (!json_is_integer(format) || json_integer_value(format) < 1)
		return bad_field("format");
	if (json_integer_value(format) > TRIAL_FORMAT)
		return fail(ERR_FAIL,
			    _("it was written by a newer sallyport (format %lld, "
			      "this one reads %d)"),
			    (long long)json_integer_value(format),
			    TRIAL_FORMAT);
	if (json_integer_value(format) < TRIAL_FORMAT)
		return fail(ERR_FAIL,
			    _("it was written by an older sallyport (format %lld, "
			      "this one reads %d)"),
			    (long long)json_integer_value(format),
			    TRIAL_FORMAT);
	return OK;
}

enum err
trial_from_json(const json_t *json, struct trial **trial)
{
	struct trial *made = xcalloc(1, sizeof(*made));
	enum err err = check_format(json);

	if (!err)
		err = take_names(json, made);
	if (!err)
		err = take_numbers(json, made);
	if (!err)
		err = take_tables(json, made);
	if (!err)
		err = take_judged(json, made);
	if (err) {
		trial_free(made);
		return err;
	}
	take_texts(json, made);
	take_neighbours(json, made);
	trial_logins_from_json(json_object_get(json, "logins"), made);
	trial_needs_from_json(json_object_get(json, "needs"), made);
	*trial = made;
	return OK;
}
