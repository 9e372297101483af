/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says in a word or a line. "safe" stands only where every packet
 * was proven to be accepted, and says by whom. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>
#include "guard-text.h"

const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_ACCEPT:
		return "ACCEPT";
	case VERDICT_DROP:
		return "DROP";
	case VERDICT_UNKNOWN:
		return "UNKNOWN";
	}
	return "";
}

void
walk_result_rule(const struct walk_result *result, struct str *out)
{
	if (result->table && strcmp(result->table, "filter") != 0)
		str_addf(out, "%s ", result->table);
	text_visible(out, result->chain, strlen(result->chain), false);
	if (result->rule)
		str_addf(out, " %zu", result->rule);
	else
		str_add(out, " policy");
}

/* Of what is only good to have. */
static size_t
count_warnings(const struct lifeline_verdict *verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		n += check->judgement == JUDGED_ADVISED &&
		     !guard_said_before(&verdict->checks, i);
	}
	return n;
}

static void
add_warnings(size_t n, struct str *out)
{
	if (n > 0)
		str_addf(out, Q_(", %zu warning", ", %zu warnings", n), n);
}

static const char *
safe_text(const struct lifeline_verdict *verdict)
{
	switch (verdict->joined) {
	case JOINED_WALKED:
		return _("safe (walked only)");
	case JOINED_COMMIT:
		return verdict->walked == VERDICT_ACCEPT ?
		       _("safe (rehearsed)") : _("safe (rehearsed only)");
	case JOINED_NOT:
	case JOINED_REFUSE:
	case JOINED_DISAGREE:
	case JOINED_AS_BEFORE:
		break;
	}
	return _("safe (walked)");
}

static const char *
refused_text(const struct lifeline_verdict *verdict)
{
	switch (verdict->joined) {
	case JOINED_DISAGREE:
		return _("refused: the two judges disagree");
	case JOINED_NOT:
	case JOINED_AS_BEFORE:
		return verdict->walked == VERDICT_DROP ?
		       _("cut") : _("no longer proven");
	case JOINED_COMMIT:
	case JOINED_WALKED:
	case JOINED_REFUSE:
		break;
	}
	return _("cut");
}

void
guard_verdict_text(const struct guard_report *report,
		   const struct lifeline_verdict *verdict, struct str *out)
{
	if (verdict->note) {
		str_add(out, verdict->note);
		return;
	}
	switch (verdict->judgement) {
	case JUDGED_SAFE:
	case JUDGED_ADVISED:
		str_add(out, safe_text(verdict));
		add_warnings(count_warnings(verdict), out);
		break;
	case JUDGED_WARN:
		str_add(out, report->other_world ?
			_("unknown: other rules exist that this guard does "
			  "not see") : _("unknown"));
		break;
	case JUDGED_REFUSED:
		str_add(out, refused_text(verdict));
		break;
	}
}

/* The lifelines that the title names: the first one that matters. */
static const struct lifeline_verdict *
first_verdict(const struct guard_report *report, unsigned *others)
{
	const struct lifeline_verdict *first = NULL;

	*others = 0;
	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (verdict->note)
			continue;
		if (first)
			++*others;
		else
			first = verdict;
	}
	return first;
}

static void
summarize_none(const struct guard_report *report, struct str *out)
{
	if (report->waived) {
		str_add(out, _("nothing need be kept (lifelines = none)"));
		return;
	}
	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (!verdict->untouchable || verdict->lifeline->any_peer)
			continue;
		lifeline_describe(verdict->lifeline, out);
		str_add(out, _("  not touched by IPv6 rules"));
		return;
	}
	str_add(out, _("no SSH over IPv6 to keep"));
}

/* Who has judged what is safe. */
static void
add_judge(const struct guard_report *report, struct str *out)
{
	size_t passed = 0, failed = 0;
	unsigned us = report->rehearsal ? report->rehearsal->answer_us : 0;

	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		passed += verdict->joined == JOINED_COMMIT;
		failed += !verdict->note && verdict->joined != JOINED_COMMIT;
	}
	if (!report->rehearsal)
		str_add(out, _("safe (walked)"));
	else if (passed == 0)
		str_add(out, _("safe (walked only)"));
	else if (failed > 0)
		str_add(out, _("safe (rehearsed in part)"));
	else
		str_addf(out, _("safe (rehearsed %u.%u ms)"), us / 1000,
			 us / 100 % 10);
}

void
guard_word(const struct guard_report *report, struct str *out)
{
	switch (report->judgement) {
	case JUDGED_SAFE:
	case JUDGED_ADVISED:
		add_judge(report, out);
		break;
	case JUDGED_WARN:
		str_add(out, _("not proven"));
		break;
	case JUDGED_REFUSED:
		str_add(out, _("REFUSED"));
		break;
	}
	if (report->stage == GUARD_REHEARSING)
		str_add(out, _(", rehearsing"));
}

static void
summarize_good(const struct guard_report *report, struct str *out)
{
	unsigned others;
	const struct lifeline_verdict *first = first_verdict(report, &others);

	lifeline_describe(first->lifeline, out);
	if (others)
		str_addf(out, Q_(" and %u more", " and %u more", others),
			 others);
	str_add(out, "  ");
	if (report->judgement == JUDGED_WARN)
		str_add(out, _("unknown: other rules exist that this guard does "
			       "not see"));
	else
		guard_word(report, out);
}

/* The judge who refused, if it is not the walk. */
static void
summarize_refused(const struct lifeline_verdict *verdict, const char *kernel,
		  struct str *out)
{
	const char *text = kernel ? kernel : verdict->account;
	struct str clean = { 0 };

	text_visible(&clean, text ? text : "?", text ? strlen(text) : 1, true);
	if (kernel) {
		str_addf(out, _("REFUSED: %s"), str_text(&clean));
	} else {
		lifeline_describe(verdict->lifeline, out);
		str_addf(out, _("  REFUSED: rehearsed: %s"), str_text(&clean));
	}
	str_done(&clean);
}

static void
summarize_check(const struct guard_report *report, const struct check *check,
		const struct lifeline_verdict *verdict, struct str *out)
{
	lifeline_describe(verdict->lifeline, out);
	if (check->judgement == JUDGED_REFUSED)
		str_addf(out, _("  REFUSED: %s: "), check->packet);
	else
		str_addf(out, _("  unknown: %s: "), check->packet);
	guard_add_reason(&check->candidate, out);
	if (report->stage == GUARD_REHEARSING)
		str_add(out, _(", rehearsing"));
}

void
guard_summary(const struct guard_report *report, struct str *out)
{
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);
	const char *kernel = guard_kernel_refusal(report);

	if (report->none)
		summarize_none(report, out);
	else if (check)
		summarize_check(report, check, verdict, out);
	else if (report->judgement == JUDGED_REFUSED)
		summarize_refused(verdict, kernel, out);
	else
		summarize_good(report, out);
}
