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

static void
look(struct ui *ui)
{
	const struct world *world = ui->world;
	struct ruleset *live = NULL;
	bool differs;

	if (world->backend->ops->read(world->backend, world->table, &live))
		return;
	differs = !ruleset_equal(live, ui->session->base);
	ruleset_free(live);
	if (differs && !ui->live_differs)
		ui_warn(ui, _("others changed the table meanwhile; r reads it "
			      "again"));
	ui->live_differs = differs;
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
	look(ui);
	took = clock->boot_ms(clock) - began;
	ui->live_next_ms = began + (took * LOOK_SHARE > LOOK_EVERY_MS ?
				    took * LOOK_SHARE : LOOK_EVERY_MS);
}

void
ui_tick(struct ui *ui)
{
	watch_tick(ui);
	look_in_time(ui);
}
