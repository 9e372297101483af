/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The edits of a trial that was undone are staged again: once, where others
 * have not moved them to, and in one editor. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "flow.h"

#define ADD ":-A INPUT -p tcp --dport 8080 -j ACCEPT<Enter>"
#define ADD_OTHER ":-A OUTPUT -p udp --dport 53 -j ACCEPT<Enter>"
#define CHANGE ":-R INPUT 4 -p tcp --dport 81 -j ACCEPT<Enter>"

#define OTHERS "-A INPUT -p tcp -m tcp --dport 9995 -j DROP\n"
#define ICMP "-A INPUT -p ipv6-icmp -j ACCEPT\n"
#define LAST "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n"

static void
begin(const char *name, const char *rules)
{
	flow_begin(name, (struct setup){
		.columns = 120, .rules = rules, .ssh = LOGIN,
	});
}

static void
insert_first(void)
{
	others("ip6tables-legacy -I INPUT 1 -p tcp --dport 9995 -j DROP");
}

static void
start_trial(const char *keys)
{
	editor_keys(&e, keys);
	editor_keys(&e, "cc");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
}

/* A trial, and its editor is left. */
static void
leave_trial(const char *name, const char *keys)
{
	begin(name, LOGIN_RULES);
	start_trial(keys);
	editor_keys(&e, "qy");
	editor_close(&e);
}

/* Somebody else settles it, whom this editor knows nothing of. */
static void
settle_elsewhere(bool keep)
{
	const struct actor alice = {
		.uid = 1000, .user = (char *)"alice",
		.from = (char *)"2001:db8::7",
	};
	struct guardian_client client;
	enum err err = guardian_connect(&e.world.guardian, &client);

	if (!err)
		err = keep ? guardian_confirm(&client, &alice) :
			     guardian_revert(&client, &alice, "asked");
	if (err)
		bail_out("settle: %s", err_message());
	hear(&client, keep ? EVENT_CONFIRMED : EVENT_REVERTED);
	guardian_disconnect(&client);
}

/* The same while no editor is open. */
static void
undo_unseen(const char *name)
{
	char *run_dir = xasprintf("%s/%s/run", screen_dir(), name);

	e.world.guardian.run_dir = run_dir;
	settle_elsewhere(false);
	free(run_dir);
}

static void
revert(void)
{
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "R ends the trial");
}

/* What is deleted has another number at the next start. */
static void
test_next_start(void)
{
	leave_trial("next", "4Gd");
	insert_first();
	undo_unseen("next");
	begin("next", NULL);
	ok(seen("was undone (asked, by alice from 2001:db8::7)") &&
	   seen("its edits are staged again"), "the next start says who, and "
	   "what it did");
	ok(staged(OTHERS ICMP) && !staged("--dport 80 "),
	   "which is carried onto the rules as they are");
	is_int(session_staged_count(e.session), 1, "and nothing else");
	editor_close(&e);
	begin("next", NULL);
	ok(seen("1 edit of"), "once: it is a draft from then on");
	editor_keys(&e, "y");
	undo_all();
}

static void
test_place(void)
{
	leave_trial("place", ADD);
	insert_first();
	undo_unseen("place");
	begin("place", NULL);
	ok(staged(OTHERS ICMP) && staged(LAST "-A INPUT -p tcp -m tcp --dport "
					 "8080"), "what was last is last");
	undo_all();
}

/* An editor that found the trial running, and nobody else at it. */
static void
test_found(void)
{
	leave_trial("found", ADD);
	insert_first();
	begin("found", NULL);
	is_int(session_staged_count(e.session), 1, "what is on trial is marked");
	editor_keys(&e, "<Esc>" ADD_OTHER);
	revert();
	ok(staged(OTHERS ICMP) && staged(LAST "-A INPUT -p tcp -m tcp --dport "
					 "8080"), "and staged again in place");
	ok(staged("--dport 53"), "with what was staged meanwhile");
	is_int(session_staged_count(e.session), 2, "and nothing else");
	ok(seen("the edits are staged again"), "which is said");
	undo_all();
}

