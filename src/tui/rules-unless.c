/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something cannot be done with the selected line: each answer is a reason,
 * translated, or NULL. */
#include <sallyport/i18n.h>
#include "rules.h"

const char *
unless_rule(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (!line || line->kind != LINE_RULE)
		return _("there is no rule on this line");
	if (line->mark == MARK_DELETED)
		return line->on_trial ?
		       _("this rule is deleted on trial; R undoes the trial") :
		       _("this rule is deleted already; u undoes that");
	return NULL;
}

const char *
unless_own_rule(struct ui *ui)
{
	const char *why = unless_writable(ui);

	return why ? why : unless_rule(ui);
}

const char *
unless_line(struct ui *ui)
{
	const char *why = unless_writable(ui);
	const struct line *line = rules_selected(ui);

	if (why)
		return why;
	if (!line || !line->chain)
		return _("there is no chain here");
	if (line->kind == LINE_RULE)
		return unless_rule(ui);
	if (line->mark == MARK_DELETED)
		return line->on_trial ?
		       _("this chain is deleted on trial; R undoes the trial") :
		       _("this chain is deleted already; u undoes that");
	return NULL;
}

const char *
unless_place(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (line && line->kind == LINE_RULE)
		return unless_writable(ui);
	return unless_line(ui);
}

const char *
unless_deletable(struct ui *ui)
{
	const char *why = unless_line(ui);
	const struct line *line = rules_selected(ui);

	if (!why && line->kind == LINE_CHAIN && chain_is_builtin(line->chain))
		return _("a built-in chain cannot be deleted");
	return why;
}

const char *
unless_clip(struct ui *ui)
{
	if (!ui->clip)
		return _("nothing was copied yet; y copies a rule");
	return unless_place(ui);
}

const char *
unless_policy(struct ui *ui)
{
	const struct line *line = rules_selected(ui);

	if (!line || !line->chain || !chain_is_builtin(line->chain))
		return _("only a built-in chain has a policy");
	return unless_writable(ui);
}

const char *
unless_undo(struct ui *ui)
{
	return ui->session->steps.n > 0 ? NULL : _("nothing is staged");
}

const char *
unless_redo(struct ui *ui)
{
	return ui->session->redo.n > 0 ? NULL : _("nothing was undone");
}

const char *
unless_review(struct ui *ui)
{
	const char *why = unless_writable(ui);

	if (!why && session_staged_count(ui->session) == 0)
		why = _("nothing is staged");
	return why;
}

const char *
unless_fix(struct ui *ui)
{
	const struct guard_report *report = ui->session->report;

	if (!report || report->judgement <= JUDGED_ADVISED)
		return _("the guard has nothing to mend");
	return unless_writable(ui);
}
