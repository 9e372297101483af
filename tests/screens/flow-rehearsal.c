/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel is asked while somebody edits: what the title says, what a later
 * edit does to a rehearsal that runs, and what a commit waits for. */
#include <string.h>
#include "flow.h"

#define RULES(rule) \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p ipv6-icmp -j ACCEPT\n" \
	"-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n" rule \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"COMMIT\n"
#define GOOD RULES("")
#define SHUT RULES("-A INPUT -p tcp -m conntrack --ctorigdstport 22 -j DROP\n")
#define OPEN ":-A INPUT -p udp -m udp --dport 53 -j ACCEPT<Enter>"
/* The walk does not know this of conntrack. */
#define UNKNOWN ":-I INPUT 3 -p tcp -m conntrack --ctorigdstport 22 "
#define WIDE 120

static void
begin(const char *name, const char *rules)
{
	flow_begin(name, (struct setup){
		.columns = WIDE, .rules = rules, .ssh = LOGIN,
		.rehearse = true,
	});
}

static bool
has(const char *text)
{
	struct str screen = { 0 };
	bool found;

	editor_text(&e, &screen);
	found = strstr(str_text(&screen), text) != NULL;
	str_done(&screen);
	return found;
}

static bool
walked_only(void)
{
	return seen("safe (walked)") && !has("rehearsing");
}

static void
test_title(void)
{
	begin("title", GOOD);
	ok(walked_only(), "nothing is staged: the walk alone");
	ok(!editor_idle(&e), "and the kernel is not asked");
	editor_keys(&e, OPEN);
	ok(seen("safe (walked), rehearsing"), "it is as soon as something is");
	is_int(session_rehearsal_fd(e.session), -1,
	       "but not while somebody types");
	ok(editor_idle(&e), "nobody does");
	ok(seen("safe (rehearsed "), "the kernel has answered");
	ok(seen(" ms)"), "and how fast");
	editor_keys(&e, "c");
	ok(seen("  safe (rehearsed)"), "the review says so too");
	flow_end();
}

/* An edit makes the answer to what was there before worthless. */
static void
test_edit_meanwhile(void)
{
	begin("meanwhile", GOOD);
	editor_keys(&e, OPEN);
	session_rehearse(e.session);
	ok(session_rehearsal_fd(e.session) >= 0, "a rehearsal runs");
	editor_keys(&e, OPEN);
	is_int(session_rehearsal_fd(e.session), -1, "an edit stops it");
	ok(e.session->rehearsal_due, "and another one is due");
	editor_keys(&e, "u");
	ok(e.session->rehearsal_due, "undo is an edit");
	ok(editor_idle(&e) && seen("safe (rehearsed "), "the last one counts");
	editor_keys(&e, "u");
	ok(!editor_idle(&e) && walked_only(), "nothing is staged");
	flow_end();
}

/* The walk does not know, the kernel does. */
static void
test_unknown(void)
{
	begin("unknown", GOOD);
	editor_keys(&e, UNKNOWN "-j DROP<Enter>");
	ok(seen("REFUSED: INPUT 3, rehearsing"),
	   "not proven any more, says the walk");
	ok(editor_idle(&e) && seen("REFUSED: rehearsed: "),
	   "the kernel knows that it is lost");
	editor_keys(&e, "c");
	ok(seen("  rehearsed: "), "and the review shows its account");
	editor_keys(&e, "qu" UNKNOWN "-j ACCEPT<Enter>4Gd");
	ok(seen("REFUSED: INPUT 3, rehearsing"), "again not known");
	ok(editor_idle(&e) && seen("safe (rehearsed "),
	   "the kernel knows that it gets through");
	editor_keys(&e, "c");
	ok(seen("safe (rehearsed only)"), "and who has judged is said");
	flow_end();
}

static void
test_commit_waits(void)
{
	begin("waits", GOOD);
	editor_keys(&e, OPEN "cc");
	ok(e.ui.commit_waits && e.ui.watch.phase == WATCH_NONE,
	   "a commit waits for the rehearsal");
	ok(seen("rehearsing; the commit follows, any key stops it"),
	   "which is said");
	editor_keys(&e, "<Down>");
	ok(!e.ui.commit_waits, "a key calls it off");
	editor_keys(&e, "c");
	ok(editor_idle(&e) && e.ui.watch.phase == WATCH_STARTING,
	   "it follows when the kernel has said yes");
	ok(editor_wait(&e, WATCH_RUNNING), "and is on trial");
	flow_end();
}

/* What was seen when c was pressed must still hold: not proven is not lost. */
static void
test_commit_worse(void)
{
	begin("worse", SHUT);
	editor_keys(&e, OPEN "cc");
	ok(e.ui.commit_waits, "what was not proven before may be committed");
	ok(editor_idle(&e) && e.ui.watch.phase == WATCH_NONE,
	   "but not what the kernel drops");
	ok(seen("nothing was committed: the rehearsal says otherwise"),
	   "and that is said");
	flow_end();
}

static void
set_up(void)
{
	others("ip link add eth0 type veth peer name far &&"
	       " ip link set eth0 addrgenmode none &&"
	       " ip link set far up && ip link set eth0 up &&"
	       " ip addr add fe80::2/64 dev eth0 nodad &&"
	       " ip addr add 2001:db8::1/64 dev eth0 nodad");
}

static void (*const tests[])(void) = {
	test_title, test_edit_meanwhile, test_unknown, test_commit_waits,
	test_commit_worse,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, set_up, tests, ARRAY_LEN(tests));
}
