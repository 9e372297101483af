/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor from its start to its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/tui.h>
#include "loop.h"
#include "term.h"
#include "ui.h"

static void
tell(const struct world *world, const char *message)
{
	struct str text = { 0 };

	text_visible(&text, message, strlen(message), world->utf8);
	fprintf(world->err, "sallyport: %s\n", str_text(&text));
	str_done(&text);
}

static int
complain(const struct world *world, enum err err)
{
	tell(world, err_message());
	return err_status(err);
}

static void
tell_kept(const struct world *world, const char *path)
{
	char *message = xasprintf(_("the text is kept in '%s'"), path);

	tell(world, message);
	free(message);
}

/* After the terminal is given back: what stays, and what goes on without us. */
static void
part(const struct world *world, const struct ui *ui)
{
	if (ui->edit.path)
		tell_kept(world, ui->edit.path);
	if (ui->watch.phase == WATCH_NONE)
		return;
	fprintf(world->err, _("sallyport: the trial goes on; in %ld s the "
			      "change is undone unless `sallyport confirm` "
			      "keeps it\n"),
		watch_seconds(ui));
}

/* Is somebody else at it? */
static int
claim(struct ui *ui)
{
	struct str holder = { 0 };
	int fd = -1;

	if (ui->world->file)
		return fd;
	if (session_claim(ui->world, &fd, &holder) == ERR_BUSY)
		ui_warn(ui, _("another editor is open: %s; whoever commits "
			      "second meets the other's changes"),
			holder.len ? str_text(&holder) : "?");
	str_done(&holder);
	return fd;
}

static int
run(const struct world *world, struct session *session, enum apply_found found,
    const struct trial *trial, const char *why)
{
	struct ui ui;
	int status, place;
	enum err err = loop_open();

	if (!err)
		err = term_open(world);
	if (err) {
		loop_close();
		return complain(world, err);
	}
	ui_init(&ui, world, session);
	place = claim(&ui);
	watch_resume(&ui, found, trial, why);
	draft_offer(&ui);
	loop_run(&ui);
	term_close();
	edit_leave(&ui);
	part(world, &ui);
	status = ui.status;
	ui_done(&ui);
	loop_close();
	if (place >= 0)
		close(place);
	return status;
}

int
tui_main(const struct world *world)
{
	struct session *session = NULL;
	struct trial *trial = NULL;
	char *why;	/* the record cannot be read */
	enum apply_found found;
	enum err err;
	int status;

	if (!world->tty_in || !world->tty_out) {
		err = fail(ERR_USAGE, _("the editor needs a terminal; "
					"`sallyport --help` shows the commands "
					"that do not"));
		return complain(world, err);
	}
	if (world->file && strcmp(world->file, "-") == 0) {
		err = fail(ERR_USAGE, _("the editor needs the standard input; "
					"'%s' is no file for it"), "-");
		return complain(world, err);
	}
	found = world->file ? FOUND_NOTHING : apply_resume(world, &trial);
	why = xstrdup(found == FOUND_UNREADABLE || found == FOUND_UNGUARDED ?
		      err_message() : "");
	err = session_open(world, &session);
	status = err ? complain(world, err) :
		       run(world, session, found, trial, why);
	free(why);
	session_free(session);
	trial_free(trial);
	return status;
}
