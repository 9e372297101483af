/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several tables are kept, compared and changed as one; each changeset still
 * changes one table. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/tables.h>

const char *const table_names[TABLE_COUNT] = {
	"raw", "mangle", "nat", "filter", "security",
};

/* TABLE_COUNT for one that is not known. */
static size_t
table_order(const char *name)
{
	size_t at = 0;

	while (at < TABLE_COUNT && strcmp(table_names[at], name) != 0)
		at++;
	return at;
}

bool
table_is_known(const char *name)
{
	return table_order(name) < TABLE_COUNT;
}

struct tables *
tables_new(void)
{
	return xcalloc(1, sizeof(struct tables));
}

struct tables *
tables_copy(const struct tables *tables)
{
	struct tables *copy = tables_new();

	for (size_t i = 0; i < tables->v.n; i++)
		vec_push(&copy->v, ruleset_copy(tables->v.v[i]));
	return copy;
}

void
tables_free(struct tables *tables)
{
	if (!tables)
		return;
	for (size_t i = 0; i < tables->v.n; i++)
		ruleset_free(tables->v.v[i]);
	vec_done(&tables->v);
	free(tables);
}

struct ruleset *
tables_get(const struct tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->v.n; i++) {
		struct ruleset *rs = tables->v.v[i];

		if (strcmp(rs->table, name) == 0)
			return rs;
	}
	return NULL;
}

void
tables_put_take(struct tables *tables, struct ruleset *rs)
{
	size_t order = table_order(rs->table);
	size_t at = 0;

	for (; at < tables->v.n; at++) {
		struct ruleset *other = tables->v.v[at];

		if (strcmp(other->table, rs->table) == 0) {
			ruleset_free(other);
			tables->v.v[at] = rs;
			return;
		}
		if (table_order(other->table) > order)
			break;
	}
	vec_insert(&tables->v, at, rs);
}

void
tables_diff(const struct tables *a, const struct tables *b, bool bytes,
	    struct vec *changesets)
{
	for (size_t i = 0; i < a->v.n; i++) {
		const struct ruleset *from = a->v.v[i];
		const struct ruleset *to = tables_get(b, from->table);
		struct changeset *cs;

		if (!to)
			continue;
		cs = changeset_diff(from, to, bytes);
		if (cs->changes.n)
			vec_push(changesets, cs);
		else
			changeset_free(cs);
	}
}

enum err
tables_apply(struct tables *tables, const struct vec *changesets)
{
	struct tables *result = tables_copy(tables);
	enum err err = OK;

	for (size_t i = 0; i < changesets->n && !err; i++) {
		const struct changeset *cs = changesets->v[i];
		struct ruleset *rs = tables_get(result, cs->table);

		if (!rs)
			die("a changeset of table '%s', which is not there",
			    cs->table);
		err = changeset_apply(cs, rs);
	}
	if (!err) {
		struct vec old = tables->v;

		tables->v = result->v;
		result->v = old;
	}
	tables_free(result);
	return err;
}

void
changesets_copy(const struct vec *from, struct vec *to)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, changeset_copy(from->v[i]));
}

void
changesets_done(struct vec *changesets)
{
	for (size_t i = 0; i < changesets->n; i++)
		changeset_free(changesets->v[i]);
	vec_done(changesets);
}

size_t
changesets_count(const struct vec *changesets)
{
	size_t n = 0;

	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];

		n += cs->changes.n;
	}
	return n;
}

static bool
is_filter_alone(const struct vec *changesets)
{
	const struct changeset *first = changesets->n ? changesets->v[0] : NULL;

	return changesets->n < 2 &&
	       (!first || strcmp(first->table, "filter") == 0);
}

void
changesets_describe(const struct vec *changesets, struct str *out)
{
	bool alone = is_filter_alone(changesets);

	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];

		if (!alone)
			str_addf(out, "*%s\n", cs->table);
		changeset_describe(cs, out);
	}
}

/* An absent table that nothing was staged in says nothing. */
static bool
is_blank(const struct ruleset *rs)
{
	struct ruleset *empty = NULL;
	bool blank = rs->absent && ruleset_new_empty(rs->table, &empty) == OK &&
		     ruleset_equal(rs, empty);

	ruleset_free(empty);
	return blank;
}

size_t
tables_save(const struct tables *tables, const char *only, bool counters,
	    struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < tables->v.n; i++) {
		const struct ruleset *rs = tables->v.v[i];
		bool wanted = only ? strcmp(rs->table, only) == 0 :
				     !is_blank(rs);

		if (!wanted)
			continue;
		ruleset_save(rs, counters, out);
		n++;
	}
	return n;
}

bool
changesets_bring_icmp4(const struct vec *changesets)
{
	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];

		for (size_t c = 0; c < cs->changes.n; c++) {
			const struct change *change = cs->changes.v[c];

			if ((change->kind == CHANGE_INSERT ||
			     change->kind == CHANGE_REPLACE) &&
			    rule_is_icmp4(change->rule))
				return true;
		}
	}
	return false;
}
