/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do: to what is staged, to the kernel, and to a trial. A real
 * guardian on a real table, in a private network namespace. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"

static void
begin(const char *name, bool read_only)
{
	flow_begin(name, (struct setup){
		.columns = 80, .rules = LOGIN_RULES, .ssh = LOGIN,
		.read_only = read_only,
	});
}

static bool
live_has(const char *text)
{
	return editor_live(&e, "filter", text);
}

static void
test_editing(void)
{
	begin("editing", false);
	editor_keys(&e, "G:-N WEB<Enter>");
	ok(staged(":WEB -"), "a command makes a chain");
	editor_keys(&e, "a-p tcp --dport 443 -j ACCEPT<Enter>");
	ok(staged("-A WEB -p tcp -m tcp --dport 443 -j ACCEPT"),
	   "a adds a rule to the chain that was made");
	editor_keys(&e, "g4Gyp");
	ok(staged("--dport 80 -j ACCEPT\n"
			 "-A INPUT -p tcp -m tcp --dport 80"),
	   "y and p make a copy");
	editor_keys(&e, "K");
	editor_keys(&e, "3GO-s 2001:db8:9::/48 -j DROP<Enter>");
	ok(staged("-s 2001:db8:9::/48 -j DROP\n-A INPUT -p tcp -m tcp "
			 "--dport 22"), "O adds above the rule 3");
	editor_keys(&e, "gPaG");
	ok(staged(":INPUT ACCEPT"), "P sets the policy");
	editor_keys(&e, "uuuuuu");
	is_int(session_staged_count(e.session), 0, "u undoes all of it");
	editor_keys(&e, "<^R><^R>");
	ok(staged("--dport 443 -j ACCEPT"), "^R does it again");
	editor_keys(&e, "GkeSHOP<^A><^K>SHOP<Enter>");
	ok(staged(":SHOP -") && !staged("WEB"),
	   "e on a chain's line gives it another name");
	editor_keys(&e, "d");
	ok(staged(":SHOP -"), "a chain that is not empty stays");
	ok(!live_has("SHOP"), "nothing of it is in the kernel");
	flow_end();
}

static void
test_forms(void)
{
	begin("forms", false);
	editor_keys(&e, "ja-p tcp --dprt 1<Enter>");
	ok(e.ui.form.is_open, "a form with an error stays open");
	is_str(str_text(&e.ui.form.text), "-p tcp --dprt 1",
	       "with what was typed");
	is_int(e.ui.form.cursor, 7, "and the cursor at the wrong word");
	editor_keys(&e, "<Esc>");
	is_int(session_staged_count(e.session), 0, "Esc stages nothing");
	editor_keys(&e, "a<Up>");
	is_str(str_text(&e.ui.form.text), "-p tcp --dprt 1",
	       "Up brings back what was entered");
	editor_keys(&e, "<^U>-j DROP");
	ui_changed(&e.ui);
	editor_keys(&e, "<Enter>");
	ok(e.ui.form.is_open && session_staged_count(e.session) == 0,
	   "a form on a listing that changed is not accepted");
	editor_keys(&e, "<Esc>a-p icmp -j ACCEPT<Enter>");
	ok(seen("ping over IPv6 is '-p icmpv6'"), "IPv4's ICMP is warned about");
	editor_keys(&e, "uja");
	editor_keys(&e, "<^C>");
	ok(!e.ui.form.is_open, "^C cancels");
	editor_keys(&e, "a\xc3\xa9x<Left><BS>");
	is_str(str_text(&e.ui.form.text), "x", "wide characters are one step");
	editor_keys(&e, "<Esc><Paste>dddd\nq<PasteEnd>");
	is_int(session_staged_count(e.session), 0,
	       "what is pasted on the listing is no key");
	ok(!e.ui.done, "not even q");
	editor_keys(&e, ":<Paste>ip6tables -P INPUT ACCEPT\n"
		    "ip6tables -F\n<PasteEnd>");
	ok(e.ui.form.is_open, "a pasted line break enters nothing");
	flow_end();
}

