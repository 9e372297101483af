/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a review says, of a commit or of a file that is to be written. */
#include <string.h>
#include <sallyport/i18n.h>
#include "review.h"

#define LABEL_WIDTH 10

static const enum role roles[] = {
	[JUDGED_SAFE] = ROLE_SAFE,
	[JUDGED_ADVISED] = ROLE_SAFE,
	[JUDGED_WARN] = ROLE_WARN,
	[JUDGED_REFUSED] = ROLE_BAD,
};

void
review_add_changes(struct page *page, const struct session *session,
		   bool utf8)
{
	struct vec changes = { 0 };
	struct str text = { 0 };
	size_t n;

	session_review(session, &changes);
	n = changesets_count(&changes);
	changesets_describe(&changes, &text);
	changesets_done(&changes);
	paint_addf(page_row(page, 0, utf8), ROLE_CHAIN,
		   Q_("%zu change", "%zu changes", n), n);
	page_text(page, str_text(&text), diff_role, utf8);
	if (n == 0)
		page_add(page, ROLE_TEXT, _("The edits cancel each other."),
			 utf8);
	str_done(&text);
}

const char *
review_unless_same(struct ui *ui)
{
	const struct session *session = ui->session;

	for (size_t i = 0; i < session->base->v.n; i++) {
		const struct ruleset *base = session->base->v.v[i];

		if (!ruleset_equal(base, tables_get(session->candidate,
						    base->table)))
			return NULL;
	}
	return _("the edits cancel each other");
}

static enum role
verdict_role(const struct guard_report *report, size_t n)
{
	const struct lifeline_verdict *verdict;

	if (n >= report->verdicts.n)
		return ROLE_TEXT;
	verdict = report->verdicts.v[n];
	return roles[verdict->judgement];
}

/* The account has one line a lifeline, each followed by what fails, indented;
 * the lifeline's colour holds for all of them. */
void
review_add_account(struct page *page, const struct guard_report *report,
		   bool utf8)
{
	struct str text = { 0 };
	const char *s;
	size_t lifelines = 0;

	guard_explain(report, &text);
	s = str_text(&text);
	while (*s) {
		size_t n = strcspn(s, "\n");

		lifelines += s[0] != ' ';
		paint_rawn(page_row(page, 4, utf8),
			   verdict_role(report, lifelines - 1), s, n);
		s += n + (s[n] == '\n');
	}
	str_done(&text);
}

void
review_add_field(struct page *page, const char *label, const char *value,
		 bool utf8)
{
	struct paint *paint = page_row(page, LABEL_WIDTH, utf8);

	paint_add(paint, ROLE_CHAIN, label);
	paint_to(paint, ROLE_TEXT, LABEL_WIDTH);
	paint_raw(paint, ROLE_TEXT, value);
}
