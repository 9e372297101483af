/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log --json: an array of revisions, one a line. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include "internal.h"

static json_t *
who_json(const struct actor *actor)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o}", "uid", actor->uid,
			 "user", cli_json_text(actor->user),
			 "from", cli_json_text(actor->from),
			 "tty", cli_json_text(actor->tty),
			 "host", cli_json_text(actor->host));
}

/* Seconds since 1970, null for never. */
static json_t *
time_json(int64_t when)
{
	return when ? json_integer((json_int_t)when) : json_null();
}

/* As show prints them, a line each. */
static json_t *
changes_json(const struct changeset *cs)
{
	struct str text = {0};
	json_t *lines;

	if (cs)
		changeset_describe(cs, &text);
	lines = cli_json_lines(str_text(&text));
	str_done(&text);
	return lines;
}

static json_t *
lost_json(const char *lines)
{
	char *rules = apply_readable_rules(lines ? lines : "");
	json_t *json = cli_json_lines(rules);

	free(rules);
	return json;
}

static json_t *
revision_json(const struct revision *rev)
{
	bool owned = rev->changes && changeset_is_owned(rev->changes);
	json_t *json = json_pack("{s:I, s:o, s:s, s:I, s:o, s:o}",
		"revision", (json_int_t)rev->id,
		"parent", rev->parent ? json_integer(rev->parent) : json_null(),
		"table", rev->table, "time", (json_int_t)rev->time_s,
		"since", time_json(rev->since_s),
		"who", who_json(&rev->actor));

	json_object_set_new(json, "message", cli_json_text(rev->message));
	json_object_set_new(json, "origin", cli_json_text(rev->origin));
	json_object_set_new(json, "state", cli_json_text(rev->state));
	json_object_set_new(json, "reason", cli_json_text(rev->reason));
	json_object_set_new(json, "settled", time_json(rev->settled_s));
	json_object_set_new(json, "settled_by",
			    rev->settled_s && rev->settled_by.user ?
			    who_json(&rev->settled_by) : json_null());
	json_object_set_new(json, "override", cli_json_text(rev->override));
	json_object_set_new(json, "lost", lost_json(rev->lost));
	json_object_set_new(json, "owned", json_boolean(owned));
	json_object_set_new(json, "changes", changes_json(rev->changes));
	return json;
}

void
cli_log_json(const struct world *world, struct str *out,
	     const struct revision *rev)
{
	cli_json_add_take(world, revision_json(rev), JSON_COMPACT, out);
}