/* Several lines are a command each, all of them or none. */
static void
test_pasting(void)
{
	begin("pasting", false);
	editor_keys(&e, ":<Paste># as root\n"
		    "ip6tables -N WEB\r\n"
		    "ip6tables -A WEB -p tcp \\\n  --dport 443 -j ACCEPT\n\n"
		    "sudo ip6tables -A INPUT -j WEB\n"
		    "ip6tables -t mangle -A INPUT -j ACCEPT\n<PasteEnd>");
	ok(seen("\nip6tables -N WEB\n"), "a pasted line is a line");
	is_int(e.ui.form.text.s[e.ui.form.text.len - 1], 'T',
	       "the last break is none");
	editor_keys(&e, "<Enter>");
	ok(!e.ui.form.is_open && staged(":WEB -") && staged("-A INPUT -j WEB") &&
	   staged("-A WEB -p tcp -m tcp --dport 443 -j ACCEPT") &&
	   editor_staged(&e, "mangle", "-A INPUT -j ACCEPT"),
	   "Enter stages each of them");
	editor_keys(&e, "u");
	is_int(session_staged_count(e.session), 0, "u undoes all of them");
	editor_keys(&e, ":<Paste>ip6tables -P INPUT ACCEPT\n"
		    "ip6tables -A INPUT -p tcp --dprt 1<PasteEnd><Enter>");
	ok(e.ui.form.is_open && session_staged_count(e.session) == 0,
	   "none of them is staged where one is wrong");
	ok(seen("line 2: "), "and the error names it");
	editor_keys(&e, "<End><Left><Left><Left><Left>o<Enter>");
	ok(!e.ui.form.is_open && session_staged_count(e.session) == 2,
	   "mended, they are");
	editor_keys(&e, "u:<Paste>-P INPUT ACCEPT\n<PasteEnd><Enter>");
	is_int(session_staged_count(e.session), 1, "one line is one command");
	flow_end();
}

/* A value that is offered is replaced by what is typed, text is edited. */
static void
test_offered(void)
{
	begin("offered", false);
	editor_keys(&e, "jd" "c" "l5<Enter>");
	ok(seen(" 5 s, then undone"), "the length is what is typed");
	editor_keys(&e, "l<End>0<Enter>");
	ok(seen(" 50 s, then undone"), "a cursor key keeps what was offered");
	editor_keys(&e, "l<BS><BS>3<Enter>");
	ok(e.ui.form.is_open, "as does one that deletes");
	is_str(str_text(&e.ui.form.text), "3", "to edit it");
	editor_keys(&e, "<End>0<Enter>mwh<Enter>my<Enter>");
	ok(seen("why  (m)"), "text goes on where it ends");
	flow_end();
}

/* What changes nothing is not staged, and edits that cancel each other are not
 * committed. */
static void
test_nothing(void)
{
	begin("nothing", false);
	editor_keys(&e, "Pd");
	ok(seen("INPUT's policy is DROP already"), "a policy that is set");
	editor_keys(&e, ":-P INPUT DROP<Enter>");
	ok(seen("nothing was staged"), "or a command that sets it");
	editor_keys(&e, ":-R INPUT 1 -p icmpv6 -j ACCEPT<Enter>");
	editor_keys(&e, ":-N EMPTY<Enter>:-F EMPTY<Enter>ug1Ge<Enter>");
	ok(seen("nothing was staged"), "or a rule that stays as it is");
	is_int(session_staged_count(e.session), 0, "stage nothing");
	editor_keys(&e, "JKc");
	ok(seen("The edits cancel each other."), "edits that cancel each other");
	ok(!seen("Commit on trial"), "are not offered for a commit");
	editor_keys(&e, "c");
	ok(seen("the edits cancel each other") && !e.ui.commit_waits &&
	   e.ui.watch.phase == WATCH_NONE, "nor committed");
	flow_end();
}

/* The kernel is asked when a rule is entered. */
static void
test_tryouts(void)
{
	begin("tryouts", false);
	editor_keys(&e, "ja-j REJECT --reject-with tcp-reset<Enter>");
	ok(e.ui.form.is_open && session_staged_count(e.session) == 0,
	   "a rule that the kernel refuses is not taken");
	ok(seen("REJECT with tcp-reset needs -p tcp"), "which is said");
	editor_keys(&e, " -p tcp<Enter>");
	is_int(session_staged_count(e.session), 1, "mended, it is staged");
	editor_keys(&e, "a-j IDLETIMER --timeout 9 --label t<Enter>");
	ok(seen("is not tried: IDLETIMER keeps state outside a namespace"),
	   "what is not tried is said");
	editor_keys(&e, "K");
	ok(!seen("is not tried"), "once");
	editor_keys(&e, "c");
	ok(seen("is not tried: IDLETIMER"), "and in the review");
	flow_end();
}

