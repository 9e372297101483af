/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial record: refused, or understood so that what is written of it is
 * understood as the same, that the changes make of the table before the one
 * after, and that they can be undone. */
#include <sallyport/trial.h>
#include "fuzz.h"

static void
check_part(const struct trial_part *part)
{
	struct changeset *inverse = changeset_invert(part->changes);
	struct ruleset *rs = ruleset_copy(part->before);
	struct str text = { 0 };

	if (changeset_apply(part->changes, rs) == OK) {
		must(changeset_apply(inverse, rs) == OK, "no way back: %s",
		     err_message());
		must(ruleset_equal(rs, part->before), "the way back leads "
		     "elsewhere");
	}
	changeset_describe(part->changes, &text);
	check_ruleset(part->before);
	str_done(&text);
	ruleset_free(rs);
	changeset_free(inverse);
}

static void
check_trial(const struct trial *trial)
{
	json_t *json = trial_to_json(trial), *again;
	struct trial *back = NULL;

	must(trial_from_json(json, &back) == OK, "%s", err_message());
	again = trial_to_json(back);
	must(json_equal(json, again), "it is written otherwise");
	for (size_t i = 0; i < trial->parts.n; i++)
		check_part(trial_part(trial, i));
	trial_free(back);
	json_decref(json);
	json_decref(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trial *trial = NULL;
	json_t *json;

	fuzz_start();
	json = json_loadb((const char *)data, size, 0, NULL);
	if (json && trial_from_json(json, &trial) == OK)
		check_trial(trial);
	trial_free(trial);
	json_decref(json);
	return 0;
}