static void
test_collides(void)
{
	leave_trial("collides", CHANGE);
	undo_unseen("collides");
	others("ip6tables-legacy -D INPUT 4");
	begin("collides", NULL);
	ok(seen("others deleted it"), "where it collides that is shown");
	editor_close(&e);
	begin("collides", NULL);
	ok(seen("1 edit of"), "and it is not lost before that is settled");
	editor_keys(&e, "yo");
	is_int(session_staged_count(e.session), 0, "which it is");
	editor_close(&e);
}

/* Staged beside the trial, then left: the question hides no message. */
static void
test_draft_beside(void)
{
	begin("beside", LOGIN_RULES);
	start_trial(ADD);
	editor_keys(&e, "<Esc>" ADD_OTHER);
	settle_elsewhere(true);
	editor_close(&e);
	begin("beside", NULL);
	ok(seen("the last trial was kept by alice from 2001:db8::7. 2 edits"),
	   "a draft is offered after what is to be said");
	editor_keys(&e, "y");
	ok(seen("others changed INPUT meanwhile; 1 edit was in place already"),
	   "what was kept is in place");
	undo_all();
}

/* The same where the trial is undone: all of it comes back at once. */
static void
test_undone_beside(void)
{
	begin("both", LOGIN_RULES);
	start_trial(ADD);
	editor_keys(&e, "<Esc>" ADD_OTHER);
	settle_elsewhere(false);
	editor_close(&e);
	begin("both", NULL);
	ok(staged("--dport 8080") && staged("--dport 53"),
	   "what was staged beside the trial comes back with it");
	is_int(session_staged_count(e.session), 2, "once");
	undo_all();
	begin("both", NULL);
	ok(!seen("left behind"), "and nothing else is left");
	editor_close(&e);
}

/* Their rule beside ours is gone with the chain that was put back. */
static void
test_lost(void)
{
	leave_trial("lost", CHANGE);
	others("ip6tables-legacy -D INPUT 4 && "
	       "ip6tables-legacy -A INPUT -p sctp -j DROP");
	undo_unseen("lost");
	begin("lost", NULL);
	ok(seen("What others did and was taken back") &&
	   seen("-A INPUT -p sctp -j DROP"),
	   "the next start shows what others lost");
	editor_keys(&e, "<Esc>");
	undo_all();
}

/* What is in the kernel cannot be made to look as if it was not. */
static void
test_undo_on_trial(void)
{
	begin("undone", LOGIN_RULES);
	start_trial(ADD);
	editor_keys(&e, "<Esc>" ADD_OTHER "uu");
	ok(seen("this is on trial: R undoes it"), "u does not undo it");
	ok(staged("--dport 8080") && !staged("--dport 53"), "only what was "
	   "staged since");
	revert();
	ok(seen("the edits are staged again"), "R does");
	undo_all();
}

/* One thing at a time: what was staged beside the trial, and the trial last. */
static void
test_undo_after(void)
{
	begin("steps", LOGIN_RULES);
	start_trial(ADD "4Gd");
	editor_keys(&e, "<Esc>" ADD_OTHER ":-P INPUT ACCEPT<Enter>");
	insert_first();
	revert();
	is_int(session_staged_count(e.session), 3, "all is staged again");
	editor_keys(&e, "u");
	ok(!staged(":INPUT ACCEPT") && staged("--dport 53"),
	   "u undoes what was staged last");
	editor_keys(&e, "u");
	ok(!staged("--dport 53") && staged("--dport 8080") &&
	   !staged("--dport 80 "), "and then what was before it");
	editor_keys(&e, "u");
	ok(!staged("--dport 8080") && staged(OTHERS ICMP) && staged(LAST),
	   "and then what was on trial");
	is_int(session_staged_count(e.session), 0, "which is all");
	editor_keys(&e, "<^R><^R><^R>");
	ok(staged(":INPUT ACCEPT") && staged("--dport 8080"),
	   "^R does all of it again");
	undo_all();
}

/* The same where the trial is kept. */
static void
test_undo_kept(void)
{
	begin("steps-kept", LOGIN_RULES);
	start_trial(ADD);
	editor_keys(&e, "<Esc>" ADD_OTHER ":-P INPUT ACCEPT<Enter>");
	settle_elsewhere(true);
	ok(editor_wait(&e, WATCH_NONE), "it is kept");
	editor_keys(&e, "u");
	ok(!staged(":INPUT ACCEPT") && staged("--dport 53"),
	   "u undoes one step of those beside it");
	editor_keys(&e, "u");
	ok(staged("--dport 8080") && session_staged_count(e.session) == 0,
	   "and the next, not what was kept");
	editor_close(&e);
}