static void
test_searching(void)
{
	begin("searching", false);
	editor_keys(&e, "/dpt:80<Enter>");
	ok(seen("INPUT 4 of 4"), "/ finds a rule by its row");
	editor_keys(&e, "/dport 22<Enter>");
	ok(seen("INPUT 3 of 4"), "and by its spec, around the end");
	editor_keys(&e, "/nowhere<Enter>");
	ok(seen("'nowhere' is not here"), "or says that it is not there");
	editor_keys(&e, "g2G");
	ok(seen("INPUT 2 of 4"), "2G goes to rule 2");
	editor_keys(&e, "9G");
	ok(seen("INPUT has no rule 9"), "9G says that there is none");
	flow_end();
}

static void
test_read_only(void)
{
	begin("read-only", true);
	editor_keys(&e, "jdapP:");
	ok(!e.ui.form.is_open && session_staged_count(e.session) == 0,
	   "read-only: nothing can be staged");
	editor_keys(&e, "E");
	ok(seen("read-only: nothing can be staged"), "which E says, too");
	flow_end();
}

static void
start_trial(void)
{
	editor_keys(&e, "ja-p tcp --dport 8080 -j ACCEPT<Enter>c");
	editor_keys(&e, "c");
	editor_keys(&e, "42");
	is_int(e.ui.count, 0, "digits typed ahead are no number");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
}

static void
type_code(int code)
{
	char keys[8];

	snprintf(keys, sizeof(keys), "%02d", code);
	editor_keys(&e, keys);
}

static void
test_keep(void)
{
	begin("keep", false);
	start_trial();
	ok(live_has("--dport 8080"), "the change is in the kernel, on trial");
	editor_keys(&e, "<Enter> y<Esc><^C>y<Esc>");
	is_int(e.ui.watch.phase, WATCH_RUNNING,
	       "Enter, Space, y, Esc and ^C keep nothing");
	editor_keys(&e, "1");
	ok(seen("1_"), "half a code is shown");
	ui_tick(&e.ui);
	ok(seen("1_"), "and waited for");
	e.ui.digit_ms -= 3000;
	ui_tick(&e.ui);
	ok(!seen("1_") && e.ui.watch.code.typed < 0, "but not for ever");
	type_code(e.ui.watch.code.code == 10 ? 11 : 10);
	is_int(e.ui.watch.phase, WATCH_RUNNING, "a wrong code keeps nothing");
	ok(seen("is not the code"), "and that is said");
	type_code(e.ui.watch.code.code);
	ok(editor_wait(&e, WATCH_NONE), "the code ends the trial");
	ok(live_has("--dport 8080"), "the change stays");
	is_int(session_staged_count(e.session), 0,
	       "nothing is staged any more");
	editor_keys(&e, "H");
	ok(seen("confirmed"), "history has it as confirmed");
	flow_end();
}

/* Every screen, and a terminal that is too small for any. */
static void
test_countdown(void)
{
	static const char *const screens[] = {
		"", "<Esc>", "?", "<Esc>H", "<Esc>T", "<Esc>t", "<Esc>x",
		"<Esc>c",
	};

	begin("countdown", false);
	start_trial();
	for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
		editor_keys(&e, screens[i]);
		ok(seen(" s left"), "the countdown is on the screen of '%s'",
		   screens[i]);
	}
	resizeterm(5, 30);
	ui_draw(&e.ui);
	ok(seen("too small") && seen(" s left"), "and where none has room");
	resizeterm(24, 80);
	editor_keys(&e, "<Esc>");
	e.ui.watch.deadline_ms = e.world.clock->boot_ms(e.world.clock) + 9500;
	watch_tick(&e.ui);
	is_int(e.ui.watch.bell_s, 10, "the bell has rung at 10 s");
	flow_end();
}

