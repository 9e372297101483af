/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands as they are pasted from the web, a line each: all of them are staged,
 * as one step, or none is. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* Push what a command changes, and apply it to tables. */
static enum err
add_command(const struct session *s, const char *line, struct tables *tables,
	    struct vec *changesets)
{
	char table[TABLE_NAME_SIZE];
	struct changeset *cs;
	enum err err = command_find_table(line, s->table, table);

	if (!err && !table_is_known(table))
		err = fail(ERR_USAGE, _("there is no table '%s'"), table);
	if (err)
		return err;
	cs = changeset_new(table);
	err = command_stage(line, tables_get(tables, table), cs);
	if (err || cs->changes.n == 0)
		changeset_free(cs);
	else
		vec_push(changesets, cs);
	return err;
}

/* What is left to read; the line before it, of those that were given. */
struct reader {
	const char *text;
	size_t line;
};

/* Append a line; one that ends in a backslash goes on in the next. */
static void
read_line(struct reader *r, struct str *line)
{
	bool more = true;

	while (more && *r->text) {
		size_t n = strcspn(r->text, "\n"), end = n;

		more = n > 0 && r->text[n - 1] == '\\';
		if (more)
			end--;
		str_addn(line, r->text, end);
		r->text += n + (r->text[n] == '\n');
		r->line++;
	}
}

static bool
is_comment(const struct str *line)
{
	const char *s = str_text(line);

	s += strspn(s, " \t");
	return !*s || *s == '#';
}

static enum err
add_line(const struct session *s, const struct str *line, size_t at,
	 struct tables *tables, struct vec *changesets)
{
	enum err err = add_command(s, str_text(line), tables, changesets);
	char *why;

	if (!err)
		return OK;
	why = xstrdup(err_message());
	fail(err, _("line %zu: %s"), at, why);
	free(why);
	return err;
}

static enum err
add_lines(const struct session *s, const char *text, struct tables *tables,
	  struct vec *changesets)
{
	struct reader r = { .text = text };
	struct str line = { 0 };
	enum err err = OK;

	while (!err && *r.text) {
		size_t at = r.line + 1;

		str_clear(&line);
		read_line(&r, &line);
		if (!is_comment(&line))
			err = add_line(s, &line, at, tables, changesets);
	}
	str_done(&line);
	return err;
}

enum err
session_stage_command(struct session *s, const char *text)
{
	struct tables *tables;
	struct vec changesets = { 0 };
	enum err err = session_check_writable(s);

	if (err)
		return err;
	tables = tables_copy(s->candidate);
	err = strchr(text, '\n') ? add_lines(s, text, tables, &changesets) :
				   add_command(s, text, tables, &changesets);
	if (!err)
		err = session_stage_all(s, &changesets);
	changesets_done(&changesets);
	tables_free(tables);
	return err;
}