/* What others do as well is staged no more, which is said. */
static void
test_in_place(void)
{
	begin("in-place", LOGIN_RULES);
	start_trial(ADD_OTHER);
	editor_keys(&e, "<Esc>:-D INPUT 4<Enter>");
	is_int(session_staged_count(e.session), 2, "a deletion beside a trial");
	others("ip6tables-legacy -D INPUT 4");
	revert();
	is_int(session_staged_count(e.session), 1, "others deleted the same");
	ok(seen("the edits are staged again; 1 edit was in place already"),
	   "which is said");
	editor_keys(&e, ADD);
	others("ip6tables-legacy -A INPUT -p tcp --dport 8080 -j ACCEPT");
	editor_keys(&e, "r");
	ok(seen("; 1 edit was in place already"), "as it is by r");
	undo_all();
}

/* What is on trial is known to be so until it is settled. */
static void
test_reload(void)
{
	begin("reload", LOGIN_RULES);
	start_trial(ADD);
	editor_keys(&e, "<Esc>r");
	revert();
	ok(staged("--dport 8080"), "r during a trial loses nothing");
	ok(seen("the edits are staged again"), "which is said");
	undo_all();
}

static void
test_elsewhere(void)
{
	begin("elsewhere", LOGIN_RULES);
	start_trial(ADD);
	settle_elsewhere(false);
	ok(editor_wait(&e, WATCH_NONE), "another one undoes it");
	ok(seen("undone (asked, by alice from 2001:db8::7)"), "and is named");
	start_trial("");
	settle_elsewhere(true);
	ok(editor_wait(&e, WATCH_NONE), "another one keeps it");
	ok(seen("kept by alice from 2001:db8::7"), "and is named");
	editor_close(&e);
}

/* An editor that puts ADD on trial, says so to fd, and undoes it once it is told
 * to. */
static void
maker(int fd)
{
	char byte = 0;

	begin("maker", LOGIN_RULES);
	start_trial(ADD);
	if (write(fd, "t", 1) != 1 || read(fd, &byte, 1) != 1)
		_exit(1);
	editor_keys(&e, "R");
	_exit(editor_wait(&e, WATCH_NONE) && staged("--dport 8080") ? 0 : 1);
}

/* The maker lives: its edits are nobody else's. */
static void
test_maker(void)
{
	int fds[2], status;
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		bail_out("socketpair");
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		maker(fds[1]);
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		bail_out("the other editor has no trial");
	begin("maker", NULL);
	editor_keys(&e, "<Esc>" ADD_OTHER);
	if (write(fds[0], "r", 1) != 1)
		bail_out("write");
	ok(editor_wait(&e, WATCH_NONE), "another editor undoes its trial");
	ok(waitpid(pid, &status, 0) == pid && status == 0,
	   "and stages its edits again");
	ok(!staged("--dport 8080") && staged("--dport 53"), "they are not "
	   "staged here");
	ok(seen("undone (asked, by root from 2001:db8::77)") &&
	   !seen("staged again"), "which is not said either");
	close(fds[0]);
	undo_all();
}

/* A draft that has not got the trial's edits does not stand for them. */
static void
test_other_draft(void)
{
	int status;
	pid_t pid;

	begin("other", LOGIN_RULES);
	pid = fork();
	if (pid == 0) {
		begin("other", NULL);
		start_trial(ADD);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		bail_out("no trial of another editor");
	editor_keys(&e, ADD_OTHER);
	settle_elsewhere(false);
	editor_close(&e);
	begin("other", NULL);
	ok(staged("--dport 8080") && !staged("--dport 53"), "the edits of an "
	   "editor that was killed are staged, whatever another one left");
	undo_all();
	begin("other", NULL);
	ok(seen("1 edit of"), "which is offered next");
	editor_keys(&e, "y");
	ok(staged("--dport 53"), "as it was");
	undo_all();
}

static void (*const tests[])(void) = {
	test_next_start, test_place, test_found, test_collides,
	test_draft_beside, test_undone_beside, test_lost,
	test_undo_on_trial, test_undo_after, test_undo_kept,
	test_in_place, test_reload, test_elsewhere, test_maker,
	test_other_draft,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
