/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of status that tells what others lost when the last change was undone:
 * it is told for as long as the record of that stands. */
#include <string.h>
#include <sallyport/i18n.h>
#include "status.h"

static enum err
find_kept(struct history *history, const struct trial *trial, const char *table,
	  int64_t *kept)
{
	int64_t id;
	enum err err = history_trial(history, trial->id, table, &id);

	*kept = 0;
	return err || !id ? err : history_found(history, id, kept);
}

void
status_find_lost(const struct world *world, const struct trial *trial,
		 struct lost *lost)
{
	struct history *history;
	int64_t kept;

	*lost = (struct lost){ 0 };
	if (!trial || trial->state != TRIAL_REVERTED || !trial->lost ||
	    !*trial->lost)
		return;
	lost->lines = trial->lost;
	if (history_open(world->db_path, true, &history))
		return;
	for (size_t i = 0; i < trial->parts.n && lost->n < TABLE_COUNT; i++)
		if (find_kept(history, trial, trial_part(trial, i)->before->table,
			      &kept) == OK && kept)
			lost->kept[lost->n++] = kept;
	history_close(history);
}

/* Below the line of the trial. */
static void
add_indented(struct str *out, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		str_addf(out, "           %.*s\n", (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

void
status_add_lost(const struct lost *lost, struct str *out)
{
	struct str text = { 0 };

	if (!lost->lines)
		return;
	str_add(&text, _("What others did and the undo took back:\n"));
	str_add(&text, lost->lines);
	for (size_t i = 0; i < lost->n; i++)
		cli_add_kept(&text, lost->kept[i]);
	add_indented(out, str_text(&text));
	str_done(&text);
}

json_t *
status_lost_json(const struct lost *lost)
{
	return cli_json_lines(lost->lines ? lost->lines : "");
}

json_t *
status_kept_json(const struct lost *lost)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < lost->n; i++)
		json_array_append_new(ids,
				      json_integer((json_int_t)lost->kept[i]));
	return ids;
}
