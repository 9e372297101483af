/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of status that tells what others lost when the last change was undone:
 * it is told for as long as the record of that stands. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
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

/* Call each with every line. */
static void
each_line(const char *lines, void (*each)(const char *line, void *arg),
	  void *arg)
{
	char *copy = xstrdup(lines), *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		each(line, arg);
	free(copy);
}

static void
add_indented(const char *line, void *arg)
{
	str_addf(arg, "           %s\n", line);
}

void
status_add_lost(const struct lost *lost, struct str *out)
{
	struct str text = { 0 };

	if (!lost->lines)
		return;
	str_add(&text, _("What others did and the undo took back:\n"));
	str_add(&text, lost->lines);
	if (text.len && text.s[text.len - 1] != '\n')
		str_addc(&text, '\n');
	for (size_t i = 0; i < lost->n; i++) {
		str_addf(&text, _("revision %lld has them"),
			 (long long)lost->kept[i]);
		str_addc(&text, '\n');
	}
	each_line(str_text(&text), add_indented, out);
	str_done(&text);
}

static void
append_text(const char *line, void *arg)
{
	json_array_append_new(arg, cli_json_text(line));
}

json_t *
status_lost_json(const struct lost *lost)
{
	json_t *lines = json_array();

	if (lost->lines)
		each_line(lost->lines, append_text, lines);
	return lines;
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
