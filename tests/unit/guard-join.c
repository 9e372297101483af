/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two judges joined: every cell of the verdict table, with a rehearsal made by
 * hand; what a pass cannot prove; what is said of both accounts. */
#include <sallyport/addr.h>
#include <sallyport/guard.h>
#include <sallyport/mem.h>
#include <sallyport/tryout.h>
#include "lifelines.h"

#define SHUT DROP ALIVE NDP
/* The walk does not know u32; the kernel does. */
#define OPEN DROP ALIVE \
	"-A INPUT -p tcp -m tcp --dport 22 -m u32 --u32 0=0 -j ACCEPT\n" \
	NDP KIND
#define LIMITED DROP ALIVE \
	"-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min" \
	" -j ACCEPT\n" NDP
#define LOST "the SYN was lost at INPUT policy"

/* What the double says of each lifeline that it is given. */
struct said {
	enum rehearsed candidate;
	enum rehearsed live;
	const char *account;
};

static struct rehearsal_report *
rehearsal(const struct guard_report *report, const struct said *said)
{
	struct rehearsal_report *r = xcalloc(1, sizeof(*r));
	struct vec tries = { 0 };

	r->usable = true;
	r->answer_us = 230;
	guard_tries(report, &tries);
	for (size_t i = 0; i < tries.n; i++) {
		struct rehearsed_lifeline *one = xcalloc(1, sizeof(*one));

		one->lifeline = tries.v[i];
		one->candidate = said->candidate;
		one->live = said->live;
		one->account = xstrdup(said->account);
		vec_push(&r->lifelines, one);
	}
	vec_done(&tries);
	return r;
}

struct joined_guard {
	struct lifeline ll;
	struct tables *live;
	struct tables *candidate;
	struct vec lifelines;
	struct guard_report *report;
	struct str text;
};

/* Walked only, so far. */
static void
walked(struct joined_guard *g, struct lifeline ll, const char *live,
       const char *candidate, bool other_world)
{
	*g = (struct joined_guard){ .ll = ll };
	g->live = firewall(live);
	g->candidate = firewall(candidate);
	vec_push(&g->lifelines, &g->ll);
	g->report = guard_judge(&g->lifelines, g->live, g->candidate,
				other_world);
}

static void
joined(struct joined_guard *g, const char *live, const char *candidate,
       struct said said)
{
	walked(g, session(), live, candidate, false);
	guard_join_take(g->report, rehearsal(g->report, &said));
}

static void
joined_done(struct joined_guard *g)
{
	guard_report_free(g->report);
	vec_done(&g->lifelines);
	tables_free(g->live);
	tables_free(g->candidate);
	str_done(&g->text);
}

static const char *
said_by(struct joined_guard *g,
	void (*say)(const struct guard_report *report, struct str *out))
{
	str_clear(&g->text);
	say(g->report, &g->text);
	return str_text(&g->text);
}

/* --- The nine cells --- */

