/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines, for people and as JSON. */
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include "status.h"

#define INDENT "           "

const char *
status_judgement(enum judgement judgement)
{
	switch (judgement) {
	case JUDGED_SAFE:
	case JUDGED_ADVISED:
		return "safe";
	case JUDGED_WARN:
		return "unknown";
	case JUDGED_REFUSED:
		return "cut";
	}
	return "";
}

/* Ours, or one that only claims to be. */
static const struct lifeline *
find_session(const struct guard_report *report)
{
	const struct lifeline *stale = NULL;

	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (verdict->lifeline->ours)
			return verdict->lifeline;
		if (verdict->lifeline->stale)
			stale = verdict->lifeline;
	}
	return stale;
}

/* How we are used, which tells what can be lost. */
static void
add_session(const struct world *world, const struct guard_report *report,
	    struct str *out)
{
	const struct lifeline *ll = find_session(report);
	const char *tty = world->actor.tty;

	str_add(out, _("session    "));
	if (ll) {
		lifeline_describe(ll, out);
		if (ll->stale)
			str_add(out, _(", but no such connection is there now"));
		else if (ll->v4)
			str_add(out, _(", which IPv6 rules do not touch"));
	} else if (report->waived) {
		str_add(out, _("not looked for"));
	} else {
		str_addf(out, _("not over SSH (%s)"), tty ? tty :
			 _("no terminal"));
	}
	str_addc(out, '\n');
}

static void
add_outer(const struct lifeline *ll, struct str *out)
{
	for (; ll->outer; ll = ll->outer) {
		str_addf(out, INDENT "  %s: ", ll->link.ifname);
		lifeline_describe(ll->outer, out);
		str_addf(out, "  (%s)\n", lifeline_origin_text(ll->outer));
	}
}

static size_t
widest(const struct guard_report *report)
{
	struct str text = { 0 };
	size_t width = 0;

	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		str_clear(&text);
		lifeline_describe(verdict->lifeline, &text);
		if (text.len > width)
			width = text.len;
	}
	str_done(&text);
	return width;
}

static void
add_verdict(const struct guard_report *report,
	    const struct lifeline_verdict *verdict, size_t width,
	    struct str *out)
{
	size_t start = out->len;

	lifeline_describe(verdict->lifeline, out);
	str_addf(out, "%*s  ", (int)(width - (out->len - start)), "");
	guard_verdict_text(report, verdict, out);
	str_addf(out, "  (%s)\n", lifeline_origin_text(verdict->lifeline));
	add_outer(verdict->lifeline, out);
}

void
status_add_lifelines(const struct world *world,
		     const struct guard_report *report, struct str *out)
{
	size_t width = widest(report);

	add_session(world, report, out);
	if (report->verdicts.n == 0)
		str_add(out, report->waived ?
			_("lifelines  none need be kept, as the settings say\n") :
			_("lifelines  none\n"));
	for (size_t i = 0; i < report->verdicts.n; i++) {
		str_add(out, i ? INDENT : _("lifelines  "));
		add_verdict(report, report->verdicts.v[i], width, out);
	}
	str_add(out, _("guard      "));
	guard_summary(report, out);
	str_addc(out, '\n');
	if (report->other_world)
		str_add(out, _("warning    other rules exist in nf_tables that "
			       "this guard does not see\n"));
}

static const char *const origin_words[] = {
	[LIFELINE_ENVIRONMENT] = "environment",
	[LIFELINE_ANCESTOR] = "ancestor",
	[LIFELINE_ESTABLISHED] = "established",
	[LIFELINE_MOSH] = "mosh",
	[LIFELINE_LISTENING] = "listening",
	[LIFELINE_ANNOUNCED] = "announced",
	[LIFELINE_CONFIGURED] = "configured",
	[LIFELINE_OUTER] = "outer",
};

static const char *const way_words[] = {
	[LIFELINE_IN] = "in",
	[LIFELINE_OUT] = "out",
	[LIFELINE_THROUGH] = "through",
};

static json_t *
address_json(const struct in6_addr *addr)
{
	struct str text = { 0 };
	json_t *json;

	if (addr_is_any(addr))
		return json_null();
	addr_format(&text, addr);
	json = cli_json_text(str_text(&text));
	str_done(&text);
	return json;
}

/* null where it is not known. */
static json_t *
link_json(const struct lifeline_link *link)
{
	if (!link->ifname[0])
		return json_null();
	return json_pack("{s:o, s:o, s:b, s:b, s:b, s:b, s:b}",
		"interface", cli_json_text(link->ifname),
		"gateway", address_json(&link->gateway),
		"on_link", link->on_link,
		"no_neighbour_discovery", link->no_ndp,
		"by_router_advertisement", link->by_ra,
		"leased", link->leased,
		"bridged", link->bridged);
}

static json_t *
lifeline_json(const struct lifeline *ll)
{
	struct str name = { 0 };
	json_t *json;

	lifeline_describe(ll, &name);
	json = json_pack("{s:o, s:s, s:s, s:b, s:i, s:b, s:b, s:b, s:b, s:o, "
			 "s:o, s:o}",
		"lifeline", cli_json_text(str_text(&name)),
		"origin", origin_words[ll->origin],
		"way", way_words[ll->way],
		"ssh", ll->ssh,
		"proto", ll->proto,
		"ipv4", ll->v4,
		"running", ll->running,
		"stale", ll->stale,
		"this_session", ll->ours,
		"link", link_json(&ll->link),
		"inner", link_json(&ll->inner),
		"outer", ll->outer ? lifeline_json(ll->outer) : json_null());
	str_done(&name);
	return json;
}

json_t *
status_lifelines_json(const struct guard_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->verdicts.n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];
		json_t *json = lifeline_json(verdict->lifeline);

		json_object_set_new(json, "verdict", json_string(verdict->note ?
			"none" : status_judgement(verdict->judgement)));
		json_array_append_new(list, json);
	}
	return list;
}
