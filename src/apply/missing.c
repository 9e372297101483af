/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A confirmed change stays as far as others left it: what is live is compared
 * with what the trial left, and what they undid of it is named. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/merge.h>
#include <sallyport/owned.h>
#include "internal.h"

static bool
is_same(const struct trial_part *part, const struct ruleset *live)
{
	char print[FINGERPRINT_SIZE];

	ruleset_fingerprint(live, print);
	return strcmp(print, part->after_print) == 0;
}

/* Is the table as the trial left it, but for the chains that other programs
 * fill at will? */
static bool
is_as_left(const struct trial_part *part, const struct ruleset *live)
{
	struct changeset *others;
	bool as_left;

	if (is_same(part, live))
		return true;
	if (!part->after)
		return false;
	others = changeset_diff(part->after, live, true);
	as_left = others->changes.n == 0 || changeset_is_owned(others);
	changeset_free(others);
	return as_left;
}

static bool
all_tables(const struct trial *trial, const struct tables *live,
	   bool (*are)(const struct trial_part *, const struct ruleset *))
{
	for (size_t i = 0; i < trial->parts.n; i++) {
		const struct trial_part *part = trial_part(trial, i);

		if (!are(part, tables_get(live, part->before->table)))
			return false;
	}
	return true;
}

/* What the change would still do, and where it would collide with theirs. */
static void
find_missing(const struct trial *trial, const struct tables *live,
	     struct str *lines)
{
	struct vec changes = {0}, missing = {0}, conflicts = {0};
	struct tables *before = trial_before(trial);
	enum err err;

	trial_changesets(trial, &changes);
	err = tables_rebase(&changes, before, live, MERGE_THEIRS, &missing,
			    &conflicts);
	if (err && err != ERR_CONFLICT)
		die("a change does not fit its own tables: %s", err_message());
	changesets_describe(&missing, lines);
	for (size_t i = 0; i < conflicts.n; i++) {
		conflict_describe(conflicts.v[i], lines);
		str_addc(lines, '\n');
	}
	changesets_done(&changes);
	changesets_done(&missing);
	conflicts_done(&conflicts);
	tables_free(before);
}

const char *
apply_missing(const struct world *world, const struct trial *trial,
	      struct str *lines)
{
	struct tables *live;
	bool other_world, as_left;

	if (trial->state != TRIAL_CONFIRMED || trial->no_trial ||
	    apply_read(world, &live, &other_world))
		return NULL;
	as_left = all_tables(trial, live, is_same);
	if (!as_left) {
		find_missing(trial, live, lines);
		as_left = all_tables(trial, live, is_as_left);
	}
	tables_free(live);
	if (lines->len)
		return _("others changed the rules meanwhile; of the change "
			 "this is not there:");
	return as_left ? NULL : _("others changed the rules meanwhile; all of "
				  "the change is there");
}