static void
make_small(bool small)
{
	resizeterm(small ? 10 : 24, small ? 39 : 80);
	ui_draw(&e.ui);
}

static bool
extends(void)
{
	const int64_t deadline_ms = e.ui.watch.deadline_ms;
	struct pollfd fd = { .fd = watch_fd(&e.ui.watch), .events = POLLIN };

	editor_keys(&e, "+");
	while (e.ui.watch.deadline_ms == deadline_ms &&
	       poll(&fd, 1, 10000) > 0)
		watch_input(&e.ui);
	return e.ui.watch.deadline_ms > deadline_ms;
}

/* What its countdown offers works on a terminal that is too small, and nothing
 * else does. */
static void
test_too_small(void)
{
	begin("too-small", false);
	start_trial();
	editor_keys(&e, "<Esc>g");
	make_small(true);
	ok(seen(" keeps, R undoes"), "too small: the countdown offers keys");
	editor_keys(&e, "jdP:q");
	make_small(false);
	ok(!e.ui.form.is_open && !e.ui.done && ui_view(&e.ui)->sel == 0 &&
	   session_staged_count(e.session) == 1, "others do nothing");
	make_small(true);
	ok(extends(), "+ extends it");
	ok(seen(" s left now"), "which is said");
	type_code(e.ui.watch.code.code == 10 ? 11 : 10);
	ok(seen("is not the code"), "a wrong code is told");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "R ends the trial");
	ok(!live_has("--dport 8080"), "the change is undone");
	ok(seen("too small") && seen("undone (asked)"), "and that is said");
	flow_end();
}

/* Over a line that is not seen there, too. */
static void
test_too_small_keep(void)
{
	begin("too-small-keep", false);
	start_trial();
	editor_keys(&e, "<Esc>:-P");
	make_small(true);
	editor_keys(&e, "<Paste>11<PasteEnd>x<Enter>");
	ok(e.ui.watch.code.wrong == 0, "what is pasted is no code");
	type_code(e.ui.watch.code.code);
	ok(editor_wait(&e, WATCH_NONE), "too small: the code ends the trial");
	ok(live_has("--dport 8080"), "the change stays");
	make_small(false);
	ok(e.ui.form.is_open, "the line that was open still is");
	is_str(str_text(&e.ui.form.text), "-P", "as it was");
	flow_end();
}

static void
test_demand(void)
{
	struct settings *settings = settings_new();
	struct guardian_client other;
	struct guardian_event event = { 0 };

	settings->confirm = CONFIRM_NEW_LOGIN;
	begin("demand", false);
	e.world.settings = settings;
	start_trial();
	ok(seen("log in anew to keep it"), "a login is asked for, no code");
	type_code(e.ui.watch.code.code);
	ok(seen("log in anew over IPv6 first"), "the code keeps nothing");
	is_int(e.ui.watch.phase, WATCH_RUNNING, "the trial goes on");
	if (guardian_connect(&e.world.guardian, &other) ||
	    guardian_confirm(&other, &e.world.actor))
		bail_out("confirm: %s", err_message());
	for (int i = 0; i < 2000 && event.kind != EVENT_DENIED; i++) {
		guardian_event_done(&event);
		guardian_next(&other, &event);
		if (event.kind == EVENT_NONE)
			usleep(10000);
	}
	is_int(event.kind, EVENT_DENIED, "nor does a confirm from elsewhere");
	is_int(event.err, ERR_REFUSED, "which is refused");
	guardian_event_done(&event);
	guardian_disconnect(&other);
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "R undoes it as ever");
	ok(!live_has("--dport 8080"), "the change is undone");
	flow_end();
	settings_free(settings);
}

static void
test_revert(void)
{
	begin("revert", false);
	start_trial();
	editor_keys(&e, "<Esc>gP" "a");
	is_int(session_staged_count(e.session), 2, "staging goes on meanwhile");
	editor_keys(&e, "cc");
	ok(seen("a trial is running"), "a second commit has to wait");
	editor_keys(&e, "q+");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "R ends the trial");
	ok(!live_has("--dport 8080"), "the change is undone");
	ok(staged("--dport 8080") && staged(":INPUT ACCEPT"),
	   "all edits are staged again");
	ok(seen("staged again"), "and that is said");
	flow_end();
}

