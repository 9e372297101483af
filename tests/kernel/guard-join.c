/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two judges joined for real: the walk and a rehearsal on the kernel, in
 * every cell of the verdict table that rules can bring about. That the walk lets
 * pass what the kernel drops is a mistake of the walk: tests/unit/guard-join has
 * that cell with a rehearsal made by hand. */
#include <sallyport/addr.h>
#include <sallyport/guard.h>
#include <sallyport/mem.h>
#include "../ns.h"
#include "../unit/lifelines.h"

/* The walk does not know this of conntrack. */
#define UNKNOWN(target) "-A INPUT -p tcp -m conntrack --ctorigdstport 22" \
	" -j " target "\n"
#define OPEN DROP ALIVE UNKNOWN("ACCEPT") NDP
#define RECENT DROP ALIVE "-A INPUT -p tcp -m tcp --dport 22 -m recent" \
	" --name a --set -j ACCEPT\n" NDP
#define LIMIT DROP ALIVE "-A INPUT -p tcp -m tcp --dport 22 -m limit" \
	" --limit 1/sec -j ACCEPT\n" NDP
/* Not every login has such a port. */
#define SOME_PORTS DROP "-A INPUT -p tcp -m tcp --sport 1024:1030 --dport 22" \
	" -j DROP\n" ALIVE SSH NDP
#define SHUT DROP ALIVE NDP
#define LIMIT_MS 20000		/* busy machines are no failure */

/* Its link is in this namespace. */
static struct lifeline
here(void)
{
	struct lifeline ll = neighbour();

	ll.running = false;
	return ll;
}

/* Nobody knows by which link it comes: it cannot be rehearsed. */
static struct lifeline
nowhere(void)
{
	struct lifeline ll = here();

	ll.link.ifname[0] = '\0';
	ll.link.on_link = false;
	return ll;
}

static const struct cell {
	const char *what;
	struct lifeline (*lifeline)(void);
	const char *live;
	const char *candidate;
	enum verdict walked;
	enum rehearsed rehearsed;
	enum joined joined;
	enum judgement judgement;
} cells[] = {
	{ "a good firewall", here, "", GOOD,
	  VERDICT_ACCEPT, REHEARSED_PASS, JOINED_COMMIT, JUDGED_SAFE },
	{ "a good firewall, its link unknown", nowhere, "", GOOD,
	  VERDICT_ACCEPT, REHEARSED_NOT, JOINED_WALKED, JUDGED_SAFE },
	{ "some source ports are dropped", here, GOOD, SOME_PORTS,
	  VERDICT_DROP, REHEARSED_PASS, JOINED_DISAGREE, JUDGED_REFUSED },
	{ "no port 22", here, GOOD, SHUT,
	  VERDICT_DROP, REHEARSED_FAIL, JOINED_REFUSE, JUDGED_REFUSED },
	{ "no port 22, its link unknown", nowhere, GOOD, SHUT,
	  VERDICT_DROP, REHEARSED_NOT, JOINED_REFUSE, JUDGED_REFUSED },
	{ "what the walk does not know lets it in", here, GOOD, OPEN,
	  VERDICT_UNKNOWN, REHEARSED_PASS, JOINED_COMMIT, JUDGED_SAFE },
	{ "what the walk does not know drops it", here, GOOD,
	  DROP ALIVE UNKNOWN("DROP") SSH NDP,
	  VERDICT_UNKNOWN, REHEARSED_FAIL, JOINED_REFUSE, JUDGED_REFUSED },
	{ "not known, its link unknown, proven before", nowhere, GOOD, OPEN,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_REFUSED },
	{ "not known, its link unknown, as before", nowhere, OPEN, OPEN,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_WARN },
	{ "proven by the rehearsal alone, and then not", here, OPEN, RECENT,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_REFUSED },
	{ "recent is not rehearsed", here, GOOD, RECENT,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_REFUSED },
	{ "a limit, which one packet passes", here, GOOD, LIMIT,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_REFUSED },
	{ "a limit, as before", here, LIMIT, LIMIT,
	  VERDICT_UNKNOWN, REHEARSED_NOT, JOINED_AS_BEFORE, JUDGED_WARN },
};

static void
check_cell(const struct cell *cell)
{
	struct lifeline ll = cell->lifeline();
	struct tables *live = firewall(cell->live);
	struct tables *candidate = firewall(cell->candidate);
	const struct lifeline_verdict *verdict;
	struct guard_report *report;
	struct vec lifelines = { 0 };
	struct str text = { 0 };
	enum judgement judgement;

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, candidate, false);
	guard_rehearse(report, live, candidate, LIMIT_MS);
	verdict = report->verdicts.v[0];
	is_int(verdict->walked, cell->walked, "%s: the walk", cell->what);
	is_int(verdict->rehearsed, cell->rehearsed, "%s: the rehearsal",
	       cell->what);
	is_int(verdict->joined, cell->joined, "%s: both", cell->what);
	judgement = report->judgement == JUDGED_ADVISED ? JUDGED_SAFE :
							  report->judgement;
	is_int(judgement, cell->judgement, "%s: the judgement", cell->what);
	if (judgement != cell->judgement) {
		guard_explain(report, &text);
		diag("%s", str_text(&text));
	}
	str_done(&text);
	guard_report_free(report);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(candidate);
}

int
main(void)
{
	ns_or_skip();
	if (system("ip link add eth0 type veth peer name far &&"
		   " ip link set eth0 addrgenmode none &&"
		   " ip link set far up && ip link set eth0 up &&"
		   " ip addr add fe80::2/64 dev eth0 nodad &&"
		   " ip addr add 2001:db8::1/64 dev eth0 nodad") != 0)
		bail_out("cannot make a link");
	rules_start();
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		check_cell(&cells[i]);
	xt_done();
	return done_testing();
}
