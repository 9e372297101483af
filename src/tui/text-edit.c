/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules as text in $EDITOR, as visudo does it: what comes back is staged as
 * one step; what cannot be read is edited again or kept in its file. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "rules.h"
#include "term.h"

static void run_editor(struct ui *ui);

const char *
unless_editor(struct ui *ui)
{
	const char *why = unless_writable(ui);

	if (why)
		return why;
	if (!ui->world->editor)
		return _("--no-editor forbids to start one");
	if (ui->watch.phase != WATCH_NONE)
		return _("a trial is running: keep or undo it first");
	return NULL;
}

void
edit_leave(struct ui *ui)
{
	if (ui->edit.path && !edit_has_work(&ui->edit))
		edit_done(&ui->edit, false);
}

static void
give_up(struct ui *ui)
{
	bool keep = edit_has_work(&ui->edit);

	if (keep)
		ui_say(ui, _("nothing was staged; the text is kept in '%s'"),
		       ui->edit.path);
	else
		ui_say(ui, _("nothing was staged"));
	edit_done(&ui->edit, keep);
}

static const struct choice again_choices[] = {
	{ '\r', N_("Edit it again"), run_editor },
};

/* err_message() tells what is wrong with the text or the editor. */
static void
ask_again(struct ui *ui)
{
	form_ask(&ui->form, err_message(), again_choices,
		 ARRAY_LEN(again_choices));
	ui->form.cancel = give_up;
}

static void
stage(struct ui *ui, const struct tables *tables)
{
	size_t before = ui->session->steps.n;

	if (session_stage_tables(ui->session, tables, "edit") != OK) {
		ask_again(ui);
		return;
	}
	edit_done(&ui->edit, false);
	ui_changed(ui);
	if (ui->session->steps.n == before) {
		ui_say(ui, _("the rules are the same: nothing was staged"));
		return;
	}
	rules_follow(ui);
	ui_say(ui, _("staged what was changed in the editor; u undoes all of "
		     "it"));
}

static void
take_text(struct ui *ui)
{
	struct tables *tables = NULL;
	bool changed = false;

	if (edit_read(&ui->edit, &tables, &changed) != OK) {
		ask_again(ui);
	} else if (!changed) {
		edit_done(&ui->edit, false);
		ui_say(ui, _("the text was not changed: nothing was staged"));
	} else {
		stage(ui, tables);
	}
	tables_free(tables);
}

static void
run_editor(struct ui *ui)
{
	enum err err;

	term_lend();
	err = edit_run(&ui->edit, ui->world->editor);
	term_take_again();
	if (err)
		ask_again(ui);
	else
		take_text(ui);
}

static void
edit(struct ui *ui, const char *only)
{
	if (edit_begin(&ui->edit, ui->session->candidate, only) != OK)
		ui_error(ui);
	else
		run_editor(ui);
}

void
edit_table(struct ui *ui)
{
	edit(ui, ui->session->table);
}

void
edit_all_tables(struct ui *ui)
{
	ui_pop(ui);
	edit(ui, NULL);
}
