/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exposing a port: who may listen, and the step that opens it. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "ui.h"

/* Docker is asked again after this time; where it did not answer, later. */
#define RECENT_MS 10000
#define SILENT_MS 60000
/* The kernel's answer comes in a twentieth of a second, if it comes. */
#define ANSWER_LIMIT_MS 2000

/* --- Who may listen --- */

static bool
is_recent(const struct ui *ui)
{
	const struct exposing *e = &ui->expose;
	int64_t now = ui->world->clock->boot_ms(ui->world->clock);

	return e->containers && now - e->found_ms <
	       (e->containers->note ? SILENT_MS : RECENT_MS);
}

void
exposing_find(struct ui *ui, enum exposing_age age)
{
	struct exposing *e = &ui->expose;
	struct containers *old = e->containers;

	if (age == EXPOSING_RECENT && is_recent(ui))
		return;
	e->containers = containers_find(ui->world->docker);
	e->found_ms = ui->world->clock->boot_ms(ui->world->clock);
	if (e->what.receiver)
		e->what.receiver = containers_at(e->containers,
						 &e->what.receiver->addr);
	containers_free(old);
}

const char *
unless_expose(struct ui *ui)
{
	if (ui->world->file)
		return _("nobody listens behind a file");
	return unless_writable(ui);
}

void
exposing_warn(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;
	const struct step *last = steps->n ? steps->v[steps->n - 1] : NULL;
	struct exposure what = { 0 };
	struct str why = { 0 };

	if (!last || ui->world->file ||
	    !expose_may_be_mistaken(&last->changesets))
		return;
	exposing_find(ui, EXPOSING_RECENT);
	if (expose_mistake(&last->changesets, ui->expose.containers,
			   ui->world->utf8, &what, &why)) {
		ui->expose.what = what;
		ui->expose.meant = true;
		ui_warn(ui, "%s", str_text(&why));
	}
	str_done(&why);
}

void
exposing_done(struct exposing *exposing)
{
	containers_free(exposing->containers);
}

void
exposing_stage(struct ui *ui)
{
	struct exposed exposed;
	struct vec changesets = { 0 };
	enum err err = expose(&ui->expose.what, ui->expose.containers,
			      ui->session->candidate, &exposed);

	if (err) {
		ui_error(ui);
		return;
	}
	tables_diff(ui->session->candidate, exposed.tables, true, &changesets);
	err = session_stage_all(ui->session, &changesets);
	if (err) {
		ui_error(ui);
	} else {
		if (apply_rehearses(ui->world))
			probe_rehearse(exposed.answer, exposed.tables,
				       ANSWER_LIMIT_MS);
		ui_pop(ui);
		ui_changed(ui);
		exposed_open(ui, &exposed, &changesets);
	}
	changesets_done(&changesets);
	exposed_done(&exposed);
}
