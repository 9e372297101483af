/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two judges, one word. The kernel's truth beats ours: where they disagree the
 * commit is refused (P10), and what the walk cannot say the rehearsal may. */
#include <netinet/icmp6.h>
#include <string.h>
#include <sallyport/guard.h>
#include <sallyport/mem.h>

#define DHCP_CLIENT 546		/* RFC 8415 7.2 */
#define DHCP_SERVER 547

static const enum joined cells[][REHEARSED_FAIL + 1] = {
	[VERDICT_ACCEPT] = {
		[REHEARSED_PASS] = JOINED_COMMIT,
		[REHEARSED_FAIL] = JOINED_DISAGREE,
		[REHEARSED_NOT] = JOINED_WALKED,
	},
	[VERDICT_DROP] = {
		[REHEARSED_PASS] = JOINED_DISAGREE,
		[REHEARSED_FAIL] = JOINED_REFUSE,
		[REHEARSED_NOT] = JOINED_REFUSE,
	},
	[VERDICT_UNKNOWN] = {
		[REHEARSED_PASS] = JOINED_COMMIT,
		[REHEARSED_FAIL] = JOINED_REFUSE,
		[REHEARSED_NOT] = JOINED_AS_BEFORE,
	},
};

enum joined
guard_join(enum verdict walked, enum rehearsed rehearsed)
{
	return cells[walked][rehearsed];
}

static const struct lifeline *
tried(const struct lifeline_verdict *verdict)
{
	return verdict->somebody ? verdict->somebody : verdict->lifeline;
}

/* A rehearsal logs in anew, which is not asked of a deserted one. */
static bool
is_rehearsed(const struct lifeline_verdict *verdict)
{
	return !verdict->note && !verdict->lifeline->deserted;
}

void
guard_tries(const struct guard_report *report, struct vec *lifelines)
{
	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (is_rehearsed(verdict))
			vec_push(lifelines, (void *)(uintptr_t)tried(verdict));
	}
}

static const struct rehearsed_lifeline *
find_rehearsed(const struct rehearsal_report *rehearsal,
	       const struct lifeline *lifeline)
{
	for (size_t i = 0; i < rehearsal->lifelines.n; i++) {
		const struct rehearsed_lifeline *one =
			rehearsal->lifelines.v[i];

		if (one->lifeline == lifeline)
			return one;
	}
	return NULL;
}

static bool
is_on(const char *ifname, const struct lifeline *ll)
{
	return !*ifname || strncmp(ifname, ll->link.ifname, IFNAMSIZ) == 0 ||
	       strncmp(ifname, ll->inner.ifname, IFNAMSIZ) == 0;
}

static bool
has_port(const struct range *range, const struct lifeline *ll)
{
	return range->lo == range->hi && (range->lo == ll->local_port ||
					  range->lo == ll->peer_port);
}

/* Neighbours are asked on each link; routers and DHCPv6 servers speak up on that
 * towards the peer. */
static bool
is_tried_locally(const struct packet *p, const struct lifeline *ll)
{
	const char *ifname = *p->in ? p->in : p->out;
	bool towards_peer = strncmp(ifname, ll->link.ifname, IFNAMSIZ) == 0;

	if (p->proto == IPPROTO_UDP)
		return towards_peer && (p->dport.lo == DHCP_CLIENT ||
					p->dport.lo == DHCP_SERVER);
	return p->icmp_type == ND_NEIGHBOR_SOLICIT ||
	       p->icmp_type == ND_NEIGHBOR_ADVERT ||
	       (p->icmp_type == ND_ROUTER_ADVERT && towards_peer);
}

static bool
is_its_own(const struct packet *p, const struct lifeline *ll)
{
	if (p->proto != ll->proto)
		return false;
	return (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP) ||
	       has_port(&p->sport, ll) || has_port(&p->dport, ll);
}

/* Does the rehearsal send such packets? Its own, those of what carries it, and
 * what keeps its links. */
static bool
is_tried(const struct check *check, const struct lifeline *ll)
{
	const struct packet *p = &check->set;

	for (; ll; ll = ll->outer) {
		if (!is_on(p->in, ll) || !is_on(p->out, ll))
			continue;
		if (is_its_own(p, ll))
			return true;
		if ((p->proto == IPPROTO_ICMPV6 || p->proto == IPPROTO_UDP) &&
		    is_tried_locally(p, ll))
			return true;
	}
	return false;
}

/* A pass settles it: whatever was not known, one packet answers it for all. */
static bool
can_settle(const struct check *check, const struct lifeline *ll)
{
	return !check->fickle && is_tried(check, ll);
}

