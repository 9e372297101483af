/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply and restore: a whole table, or one ip6tables command, on trial. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* Commit what makes live into target. */
static enum err
commit_target(const struct world *world, const struct cli_call *call,
	      const struct tables *live, bool other_world,
	      const struct tables *target, const char *origin,
	      const char *message)
{
	struct vec changes = {0};
	enum err err;

	tables_diff(live, target, false, &changes);
	err = cli_commit(world, call, live, &changes, other_world, origin,
			 message);
	changesets_done(&changes);
	return err;
}

/* The file is read, and its mistakes are told, before the kernel is: but for
 * --noflush, which needs what it adds to. */
static enum err
apply_file(const struct world *world, const struct cli_call *call,
	   const char *message)
{
	const char *name = call->argv[0];
	struct tables *target = NULL, *live = NULL;
	bool other_world;
	enum err err;

	err = cli_check_question(world, call, !strcmp(name, "-"));
	if (!err && !call->opt.noflush)
		err = cli_load_file(world, name, NULL, &target);
	if (!err)
		err = cli_read_settled(world, &live, &other_world);
	if (!err && call->opt.noflush)
		err = cli_load_file(world, name, live, &target);
	if (!err)
		err = commit_target(world, call, live, other_world, target,
				    "import", message);
	tables_free(live);
	tables_free(target);
	return err;
}

/* What the command says, of the table that it names with -t. */
static enum err
stage(const struct world *world, const struct cli_call *call,
      struct tables *candidate, struct vec *changes)
{
	const char *named = command_table(call->argc, call->argv);
	const char *table = named ? named : world->table;
	struct ruleset *rs = tables_get(candidate, table);
	struct changeset *cs;
	enum err err;

	if (named && world->only_table && strcmp(named, world->only_table))
		return fail(ERR_USAGE, _("the command is for table '%s', and "
			    "--table says '%s'"), named, world->only_table);
	if (!rs)
		return fail(ERR_USAGE, _("there is no table '%s'"), table);
	cs = changeset_new(table);
	err = command_stage_words(call->argc, call->argv, rs, cs);
	if (err == ERR_NOT_FOUND)
		err = ERR_USAGE;	/* no such chain or rule */
	if (!err && cs->changes.n)
		vec_push(changes, cs);
	else
		changeset_free(cs);
	return err;
}

static enum err
apply_command(const struct world *world, const struct cli_call *call,
	      const char *message)
{
	struct tables *live = NULL, *candidate = NULL;
	struct vec changes = {0};
	bool other_world;
	enum err err;

	err = cli_check_question(world, call, false);
	if (!err)
		err = cli_read_settled(world, &live, &other_world);
	if (!err) {
		candidate = tables_copy(live);
		err = stage(world, call, candidate, &changes);
	}
	if (!err)
		err = cli_commit(world, call, live, &changes, other_world,
				 "edit", message);
	tables_free(candidate);
	tables_free(live);
	changesets_done(&changes);
	return err;
}

enum err
cmd_apply(struct world *world, const struct cli_call *call)
{
	const char *message = call->opt.message ? call->opt.message : "";
	int seconds;
	enum err err;

	err = cli_trial_seconds(call, &seconds);
	if (err)
		return err;
	return call->dashes ? apply_command(world, call, message) :
			      apply_file(world, call, message);
}

enum err
cmd_restore(struct world *world, const struct cli_call *call)
{
	struct tables *target = NULL, *live = NULL;
	bool other_world;
	char *message;
	int64_t id;
	int seconds;
	enum err err;

	err = cli_trial_seconds(call, &seconds);
	if (!err)
		err = cli_need_revision(call->argv[0], &id);
	if (!err)
		err = cli_check_question(world, call, false);
	if (!err)
		err = cli_load(world, call->argv[0], &target);
	if (!err)
		err = cli_read_settled(world, &live, &other_world);
	if (!err) {
		message = call->opt.message ? xstrdup(call->opt.message) :
			xasprintf(_("restore revision %lld"), (long long)id);
		err = commit_target(world, call, live, other_world, target,
				    "restore", message);
		free(message);
	}
	tables_free(live);
	tables_free(target);
	return err;
}
