/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of others a revert takes away is in the record before it goes: their
 * rules one by one, and the table as they left it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "internal.h"

/* The table may be large, and without it the outcome must still fit: where there
 * is no room it is the table that is not kept. */
static bool
keep_found(struct guardian *g, struct trial_part *part,
	   const struct ruleset *live)
{
	if (part->found.n >= TRIAL_FOUND_MAX)
		return false;
	vec_push(&part->found, ruleset_copy(live));
	trial_parts_changed(g->trial);
	if (trial_spare_grow(g->trial, g->run_dir) == OK)
		return true;
	process_note("the table '%s' is not kept as others left it: %s",
		     live->table, err_message());
	trial_found_drop(g->trial, part);
	return false;
}

/* Whoever resumes after the record was written comes by here again. */
static bool
is_kept(const struct trial_part *part, const struct ruleset *live)
{
	return part->found.n &&
	       ruleset_equal(part->found.v[part->found.n - 1], live);
}

/* Of filter when it comes first the table is not named. */
static bool
is_listed(const char *listed, const char *table, const struct str *lost)
{
	char *named = xasprintf("*%s\n%s", table, str_text(lost));
	size_t len = strlen(listed), part = strlen(named);
	bool found;

	found = (strcmp(table, "filter") == 0 &&
		 strcmp(listed, str_text(lost)) == 0) ||
		(len >= part && strcmp(listed + len - part, named) == 0);
	free(named);
	return found;
}

static char *
list_more(const char *listed, const char *table, const struct str *lost)
{
	bool named = strcmp(table, "filter") != 0 || *listed;

	if (is_listed(listed, table, lost))
		return xstrdup(listed);
	return xasprintf("%s%s%s%s%s", listed, named ? "*" : "",
			 named ? table : "", named ? "\n" : "",
			 str_text(lost));
}

void
lost_begin(struct guardian *g, struct trial_part *part,
	   const struct ruleset *live, const struct str *lost,
	   struct lost *taken)
{
	struct trial *trial = g->trial;

	*taken = (struct lost){ .part = part };
	if (!lost->len)
		return;
	taken->any = true;
	taken->listed = trial->lost;
	trial->lost = list_more(taken->listed ? taken->listed : "",
				live->table, lost);
	if (!is_kept(part, live))
		taken->found = keep_found(g, part, live);
	if (trial_save(trial, g->run_dir) != OK)
		process_note("%s", err_message());
}

void
lost_end(struct guardian *g, struct lost *taken, bool lost)
{
	if (!taken->any)
		return;
	if (lost) {
		free(taken->listed);
		return;
	}
	free(g->trial->lost);
	g->trial->lost = taken->listed;
	if (taken->found)
		trial_found_drop(g->trial, taken->part);
}
