/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines made by hand, rules that keep them, and the guard's fixes as text,
 * for tests of the guard. */
#ifndef TESTS_LIFELINES_H
#define TESTS_LIFELINES_H

#include <sallyport/guard.h>
#include "rules.h"

#define DROP ":INPUT DROP [0:0]\n"
#define ALIVE "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define SSH "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
#define NDP \
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n" \
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
/* Without these there are warnings. */
#define KIND \
	"-A INPUT -i lo -j ACCEPT\n" \
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 130 -j ACCEPT\n"
#define GOOD DROP ALIVE SSH NDP KIND

#define LINE "ssh 2001:db8:77::77 -> :22"

static TAP_UNUSED struct lifeline
session(void)
{
	struct lifeline ll = {
		.origin = LIFELINE_ENVIRONMENT,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
		.running = true,
		.peer = address("2001:db8:77::77"), .peer_port = 40000,
		.local = address("2001:db8::1"), .local_port = 22,
		.link.ifname = "eth0",
		.link.gateway = address("fe80::1"),
	};

	return ll;
}

static TAP_UNUSED struct lifeline
neighbour(void)
{
	struct lifeline ll = session();

	ll.peer = address("2001:db8::77");
	memset(&ll.link.gateway, 0, sizeof(ll.link.gateway));
	ll.link.on_link = true;
	return ll;
}

/* nf_conntrack_tcp_loose is 0. */
static TAP_UNUSED struct lifeline
strict(void)
{
	struct lifeline ll = session();

	ll.strict = true;
	return ll;
}

/* SSH_CONNECTION names it and nothing else is known. */
static TAP_UNUSED struct lifeline
stale(void)
{
	struct lifeline ll = session();

	ll.running = false;
	ll.stale = true;
	ll.link.ifname[0] = '\0';
	memset(&ll.link.gateway, 0, sizeof(ll.link.gateway));
	return ll;
}

static TAP_UNUSED struct lifeline
tunnel(void)
{
	struct lifeline ll = session();

	ll.link.no_ndp = true;
	return ll;
}

static TAP_UNUSED struct lifeline
loopback(void)
{
	struct lifeline ll = tunnel();

	ll.peer = ll.local = address("::1");
	memset(&ll.link.gateway, 0, sizeof(ll.link.gateway));
	strcpy(ll.link.ifname, "lo");
	return ll;
}

static TAP_UNUSED struct lifeline
ipv4(void)
{
	struct lifeline ll = session();

	ll.v4 = true;
	ll.peer = address("192.0.2.1");
	ll.local = address("192.0.2.2");
	return ll;
}

static TAP_UNUSED struct lifeline
listener(void)
{
	struct lifeline ll = {
		.origin = LIFELINE_LISTENING,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
		.any_peer = true,
		.local_port = 22,
		.link.ifname = "eth0",
		.link.gateway = address("fe80::1"),
	};

	return ll;
}

/* The title, and the number of warnings of the first lifeline. */
static TAP_UNUSED void
summary(const struct guard_report *report, struct str *out)
{
	struct str text = { 0 };

	guard_summary(report, out);
	if (report->judgement == JUDGED_ADVISED) {
		guard_verdict_text(report, report->verdicts.v[0], &text);
		str_add(out, strrchr(str_text(&text), ','));
	}
	str_done(&text);
}

/* One lifeline is judged: what say has to say of it is expected. */
static TAP_UNUSED void
report_is(struct lifeline ll, const char *live_lines, const char *lines,
	  void (*say)(const struct guard_report *report, struct str *out),
	  const char *expected, const char *what)
{
	struct tables *live = firewall(live_lines), *candidate = firewall(lines);
	struct vec lifelines = { 0 };
	struct guard_report *report;
	struct str got = { 0 };

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, candidate, false);
	say(report, &got);
	is_str(str_text(&got), expected, "%s", what);
	guard_report_free(report);
	str_done(&got);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(candidate);
}

/* What is refused was mended: by accept rules alone, and then it is safe. */
static TAP_UNUSED void
check_fixed(const struct vec *lifelines, const struct tables *live,
	    const struct tables *candidate, const struct tables *fixed)
{
	struct guard_report *report = guard_judge(lifelines, live, fixed,
						  false);
	struct vec fix = { 0 };
	bool only_new = true;

	ok(report->judgement != JUDGED_REFUSED, "mended");
	tables_diff(candidate, fixed, true, &fix);
	for (size_t i = 0; i < fix.n; i++) {
		const struct changeset *cs = fix.v[i];

		for (size_t c = 0; c < cs->changes.n; c++) {
			const struct change *change = cs->changes.v[c];

			only_new = only_new && change->kind == CHANGE_INSERT;
		}
	}
	ok(fix.n == 1 && only_new, "by rules that come, and nothing else");
	changesets_done(&fix);
	guard_report_free(report);
}

static TAP_UNUSED void
fix_text(struct lifeline ll, const char *live_lines, const char *lines,
	 const char *expected, const char *what)
{
	struct tables *live = firewall(live_lines), *candidate = firewall(lines);
	struct tables *fixed = NULL;
	struct vec lifelines = { 0 }, fix = { 0 };
	struct str got = { 0 };

	vec_push(&lifelines, &ll);
	if (!guard_fix(&lifelines, live, candidate, &fixed)) {
		tables_diff(candidate, fixed, true, &fix);
		changesets_describe(&fix, &got);
	}
	is_str(str_text(&got), expected, "%s", what);
	str_done(&got);
	vec_done(&lifelines);
	changesets_done(&fix);
	tables_free(live);
	tables_free(candidate);
	tables_free(fixed);
}

#endif
