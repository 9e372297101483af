/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The review of a rules file: it is written, loaded by others later, and so on
 * no trial. What the guard says of this host is advice. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "review.h"
#include "rules.h"
#include "term.h"

static const struct {
	enum role role;
	const char *text;
} advice[] = {
	[JUDGED_SAFE] = { ROLE_SAFE,
		N_("Loaded on this host it would keep every lifeline.") },
	[JUDGED_ADVISED] = { ROLE_SAFE,
		N_("Loaded on this host it would keep every lifeline; see the "
		   "warnings.") },
	[JUDGED_WARN] = { ROLE_WARN,
		N_("Loaded on this host it would prove no more than before.") },
	[JUDGED_REFUSED] = { ROLE_BAD,
		N_("Loaded on this host it would cut a lifeline; f stages what "
		   "mends it.") },
};

static void
add_advice(struct page *page, const struct guard_report *report, bool utf8)
{
	if (!report->none)
		page_add(page, advice[report->judgement].role,
			 _(advice[report->judgement].text), utf8);
	review_add_account(page, report, utf8);
}

static void
write_update(struct view *view)
{
	const struct session *session = view->ui->session;
	struct page *page = view->data;
	bool utf8 = view->ui->world->utf8;

	page_clear(page);
	review_add_changes(page, session, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	add_advice(page, session->report, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	review_add_field(page, _("File"), view->ui->world->file, utf8);
	review_add_field(page, _("Trial"), _("none: it takes effect when it is "
			 "loaded"), utf8);
}

static void
write_now(struct ui *ui)
{
	enum err err = session_write(ui->session);

	if (err == ERR_CONFLICT) {
		ui_warn(ui, _("%s; r on the rules screen reads it again"),
			err_message());
		return;
	}
	if (err) {
		ui_error(ui);
		return;
	}
	ui_pop(ui);
	ui_changed(ui);
	ui_say(ui, _("written: '%s'"), ui->world->file);
}

static const struct choice write_choices[] = {
	{ 'y', N_("Write it"), write_now },
};

static const char *
unless_write(struct ui *ui)
{
	const char *why = unless_review(ui);

	return why ? why : review_unless_same(ui);
}

static void
on_write(struct ui *ui)
{
	char *question = xasprintf(_("Write this to '%s'?"), ui->world->file);

	form_ask(&ui->form, question, write_choices, ARRAY_LEN(write_choices));
	free(question);
}

static const struct action actions[] = {
	{ .keys = { 'c' }, .name = "write", .foot = N_("Write the file"),
	  .run = on_write, .unless = unless_write,
	  .help = N_("Write the file; asks first") },
	{ .keys = { 'f' }, .name = "fix", .foot = N_("Fix"), .run = review_fix,
	  .unless = unless_fix,
	  .help = N_("Stage the rules that the guard offers") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back to the rules; they stay staged") },
};

static const struct action_table write_actions = ACTION_TABLE(actions);

const struct screen write_screen = {
	.name = N_("Write"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.update = write_update,
	.close = page_close,
	.actions = &write_actions,
};

void
write_open(struct ui *ui)
{
	ui_push(ui, &write_screen, xcalloc(1, sizeof(struct page)));
	term_flush_keys();
}
