/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says in full: each failing check in words, both judges' accounts
 * where they differ, the refusal in a sentence. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/text.h>
#include <sallyport/tryout.h>
#include "guard-text.h"

#define UNTRIED_NAMED 3	/* rules */

bool
guard_said_before(const struct vec *checks, size_t at)
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

void
guard_add_reason(const struct walk_result *result, struct str *out)
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
	case LOSS_ASTRAY:
		str_addf(out, before ?
			 _("%s is not led to its server: %s, and was not "
			   "before") :
			 _("%s would not be led to its server: %s"),
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

	guard_add_reason(&check->candidate, &reason);
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

/* Advice is not what matters where a lifeline is cut. */
static bool
is_worth_saying(const struct lifeline_verdict *verdict, size_t at)
{
	const struct check *check = verdict->checks.v[at];

	return check->judgement != JUDGED_SAFE &&
	       !(check->advisory && verdict->judgement == JUDGED_REFUSED) &&
	       !guard_said_before(&verdict->checks, at);
}

/* The first thing that a pass proves nothing about. */
static const char *
open_question(const struct lifeline_verdict *verdict)
{
	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (check->fickle && check->judgement >= JUDGED_WARN)
			return check->fickle;
	}
	return NULL;
}

static void
add_account(const char *account, struct str *out)
{
	text_visible(out, account, strlen(account), true);
}

static void
explain_pass(const struct lifeline_verdict *verdict, struct str *out)
{
	const char *fickle = open_question(verdict);

	if (verdict->joined == JOINED_DISAGREE)
		str_add(out, _("  rehearsed: it got through\n"));
	else if (verdict->joined == JOINED_AS_BEFORE && fickle)
		str_addf(out, _("  rehearsed: one packet got through, and the "
				"next may not (%s)\n"), fickle);
	else if (verdict->joined == JOINED_AS_BEFORE)
		str_add(out, _("  rehearsed: the rest got through\n"));
}

/* The other judge's account, where it is not the same. */
static void
explain_rehearsal(const struct lifeline_verdict *verdict, struct str *out)
{
	switch (verdict->rehearsed) {
	case REHEARSED_PASS:
		explain_pass(verdict, out);
		return;
	case REHEARSED_FAIL:
		if (verdict->joined == JOINED_DISAGREE)
			str_add(out, _("  walked: every packet would pass\n"));
		str_add(out, _("  rehearsed: "));
		break;
	case REHEARSED_NOT:
		if (!verdict->account || verdict->joined == JOINED_REFUSE)
			return;
		str_add(out, _("  not rehearsed: "));
		break;
	}
	add_account(verdict->account ? verdict->account : "?", out);
	str_addc(out, '\n');
}

/* What carries it is no concern of these rules. */
static bool
is_carried_by_v4(const struct lifeline *ll)
{
	for (ll = ll->outer; ll; ll = ll->outer)
		if (ll->v4)
			return true;
	return false;
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
	if (is_carried_by_v4(verdict->lifeline))
		str_add(out, _("  its tunnel runs over IPv4: these rules do not "
			       "touch that\n"));
	explain_rehearsal(verdict, out);
}

/* "Left out of the rehearsal: INPUT 3, nat PREROUTING 1 and 4 more" */
static void
explain_untried(const struct vec *notes, struct str *out)
{
	size_t more = notes->n > UNTRIED_NAMED ? notes->n - UNTRIED_NAMED : 0;

	str_add(out, _("Left out of the rehearsal: "));
	for (size_t i = 0; i < notes->n - more; i++) {
		const struct tryout_note *note = notes->v[i];

		str_add(out, i ? ", " : "");
		if (strcmp(note->table, "filter") != 0)
			str_addf(out, "%s ", note->table);
		text_visible(out, note->chain, strlen(note->chain), false);
		str_addf(out, " %zu", note->pos + 1);
	}
	if (more > 0)
		str_addf(out, Q_(" and %zu more", " and %zu more", more), more);
	str_addc(out, '\n');
}

/* What holds for all lifelines is said once. */
static void
explain_all(const struct rehearsal_report *rehearsal, struct str *out)
{
	if (rehearsal->refused) {
		add_account(rehearsal->refused, out);
		str_addc(out, '\n');
	} else if (!rehearsal->usable) {
		str_add(out, _("Not rehearsed: "));
		add_account(rehearsal->reason ? rehearsal->reason : "?", out);
		str_addc(out, '\n');
	}
	if (rehearsal->untried.n > 0)
		explain_untried(&rehearsal->untried, out);
}

void
guard_explain(const struct guard_report *report, struct str *out)
{
	for (size_t i = 0; i < report->verdicts.n; i++)
		explain_verdict(report, report->verdicts.v[i], out);
	if (report->waived)
		str_add(out, _("Nothing need be kept (lifelines = none): nothing "
			       "was proven and nothing is refused.\n"));
	else if (report->none)
		str_add(out, _("No SSH over IPv6 has to be kept: nothing was "
			       "proven and nothing is refused.\n"));
	if (report->other_world)
		str_add(out, _("Other rules exist that this guard does not "
			       "see.\n"));
	if (report->rehearsal)
		explain_all(report->rehearsal, out);
}

/* The rehearsal's account, and what the walk could not judge. */
static void
add_lost(const struct lifeline_verdict *verdict, const char *account,
	 struct str *out)
{
	const struct check *open = NULL;
	struct str reason = { 0 };

	for (size_t i = 0; i < verdict->checks.n && !open; i++) {
		const struct check *check = verdict->checks.v[i];

		if (check->judgement >= JUDGED_WARN)
			open = check;
	}
	if (open)
		guard_add_reason(&open->candidate, &reason);
	if (open)
		str_addf(out, _("rehearsed, %s; walked, %s"), account,
			 str_text(&reason));
	else
		str_addf(out, _("rehearsed, %s"), account);
	str_done(&reason);
}

/* What the judge who refused says of it; check is the walk's, or NULL. */
static void
add_refusal(const struct lifeline_verdict *verdict, const struct check *check,
	    struct str *out)
{
	struct str clause = { 0 };

	if (check)
		add_check(check, &clause);
	else
		add_account(verdict->account ? verdict->account : "?", &clause);
	if (verdict->joined == JOINED_DISAGREE && check)
		str_addf(out, _("walked, %s; rehearsed, it got through: the two "
				"judges disagree"), str_text(&clause));
	else if (verdict->joined == JOINED_DISAGREE)
		str_addf(out, _("walked, every packet would pass; rehearsed, %s: "
				"the two judges disagree"), str_text(&clause));
	else if (!check)
		add_lost(verdict, str_text(&clause), out);
	else
		str_add(out, str_text(&clause));
	str_done(&clause);
}

void
guard_refusal(const struct guard_report *report, struct str *out)
{
	const char *kernel = guard_kernel_refusal(report);
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);

	if (kernel) {
		add_account(kernel, out);
		return;
	}
	if (!verdict)
		return;
	lifeline_describe(verdict->lifeline, out);
	str_add(out, ": ");
	add_refusal(verdict, check, out);
}
