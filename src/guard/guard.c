/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard joins verdicts on all tables. What the candidate drops is refused,
 * also when the live rules drop it; what the live rules are proven to accept
 * must stay proven. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/guard.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks.h"
#include "fickle.h"
#include "tracking.h"

struct judge {
	const struct tables *live;
	const struct tables *candidate;
	struct guard_report *report;
};

static enum judgement
judge_verdicts(const struct check *check, bool other_world)
{
	bool was_proven = check->live.verdict == VERDICT_ACCEPT &&
			  !other_world;

	switch (check->candidate.verdict) {
	case VERDICT_ACCEPT:
		return JUDGED_SAFE;
	case VERDICT_DROP:
		return check->advisory || (check->kept && !was_proven) ?
		       JUDGED_ADVISED : JUDGED_REFUSED;
	case VERDICT_UNKNOWN:
		if (check->advisory)
			return JUDGED_SAFE;
		return was_proven ? JUDGED_REFUSED : JUDGED_WARN;
	}
	return JUDGED_REFUSED;
}

static void
judge_check(const struct judge *judge, const struct lifeline *ll,
	    struct check *check)
{
	walk_tracked(judge->live, judge->candidate, ll, check,
		     &check->candidate);
	if (check->candidate.verdict != VERDICT_ACCEPT)
		walk_tracked(judge->live, judge->live, ll, check, &check->live);
	if (check->candidate.verdict == VERDICT_UNKNOWN) {
		check->fickle = fickle_met(judge->candidate, check,
					   &check->candidate);
		check->live_fickle = fickle_met(judge->live, check,
						&check->live) != NULL;
	}
	check->judgement = judge_verdicts(check, judge->report->other_world);
}

static enum verdict
worse(enum verdict a, enum verdict b)
{
	if (a == VERDICT_DROP || b == VERDICT_ACCEPT)
		return a;
	return b;
}

static void
judge_lifeline(const struct judge *judge, const struct lifeline *ll,
	       struct lifeline_verdict *verdict)
{
	checks_add(ll, judge->report->none, &verdict->checks);
	verdict->judgement = judge->report->other_world ? JUDGED_WARN :
							  JUDGED_SAFE;
	for (size_t i = 0; i < verdict->checks.n; i++) {
		struct check *check = verdict->checks.v[i];

		judge_check(judge, ll, check);
		if (check->judgement > verdict->judgement)
			verdict->judgement = check->judgement;
		if (!check->advisory && check->judgement != JUDGED_ADVISED)
			verdict->walked = worse(verdict->walked,
						check->candidate.verdict);
	}
	judge->report->none = false;
}

/* Somebody who is let in, to the address that we know of ours, then to any. */
static enum verdict
find_somebody(const struct tables *tables, const struct lifeline *ll,
	      struct packet *found)
{
	enum verdict best = VERDICT_DROP;

	for (size_t i = 0; i < 2 * SOMEWHERE; i++) {
		struct packet p = packet_new_connection(ll), one;
		enum verdict verdict;

		p.src = somewhere[i % SOMEWHERE].prefix;
		p.src_len = somewhere[i % SOMEWHERE].len;
		p.routed_back = p.routed_back && i % SOMEWHERE == 0;
		p.dst_len = i < SOMEWHERE && !addr_is_any(&p.dst) ?
			    128 : 0;
		verdict = walk_find(tables, "INPUT", &p, &one);
		if (verdict == VERDICT_ACCEPT || best == VERDICT_DROP)
			*found = one;
		if (verdict == VERDICT_ACCEPT)
			return verdict;
		if (verdict == VERDICT_UNKNOWN)
			best = verdict;
	}
	return best;
}

/* SSH must stay open to somebody, to the same one or to another, if it is. */
static void
judge_listener(const struct judge *judge, const struct lifeline *ll,
	       struct lifeline_verdict *verdict)
{
	struct lifeline somebody = *ll;
	struct packet found;
	struct walk_result result;

	if (find_somebody(judge->live, ll, &found) == VERDICT_DROP) {
		verdict->note = _("closed over IPv6 already, nothing to keep");
		return;
	}
	walk(judge->candidate, "INPUT", &found, &result);
	if (result.verdict != VERDICT_ACCEPT) {
		struct packet other;

		if (find_somebody(judge->candidate, ll, &other) ==
		    VERDICT_ACCEPT)
			found = other;
	}
	somebody.peer = found.src;
	somebody.local = found.dst;
	verdict->somebody = xmemdup(&somebody, sizeof(somebody));
	judge_lifeline(judge, &somebody, verdict);
}

static bool
has_known_peer(const struct vec *lifelines)
{
	for (size_t i = 0; i < lifelines->n; i++) {
		const struct lifeline *ll = lifelines->v[i];

		if (ll->ssh && !ll->v4 && !ll->any_peer &&
		    !addr_is_loopback(&ll->peer))
			return true;
	}
	return false;
}

static struct lifeline_verdict *
judge_one(const struct judge *judge, const struct lifeline *ll, bool known_peer)
{
	struct lifeline_verdict *verdict = xcalloc(1, sizeof(*verdict));

	verdict->lifeline = ll;
	verdict->judgement = JUDGED_SAFE;
	verdict->untouchable = ll->v4;
	if (ll->v4)
		verdict->note = _("IPv4: these rules do not touch it");
	else if (ll->any_peer && known_peer)
		verdict->note = _("judged by who is logged in");
	else if (ll->any_peer)
		judge_listener(judge, ll, verdict);
	else
		judge_lifeline(judge, ll, verdict);
	return verdict;
}

struct guard_report *
guard_judge(const struct vec *lifelines, const struct tables *live,
	    const struct tables *candidate, bool other_world)
{
	struct guard_report *report = xcalloc(1, sizeof(*report));
	struct judge judge = { live, candidate, report };
	bool known_peer = has_known_peer(lifelines);

	report->judgement = JUDGED_SAFE;
	report->other_world = other_world;
	report->none = true;
	for (size_t i = 0; i < lifelines->n; i++) {
		struct lifeline_verdict *verdict =
			judge_one(&judge, lifelines->v[i], known_peer);

		if (verdict->judgement > report->judgement)
			report->judgement = verdict->judgement;
		vec_push(&report->verdicts, verdict);
	}
	return report;
}

void
guard_report_free(struct guard_report *report)
{
	if (!report)
		return;
	rehearsal_free(report->running);
	rehearsal_report_free(report->rehearsal);
	for (size_t i = 0; i < report->verdicts.n; i++) {
		struct lifeline_verdict *verdict = report->verdicts.v[i];

		checks_free(&verdict->checks);
		free(verdict->somebody);
		free(verdict);
	}
	vec_done(&report->verdicts);
	free(report);
}

/* What the walk does not know and the kernel does, the kernel decides. */
static const struct check *
deciding_check(const struct lifeline_verdict *verdict)
{
	if (verdict->joined == JOINED_REFUSE &&
	    verdict->walked == VERDICT_UNKNOWN)
		return NULL;
	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (check->judgement == verdict->judgement)
			return check;
	}
	return NULL;
}

const struct check *
guard_deciding_check(const struct guard_report *report,
		     const struct lifeline_verdict **verdict)
{
	*verdict = NULL;
	if (report->judgement <= JUDGED_ADVISED || guard_kernel_refusal(report))
		return NULL;
	for (size_t i = 0; i < report->verdicts.n && !*verdict; i++) {
		const struct lifeline_verdict *one = report->verdicts.v[i];

		if (one->judgement == report->judgement)
			*verdict = one;
	}
	return *verdict ? deciding_check(*verdict) : NULL;
}
