/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A confirmed change stays as far as others left it: what is live is compared
 * with what the trial left, and what they undid of it is named. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/merge.h>
#include "internal.h"

static bool
is_as_left(const struct trial *trial, const struct tables *live)
{
	char print[FINGERPRINT_SIZE];

	for (size_t i = 0; i < trial->parts.n; i++) {
		const struct trial_part *part = trial_part(trial, i);

		ruleset_fingerprint(tables_get(live, part->before->table),
				    print);
		if (strcmp(print, part->after_print) != 0)
			return false;
	}
	return true;
}

/* What the change would still do, and where it would collide with theirs. */
static void
find_missing(const struct trial *trial, const struct tables *live,
	     struct vec *missing, struct vec *conflicts)
{
	struct tables *before = trial_before(trial);
	struct vec changes = {0};
	enum err err;

	trial_changesets(trial, &changes);
	err = tables_rebase(&changes, before, live, MERGE_THEIRS, missing,
			    conflicts);
	if (err && err != ERR_CONFLICT)
		die("a change does not fit its own tables: %s", err_message());
	changesets_done(&changes);
	tables_free(before);
}

static void
say(const struct world *world, const struct vec *missing,
    const struct vec *conflicts)
{
	struct str text = {0};

	if (missing->n || conflicts->n)
		cli_warn(world, _("others changed the rules meanwhile; of the "
				  "change this is not there:"));
	else
		cli_warn(world, _("others changed the rules meanwhile; all of "
				  "the change is there"));
	changesets_describe(missing, &text);
	for (size_t i = 0; i < conflicts->n; i++) {
		conflict_describe(conflicts->v[i], &text);
		str_addc(&text, '\n');
	}
	if (cli_print(world, &text))
		cli_warn(world, "%s", err_message());
	str_done(&text);
}

void
cli_say_missing(const struct world *world, const struct trial *trial)
{
	struct vec missing = {0}, conflicts = {0};
	struct tables *live;
	bool other_world;

	if (apply_read(world, &live, &other_world))
		return;
	if (!is_as_left(trial, live)) {
		find_missing(trial, live, &missing, &conflicts);
		say(world, &missing, &conflicts);
	}
	changesets_done(&missing);
	conflicts_done(&conflicts);
	tables_free(live);
}