static const struct cell {
	const char *what;
	const char *live;
	const char *candidate;
	struct said said;
	enum joined joined;
	enum judgement judgement;
	const char *summary;	/* after the lifeline */
	const char *refusal;
	const char *explained;
} table[] = {
	{ "ACCEPT, pass", "", GOOD, { REHEARSED_PASS, REHEARSED_PASS, NULL },
	  JOINED_COMMIT, JUDGED_SAFE, "safe (rehearsed 0.2 ms)", "",
	  LINE "  safe (rehearsed)  (" },
	{ "ACCEPT, fail", "", GOOD, { REHEARSED_FAIL, REHEARSED_PASS, LOST },
	  JOINED_DISAGREE, JUDGED_REFUSED, "REFUSED: rehearsed: " LOST,
	  "walked, every packet would pass; rehearsed, " LOST ": the two judges"
	  " disagree",
	  "  walked: every packet would pass\n  rehearsed: " LOST "\n" },
	{ "ACCEPT, not rehearsed", "", GOOD,
	  { REHEARSED_NOT, REHEARSED_NOT, "its link is not known" },
	  JOINED_WALKED, JUDGED_SAFE, "safe (walked only)", "",
	  LINE "  safe (walked only)  (this session (SSH_CONNECTION))\n"
	  "  not rehearsed: its link is not known\n" },
	{ "DROP, pass", GOOD, SHUT, { REHEARSED_PASS, REHEARSED_PASS, NULL },
	  JOINED_DISAGREE, JUDGED_REFUSED,
	  "REFUSED: a new connection in: INPUT policy",
	  "walked, a new connection in would be dropped by INPUT policy;"
	  " rehearsed, it got through: the two judges disagree",
	  "  a new connection in would be dropped by INPUT policy\n"
	  "  rehearsed: it got through\n" },
	{ "DROP, fail", GOOD, SHUT, { REHEARSED_FAIL, REHEARSED_PASS, LOST },
	  JOINED_REFUSE, JUDGED_REFUSED,
	  "REFUSED: a new connection in: INPUT policy",
	  "a new connection in would be dropped by INPUT policy",
	  "  a new connection in would be dropped by INPUT policy\n"
	  "  rehearsed: " LOST "\n" },
	{ "DROP, not rehearsed", GOOD, SHUT,
	  { REHEARSED_NOT, REHEARSED_NOT, NULL }, JOINED_REFUSE, JUDGED_REFUSED,
	  "REFUSED: a new connection in: INPUT policy",
	  "a new connection in would be dropped by INPUT policy",
	  LINE "  cut  (" },
	{ "UNKNOWN, pass", GOOD, OPEN, { REHEARSED_PASS, REHEARSED_PASS, NULL },
	  JOINED_COMMIT, JUDGED_SAFE, "safe (rehearsed 0.2 ms)", "",
	  LINE "  safe (rehearsed only)  (" },
	{ "UNKNOWN, fail", OPEN, OPEN, { REHEARSED_FAIL, REHEARSED_FAIL, LOST },
	  JOINED_REFUSE, JUDGED_REFUSED, "REFUSED: rehearsed: " LOST,
	  "rehearsed, " LOST "; walked, INPUT 2 cannot be judged (u32)",
	  "  rehearsed: " LOST "\n" },
	{ "UNKNOWN, fail, proven before", GOOD, OPEN,
	  { REHEARSED_FAIL, REHEARSED_PASS, LOST }, JOINED_REFUSE,
	  JUDGED_REFUSED, "REFUSED: rehearsed: " LOST,
	  "rehearsed, " LOST "; walked, INPUT 2 cannot be judged (u32)",
	  "  rehearsed: " LOST "\n" },
	{ "UNKNOWN, not rehearsed, proven before", GOOD, OPEN,
	  { REHEARSED_NOT, REHEARSED_PASS, "INPUT 2 (set) is not loaded" },
	  JOINED_AS_BEFORE, JUDGED_REFUSED,
	  "REFUSED: a new connection in: INPUT 2 cannot be judged (u32)",
	  "a new connection in is no longer proven to pass: INPUT 2 cannot be"
	  " judged (u32)", "  not rehearsed: INPUT 2 (set) is not loaded\n" },
	{ "UNKNOWN, not rehearsed, never proven", OPEN, OPEN,
	  { REHEARSED_NOT, REHEARSED_NOT, NULL }, JOINED_AS_BEFORE, JUDGED_WARN,
	  "unknown: a new connection in: INPUT 2 cannot be judged (u32)",
	  "a new connection in is not proven to pass: INPUT 2 cannot be judged"
	  " (u32)", LINE "  unknown  (" },
	{ "UNKNOWN, not rehearsed, but the live tables were", OPEN, OPEN,
	  { REHEARSED_NOT, REHEARSED_PASS, NULL }, JOINED_AS_BEFORE,
	  JUDGED_REFUSED,
	  "REFUSED: a new connection in: INPUT 2 cannot be judged (u32)",
	  "a new connection in is no longer proven to pass: INPUT 2 cannot be"
	  " judged (u32)", LINE "  no longer proven  (" },
};

static void
test_cells(void)
{
	struct joined_guard g;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct cell *cell = &table[i];
		const struct lifeline_verdict *verdict;

		joined(&g, cell->live, cell->candidate, cell->said);
		verdict = g.report->verdicts.v[0];
		is_int(verdict->joined, cell->joined, "%s: the cell",
		       cell->what);
		is_int(g.report->judgement, cell->judgement,
		       "%s: the judgement", cell->what);
		is_str(said_by(&g, guard_summary) + strlen(LINE "  "),
		       cell->summary, "%s: the title", cell->what);
		said_by(&g, guard_refusal);
		is_str(str_text(&g.text) + (g.text.len ? strlen(LINE ": ") : 0),
		       cell->refusal, "%s: the reason", cell->what);
		ok(strstr(said_by(&g, guard_explain), cell->explained),
		   "%s: the account", cell->what);
		if (!strstr(str_text(&g.text), cell->explained))
			diag("%s", str_text(&g.text));
		joined_done(&g);
	}
}

