/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The review: what a commit would change, and what that does to whoever must
 * still get in. Nothing is committed that was not shown here. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "review.h"
#include "rules.h"
#include "term.h"

struct review {
	struct page page;
	int seconds;
	char *message;
};

static struct review *
data(struct ui *ui)
{
	return ui_view(ui)->data;
}

/* --- The text --- */

static const struct {
	enum role role;
	const char *text;
} conclusions[] = {
	[JUDGED_SAFE] = { ROLE_SAFE,
		N_("SAFE: every lifeline keeps working.") },
	[JUDGED_ADVISED] = { ROLE_SAFE,
		N_("SAFE: every lifeline keeps working; see the warnings.") },
	[JUDGED_WARN] = { ROLE_WARN,
		N_("NOT PROVEN: it was not proven before either.") },
	[JUDGED_REFUSED] = { ROLE_BAD, "" },
};

static void
add_refusal(struct page *page, const struct guard_report *report, bool utf8)
{
	struct paint *paint = page_row(page, 2, utf8);
	struct str text = { 0 };

	guard_refusal(report, &text);
	paint_addf(paint, ROLE_BAD, "%s ", _("REFUSED:"));
	paint_raw(paint, ROLE_BAD, str_text(&text));
	page_add(page, ROLE_TEXT, _("f stages what mends it; ! overrides the "
		 "guard with the name of this host."), utf8);
	str_done(&text);
}

static void
add_conclusion(struct page *page, const struct ui *ui, bool utf8)
{
	const struct guard_report *report = ui->session->report;
	enum judgement judgement = report->judgement;

	if (ui->live_differs)
		page_add(page, ROLE_WARN, _("OUT OF DATE: others changed the "
			 "table meanwhile. What follows is about the rules as "
			 "they were read."), utf8);
	else if (judgement == JUDGED_REFUSED)
		add_refusal(page, report, utf8);
	else if (!report->none)
		page_add(page, conclusions[judgement].role,
			 _(conclusions[judgement].text), utf8);
}

static void
add_trial(struct page *page, const struct review *review, bool utf8)
{
	char *length = xasprintf(_("%d s, then undone unless it is kept  (l)"),
				 review->seconds);
	char *message = *review->message ?
		xasprintf("%s  (m)", review->message) : xstrdup(_("none  (m)"));

	review_add_field(page, _("Trial"), length, utf8);
	review_add_field(page, _("Message"), message, utf8);
	free(length);
	free(message);
}

/* What the kernel was not asked about before. */
static void
add_untried(struct page *page, const struct session *session, bool utf8)
{
	struct vec notes = { 0 };
	struct str text = { 0 };

	session_untried(session, &notes);
	for (size_t i = 0; i < notes.n; i++) {
		str_clear(&text);
		tryout_note_text(notes.v[i], &text);
		paint_raw(page_row(page, 2, utf8), ROLE_WARN, str_text(&text));
	}
	str_done(&text);
	tryout_notes_done(&notes);
}

