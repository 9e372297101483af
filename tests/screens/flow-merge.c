/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others change the rules while something is staged: it is carried over, or the
 * screen says where both collide, and nothing is lost until that is settled. */
#include <stdlib.h>
#include <sys/stat.h>
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 81 -j DROP\n" \
	"COMMIT\n"

static void
begin(const char *name)
{
	char *dir = xasprintf("%s/%s", screen_dir(), name);
	struct setup setup = {
		.rows = 24, .columns = 100, .rules = RULES, .dir = dir,
		.ssh = "2001:db8::77 50000 2001:db8::1 22",
	};

	mkdir(dir, 0700);
	editor_open(&e, &setup);
	free(dir);
}

static void
others(const char *command)
{
	if (system(command) != 0)
		bail_out("%s failed", command);
}

static bool
staged(const char *text)
{
	return editor_staged(&e, "filter", text);
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

static void (*const tests[])(void) = {
	test_carried, test_conflict, test_theirs, test_commit,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
