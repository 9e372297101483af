/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules from a file and into one. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "path.h"
#include "rules.h"

/* Who may run nothing as root but this shall not read and write as root
 * whatever he names. */
static void
open_form(struct ui *ui, const char *label, form_submit *submit)
{
	if (ui->world->no_files) {
		fail(ERR_USAGE, _("--no-editor forbids it: no file is read or "
				  "written from here"));
		ui_error(ui);
		return;
	}
	form_open(&ui->form, FORM_FILE, label, "", submit);
	ui->form.complete = path_complete;
}

static void
set_path(struct ui *ui, const char *typed)
{
	free(ui->path);
	ui->path = path_expand(typed);
}

/* --- Import --- */

static void
import(struct ui *ui, bool noflush)
{
	size_t before = ui->session->steps.n;
	enum err err = session_import(ui->session, &ui->text, ui->path,
				      noflush);

	str_done(&ui->text);
	ui_staged(ui, err);
	if (err)
		return;
	if (ui->session->steps.n == before) {
		ui_say(ui, _("the rules are the same: nothing was staged"));
		return;
	}
	rules_follow(ui);
	ui_say(ui, _("staged what '%s' says; u undoes all of it"), ui->path);
}

static void replace_tables(struct ui *ui) { import(ui, false); }
static void add_to_tables(struct ui *ui) { import(ui, true); }

static const struct choice import_choices[] = {
	{ 'r', N_("Replace the tables in it"), replace_tables },
	{ 'n', N_("Add to them (--noflush)"), add_to_tables },
};

static enum err
submit_import(struct ui *ui, const char *text)
{
	enum err err;
	char *question;

	set_path(ui, text);
	str_clear(&ui->text);
	err = session_read_text(ui->path, &ui->text);
	if (err)
		return err;
	question = xasprintf(_("What shall '%s' do?"), ui->path);
	form_ask(&ui->form, question, import_choices,
		 ARRAY_LEN(import_choices));
	free(question);
	return OK;
}

void
text_import(struct ui *ui)
{
	open_form(ui, _("Rules file to stage, as ip6tables-save writes one:"),
		  submit_import);
}

/* --- Export --- */

static void
tell_written(struct ui *ui, const struct exported *exported)
{
	char *what = xasprintf(_("written: '%s' (tables: %zu, rules: %zu)"),
			       ui->path, exported->tables, exported->rules);

	if (exported->opaque)
		ui_warn(ui, _("%s; rules that are comments there, as "
			      "their extensions are missing: %zu"), what,
			exported->opaque);
	else
		ui_say(ui, "%s", what);
	free(what);
}

static enum err
export(struct ui *ui, bool replace)
{
	struct exported exported;
	enum err err = session_export(ui->session, ui->path, replace,
				      &exported);

	if (!err)
		tell_written(ui, &exported);
	return err;
}

static void
replace_file(struct ui *ui)
{
	if (export(ui, true) != OK)
		ui_error(ui);
}

static const struct choice export_choices[] = {
	{ 'y', N_("Replace it"), replace_file },
};

static enum err
submit_export(struct ui *ui, const char *text)
{
	enum err err;

	if (!*text)
		return fail(ERR_USAGE, _("the name of a file is wanted"));
	set_path(ui, text);
	err = export(ui, false);
	if (err != ERR_CONFLICT)
		return err;
	form_ask(&ui->form, err_message(), export_choices,
		 ARRAY_LEN(export_choices));
	return OK;
}

void
text_export(struct ui *ui)
{
	open_form(ui, _("Write the rules as staged, all tables in use, to:"),
		  submit_export);
}