/* The table itself, as design section 5 prints it. */
static void
test_table(void)
{
	is_int(guard_join(VERDICT_ACCEPT, REHEARSED_PASS), JOINED_COMMIT, "1");
	is_int(guard_join(VERDICT_ACCEPT, REHEARSED_FAIL), JOINED_DISAGREE,
	       "2");
	is_int(guard_join(VERDICT_ACCEPT, REHEARSED_NOT), JOINED_WALKED, "3");
	is_int(guard_join(VERDICT_DROP, REHEARSED_PASS), JOINED_DISAGREE, "4");
	is_int(guard_join(VERDICT_DROP, REHEARSED_FAIL), JOINED_REFUSE, "5");
	is_int(guard_join(VERDICT_DROP, REHEARSED_NOT), JOINED_REFUSE, "6");
	is_int(guard_join(VERDICT_UNKNOWN, REHEARSED_PASS), JOINED_COMMIT, "7");
	is_int(guard_join(VERDICT_UNKNOWN, REHEARSED_FAIL), JOINED_REFUSE, "8");
	is_int(guard_join(VERDICT_UNKNOWN, REHEARSED_NOT), JOINED_AS_BEFORE,
	       "9");
}

/* --- What a pass cannot prove --- */

static const struct said pass = { REHEARSED_PASS, REHEARSED_PASS, NULL };

static void
test_fickle(void)
{
	static const char *const matches[] = {
		"limit --limit 1/min", "recent --name a --rcheck",
		"hashlimit --hashlimit-upto 1/min --hashlimit-name a",
		"quota --quota 100", "statistic --mode random --probability 0.5",
		"connlimit --connlimit-upto 3", "time --timestart 01:00",
	};
	struct joined_guard g;

	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		char *lines = xasprintf(DROP ALIVE "-A INPUT -p tcp -m tcp"
					" --dport 22 -m %s -j ACCEPT\n" NDP,
					matches[i]);

		joined(&g, GOOD, lines, pass);
		is_int(g.report->judgement, JUDGED_REFUSED,
		       "%s: proven before, and one packet proves nothing",
		       matches[i]);
		joined_done(&g);
		joined(&g, lines, lines, pass);
		is_int(g.report->judgement, JUDGED_WARN,
		       "%s: a warning where it was so before", matches[i]);
		ok(strstr(said_by(&g, guard_explain), "  rehearsed: one packet"
			  " got through, and the next may not ("),
		   "and why a pass is not enough");
		joined_done(&g);
		free(lines);
	}
}

/* Behind something else that is not known, a limit still decides; a log does
 * not. */
static void
test_fickle_behind(void)
{
	struct joined_guard g;

	joined(&g, GOOD, DROP ALIVE "-A INPUT -m u32 --u32 0=1 -j DROP\n"
	       "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 1/min"
	       " -j ACCEPT\n" NDP, pass);
	is_int(g.report->judgement, JUDGED_REFUSED,
	       "a limit behind what is not known");
	joined_done(&g);
	joined(&g, GOOD, DROP ALIVE ":A - [0:0]\n-A INPUT -m limit --limit 1/min"
	       " -j A\n-A A -p tcp -m tcp --dport 22 -j ACCEPT\n" NDP, pass);
	is_int(g.report->judgement, JUDGED_REFUSED, "a limit before a jump");
	joined_done(&g);
	joined(&g, GOOD, DROP ALIVE "-A INPUT -m limit --limit 1/min -j LOG\n"
	       "-A INPUT -p tcp -m tcp --dport 22 -m u32 --u32 0=0 -j ACCEPT\n"
	       NDP KIND, pass);
	is_int(g.report->judgement, JUDGED_SAFE, "a limit on a log");
	joined_done(&g);
}

static void
test_other_world(void)
{
	static const struct said fail = { REHEARSED_FAIL, REHEARSED_PASS, LOST };
	struct joined_guard g;

	walked(&g, session(), GOOD, GOOD, true);
	guard_join_take(g.report, rehearsal(g.report, &pass));
	is_int(g.report->judgement, JUDGED_WARN,
	       "another world: a pass proves nothing");
	joined_done(&g);
	walked(&g, session(), GOOD, GOOD, true);
	guard_join_take(g.report, rehearsal(g.report, &fail));
	is_int(g.report->judgement, JUDGED_REFUSED, "a failure is one");
	joined_done(&g);
}

/* --- For all lifelines --- */

static void
test_unusable(void)
{
	struct rehearsal_report *r = xcalloc(1, sizeof(*r));
	struct joined_guard g;

	r->reason = xstrdup("no privilege");
	walked(&g, session(), "", GOOD, false);
	guard_join_take(g.report, r);
	is_int(g.report->judgement, JUDGED_SAFE, "not usable: the walk decides");
	is_int(g.report->stage, GUARD_WALKED, "and it alone has judged");
	is_str(said_by(&g, guard_summary), LINE "  safe (walked only)",
	       "which the title says");
	is_str(said_by(&g, guard_explain), LINE "  safe (walked only)"
	       "  (this session (SSH_CONNECTION))\nNot rehearsed: no"
	       " privilege\n", "and the account, once");
	joined_done(&g);
}