static void
review_update(struct view *view)
{
	struct review *review = view->data;
	const struct session *session = view->ui->session;
	struct page *page = &review->page;
	bool utf8 = view->ui->world->utf8;

	page_clear(page);
	review_add_changes(page, session, utf8);
	add_untried(page, session, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	add_conclusion(page, view->ui, utf8);
	review_add_account(page, session->report, utf8);
	page_add(page, ROLE_TEXT, "", utf8);
	add_trial(page, review, utf8);
}

static void
review_close(struct view *view)
{
	struct review *review = view->data;

	free(review->message);
	page_close(view);
}

/* --- What can be done --- */

static bool
is_refused(const struct ui *ui)
{
	return ui->session->report->judgement == JUDGED_REFUSED;
}

static const char *
unless_free(struct ui *ui)
{
	const char *why = review_unless_same(ui);

	if (ui->watch.phase != WATCH_NONE)
		return _("a trial is running: keep or undo it first");
	return why ? why : unless_writable(ui);
}

static const char *
unless_refused(struct ui *ui)
{
	if (is_refused(ui))
		return _("the guard refuses this: f stages what mends it, "
			 "! overrides it");
	return unless_free(ui);
}

static const char *
unless_passed(struct ui *ui)
{
	if (guard_kernel_refusal(ui->session->report))
		return _("the kernel refuses this: no override helps");
	return is_refused(ui) ? unless_free(ui)
			      : _("the guard does not refuse this");
}

static enum err
commit(struct ui *ui, const char *override)
{
	struct review *review = data(ui);
	struct guardian_client client = { .fd = -1 };
	struct vec changes = { 0 };
	enum err err = session_commit(ui->session, review->message,
				      review->seconds, override, &client);

	if (err)
		return err;
	session_review(ui->session, &changes);
	watch_start(ui, &client, &changes);
	return OK;
}

static void
commit_now(struct ui *ui)
{
	enum err err = commit(ui, NULL);

	if (err == ERR_CONFLICT)
		ui_reload(ui, _("others changed the rules meanwhile: your "
				"edits were carried over, look again"));
	else if (err)
		ui_error(ui);
	if (err == ERR_BUSY)
		watch_join(ui);
}

/* What others did meanwhile is looked at before anything is said of the edits or
 * done with them. True where they stay as they were; else they were carried onto
 * it, if they do not collide with it. */
static bool
is_current(struct ui *ui)
{
	if (ui->watch.phase != WATCH_NONE || !ui_is_stale(ui))
		return true;
	ui_reload(ui, _("others changed the rules meanwhile: your edits were "
			"carried over, look again"));
	return false;
}

/* What the kernel says is waited for. */
static void
on_commit(struct ui *ui)
{
	const struct guard_report *report;

	if (!is_current(ui))
		return;
	report = ui->session->report;
	if (report->stage != GUARD_REHEARSING) {
		commit_now(ui);
		return;
	}
	session_rehearse(ui->session);
	ui->commit_waits = true;
	ui->commit_seen = report->judgement;
	ui_say(ui, _("rehearsing; the commit follows, any key stops it"));
}

/* Nothing is committed on a worse judgement than the one that was seen. */
void
review_go_on(struct ui *ui)
{
	const struct guard_report *report = ui->session->report;

	if (!ui->commit_waits)
		return;
	ui->commit_waits = false;
	str_clear(&ui->message);
	if (report->judgement <= ui->commit_seen && !unless_refused(ui))
		commit_now(ui);
	else
		ui_warn(ui, _("nothing was committed: the rehearsal says "
			      "otherwise, see above"));
}

static enum err
submit_override(struct ui *ui, const char *text)
{
	return commit(ui, text);
}

static void
on_override(struct ui *ui)
{
	char *label = xasprintf(_("This may lock you out. To commit all the "
				  "same, type the name of this host (%s):"),
				ui_host(ui));

	form_open(&ui->form, FORM_OTHER, label, "", submit_override);
	free(label);
}

void
review_fix(struct ui *ui)
{
	enum err err = session_stage_fix(ui->session);

	ui_staged(ui, err);
	if (!err)
		ui_say(ui, _("staged what the guard offers"));
}

static enum err
submit_seconds(struct ui *ui, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < TRIAL_SECONDS_MIN || n > TRIAL_SECONDS_MAX)
		return fail(ERR_USAGE, _("a trial takes %d to %d seconds, not "
			    "'%s'"), TRIAL_SECONDS_MIN, TRIAL_SECONDS_MAX,
			    text);
	data(ui)->seconds = (int)n;
	ui_changed(ui);
	return OK;
}

static void
on_length(struct ui *ui)
{
	char *now = xasprintf("%d", data(ui)->seconds);

	form_open(&ui->form, FORM_SECONDS, _("Seconds of the trial:"), now,
		  submit_seconds);
	free(now);
}

static enum err
submit_message(struct ui *ui, const char *text)
{
	struct review *review = data(ui);

	free(review->message);
	review->message = xstrdup(text);
	ui_changed(ui);
	return OK;
}

static void
on_message(struct ui *ui)
{
	form_open(&ui->form, FORM_MESSAGE,
		  _("Why this change? (for the history)"), data(ui)->message,
		  submit_message);
}

static const struct action actions[] = {
	{ .keys = { 'c' }, .name = "commit", .foot = N_("Commit on trial"),
	  .run = on_commit, .unless = unless_refused,
	  .help = N_("Commit: undone after the trial unless you keep it") },
	{ .keys = { 'f' }, .name = "fix", .foot = N_("Fix"), .run = review_fix,
	  .unless = unless_fix,
	  .help = N_("Stage the rules that the guard offers") },
	{ .keys = { '!' }, .name = "override", .foot = N_("Override"),
	  .run = on_override, .unless = unless_passed,
	  .help = N_("Commit what is refused: asks for the host's name") },
	{ .keys = { 'm' }, .name = "message", .foot = N_("Message"),
	  .run = on_message, .help = N_("Say why, for the history") },
	{ .keys = { 'l' }, .name = "length", .foot = N_("Length"),
	  .run = on_length, .help = N_("Seconds until it is undone") },
	{ .keys = { 'q', FN(KEY_F(10)) }, .name = "back", .foot = N_("Back"),
	  .run = ui_pop, .help = N_("Go back to the rules; they stay staged") },
};

static const struct action_table review_actions = ACTION_TABLE(actions);

const struct screen review_screen = {
	.name = N_("Review"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.update = review_update,
	.close = review_close,
	.actions = &review_actions,
};

/* Is anything left to review of edits that were carried over? */
static bool
is_carried(struct ui *ui)
{
	if (ui->live_differs)	/* they collide, or it could not be read */
		return false;
	if (session_staged_count(ui->session) > 0)
		return true;
	ui_say(ui, _("others made the same change meanwhile"));
	return false;
}

/* Keys typed ahead could commit what was not seen yet: they are dropped. */
void
review_open(struct ui *ui)
{
	struct review *review;

	if (!is_current(ui) && !is_carried(ui))
		return;
	if (ui->world->file) {
		write_open(ui);
		return;
	}
	review = xcalloc(1, sizeof(*review));
	review->seconds = TRIAL_SECONDS_DEFAULT;
	review->message = xstrdup("");
	ui_push(ui, &review_screen, review);
	term_flush_keys();
}
