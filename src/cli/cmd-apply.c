/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply and restore: a whole table, or one ip6tables command, on trial. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/command.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* The live table with history brought up to date, and nothing on trial. */
static enum err
read_settled(const struct world *world, struct tables **live,
	     bool *other_world)
{
	char *warning = NULL;
	enum err err;

	err = cli_settle_first(world);
	if (!err)
		err = cli_read_live(world, live, other_world);
	if (err)
		return err;
	apply_sync(world, *live, &warning);
	cli_warn_take(world, warning);
	return OK;
}

/* Commit what makes live into target, which is eaten. */
static enum err
commit_target(const struct world *world, const struct cli_call *call,
	      struct ruleset *target, const char *origin, const char *message)
{
	struct tables *targets = tables_new();
	struct tables *live = NULL;
	struct vec changes = {0};
	bool other_world;
	enum err err;

	tables_put_take(targets, target);
	err = read_settled(world, &live, &other_world);
	if (!err) {
		tables_diff(live, targets, false, &changes);
		err = cli_commit(world, call, live, &changes, other_world,
				 origin, message);
		changesets_done(&changes);
	}
	tables_free(live);
	tables_free(targets);
	return err;
}

/* The file is read, and its mistakes are told, before the kernel is. */
static enum err
apply_file(const struct world *world, const struct cli_call *call,
	   const char *message)
{
	const char *name = call->argv[0];
	struct ruleset *target;
	enum err err;

	err = cli_check_question(world, call, !strcmp(name, "-"));
	if (!err)
		err = cli_load_file(world, name, &target);
	if (err)
		return err;
	return commit_target(world, call, target, "import", message);
}

static enum err
apply_command(const struct world *world, const struct cli_call *call,
	      const char *message)
{
	struct changeset *cs = changeset_new(world->table);
	struct tables *candidate = NULL;
	struct tables *live = NULL;
	struct vec changes = {0};
	bool other_world;
	enum err err;

	err = cli_check_question(world, call, false);
	if (!err)
		err = read_settled(world, &live, &other_world);
	if (!err) {
		candidate = tables_copy(live);
		err = command_stage_words(call->argc, call->argv,
					  tables_get(candidate, world->table),
					  cs);
	}
	if (!err && cs->changes.n)
		vec_push(&changes, changeset_copy(cs));
	if (!err)
		err = cli_commit(world, call, live, &changes, other_world,
				 "edit", message);
	tables_free(candidate);
	tables_free(live);
	changesets_done(&changes);
	changeset_free(cs);
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

static enum err
restore_target(const struct world *world, const char *word, int64_t *id,
	       struct ruleset **target)
{
	struct history *history;
	enum err err;

	err = cli_need_revision(word, id);
	if (!err)
		err = cli_open_history(world, &history);
	if (err)
		return err;
	err = history_ruleset(history, *id, target);
	history_close(history);
	return err;
}

enum err
cmd_restore(struct world *world, const struct cli_call *call)
{
	struct ruleset *target;
	char *message;
	int64_t id;
	int seconds;
	enum err err;

	err = cli_trial_seconds(call, &seconds);
	if (!err)
		err = cli_check_question(world, call, false);
	if (!err)
		err = restore_target(world, call->argv[0], &id, &target);
	if (err)
		return err;
	message = call->opt.message ? xstrdup(call->opt.message) :
		xasprintf(_("restore revision %lld"), (long long)id);
	err = commit_target(world, call, target, "restore", message);
	free(message);
	return err;
}