static void
test_kernel_refuses(void)
{
	struct rehearsal_report *r;
	struct joined_guard g;

	walked(&g, session(), "", GOOD, false);
	is_str(guard_kernel_refusal(g.report), NULL, "nobody refused yet");
	r = rehearsal(g.report, &(struct said){ REHEARSED_NOT, 0, NULL });
	r->refused = xstrdup("the kernel refuses INPUT 3");
	guard_join_take(g.report, r);
	is_int(g.report->judgement, JUDGED_REFUSED, "the kernel refuses");
	is_str(said_by(&g, guard_refusal), "the kernel refuses INPUT 3", "why");
	is_str(said_by(&g, guard_summary),
	       "REFUSED: the kernel refuses INPUT 3", "also in the title");
	is_str(guard_kernel_refusal(g.report), "the kernel refuses INPUT 3",
	       "who is to know that no override helps");
	joined_done(&g);
}

static void
test_untried(void)
{
	struct rehearsal_report *r;
	struct joined_guard g;

	walked(&g, session(), "", GOOD, false);
	r = rehearsal(g.report, &pass);
	for (size_t i = 0; i < 5; i++) {
		struct tryout_note *note = xcalloc(1, sizeof(*note));

		strcpy(note->table, i ? "filter" : "nat");
		strcpy(note->chain, i ? "INPUT" : "PREROUTING");
		note->pos = i;
		note->text = xstrdup("set");
		vec_push(&r->untried, note);
	}
	guard_join_take(g.report, r);
	ok(strstr(said_by(&g, guard_explain), "\nLeft out of the rehearsal: nat"
		  " PREROUTING 1, INPUT 2, INPUT 3 and 2 more\n"),
	   "rules that were left out, in one line");
	joined_done(&g);
}

/* Any peer will do: the one that the walk found is tried. */
static void
test_somebody(void)
{
	struct in6_addr net = address("2001:db8:5::");
	const struct lifeline *one;
	struct joined_guard g;
	struct vec tries = { 0 };

	walked(&g, listener(), "", DROP ALIVE KIND "-A INPUT -s 2001:db8:5::/48 -p tcp"
	       " -m tcp --dport 22 -j ACCEPT\n" NDP, false);
	guard_tries(g.report, &tries);
	is_int((int)tries.n, 1, "a listener is tried");
	one = tries.v[0];
	ok(memcmp(&one->peer, &net, 6) == 0, "by somebody who is let in");
	guard_join_take(g.report, rehearsal(g.report, &pass));
	is_str(said_by(&g, guard_summary),
	       "ssh port 22  safe (rehearsed 0.2 ms)", "and passes");
	vec_done(&tries);
	joined_done(&g);

	walked(&g, ipv4(), "", GOOD, false);
	guard_tries(g.report, &tries);
	is_int((int)tries.n, 0, "IPv4 is not tried");
	vec_done(&tries);
	joined_done(&g);
}

/* No router speaks up from behind the host: a pass is no other opinion. */
static void
test_not_sent(void)
{
	struct lifeline ll = session();
	struct joined_guard g;

	ll.way = LIFELINE_THROUGH;
	ll.running = false;
	strcpy(ll.inner.ifname, "br0");
	ll.inner.on_link = ll.inner.by_ra = true;
	walked(&g, ll, "", GOOD, false);
	guard_join_take(g.report, rehearsal(g.report, &pass));
	is_int(g.report->judgement, JUDGED_REFUSED, "what is not sent is walked");
	ok(strstr(said_by(&g, guard_refusal), ": router advertisement in would "
		  "be dropped by INPUT policy"), "and nobody disagrees");
	joined_done(&g);
}

/* One of two is not known to the rehearsal: it is said that it was in part. */
static void
test_in_part(void)
{
	struct lifeline other = neighbour();
	struct joined_guard g;
	struct rehearsal_report *r;
	struct rehearsed_lifeline *second;

	walked(&g, session(), "", GOOD, false);
	guard_report_free(g.report);
	vec_push(&g.lifelines, &other);
	g.report = guard_judge(&g.lifelines, g.live, g.candidate, false);
	r = rehearsal(g.report, &pass);
	second = r->lifelines.v[1];
	second->candidate = REHEARSED_NOT;
	guard_join_take(g.report, r);
	is_str(said_by(&g, guard_summary),
	       LINE " and 1 more  safe (rehearsed in part)", "one of two");
	joined_done(&g);
}

int
main(void)
{
	rules_start();
	test_table();
	test_cells();
	test_fickle();
	test_fickle_behind();
	test_other_world();
	test_unusable();
	test_kernel_refuses();
	test_untried();
	test_somebody();
	test_not_sent();
	test_in_part();
	xt_done();
	return done_testing();
}
