/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says. "safe" stands only where every packet was proven to be
 * accepted, and says by whom. */
#include <string.h>
#include <sallyport/guard.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>

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

/* Many sets of packets fall to one rule under one name: said once. */
static bool
said_before(const struct vec *checks, size_t at)
{
	const struct check *check = checks->v[at];

	for (size_t i = 0; i < at; i++) {
		const struct check *other = checks->v[i];

		if (other->judgement == check->judgement &&
		    other->candidate.rule == check->candidate.rule &&
		    strcmp(other->candidate.table,
			   check->candidate.table) == 0 &&
		    strcmp(other->candidate.chain,
			   check->candidate.chain) == 0 &&
		    strcmp(other->packet, check->packet) == 0)
			return true;
	}
	return false;
}

/* Of what is only good to have. */
static size_t
count_warnings(const struct lifeline_verdict *verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		n += check->judgement == JUDGED_ADVISED &&
		     !said_before(&verdict->checks, i);
	}
	return n;
}

static void
add_warnings(size_t n, struct str *out)
{
	if (n > 0)
		str_addf(out, Q_(", %zu warning", ", %zu warnings", n), n);
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
		str_add(out, _("safe (walked)"));
		add_warnings(count_warnings(verdict), out);
		break;
	case JUDGED_WARN:
		str_add(out, report->other_world ?
			_("unknown: other rules exist that this guard does "
			  "not see") : _("unknown"));
		break;
	case JUDGED_REFUSED:
		str_add(out, _("cut"));
		break;
	}
}

/* "INPUT policy", "nat PREROUTING 1 (DNAT)", "INPUT 3 cannot be judged (set)" */
static void
add_reason(const struct walk_result *result, struct str *out)
{
	struct str rule = { 0 }, why = { 0 };
	const char *text = result->why ? result->why : "";

	walk_result_rule(result, &rule);
	if (strcmp(text, "too many cases") == 0)
		text = _("too many cases");
	text_visible(&why, text, strlen(text), true);
	if (result->verdict == VERDICT_UNKNOWN)
		str_addf(out, _("%s cannot be judged (%s)"), str_text(&rule),
			 str_text(&why));
	else if (why.len)
		str_addf(out, "%s (%s)", str_text(&rule), str_text(&why));
	else
		str_add(out, str_text(&rule));
	str_done(&rule);
	str_done(&why);
}

/* The packet is lost by that rule; before says that it was so already. */
static void
add_loss(const char *packet, enum loss loss, const char *rule, bool before,
	 struct str *out)
{
	switch (loss) {
	case LOSS_DROPPED:
		str_addf(out, before ? _("%s is dropped by %s, and was before") :
				       _("%s would be dropped by %s"),
			 packet, rule);
		break;
	case LOSS_DIVERTED:
		str_addf(out, before ? _("%s is diverted by %s, and was before") :
				       _("%s would be diverted by %s"),
			 packet, rule);
		break;
	case LOSS_HOP_LIMIT:
		str_addf(out, before ?
			 _("%s loses its hop limit of 255 by %s, and did "
			   "before") :
			 _("%s would lose its hop limit of 255 by %s"),
			 packet, rule);
		break;
	}
}

/* One failing check as a clause. */
static void
add_check(const struct check *check, struct str *out)
{
	struct str reason = { 0 };
	const char *why;

	add_reason(&check->candidate, &reason);
	why = str_text(&reason);
	if (check->candidate.verdict != VERDICT_UNKNOWN)
		add_loss(check->packet, check->candidate.loss, why,
			 check->live.verdict == VERDICT_DROP, out);
	else if (check->judgement == JUDGED_REFUSED)
		str_addf(out, _("%s is no longer proven to pass: %s"),
			 check->packet, why);
	else
		str_addf(out, _("%s is not proven to pass: %s"), check->packet,
			 why);
	str_done(&reason);
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

static size_t
count_all_warnings(const struct guard_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->verdicts.n; i++)
		n += count_warnings(report->verdicts.v[i]);
	return n;
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
	if (report->judgement == JUDGED_WARN) {
		str_add(out, _("  unknown: other rules exist that this guard "
			       "does not see"));
		return;
	}
	str_addf(out, "  %s", _("safe (walked)"));
	add_warnings(count_all_warnings(report), out);
}

void
guard_summary(const struct guard_report *report, struct str *out)
{
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);

	if (report->none) {
		summarize_none(report, out);
		return;
	}
	if (!check) {
		summarize_good(report, out);
		return;
	}
	lifeline_describe(verdict->lifeline, out);
	if (check->judgement == JUDGED_REFUSED)
		str_addf(out, _("  REFUSED: %s: "), check->packet);
	else
		str_addf(out, _("  unknown: %s: "), check->packet);
	add_reason(&check->candidate, out);
}

/* Advice is not what matters where a lifeline is cut. */
static bool
is_worth_saying(const struct lifeline_verdict *verdict, size_t at)
{
	const struct check *check = verdict->checks.v[at];

	return check->judgement != JUDGED_SAFE &&
	       !(check->advisory && verdict->judgement == JUDGED_REFUSED) &&
	       !said_before(&verdict->checks, at);
}

static void
explain_verdict(const struct guard_report *report,
		const struct lifeline_verdict *verdict, struct str *out)
{
	lifeline_describe(verdict->lifeline, out);
	str_add(out, "  ");
	guard_verdict_text(report, verdict, out);
	str_addf(out, "  (%s)\n", lifeline_origin_text(verdict->lifeline));
	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (!is_worth_saying(verdict, i))
			continue;
		str_add(out, check->advisory ? _("  warning: ") : "  ");
		add_check(check, out);
		str_addc(out, '\n');
	}
}

void
guard_explain(const struct guard_report *report, struct str *out)
{
	for (size_t i = 0; i < report->verdicts.n; i++)
		explain_verdict(report, report->verdicts.v[i], out);
	if (report->none)
		str_add(out, _("No SSH over IPv6 has to be kept: nothing was "
			       "proven and nothing is refused.\n"));
	if (report->other_world)
		str_add(out, _("Other rules exist that this guard does not "
			       "see.\n"));
}

void
guard_refusal(const struct guard_report *report, struct str *out)
{
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);

	if (!check)
		return;
	lifeline_describe(verdict->lifeline, out);
	str_add(out, ": ");
	add_check(check, out);
}
