/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the newest change was, for those who ask which connections outlive it:
 * its record stays until the next one, and conntrack remembers no longer than
 * this boot either. */
#include <unistd.h>
#include <sallyport/i18n.h>
#include "internal.h"

static enum err
load_settled(const struct world *world, struct trial **trial)
{
	int fd;
	enum err err = run_dir_open(world, &fd);

	if (!err) {
		err = trial_load(fd, trial);
		close(fd);
	}
	if (err && err != ERR_NOT_FOUND)
		return err;
	if (!err && !trial_is_ours(*trial)) {
		trial_free(*trial);
		err = ERR_NOT_FOUND;
	}
	return err ? fail(ERR_NOT_FOUND, _("no change is known since this "
			  "machine started")) : OK;
}

/* What a change that was undone had opened, or one that stands has closed. */
static void
put_before(const struct trial *trial, struct tables *before)
{
	bool undone = trial->state == TRIAL_REVERTED;

	for (size_t i = 0; i < trial->parts.n; i++) {
		const struct trial_part *part = trial_part(trial, i);
		const struct ruleset *rs = undone ? part->after : part->before;

		if (rs && trial->state != TRIAL_FAILED)
			tables_put_take(before, ruleset_copy(rs));
	}
}

enum err
apply_before(const struct world *world, const struct tables *live,
	     struct tables **before)
{
	struct trial *trial = NULL;
	enum err err = load_settled(world, &trial);

	if (err)
		return err;
	if (!trial_state_is_settled(trial->state)) {
		trial_free(trial);
		return fail(ERR_BUSY, _("a change is on trial: what it closes "
			    "is known when it is settled"));
	}
	*before = tables_copy(live);
	put_before(trial, *before);
	trial_free(trial);
	return OK;
}

enum err
apply_sessions(const struct world *world, struct vec *lifelines)
{
	struct lifeline_sources sources = world->lifelines;

	if (sources.settings && sources.settings->no_lifelines)
		sources.settings = NULL;
	return lifelines_find(&sources, lifelines);
}
