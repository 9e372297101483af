/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do while the editor is open: history is compared with the live
 * table after the first frame, and a table that changes under us is told. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include "rules.h"

#define LOOK_EVERY_MS 1900	/* every second tick, be it early */
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

/* --- Is what was read still what there is? --- */

/* False where they cannot be read. */
static bool
read_tables(const struct ui *ui, struct tables *live)
{
	struct backend *be = ui->world->backend;
	struct ruleset *rs;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		rs = NULL;
		if (be->ops->read(be, table_names[i], &rs))
			return false;
		tables_put_take(live, rs);
	}
	return true;
}

static bool
leads_to(const struct changeset *cs, const struct ruleset *base,
	 const struct ruleset *live)
{
	struct ruleset *made = ruleset_copy(base);
	bool same = changeset_apply(cs, made) == OK &&
		    ruleset_equal(made, live);

	ruleset_free(made);
	return same;
}

/* The changes that are on trial are in the kernel and not in what was read; of a
 * trial of others that was found at the start they are in both, until it is
 * undone. */
static bool
is_by_trial(const struct watch *watch, const struct ruleset *base,
	    const struct ruleset *live)
{
	bool same = false;

	for (size_t i = 0; i < watch->changes.n && !same; i++) {
		const struct changeset *cs = watch->changes.v[i];
		struct changeset *back;

		if (strcmp(cs->table, base->table) != 0)
			continue;
		back = changeset_invert(cs);
		same = leads_to(cs, base, live) || leads_to(back, base, live);
		changeset_free(back);
	}
	return same;
}

static bool
is_as_read(const struct ui *ui, const struct tables *live)
{
	for (size_t i = 0; i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];
		const struct ruleset *base = tables_get(ui->session->base,
							rs->table);

		if (!ruleset_equal(rs, base) &&
		    !is_by_trial(&ui->watch, base, rs))
			return false;
	}
	return true;
}

static bool
is_told(const struct ui *ui, const struct tables *live)
{
	for (size_t i = 0; ui->live_told && i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];

		if (!ruleset_equal(rs, tables_get(ui->live_told, rs->table)))
			return false;
	}
	return ui->live_told != NULL;
}

void
ui_forget_stale(struct ui *ui)
{
	tables_free(ui->live_told);
	ui->live_told = NULL;
	ui->live_differs = false;
}

/* True where others changed what was not told yet. */
static bool
look(struct ui *ui)
{
	struct tables *live = tables_new();
	bool news = false;

	if (!read_tables(ui, live)) {
		tables_free(live);
		return false;
	}
	if (is_as_read(ui, live)) {
		tables_free(live);
		ui_forget_stale(ui);
		return false;
	}
	news = !is_told(ui, live);
	tables_free(ui->live_told);
	ui->live_told = live;
	ui->live_differs = true;
	return news;
}

bool
ui_is_stale(struct ui *ui)
{
	if (ui->watch.phase == WATCH_NONE)
		look(ui);
	return ui->live_differs;
}

/* --- Reading it again --- */

void
ui_reload(struct ui *ui, const char *said)
{
	struct spot spot = rules_spot(ui);
	enum err err = session_reload(ui->session, RELOAD_ASK);

	if (err && ui->session->conflicts.n) {
		rules_spot_drop(&spot);
		conflicts_open(ui);
		return;
	}
	ui_staged(ui, err);
	rules_spot_take(ui, &spot);
	if (err)
		return;
	ui_forget_stale(ui);
	ui_say(ui, "%s", said);
	ui_add_in_place(ui, ui->session->in_place);
	ui_sync(ui);
}

/* Is nothing of the administrator's mixed up by it, nor what he is about to
 * say? */
static bool
may_reload(const struct ui *ui)
{
	return ui->watch.phase == WATCH_NONE && !ui->form.is_open &&
	       ui->session->steps.n == 0 && ui->session->redo.n == 0;
}

static void
tell_stale(struct ui *ui)
{
	if (ui->watch.phase != WATCH_NONE)
		ui_warn(ui, _("others changed the table meanwhile; it is read "
			      "again when the trial is over"));
	else
		ui_warn(ui, "%s", ui->world->file ?
			_("the file was changed meanwhile; r reads it again") :
			_("others changed the table meanwhile; r reads it "
			  "again"));
}

static void
look_and_tell(struct ui *ui)
{
	bool was = ui->live_differs, news = look(ui);

	if (ui->live_differs && may_reload(ui))
		ui_reload(ui, ui->world->file ?
			  _("the file was changed meanwhile: it was read again") :
			  _("others changed the table meanwhile: it was read "
			    "again"));
	else if (news)
		tell_stale(ui);
	if (ui->live_differs != was)
		ui_refresh(ui);
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

/* What a trial that is about to begin or end does is not others'. A large table
 * is looked at less often. */
static void
look_in_time(struct ui *ui)
{
	const struct clock *clock = ui->world->clock;
	int64_t began = clock->boot_ms(clock), took;

	if (ui->watch.phase == WATCH_STARTING ||
	    ui->watch.phase == WATCH_ENDING || began < ui->live_next_ms)
		return;
	if (ui->live_differs || !file_is_same(ui))
		look_and_tell(ui);
	took = clock->boot_ms(clock) - began;
	ui->live_next_ms = began + (took * LOOK_SHARE > LOOK_EVERY_MS ?
				    took * LOOK_SHARE : LOOK_EVERY_MS);
}

void
ui_tick(struct ui *ui)
{
	watch_tick(ui);
	ui_forget_digit(ui);
	watch_join(ui);
	look_in_time(ui);
}
