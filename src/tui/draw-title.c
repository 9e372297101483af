/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line: which host and table, how much is staged, and whether who
 * must get in still does. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "draw.h"
#include "ui.h"

enum verdict_length { VERDICT_FULL, VERDICT_RULE, VERDICT_WORD };

static const struct {
	enum role role;
	const char *word;
} verdict_looks[] = {
	[JUDGED_SAFE] = { ROLE_TITLE_SAFE, N_("safe") },
	[JUDGED_ADVISED] = { ROLE_TITLE_SAFE, N_("safe") },
	[JUDGED_WARN] = { ROLE_TITLE_WARN, N_("not proven") },
	[JUDGED_REFUSED] = { ROLE_TITLE_BAD, N_("REFUSED") },
};

static void
verdict_text(const struct guard_report *report, bool offline,
	     enum verdict_length length, struct str *out)
{
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);

	if (length == VERDICT_FULL && !offline) {
		guard_summary(report, out);
		return;
	}
	if (report->none) {
		str_add(out, _("nothing to keep"));
		return;
	}
	if (length == VERDICT_RULE && !offline &&
	    report->judgement <= JUDGED_ADVISED) {
		guard_word(report, out);
		return;
	}
	if (offline)
		str_addf(out, "%s ", _("loaded here:"));
	if (offline && report->judgement == JUDGED_REFUSED)
		str_add(out, _("not safe"));
	else
		str_add(out, _(verdict_looks[report->judgement].word));
	if (length == VERDICT_WORD)
		return;
	if (check) {
		str_add(out, ": ");
		walk_result_rule(&check->candidate, out);
	}
	if (report->stage == GUARD_REHEARSING)
		str_add(out, _(", rehearsing"));
}

/* What was said of rules that are not these any more is not said again. */
static void
title_verdict(const struct ui *ui, enum verdict_length length,
	      struct paint *paint)
{
	const struct guard_report *report = ui->session->report;
	struct str text = { 0 };
	enum role role;

	if (!ui->live_differs &&
	    (!report || (ui->world->file && report->none)))
		return;
	if (ui->live_differs) {
		role = ROLE_TITLE_WARN;
		str_add(&text, _("changed by others"));
	} else {
		role = report->none ? ROLE_TITLE :
			verdict_looks[report->judgement].role;
		verdict_text(report, ui->world->file, length, &text);
	}
	paint_add(paint, role, " ");
	paint_raw(paint, role, str_text(&text));
	paint_add(paint, role, " ");
	str_done(&text);
}

enum detail_level { TITLE_FULL, TITLE_SHORT, TITLE_LEAST, TITLE_BARE };

static void
title_host(const char *host, enum detail_level level, struct paint *paint)
{
	if (level == TITLE_FULL)
		paint_raw(paint, ROLE_TITLE, host);
	else
		paint_rawn(paint, ROLE_TITLE, host, strcspn(host, "."));
}

/* Nothing of a file is live. */
static void
title_file(const char *path, enum detail_level level, struct paint *paint)
{
	const char *slash = level == TITLE_FULL ? NULL : strrchr(path, '/');

	paint_raw(paint, ROLE_TITLE, slash ? slash + 1 : path);
	paint_addf(paint, ROLE_TITLE, "  %s", _("offline"));
}

/* What is staged and not shown. */
static void
title_elsewhere(const struct session *session, struct paint *paint)
{
	const char *name = NULL;
	size_t n = 0, tables = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		size_t staged = session_staged_in(session, table_names[i]);

		if (staged == 0 || strcmp(table_names[i], session->table) == 0)
			continue;
		name = table_names[i];
		n += staged;
		tables++;
	}
	if (tables == 1)
		paint_addf(paint, ROLE_TITLE, _(", %zu in %s"), n, name);
	else if (tables > 1)
		paint_addf(paint, ROLE_TITLE, _(", %zu in other tables"), n);
}

static void
title_left(const struct ui *ui, enum detail_level level, struct paint *paint)
{
	const struct world *world = ui->world;
	size_t on_trial = session_trial_count(ui->session);
	size_t n = session_staged_count(ui->session) - on_trial;

	paint_add(paint, ROLE_TITLE, " ");
	if (world->file)
		title_file(world->file, level, paint);
	else if (level < TITLE_LEAST || !world->sandbox)
		title_host(ui_host(ui), level, paint);
	if (level < TITLE_LEAST || strcmp(ui->session->table, "filter") != 0)
		paint_addf(paint, ROLE_TITLE, "  %s",
			   ui->session->table);
	if (level == TITLE_FULL && !world->file)
		paint_addf(paint, ROLE_TITLE, " (%s)",
			   world->backend->ops->name);
	if (world->sandbox)
		paint_addf(paint, ROLE_TITLE, "%sSANDBOX",
			   paint->width > 1 ? "  " : "");
	if (world->read_only)
		paint_addf(paint, ROLE_TITLE, "  %s", _("read-only"));
	if (on_trial > 0)
		paint_addf(paint, ROLE_TITLE,
			   Q_("  %zu on trial", "  %zu on trial", on_trial),
			   on_trial);
	if (n > 0)
		paint_addf(paint, ROLE_TITLE,
			   Q_("  %zu staged", "  %zu staged", n), n);
	if (level < TITLE_LEAST)
		title_elsewhere(ui->session, paint);
	if (ui->depth > 1 && level < TITLE_BARE)
		paint_addf(paint, ROLE_TITLE, "  %s",
			   _(ui_view(ui)->screen->name));
}

/* The verdict stands at the right; what does not fit is said shorter, the
 * verdict last of all. */
void
draw_title(const struct ui *ui, int width)
{
	static const struct {
		enum detail_level left;
		enum verdict_length verdict;
	} tries[] = {
		{ TITLE_FULL, VERDICT_FULL }, { TITLE_SHORT, VERDICT_FULL },
		{ TITLE_FULL, VERDICT_RULE }, { TITLE_SHORT, VERDICT_RULE },
		{ TITLE_LEAST, VERDICT_RULE }, { TITLE_FULL, VERDICT_WORD },
		{ TITLE_SHORT, VERDICT_WORD }, { TITLE_LEAST, VERDICT_WORD },
		{ TITLE_BARE, VERDICT_WORD },
	};
	struct paint left, right;

	paint_init(&left, ui->world->utf8);
	paint_init(&right, ui->world->utf8);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		paint_clear(&left);
		paint_clear(&right);
		title_left(ui, tries[i].left, &left);
		title_verdict(ui, tries[i].verdict, &right);
		if (left.width + 2 + right.width <= (size_t)width)
			break;
	}
	draw_paint(0, width, &left, 0, ROLE_TITLE);
	if (right.width + 4 < (size_t)width) {
		size_t at = 0;

		move(0, width - (int)right.width);
		for (size_t i = 0; i < right.n; i++) {
			attrset(theme_attr(right.runs[i].role));
			addnstr(right.text.s + at,
				(int)(right.runs[i].end - at));
			at = right.runs[i].end;
		}
		attrset(A_NORMAL);
	}
	paint_done(&left);
	paint_done(&right);
}
