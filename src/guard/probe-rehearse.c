/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel is asked about a probe, too: whether the connection that such
 * packets begin comes about. */
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "fickle.h"
#include "lifeline-links.h"
#include "probe-words.h"

/* Why the kernel cannot be asked, translated; NULL: it can. */
static const char *
unaskable(const struct probe_question *q)
{
	const struct packet *p = &q->packet;

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return _("only TCP and UDP are");
	if (p->ct != CT_NEW)
		return _("only new connections are");
	if (p->dport.lo != p->dport.hi)
		return _("only one port at a time is");
	if (p->src_len < 128 || (p->dst_len > 0 && p->dst_len < 128))
		return _("only one address at a time is");
	return NULL;
}

/* The one port of a range; 0 for any. */
static uint16_t
port_of(const struct range *ports)
{
	return ports->lo == ports->hi ? (uint16_t)ports->lo : 0;
}

/* What comes in goes to the address that its answer would come from. */
static void
find_local(struct routes *routes, struct lifeline *ll)
{
	const struct route_query back = { .dst = ll->peer };
	struct route route;

	if (ll->way == LIFELINE_IN && addr_is_any(&ll->local) &&
	    routes_find(routes, &back, &route))
		ll->local = route.source;
}

/* Named interfaces count, whatever the routes say. */
static void
find_links(const struct packet *p, struct lifeline *ll)
{
	const char *near = ll->way == LIFELINE_OUT ? p->out : p->in;
	struct routes *routes = routes_open();

	find_local(routes, ll);
	lifeline_learn_links(routes, ll, if_nametoindex(near));
	routes_close(routes);
	str_copy(ll->link.ifname, IFNAMSIZ, near);
	if (ll->way == LIFELINE_THROUGH)
		str_copy(ll->inner.ifname, IFNAMSIZ, p->out);
}

static enum lifeline_way
way_of(const struct probe_question *q)
{
	if (strcmp(q->way, "FORWARD") == 0)
		return LIFELINE_THROUGH;
	return strcmp(q->way, "OUTPUT") == 0 ? LIFELINE_OUT : LIFELINE_IN;
}

static void
to_lifeline(const struct probe_question *q, struct lifeline *ll)
{
	const struct packet *p = &q->packet;
	bool out = way_of(q) == LIFELINE_OUT;

	*ll = (struct lifeline){
		.origin = LIFELINE_CONFIGURED,
		.way = way_of(q),
		.proto = p->proto,
		.peer = out ? p->dst : p->src,
		.peer_len = 128,
		.local = out ? p->src : p->dst,
		.peer_port = port_of(out ? &p->dport : &p->sport),
		.local_port = port_of(out ? &p->sport : &p->dport),
	};
	find_links(p, ll);
}

/* What a pass proves nothing about. */
static const char *
find_fickle(const struct probe_answer *answer, const struct tables *tables)
{
	const struct check check = {
		.hook = answer->question.way,
		.set = answer->question.packet,
		.candidate = answer->walk,
	};

	if (answer->walk.verdict != VERDICT_UNKNOWN)
		return NULL;
	return fickle_met(tables, &check, &check.candidate);
}

/* Whether there is something to ask. */
static bool
prepare(struct probe_answer *answer, const struct tables *tables,
	struct vec *lifelines)
{
	answer->unasked = unaskable(&answer->question);
	if (answer->unasked)
		return false;
	answer->fickle = find_fickle(answer, tables);
	to_lifeline(&answer->question, &answer->lifeline);
	vec_push(lifelines, &answer->lifeline);
	return true;
}

void
probe_rehearse(struct probe_answer *answer, const struct tables *tables,
	       int limit_ms)
{
	struct vec lifelines = { 0 };

	if (prepare(answer, tables, &lifelines))
		answer->rehearsal = rehearsal_run(&lifelines, tables, tables,
						  limit_ms);
	vec_done(&lifelines);
}

void
probe_rehearse_start(struct probe_answer *answer, const struct tables *tables)
{
	struct vec lifelines = { 0 };

	if (prepare(answer, tables, &lifelines))
		answer->running = rehearsal_start(&lifelines, tables, tables);
	if (answer->running && rehearsal_fd(answer->running) < 0)
		probe_rehearse_take(answer);
	vec_done(&lifelines);
}

int
probe_rehearse_fd(const struct probe_answer *answer)
{
	return answer ? rehearsal_fd(answer->running) : -1;
}

bool
probe_rehearse_take(struct probe_answer *answer)
{
	answer->rehearsal = rehearsal_take(&answer->running);
	return answer->rehearsal != NULL;
}

void
probe_rehearse_done(struct probe_answer *answer)
{
	rehearsal_free(answer->running);
	rehearsal_report_free(answer->rehearsal);
	lifeline_free(answer->lifeline.outer);
}

/* --- The two accounts --- */

static const struct rehearsed_lifeline *
rehearsed(const struct probe_answer *answer)
{
	const struct rehearsal_report *report = answer->rehearsal;

	if (!report || !report->usable || report->lifelines.n == 0)
		return NULL;
	return report->lifelines.v[0];
}

enum rehearsed
probe_rehearsed(const struct probe_answer *answer)
{
	const struct rehearsed_lifeline *one = rehearsed(answer);

	return one ? one->candidate : REHEARSED_NOT;
}

bool
probe_by_kernel(const struct probe_answer *answer)
{
	switch (probe_rehearsed(answer)) {
	case REHEARSED_NOT:
		return false;
	case REHEARSED_PASS:
		return !answer->fickle;
	case REHEARSED_FAIL:
		return true;
	}
	return false;
}

enum verdict
probe_judgement(const struct probe_answer *answer)
{
	if (!probe_by_kernel(answer))
		return answer->walk.verdict;
	return probe_rehearsed(answer) == REHEARSED_PASS ? VERDICT_ACCEPT :
							   VERDICT_DROP;
}

bool
probe_agrees(const struct probe_answer *answer)
{
	return probe_judgement(answer) == answer->walk.verdict;
}

static const char *
why_not(const struct probe_answer *answer)
{
	const struct rehearsal_report *report = answer->rehearsal;
	const struct rehearsed_lifeline *one = rehearsed(answer);

	if (answer->unasked || !report)
		return answer->unasked;
	if (report->refused)
		return report->refused;
	if (one && one->account)
		return one->account;
	return report->reason ? report->reason : "?";
}

void
probe_account(const struct probe_answer *answer, struct str *out)
{
	const struct rehearsed_lifeline *one = rehearsed(answer);
	const char *why = why_not(answer);

	switch (probe_rehearsed(answer)) {
	case REHEARSED_NOT:
		if (why)
			str_addf(out, _("not rehearsed: %s"), why);
		return;
	case REHEARSED_PASS:
		if (answer->fickle)
			str_addf(out, _("rehearsed: one packet got through, "
					"and the next may not (%s)"),
				 answer->fickle);
		else if (!probe_agrees(answer))
			str_add(out, _("rehearsed: the connection came about"));
		return;
	case REHEARSED_FAIL:
		if (!probe_agrees(answer))
			str_addf(out, _("rehearsed: %s"),
				 one->account ? one->account : "?");
		return;
	}
}
