/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do while the editor is open: history is compared with the live
 * table after the first frame, and a table that changes under us is told. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include "ui.h"

#define LOOK_EVERY_MS 2000
#define LOOK_SHARE 20	/* looking takes one part of so many of the time */

void
ui_sync(struct ui *ui)
{
	char *warning = NULL;

	if (ui->watch.phase == WATCH_NONE && !ui->world->read_only)
		apply_sync(ui->world, ui->session->base, &warning);
	if (warning)
		ui_warn(ui, "%s", warning);
	free(warning);
}

/* The message line may have something that matters more. */
void
ui_tell_boot(struct ui *ui)
{
	const struct boot_world where = apply_boot_world(ui->world);

	if (ui->message.len == 0 && ui->watch.phase == WATCH_NONE &&
	    boot_is_behind(&where, ui->session->base))
		ui_say(ui, _("the rules for the next boot differ from these; "
			     "the next change that is kept writes them"));
}

void
ui_reload(struct ui *ui, const char *said)
{
	enum err err = session_reload(ui->session, RELOAD_ASK);

	ui->live_differs = false;
	if (err && ui->session->conflicts.n) {
		conflicts_open(ui);
		return;
	}
	ui_staged(ui, err);
	if (err)
		return;
	ui_say(ui, "%s", said);
	ui_sync(ui);
}

/* False where the table cannot be read. */
static bool
table_differs(const struct ui *ui, const char *table, bool *differs)
{
	struct backend *be = ui->world->backend;
	struct ruleset *live = NULL;

	if (be->ops->read(be, table, &live))
		return false;
	*differs = !ruleset_equal(live, tables_get(ui->session->base, table));
	ruleset_free(live);
	return true;
}

static void
look(struct ui *ui)
{
	bool differs = false;

	for (size_t i = 0; i < TABLE_COUNT && !differs; i++)
		if (!table_differs(ui, table_names[i], &differs))
			return;
	if (differs && !ui->live_differs)
		ui_warn(ui, "%s", ui->world->file ?
			_("the file was changed meanwhile; r reads it again") :
			_("others changed the table meanwhile; r reads it "
			  "again"));
	ui->live_differs = differs;
}

/* A file is read only when it is not the one that was looked at last. */
static bool
file_is_same(struct ui *ui)
{
	const struct stat was = ui->file_seen;
	struct stat *now = &ui->file_seen;

	return ui->world->file && stat(ui->world->file, now) == 0 &&
	       now->st_ino == was.st_ino && now->st_size == was.st_size &&
	       now->st_mtim.tv_sec == was.st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == was.st_mtim.tv_nsec;
}

/* A trial is the guardian's to look after; a large table is looked at less
 * often. */
static void
look_in_time(struct ui *ui)
{
	const struct clock *clock = ui->world->clock;
	int64_t began = clock->boot_ms(clock), took;

	if (ui->watch.phase != WATCH_NONE || began < ui->live_next_ms)
		return;
	if (!file_is_same(ui))
		look(ui);
	took = clock->boot_ms(clock) - began;
	ui->live_next_ms = began + (took * LOOK_SHARE > LOOK_EVERY_MS ?
				    took * LOOK_SHARE : LOOK_EVERY_MS);
}

void
ui_tick(struct ui *ui)
{
	watch_tick(ui);
	watch_join(ui);
	look_in_time(ui);
}
