/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others change the rules while something is staged: it is carried over, or the
 * screen says where both collide, and nothing is lost until that is settled. */
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 81 -j DROP\n" \
	"COMMIT\n"

static void
begin_on(const char *name, const char *rules)
{
	flow_begin(name, (struct setup){ .rules = rules, .ssh = LOGIN });
}

static void
begin(const char *name)
{
	begin_on(name, RULES);
}

/* On the rules that there are. */
static void
begin_again(const char *name)
{
	begin_on(name, NULL);
}

static void
test_carried(void)
{
	begin("carried");
	editor_keys(&e, ":ip6tables -A INPUT -p udp --dport 53 -j ACCEPT"
		    "<Enter>");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	editor_keys(&e, "r");
	ok(staged("-A INPUT -p sctp -j DROP") && staged("--dport 53"),
	   "r carries what is staged onto what others did");
	is_int(session_staged_count(e.session), 1, "and it alone is staged");
	editor_keys(&e, "u");
	ok(!staged("--dport 53") && staged("sctp"), "u takes it back");
	editor_close(&e);
}

/* Rule 80 is ours to change, and others delete it. */
static void
collide(const char *name)
{
	begin(name);
	editor_keys(&e, ":ip6tables -R INPUT 2 -p tcp --dport 8080 -j ACCEPT"
		    "<Enter>");
	others("ip6tables-legacy -D INPUT 2");
	editor_keys(&e, "r");
}

static void
test_conflict(void)
{
	collide("conflict");
	ok(seen("Others changed the rules meanwhile."), "a conflict is shown");
	ok(seen("INPUT: you change '-p tcp -m tcp --dport 80 -j ACCEPT' to '-p "
		"tcp -m tcp --dport 8080") && seen("others deleted it"),
	   "with both sides");
	editor_keys(&e, "q");
	ok(staged("--dport 8080") && staged("--dport 81"),
	   "q leaves everything as it was");
	editor_keys(&e, "rm");
	ok(staged("--dport 8080") && !staged("--dport 80 "), "m: mine stands");
	is_int(session_staged_count(e.session), 1, "and is staged");
	editor_close(&e);
}

static void
test_theirs(void)
{
	collide("theirs");
	editor_keys(&e, "o");
	ok(!staged("--dport 80"), "o: what others did stands");
	is_int(session_staged_count(e.session), 0, "and nothing is staged");
	editor_close(&e);
	collide("dropped");
	editor_keys(&e, "dd");
	ok(!staged("--dport 80"), "d drops it, after a question");
	editor_close(&e);
}

/* The commit finds another table than the one that was judged. */
static void
test_commit(void)
{
	begin("commit");
	editor_keys(&e, ":ip6tables -A INPUT -p udp --dport 53 -j ACCEPT"
		    "<Enter>c");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	editor_keys(&e, "c");
	ok(editor_wait(&e, WATCH_NONE), "nothing is committed");
	ok(!editor_live(&e, "filter", "--dport 53"), "nor in the kernel");
	ok(staged("sctp") && staged("--dport 53"),
	   "it is carried over, to be looked at again");
	editor_close(&e);
}

/* The clock has come to the next look. */
static void
look(void)
{
	e.ui.live_next_ms = 0;
	ui_tick(&e.ui);
}

static void
test_nothing_staged(void)
{
	begin("nothing-staged");
	editor_keys(&e, "v3G");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	look();
	ok(seen("others changed the table meanwhile: it was read again") &&
	   seen("sctp"), "with nothing staged it is read again, which is said");
	ok(seen("INPUT 4 of 4"), "and the selection stays on its rule");
	others("ip6tables-legacy -D INPUT -p tcp --dport 22 -j ACCEPT && "
	       "ip6tables-legacy -P INPUT DROP");
	look();
	ok(seen("REFUSED"), "the title has what it means for SSH");
	ok(seen("INPUT 3 of 3"), "and the selection is still there");
	ok(!e.ui.live_differs, "nothing is out of date");
	editor_keys(&e, "j:");
	others("ip6tables-legacy -A INPUT -p udp -j DROP");
	look();
	ok(!staged("-A INPUT -p udp -j DROP"), "not under an open form");
	ok(seen("changed by others"), "but the title has it");
	editor_keys(&e, "<Esc>");
	look();
	ok(staged("-A INPUT -p udp -j DROP") && !seen("changed by others"),
	   "when it is closed it is read");
	editor_keys(&e, "g2Gdu");
	others("ip6tables-legacy -A INPUT -p udp -j ACCEPT");
	look();
	editor_keys(&e, "<^R>");
	is_int(session_staged_count(e.session), 1,
	       "what was undone can be done again");
	editor_close(&e);
}

static void
test_mark(void)
{
	begin("mark");
	resizeterm(10, 40);
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	look();
	ok(seen("reads it again"), "with something staged it is told");
	editor_keys(&e, "j");
	ok(seen("1 staged") && seen("changed by others") &&
	   !seen("safe"), "and the title keeps it");
	look();
	ok(!seen("reads it again"), "it is told once");
	others("ip6tables-legacy -I INPUT -p sctp -j ACCEPT");
	look();
	ok(seen("reads it again"), "and the next change is told, too");
	editor_keys(&e, "r");
	ok(!seen("changed by others") && seen("safe"), "r ends it");
	editor_close(&e);
}

