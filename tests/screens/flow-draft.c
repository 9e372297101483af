/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was staged is there again after the editor was killed. */
#include <stdlib.h>
#include <sys/wait.h>
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

static void
begin(const char *name, const char *rules)
{
	flow_begin(name, (struct setup){ .rules = rules, .ssh = LOGIN });
}

/* An editor that types keys and is killed. */
static void
killed(const char *name, const char *keys)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		begin(name, RULES);
		editor_keys(&e, keys);
		kill(getpid(), SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		bail_out("the first editor was not killed");
}

#define ADD ":ip6tables -A INPUT -p udp --dport 53 -j ACCEPT<Enter>"
#define ADD_RAW \
	":ip6tables -t raw -A PREROUTING -p udp -j NOTRACK<Enter>"

static void
test_taken_up(void)
{
	killed("taken", ADD ADD_RAW);
	begin("taken", RULES);
	ok(seen("2 edits of") && seen("left behind. Take them up?"),
	   "what was left behind is offered");
	editor_keys(&e, "y");
	ok(staged("--dport 53") && editor_staged(&e, "raw", "NOTRACK"),
	   "y stages it, in all tables");
	is_int(session_staged_count(e.session), 2, "and nothing else");
	editor_close(&e);
	begin("taken", RULES);
	ok(seen("2 edits of"), "which is kept in turn");
	editor_keys(&e, "yuqy");
	editor_close(&e);
	begin("taken", RULES);
	ok(!seen("left behind"), "until it is undone");
	editor_close(&e);
}

/* Others changed the rules meanwhile. */
static void
test_carried(void)
{
	killed("carried", ADD);
	begin("carried", RULES "*filter\n:INPUT ACCEPT [0:0]\n"
	      "-A INPUT -p sctp -j DROP\n"
	      "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n");
	editor_keys(&e, "y");
	ok(staged("--dport 53") && staged("sctp") && !staged("--dport 22"),
	   "a draft is carried onto the rules as they are");
	is_int(session_staged_count(e.session), 1, "as one edit");
	ok(seen("u undoes it; others changed INPUT meanwhile") &&
	   !seen("in place already"), "and it is said where they changed");
	editor_keys(&e, "u");
	editor_close(&e);
}

/* Others did one of the edits meanwhile. */
static void
test_in_place(void)
{
	killed("in-place", ADD ADD_RAW);
	begin("in-place", RULES "*raw\n:PREROUTING ACCEPT [0:0]\n"
	      "-A PREROUTING -p udp -j NOTRACK\nCOMMIT\n");
	editor_keys(&e, "y");
	is_int(session_staged_count(e.session), 1, "what is new is staged");
	ok(seen("others changed raw PREROUTING meanwhile; 1 edit"),
	   "the rest is accounted for");
	editor_keys(&e, "u");
	editor_close(&e);
}

static void
test_collides(void)
{
	killed("collides", ":ip6tables -R INPUT 2 -p tcp --dport 8080 -j "
	       "ACCEPT<Enter>");
	begin("collides", "*filter\n:INPUT ACCEPT [0:0]\n"
	      "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n");
	editor_keys(&e, "y");
	ok(seen("others deleted it"), "where it collides that is shown");
	editor_close(&e);
	begin("collides", "*filter\n:INPUT ACCEPT [0:0]\n"
	      "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n");
	ok(seen("1 edit of"), "and it is not lost before that is settled");
	editor_keys(&e, "yo");
	is_int(session_staged_count(e.session), 0, "which it is");
	editor_close(&e);
}

static void
test_dropped(void)
{
	killed("dropped", ADD);
	begin("dropped", RULES);
	editor_keys(&e, "<Esc>");
	is_int(session_staged_count(e.session), 0, "Esc leaves it for later");
	editor_close(&e);
	begin("dropped", RULES);
	editor_keys(&e, ADD);
	ok(seen("Take it up?"), "what is typed over the question answers "
	   "nothing");
	editor_keys(&e, "<Paste>-D INPUT -p tcp --syn\n<PasteEnd>");
	ok(seen("Take it up?"), "nor what is pasted");
	editor_keys(&e, "D");
	ok(seen("Drop for good"), "D asks once more");
	editor_keys(&e, "<Esc>");
	editor_close(&e);
	begin("dropped", RULES);
	ok(seen("Take it up?"), "and Esc leaves it for later still");
	editor_keys(&e, "Dy");
	editor_close(&e);
	begin("dropped", RULES);
	ok(!seen("left behind"), "D y drops it");
	editor_keys(&e, ADD "q");
	ok(seen("1 edit is staged. Leave?"), "q asks");
	editor_keys(&e, "k");
	ok(e.ui.done, "k keeps it and leaves");
	editor_close(&e);
	begin("dropped", RULES);
	editor_keys(&e, "y");
	ok(staged("--dport 53"), "for later");
	editor_keys(&e, "qy");
	editor_close(&e);
	begin("dropped", RULES);
	ok(!seen("left behind"), "q y drops it");
	editor_close(&e);
}

/* One that is open is nobody else's. */
static void
test_living(void)
{
	struct draft *draft;
	pid_t pid;
	int status;

	begin("living", RULES);
	editor_keys(&e, ADD);
	pid = fork();
	if (pid == 0)
		_exit(draft_find(&e.world, &draft) == ERR_NOT_FOUND ? 0 : 1);
	waitpid(pid, &status, 0);
	is_int(status, 0, "the draft of a living editor is not offered");
	editor_keys(&e, "u");
	editor_close(&e);
}

/* One of a newer sallyport is named, and is there afterwards. */
static void
test_newer(void)
{
	char *command, *path = xasprintf("%s/newer/lib/drafts", screen_dir());

	killed("newer", ADD);
	command = xasprintf("sed -i 's/\"format\": *1,/\"format\":7,/' "
			    "%s/*.json && chmod 600 %s/*.json", path, path);
	if (system(command) != 0)
		bail_out("no draft to be changed");
	begin("newer", RULES);
	ok(seen("newer sallyport (format 7"),
	   "a draft of a newer sallyport is named");
	ok(!seen("Take"), "and not taken up");
	editor_close(&e);
	free(command);
	command = xasprintf("grep -q '\"format\":7' %s/*.json", path);
	is_int(system(command), 0, "nor touched");
	free(command);
	free(path);
}

/* What others could have planted is not taken for ours. */
static void
test_planted(void)
{
	char *drafts = xasprintf("%s/planted/lib/drafts", screen_dir());
	char *command;

	killed("planted", ADD);
	chmod(drafts, 0777);
	begin("planted", RULES);
	ok(!seen("left behind"), "drafts that others can write are not read");
	editor_keys(&e, ADD);
	ok(seen("not kept on disk") &&
	   seen("written by others: refused"), "which is told when one is kept");
	ok(staged("--dport 53"), "and staging goes on");
	editor_close(&e);
	chmod(drafts, 0700);

	command = xasprintf("cd %s && for f in *.json; do mv $f ../$f && "
			    "ln -s ../$f $f || exit 1; done", drafts);
	if (system(command) != 0)
		bail_out("no draft to be moved");
	begin("planted", RULES);
	ok(!seen("left behind"), "nor one that is a symbolic link");
	editor_close(&e);
	free(command);
	free(drafts);
}

static void (*const tests[])(void) = {
	test_taken_up, test_carried, test_in_place,
	test_collides, test_dropped, test_living,
	test_newer, test_planted,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
