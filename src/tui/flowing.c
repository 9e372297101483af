/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for connections that live on is a process's work, for which nobody
 * waits; deleting them is asked for, and looked after. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include "ui.h"

static enum err
start(struct ui *ui)
{
	struct flowing *f = &ui->flowing;
	const struct tables *now = ui->session->base;
	struct vec lifelines = { 0 };
	struct tables *before = NULL;
	enum err err = apply_before(ui->world, now, &before);

	if (!err)
		err = apply_sessions(ui->world, &lifelines);
	flows_stop(f->search);
	f->search = err ? NULL : flows_start(before, now, &lifelines);
	lifelines_free(&lifelines);
	tables_free(before);
	return err;
}

/* A trial that left nothing to look at says nothing. */
void
flowing_settled(struct ui *ui)
{
	flows_done(&ui->flowing.found);
	ui->flowing.found = (struct flows){ 0 };
	ui->flowing.known = false;
	ui->flowing.quiet = start(ui) != OK;
}

bool
flowing_look(struct ui *ui)
{
	if (start(ui)) {
		ui_error(ui);
		return false;
	}
	ui->flowing.quiet = true;
	return true;
}

int
flowing_fd(const struct ui *ui)
{
	return flows_fd(ui->flowing.search);
}

/* Behind what the message line says already: how the trial ended. */
static void
tell(struct ui *ui)
{
	const struct flows *found = &ui->flowing.found;
	size_t n = found->v.n - found->lifelines + found->more;

	if (n == 0)
		return;
	if (ui->message.len)
		str_add(&ui->message, "; ");
	else
		ui->message_role = ROLE_MESSAGE;
	str_addf(&ui->message, Q_("%zu connection lives on that only the "
				  "removed rules allowed: F lists it",
				  "%zu connections live on that only the "
				  "removed rules allowed: F lists them", n), n);
}

void
flowing_input(struct ui *ui)
{
	struct flowing *f = &ui->flowing;
	struct flows found;
	enum err err;

	if (!f->search)
		return;
	err = flows_take(&f->search, &found);
	if (err == ERR_BUSY)
		return;
	flows_done(&f->found);
	f->found = found;
	f->known = true;
	if (err)
		ui_error(ui);
	else if (!f->quiet)
		tell(ui);
	ui_changed(ui);
}

static void
tell_deleted(struct ui *ui, const struct flows_end *end)
{
	size_t n = end->deleted, back = end->back;

	if (back)
		ui_warn(ui, Q_("%zu of %zu is there again: an end that the "
			       "rules let send went on",
			       "%zu of %zu are there again: an end that the "
			       "rules let send went on", back), back, n);
	else if (n)
		ui_say(ui, Q_("%zu connection was deleted",
			      "%zu connections were deleted", n), n);
	else
		ui_say(ui, _("it had gone by itself"));
}

void
flowing_delete(struct ui *ui, const struct flow *only)
{
	struct flows_end end;

	if (flows_delete(&ui->flowing.found, only, &end))
		ui_error(ui);
	else
		tell_deleted(ui, &end);
	if (start(ui) == OK)
		ui->flowing.quiet = true;
}

const char *
unless_flows(struct ui *ui)
{
	if (ui->world->file)
		return _("no connection goes through a file");
	if (ui->watch.phase != WATCH_NONE)
		return _("a change is on trial: what it closes is known when "
			 "it is settled");
	return NULL;
}

const char *
unless_flow_deletable(struct ui *ui)
{
	const struct flowing *f = &ui->flowing;

	if (ui->world->read_only)
		return _("read-only: nothing is deleted");
	if (f->search)
		return _("wait: the connections are being looked through");
	if (f->found.v.n == f->found.lifelines)
		return _("there is no connection to delete");
	return unless_flows(ui);
}

void
flowing_done(struct flowing *flowing)
{
	flows_stop(flowing->search);
	flows_done(&flowing->found);
}
