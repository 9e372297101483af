/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A revision in memory, and how it is read from its row: one table says which
 * column is which member. */
#include "history-internal.h"
#include "revision-columns.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define NUMBER(column, member) \
	{ column, COLUMN_NUMBER, offsetof(struct revision, member), 0 }
#define TEXT(column, member) \
	{ column, COLUMN_TEXT, offsetof(struct revision, member), 0 }
#define FIXED(column, member) \
	{ column, COLUMN_FIXED, offsetof(struct revision, member), \
	  sizeof(((struct revision *)NULL)->member) }
#define UID(column, member) \
	{ column, COLUMN_UID, offsetof(struct revision, member), 0 }

const struct column columns[] = {
	{ "parent", COLUMN_PARENT, offsetof(struct revision, parent), 0 },
	NUMBER("time_s", time_s),
	NUMBER("since_s", since_s),
	FIXED("table_name", table),
	UID("uid", actor.uid),
	TEXT("user", actor.user),
	TEXT("from_addr", actor.from),
	TEXT("tty", actor.tty),
	TEXT("host", actor.host),
	TEXT("message", message),
	TEXT("origin", origin),
	TEXT("state", state),
	TEXT("reason", reason),
	NUMBER("settled_s", settled_s),
	UID("settled_uid", settled_by.uid),
	TEXT("settled_user", settled_by.user),
	TEXT("settled_from", settled_by.from),
	TEXT("settled_tty", settled_by.tty),
	TEXT("settled_host", settled_by.host),
	TEXT("override", override),
	TEXT("trial_id", trial_id),
	TEXT("boot_id", boot_id),
	TEXT("lost", lost),
	NUMBER("netns_cookie", netns_cookie),
	FIXED("fingerprint", fingerprint),
};

const size_t columns_n = ARRAY_LEN(columns);

_Static_assert(sizeof(((struct revision *)NULL)->netns_cookie) ==
	       sizeof(int64_t), "a cookie is stored as a number");

struct revision *
revision_new(void)
{
	struct revision *rev = xcalloc(1, sizeof(*rev));

	rev->actor.uid = -1;
	rev->settled_by.uid = -1;
	return rev;
}

void
revision_free(struct revision *rev)
{
	if (!rev)
		return;
	actor_done(&rev->actor);
	actor_done(&rev->settled_by);
	free(rev->message);
	free(rev->origin);
	free(rev->state);
	free(rev->reason);
	free(rev->override);
	free(rev->trial_id);
	free(rev->boot_id);
	free(rev->lost);
	changeset_free(rev->changes);
	free(rev);
}

void
revision_columns(struct str *out)
{
	size_t i;

	str_add(out, "r.id, r.changes, EXISTS (SELECT 1 FROM keyframe k"
		     " WHERE k.revision = r.id)");
	for (i = 0; i < columns_n; i++)
		str_addf(out, ", r.%s", columns[i].name);
}

static void
read_column(struct stmt *stmt, int at, const struct column *column,
	    struct revision *rev)
{
	void *member = (char *)rev + column->offset;
	const char *text;

	switch (column->kind) {
	case COLUMN_NUMBER:
	case COLUMN_PARENT:
		*(int64_t *)member = stmt_int(stmt, at);
		break;
	case COLUMN_UID:
		*(int *)member = stmt_int(stmt, at);
		break;
	case COLUMN_TEXT:
		*(char **)member = xstrdup(stmt_text(stmt, at));
		break;
	case COLUMN_FIXED:
		text = stmt_text(stmt, at);
		strncpy(member, text ? text : "", column->size - 1);
		break;
	}
}

static enum err
read_changes(const char *text, struct revision *rev)
{
	json_t *json;
	enum err err = ERR_FAIL;

	if (!text)
		return OK;
	json = json_loads(text, 0, NULL);
	if (json)
		err = changeset_from_json(json, &rev->changes);
	json_decref(json);
	if (err)
		return fail(ERR_FAIL,
			    _("the changes of revision %lld cannot be read from history"),
			    (long long)rev->id);
	return OK;
}

enum err
revision_read(struct stmt *stmt, struct revision *rev)
{
	size_t i;

	rev->id = stmt_int(stmt, 0);
	rev->keyframe = stmt_int(stmt, 2);
	for (i = 0; i < columns_n; i++)
		read_column(stmt, 3 + i, &columns[i], rev);
	return read_changes(stmt_text(stmt, 1), rev);
}