static void
test_review(void)
{
	begin("review");
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>");
	others("ip6tables-legacy -I INPUT -p tcp --dport 22 -j DROP");
	editor_keys(&e, "c");
	ok(seen("your edits were carried over"), "a review is of the live "
	   "rules, which is said");
	ok(seen("REFUSED:") && !seen("SAFE:"), "and of no others");
	others("ip6tables-legacy -D INPUT 1");
	look();
	ok(seen("OUT OF DATE:") && !seen("REFUSED:"),
	   "one that is overtaken says so");
	editor_keys(&e, "q");
	others("ip6tables-legacy -A INPUT -p udp --dport 53 -j ACCEPT");
	editor_keys(&e, "c");
	ok(seen("others made the same change meanwhile") && !seen("1 change"),
	   "nothing that is left is not reviewed");
	editor_keys(&e, ":-R INPUT 2 -p tcp --dport 8080 -j ACCEPT<Enter>");
	others("ip6tables-legacy -D INPUT 2");
	editor_keys(&e, "c");
	ok(seen("Others changed the rules meanwhile."),
	   "what collides is shown in its place");
	editor_close(&e);
}

/* Others' changes are told while one is on trial; ours are none of them. */
static void
test_on_trial(void)
{
	begin("on-trial");
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>c");
	editor_keys(&e, "c");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
	look();
	ok(!e.ui.live_differs, "what is on trial is not others'");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	look();
	ok(seen("others changed the table meanwhile") &&
	   seen("changed by others"), "what others do meanwhile is told");
	editor_keys(&e, "<Esc>r");
	ok(seen("a trial is running"), "and not read before it is over");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "it is undone");
	ok(staged("--dport 53") && staged("sctp") &&
	   session_staged_count(e.session) == 1,
	   "our edits are staged again, on what others did");
	look();
	ok(!seen("changed by others"), "and nothing is out of date");
	editor_close(&e);
}

/* A trial that an editor finds: it is in what was read. */
static void
test_on_found_trial(void)
{
	begin("found");
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>c");
	editor_keys(&e, "c");
	editor_wait(&e, WATCH_RUNNING);
	editor_close(&e);
	begin_again("found");
	look();
	ok(e.ui.watch.found && !e.ui.live_differs,
	   "a trial that is found is not others'");
	others("ip6tables-legacy -I INPUT -p sctp -j DROP");
	look();
	ok(e.ui.live_differs, "what others do meanwhile is told");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "it is undone");
	editor_close(&e);
}

/* What is live, on trial, is told apart from what is staged beside it, and both
 * are counted. */
static void
test_marks_on_trial(void)
{
	begin("marks");
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>"
		    ":-D INPUT 2<Enter>");
	ok(seen("+ 3") && seen("- 2"), "staged");
	editor_keys(&e, "cc");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
	editor_keys(&e, "<Esc>:-A INPUT -p sctp -j DROP<Enter>");
	ok(seen("+? 3") && seen("-? 2") && seen("+  4"),
	   "on trial, and staged");
	ok(seen("2 on trial  1 staged"), "as the title counts them");
	ok(seen("   1 "), "and what is neither");
	editor_keys(&e, "k");
	ok(seen("--dport 53 -j ACCEPT  (on trial)"), "which is said of the row");
	editor_keys(&e, "kkd");
	ok(seen("this rule is deleted on trial"), "what is gone cannot go");
	resizeterm(10, 40);
	ok(seen("-? 2"), "on a narrow screen as well");
	ok(seen("2 on trial  1 staged"), "where the counts are not cut");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "undone");
	resizeterm(24, 100);
	ok(seen("+ 3") && seen("- 2") && seen("+ 4"), "all is staged again");
	editor_close(&e);
}

/* Kept, with the digits, after others did something. */
static void
keep_after(const char *name, const char *command)
{
	char code[8];

	begin(name);
	editor_keys(&e, ":-A INPUT -p udp --dport 53 -j ACCEPT<Enter>c");
	editor_keys(&e, "c");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
	others(command);
	snprintf(code, sizeof(code), "%d", e.ui.watch.code.code);
	editor_keys(&e, code);
	ok(editor_wait(&e, WATCH_NONE), "%s: it is kept", name);
	look();
}

static void
test_kept_beside(void)
{
	keep_after("taken", "ip6tables-legacy -D INPUT 4");
	ok(seen("kept:") && seen("of the change this is not there:"),
	   "what others took away meanwhile is told");
	ok(seen("+ INPUT 4: -p udp -m udp --dport 53 -j ACCEPT"), "line by line");
	editor_keys(&e, "<Esc>");
	ok(seen("Chain INPUT") && !staged("--dport 53"), "Esc leaves it");
	editor_close(&e);
	keep_after("beside", "ip6tables-legacy -I INPUT -p sctp -j DROP");
	ok(seen("kept:") && seen("all of the change is there"),
	   "and so is that all is there");
	ok(staged("sctp") && staged("--dport 53"), "beside what they did");
	editor_close(&e);
	keep_after("alone", "true");
	ok(seen("kept:") && !seen("others changed"), "nothing where nothing is");
	editor_close(&e);
}

static void (*const tests[])(void) = {
	test_carried, test_conflict, test_theirs, test_commit,
	test_nothing_staged, test_mark, test_review, test_on_trial,
	test_on_found_trial, test_kept_beside, test_marks_on_trial,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
