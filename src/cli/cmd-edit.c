/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edit: the rules as text in $EDITOR, then the road of apply, line by line. */
#include <stdlib.h>
#include <sallyport/edit.h>
#include <sallyport/i18n.h>
#include "internal.h"

/* Another look at text that cannot be read; false gives it up. */
static bool
ask_again(const struct world *world)
{
	cli_warn(world, "%s", err_message());
	cli_ask(world, _("Edit it again? [Y/n] "));
	return cli_said(world, 'y', true);
}

/* Until the text can be read, or is given up. */
static enum err
edit_until_good(const struct world *world, struct edit *edit,
		struct tables **target)
{
	bool changed;
	enum err err;

	for (;;) {
		err = edit_run(edit, world->editor);
		if (err)
			return err;
		err = edit_read(edit, target, &changed);
		if (err != ERR_PARSE || !ask_again(world))
			return err;
	}
}

/* Text that was not taken is not lost. */
static enum err
end_edit(const struct world *world, struct edit *edit, enum err err)
{
	bool keep = err && err != ERR_NOT_FOUND && edit_has_work(edit);
	char *path = edit->path;

	if (keep)
		cli_warn(world, _("the text is kept in '%s'"), path);
	edit_done(edit, keep);
	return err;
}

static enum err
edit_and_commit(const struct world *world, const struct cli_call *call,
		const struct tables *live, bool other_world)
{
	const char *message = call->opt.message ? call->opt.message : "";
	struct tables *target = NULL;
	struct vec changes = {0};
	struct edit edit;
	enum err err;

	err = edit_begin(&edit, live, world->only_table);
	if (err)
		return err;
	err = edit_until_good(world, &edit, &target);
	if (!err) {
		tables_diff(live, target, false, &changes);
		err = cli_commit(world, call, live, &changes, other_world,
				 "edit", message);
	}
	changesets_done(&changes);
	tables_free(target);
	return end_edit(world, &edit, err);
}

enum err
cmd_edit(struct world *world, const struct cli_call *call)
{
	struct tables *live = NULL;
	bool other_world;
	int seconds;
	enum err err;

	if (!world->editor)
		return fail(ERR_USAGE, _("--no-editor forbids to start one"));
	err = cli_trial_seconds(call, &seconds);
	if (!err)
		err = cli_check_question(world, call, false);
	if (!err)
		err = cli_read_settled(world, &live, &other_world);
	if (!err)
		err = edit_and_commit(world, call, live, other_world);
	tables_free(live);
	return err;
}
