/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a command's rules come from: the live table, a file, a revision. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/caller.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include "internal.h"

#define FILE_MAX (256UL << 20)

enum err
cli_read_live(const struct world *world, struct tables **live,
	      bool *other_world)
{
	enum err err;

	err = apply_read(world, live, other_world);
	if (!err && *other_world)
		cli_warn(world, _("warning: nf_tables has rules of its own in "
			 "this network namespace; they are not shown here and "
			 "packets must pass them too"));
	return err;
}

/* A file's name for messages. */
static const char *
shown_name(const char *name)
{
	return strcmp(name, "-") ? name : _("standard input");
}

enum err
cli_read_text(const struct world *world, const char *name, struct str *text,
	      bool *secret)
{
	*secret = false;
	if (!strcmp(name, "-"))
		return file_read_fd(fileno(world->in), shown_name(name),
				    FILE_MAX, text);
	return file_read_named(name, FILE_MAX, text, secret);
}

enum err
cli_load_file(const struct world *world, const char *name,
	      const struct tables *live, struct tables **tables)
{
	struct str text = {0};
	bool secret;
	enum err err;

	err = cli_read_text(world, name, &text, &secret);
	if (err == ERR_NOT_FOUND)
		err = ERR_FAIL;
	if (!err)
		err = tables_load(str_text(&text), text.len, shown_name(name),
				  world->only_table, live, tables);
	err = caller_hide(err, secret, name);
	str_done(&text);
	return err == ERR_NOT_FOUND ? ERR_PARSE : err;
}

bool
cli_revision_number(const char *word, int64_t *id)
{
	size_t n = strspn(word, "0123456789");

	if (n == 0 || n > 18 || word[n] || word[0] == '0')
		return false;
	*id = strtoll(word, NULL, 10);
	return true;
}

enum err
cli_need_revision(const char *word, int64_t *id)
{
	if (cli_revision_number(word, id))
		return OK;
	return fail(ERR_USAGE, _("'%s' is no revision number; 'sallyport log' "
		    "lists them"), word);
}

enum err
cli_open_history(const struct world *world, struct history **history)
{
	enum err err;

	err = history_open(world->db_path, true, history);
	if (err == ERR_NOT_FOUND)
		return fail(ERR_FAIL, _("there is no history yet: %s does not "
			    "exist"), world->db_path);
	return err;
}

/* No other table than that of -T. */
static bool
is_asked_for(const struct world *world, const struct ruleset *rs)
{
	return !world->only_table ||
	       strcmp(rs->table, world->only_table) == 0;
}

static enum err
load_revision(const struct world *world, int64_t id, struct tables **tables)
{
	struct ruleset *rs = NULL;
	struct history *history;
	enum err err;

	err = cli_open_history(world, &history);
	if (err)
		return err;
	err = history_ruleset(history, id, &rs);
	history_close(history);
	if (!err && !is_asked_for(world, rs))
		err = fail(ERR_USAGE, _("revision %lld is of table '%s'"),
			   (long long)id, rs->table);
	if (err) {
		ruleset_free(rs);
		return err;
	}
	*tables = tables_new();
	tables_put_take(*tables, rs);
	return OK;
}

static enum err
load_live(const struct world *world, struct tables **tables)
{
	struct tables *live = NULL;
	bool other_world;
	enum err err;

	err = cli_read_live(world, &live, &other_world);
	if (err)
		return err;
	*tables = tables_new();
	for (size_t i = 0; i < live->v.n; i++)
		if (is_asked_for(world, live->v.v[i]))
			tables_put_take(*tables, ruleset_copy(live->v.v[i]));
	tables_free(live);
	return OK;
}

enum err
cli_load(const struct world *world, const char *what, struct tables **tables)
{
	int64_t id;

	if (!strcmp(what, "live"))
		return load_live(world, tables);
	if (cli_revision_number(what, &id))
		return load_revision(world, id, tables);
	if (strcmp(what, "-") && access(what, F_OK) < 0 && errno == ENOENT)
		return fail(ERR_USAGE, _("'%s' is neither a file nor a "
			    "revision's number nor 'live'"), what);
	return cli_load_file(world, what, NULL, tables);
}

enum err
cli_read_settled(const struct world *world, struct tables **live,
		 bool *other_world)
{
	char *warning = NULL;
	enum err err;

	err = world->file ? OK : cli_settle_first(world);
	if (!err)
		err = cli_read_live(world, live, other_world);
	if (err)
		return err;
	apply_sync(world, *live, &warning);
	cli_warn_take(world, warning);
	return OK;
}