static bool
needs_more(const struct lifeline_verdict *verdict)
{
	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (!check->advisory &&
		    check->candidate.verdict == VERDICT_UNKNOWN &&
		    !can_settle(check, verdict->lifeline))
			return true;
	}
	return false;
}

static bool
was_proven(const struct check *check, const struct lifeline *ll,
	   enum rehearsed live)
{
	switch (check->live.verdict) {
	case VERDICT_ACCEPT:
		return true;
	case VERDICT_DROP:
		return false;
	case VERDICT_UNKNOWN:
		return live == REHEARSED_PASS && !check->live_fickle &&
		       is_tried(check, ll);
	}
	return false;
}

/* The judgement of what the walk could not say. */
static enum judgement
judge_unknown(const struct check *check, const struct lifeline *ll,
	      enum rehearsed candidate, enum rehearsed live, bool other_world)
{
	if (candidate == REHEARSED_PASS && can_settle(check, ll))
		return JUDGED_SAFE;
	if (other_world || !was_proven(check, ll, live))
		return JUDGED_WARN;
	return JUDGED_REFUSED;
}

static void
join_checks(struct lifeline_verdict *verdict, enum rehearsed candidate,
	    enum rehearsed live, bool other_world)
{
	for (size_t i = 0; i < verdict->checks.n; i++) {
		struct check *check = verdict->checks.v[i];

		if (check->candidate.verdict == VERDICT_UNKNOWN &&
		    !check->advisory)
			check->judgement = judge_unknown(check,
				verdict->lifeline, candidate, live,
				other_world);
	}
}

static enum judgement
worst_check(const struct lifeline_verdict *verdict)
{
	enum judgement worst = JUDGED_SAFE;

	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (check->judgement > worst)
			worst = check->judgement;
	}
	return worst;
}

/* A pass contradicts the walk only where such packets were sent. */
static bool
is_contradicted(const struct lifeline_verdict *verdict)
{
	for (size_t i = 0; i < verdict->checks.n; i++) {
		const struct check *check = verdict->checks.v[i];

		if (check->judgement == JUDGED_REFUSED &&
		    check->candidate.verdict == VERDICT_DROP &&
		    is_tried(check, verdict->lifeline))
			return true;
	}
	return false;
}

/* A pass without the rules of the other world proves nothing; a failure does. */
static void
join_verdict(struct lifeline_verdict *verdict,
	     const struct rehearsed_lifeline *rehearsed, bool other_world)
{
	enum rehearsed candidate = rehearsed ? rehearsed->candidate :
					       REHEARSED_NOT;
	enum rehearsed live = rehearsed ? rehearsed->live : REHEARSED_NOT;
	enum judgement floor = other_world ? JUDGED_WARN : JUDGED_SAFE;

	verdict->rehearsed = candidate;
	verdict->account = rehearsed ? rehearsed->account : NULL;
	if (candidate == REHEARSED_PASS && other_world)
		candidate = live = REHEARSED_NOT;
	join_checks(verdict, candidate, live, other_world);
	if (candidate == REHEARSED_PASS && verdict->walked == VERDICT_UNKNOWN &&
	    needs_more(verdict))
		candidate = REHEARSED_NOT;
	if (candidate == REHEARSED_PASS && verdict->walked == VERDICT_DROP &&
	    !is_contradicted(verdict))
		candidate = REHEARSED_NOT;
	verdict->joined = guard_join(verdict->walked, candidate);
	if (verdict->joined == JOINED_REFUSE ||
	    verdict->joined == JOINED_DISAGREE)
		floor = JUDGED_REFUSED;
	verdict->judgement = worst_check(verdict);
	if (verdict->judgement < floor)
		verdict->judgement = floor;
}

void
guard_join_take(struct guard_report *report, struct rehearsal_report *rehearsal)
{
	report->rehearsal = rehearsal;
	report->stage = rehearsal->usable ? GUARD_REHEARSED : GUARD_WALKED;
	report->judgement = JUDGED_SAFE;
	for (size_t i = 0; i < report->verdicts.n; i++) {
		struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (is_rehearsed(verdict))
			join_verdict(verdict,
				     find_rehearsed(rehearsal, tried(verdict)),
				     report->other_world);
		if (verdict->judgement > report->judgement)
			report->judgement = verdict->judgement;
	}
	if (rehearsal->refused)
		report->judgement = JUDGED_REFUSED;
}

const char *
guard_kernel_refusal(const struct guard_report *report)
{
	return report->rehearsal ? report->rehearsal->refused : NULL;
}