static void
test_elsewhere(void)
{
	struct guardian_client other;

	begin("elsewhere", false);
	start_trial();
	if (guardian_connect(&e.world.guardian, &other) ||
	    guardian_confirm(&other, &e.world.actor))
		bail_out("confirm: %s", err_message());
	ok(editor_wait(&e, WATCH_NONE), "a confirm from elsewhere is seen");
	ok(live_has("--dport 8080"), "and the change stays");
	guardian_disconnect(&other);
	flow_end();
}

static void
test_leaving(void)
{
	begin("leaving", false);
	start_trial();
	editor_keys(&e, "q");
	ok(seen("The trial goes on;"), "q says that the trial goes on");
	editor_keys(&e, "R");
	ok(seen("Esc leaves the question"), "what R would do is said");
	editor_keys(&e, "<Esc>q1");
	ok(seen("Esc leaves the question"), "and what a digit would");
	editor_keys(&e, "y");
	ok(e.ui.done, "y leaves");
	editor_close(&e);
	begin("leaving", false);
	ok(e.ui.watch.phase == WATCH_RUNNING && e.ui.watch.found,
	   "the next start finds the trial");
	ok(seen("It was begun by root from 2001:db8::77"),
	   "and says whose it is");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "and can undo it");
	ok(!live_has("--dport 8080"), "the change is undone");
	ok(staged("--dport 8080"), "and is staged again");
	flow_end();
}

/* Undone while no editor was there, and history has it already. */
static void
test_looked_at(void)
{
	struct guardian_client other;
	struct trial *trial;

	begin("looked-at", false);
	start_trial();
	editor_keys(&e, "qy");
	if (guardian_connect(&e.world.guardian, &other) ||
	    guardian_revert(&other, &e.world.actor, "asked"))
		bail_out("revert: %s", err_message());
	hear(&other, EVENT_REVERTED);
	guardian_disconnect(&other);
	is_int(apply_resume(&e.world, &trial), FOUND_SETTLED,
	       "somebody else looks first");
	trial_free(trial);
	editor_close(&e);
	begin("looked-at", false);
	ok(staged("--dport 8080"), "the next start stages it again");
	ok(seen("was undone (asked, by root from 2001:db8::77)"), "and says why");
	editor_keys(&e, "u");
	editor_close(&e);
	begin("looked-at", false);
	is_int(session_staged_count(e.session), 0, "but once only");
	flow_end();
}

static void
test_refusal(void)
{
	begin("refusal", false);
	editor_keys(&e, "g3Gdcc");
	ok(seen("the guard refuses this"), "c does not commit what is refused");
	is_int(e.ui.watch.phase, WATCH_NONE, "no trial was begun");
	editor_keys(&e, "!vps<Enter>");
	ok(e.ui.form.is_open, "half of the host's name overrides nothing");
	editor_keys(&e, "<^U>vps.example<Enter>");
	ok(editor_wait(&e, WATCH_RUNNING), "the whole of it does");
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "R ends it");
	resizeterm(24, 120);
	editor_keys(&e, "H");
	ok(seen("guard was overridden"), "history tells of the override");
	flow_end();
}

/* What r finds changed is history's, and can be put back. */
static void
test_others(void)
{
	begin("others", false);
	editor_keys(&e, "r");
	if (system("ip6tables-legacy -A OUTPUT -p sctp -j DROP") != 0)
		bail_out("ip6tables-legacy failed");
	editor_keys(&e, "rH");
	ok(seen("external"), "history has what others did meanwhile");
	editor_keys(&e, "gs");
	is_int(session_staged_count(e.session), 0,
	       "what is there already stages nothing");
	ok(seen("nothing was staged"), "and that is said");
	editor_keys(&e, "Hgjs");
	ok(seen("back to revision 1") && !staged("sctp"),
	   "the state before them is staged");
	flow_end();
}

static void (*const tests[])(void) = {
	test_editing, test_forms, test_pasting, test_offered, test_nothing,
	test_tryouts, test_searching, test_read_only,
	test_keep, test_countdown,
	test_too_small, test_too_small_keep, test_demand, test_revert, test_elsewhere,
	test_leaving, test_looked_at, test_refusal,
	test_others,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
