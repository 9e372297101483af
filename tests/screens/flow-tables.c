/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All tables on the screen: switched, edited, undone, committed together, and
 * found again in the history. */
#include <errno.h>
#include <string.h>
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n:WEB - [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j WEB\n" \
	"-A INPUT -p tcp -m tcp --dport 81 -j DROP\n" \
	"COMMIT\n"

static void
begin(const char *name)
{
	flow_begin(name, (struct setup){ .rules = RULES, .ssh = LOGIN });
}

/* Each table is left and found as it was; nothing is undone unseen. */
static void
test_tables(void)
{
	begin("tables");
	editor_keys(&e, "jd");
	editor_keys(&e, "Trja-p udp --sport 53 -j NOTRACK<Enter>");
	is_str(e.session->table, "raw", "T r shows the table raw");
	ok(staged("*raw") && staged("-j NOTRACK"),
	   "where a rule is staged");
	is_int(session_staged_in(e.session, "filter"), 1,
	       "what is staged in filter stays");
	ok(seen("2 staged, 1 in filter"), "and the title says so");
	editor_keys(&e, "Tf");
	is_str(e.session->table, "filter", "T f shows filter again");
	is_int(e.ui.views[0].sel, 2, "with the selection where it was");
	editor_keys(&e, "u");
	is_str(e.session->table, "raw", "undo shows the table that it is in");
	ok(!staged("NOTRACK"), "and takes back the last step");
	editor_keys(&e, "u");
	is_str(e.session->table, "filter", "then the one before");
	is_int(session_staged_count(e.session), 0, "and nothing is left");
	editor_keys(&e, "T<Down><Enter>");
	is_str(e.session->table, "security", "Enter shows the one selected");
	editor_close(&e);
}

/* A command goes where its -t says, and is seen there. */
static void
test_command(void)
{
	begin("command");
	editor_keys(&e, ":ip6tables -t mangle -A PREROUTING -p tcp -j MARK "
		    "--set-mark 7<Enter>");
	is_str(e.session->table, "mangle", ": shows the table of -t");
	ok(staged("--set-xmark 0x7/0xffffffff"), "with the rule");
	ok(seen("PREROUTING 1 of 1"), "which is selected");
	editor_keys(&e, "Tf:-t nowhere -F<Enter>");
	ok(e.ui.form.is_open && seen("no table 'nowhere'"),
	   "a table that is none is refused");
	editor_keys(&e, "<Esc>");
	editor_close(&e);
}

/* What ip6tables does not let anybody make in a table. */
static void
test_refused(void)
{
	begin("refused");
	editor_keys(&e, "g3GyTnp");
	ok(seen("the table 'nat' is not for filtering"),
	   "nat takes no copy of a DROP rule");
	editor_keys(&e, "gPd");
	ok(seen("the table 'nat' is not for filtering"), "and no such policy");
	editor_keys(&e, "a-j DROP<Enter>");
	ok(seen("the table 'nat' is not for filtering"), "and no such rule");
	editor_keys(&e, "<Esc>Tfg2GyTrp");
	ok(seen("there is no chain 'WEB'"),
	   "nor does a chain come along that raw lacks");
	is_int(session_staged_count(e.session), 0, "nothing of it is staged");
	editor_close(&e);
}

/* One trial of two tables, and its two revisions. */
static void
test_history(void)
{
	begin("history");
	editor_keys(&e, "ja-p tcp --dport 8080 -j ACCEPT<Enter>");
	editor_keys(&e, ":-t raw -A PREROUTING -p udp -j NOTRACK<Enter>c");
	ok(seen("*raw") && seen("*filter"), "the review names both tables");
	editor_keys(&e, "c");
	ok(editor_wait(&e, WATCH_RUNNING), "one trial has both");
	ok(seen("*raw") && seen("*filter"), "its screen names them, too");
	ok(editor_live(&e, "raw", "-j CT --notrack") ||
	   editor_live(&e, "raw", "-j NOTRACK"), "raw is in the kernel");
	ok(editor_live(&e, "filter", "--dport 8080"), "filter, too");
	watch_revert(&e.ui);
	ok(editor_wait(&e, WATCH_NONE), "undone together");
	ok(!editor_live(&e, "raw", "-A PREROUTING") &&
	   !editor_live(&e, "filter", "8080"), "in both tables");
	editor_keys(&e, "uTfH");
	ok(seen("  raw"), "the history names the table that is not filter");
	editor_keys(&e, "=j=");
	ok(seen("is of the table raw, revision 4 of filter"),
	   "two tables are not compared");
	editor_keys(&e, "s");
	is_str(e.session->table, "raw", "restoring shows the table");
	ok(staged("-j CT --notrack") || staged("-j NOTRACK"),
	   "in which it stages");
	is_int(session_staged_in(e.session, "filter"), 0, "filter stays");
	editor_close(&e);
}

static void (*const tests[])(void) = {
	test_tables, test_command, test_refused, test_history,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
