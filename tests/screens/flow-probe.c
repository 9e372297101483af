/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that is asked about on the screen: said field by field, answered as
 * things are staged, its rules marked in the listings of all tables. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"

#define RULES \
	"*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n" \
	"-A PREROUTING -p tcp -m tcp --dport 8080 -j DOCKER\n" \
	"-A DOCKER -p tcp -j DNAT --to-destination [2001:db8:c::80]:80\n" \
	"COMMIT\n" \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n:WEB - [0:0]\n" \
	"-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -j WEB\n" \
	"-A WEB -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"-A FORWARD -i host0 -o br9 -d 2001:db8:c::80/128 -p tcp " \
	"-m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

static void
begin(const char *name, const char *ssh, const char *file)
{
	flow_begin(name, (struct setup){
		.rules = RULES, .ssh = ssh, .file = file,
	});
}

static bool
unseen(const char *text)
{
	struct str all = { 0 };
	bool found;

	editor_text(&e, &all);
	found = strstr(str_text(&all), text) != NULL;
	if (found)
		diag("seen: %s", str_text(&all));
	str_done(&all);
	return !found;
}

/* What begins with whoever must get in is said otherwise, a field at a time. */
static void
test_fields(void)
{
	begin("fields", LOGIN, NULL);
	editor_keys(&e, "t");
	ok(seen("from         2001:db8::77") && seen("to port      22"),
	   "the packet of the first lifeline stands there");
	ok(seen("ACCEPT by INPUT 2 (walked)"), "answered at once");
	ok(seen("= INPUT 2"), "and the rule that decides is named");
	editor_keys(&e, "d<^U>80<Enter>");
	ok(seen("ACCEPT by WEB 1") && seen("* INPUT 3") && seen("= WEB 1"),
	   "another port takes another path");
	editor_keys(&e, "d<^U>99999<Enter>");
	ok(e.ui.form.is_open && seen("'99999' is no port"),
	   "what is wrong is told in place");
	editor_keys(&e, "<Esc>");
	ok(seen("to port      80"), "and changes nothing");
	editor_keys(&e, "ce");
	ok(seen("ACCEPT by INPUT 1"), "an established one is let in before");
	editor_keys(&e, "cnpicmpv6<Enter>");
	ok(!e.ui.form.is_open && seen("type") && unseen("to port"),
	   "ICMPv6 has a type and no ports");
	editor_keys(&e, "d");
	ok(seen("this protocol has no ports"), "which cannot be said");
	editor_keys(&e, "p<^U>tcp<Enter>");
	ok(seen("to port      80"), "TCP has the port that it had before");
	editor_keys(&e, "f<^U><Enter>");
	ok(e.ui.form.is_open && seen("where does the packet come from"),
	   "from here to here is no question");
	editor_keys(&e, "<Esc>t2001:db8:53::1<Enter>f<^U><Enter>");
	ok(seen("OUTPUT policy"), "without a sender this host sends it");
	editor_keys(&e, "iwg7<Enter>");
	ok(seen("wg7  (not there now)") &&
	   seen("this host has no interface 'wg7' now"),
	   "an interface that is not there is told, and taken");
	ok(unseen("not rehearsed"), "once");
	editor_keys(&e, "i<^U>lo<Enter>");
	ok(unseen("not there"), "one that is there is not");
	editor_close(&e);
}

/* What is asked can be answered, and the cursor is where that is. */
static void
test_narrow(void)
{
	begin("narrow", LOGIN, NULL);
	resizeterm(10, 40);
	editor_keys(&e, "tc");
	ok(seen("n NEW  e ESTABLISHED  r RELATED") &&
	   seen("i INVALID  u UNTRACKED  Esc Cancel"),
	   "all answers are there on a narrow screen");
	ui_draw(&e.ui);
	is_int(getcury(stdscr), 7, "the cursor stands at the question");
	editor_keys(&e, "<Esc>iab");
	ui_draw(&e.ui);
	ok(getcury(stdscr) == 8 && getcurx(stdscr) == 2,
	   "or where one types");
	editor_keys(&e, "<Esc>");
	editor_close(&e);
}

/* The marks are those of what is staged, until Esc. */
static void
test_marks(void)
{
	begin("marks", LOGIN, NULL);
	editor_keys(&e, "td<^U>23<Enter>q");
	ok(seen("DROP by INPUT policy (walked)"), "the answer stays");
	ok(seen("= Chain INPUT (policy DROP)"), "the policy decides");
	ok(seen(" * 3   WEB"), "the rule that is met is marked");
	editor_keys(&e, ":-A WEB -p tcp --dport 23 -j ACCEPT<Enter>");
	ok(seen("ACCEPT by WEB 2 (walked, as staged)"),
	   "it is judged again when something is staged");
	ok(seen("+= 2"), "a staged rule has both marks");
	editor_keys(&e, "u");
	ok(seen("DROP by INPUT policy (walked)"), "and when it is undone");
	editor_keys(&e, "g*");
	ok(seen("INPUT 3 of 3"), "* goes to a rule that is met");
	editor_keys(&e, "=");
	ok(seen("INPUT: 3 rules"), "= to what decides");
	editor_keys(&e, "<Esc>");
	ok(unseen("walked, ") && unseen("= Chain") && unseen("* 3"),
	   "Esc ends the marks");
	editor_keys(&e, "*");
	ok(seen("no packet is asked about yet"), "then * goes nowhere");
	editor_keys(&e, "t");
	ok(seen("to port      23"), "t begins with what was asked last");
	editor_close(&e);
}

/* Rules of other tables are met, too. */
static void
test_tables(void)
{
	begin("tables", LOGIN, NULL);
	editor_keys(&e, "td<^U>8080<Enter>");
	ok(seen("DROP by nat DOCKER 1, which sends it elsewhere (DNAT)"),
	   "nat decides");
	editor_keys(&e, "q=");
	is_str(e.session->table, "nat", "= shows the table that decides");
	ok(seen("DOCKER 1 of 1") && seen(" = 1") && seen(" * 1"),
	   "with its marks");
	editor_keys(&e, "*");
	ok(seen("PREROUTING 1 of 1"), "* goes round the path");
	editor_keys(&e, "tG<Enter>");
	ok(seen("DOCKER 1 of 1"), "Enter on a rule shows it");
	editor_close(&e);
}

/* The routes of this host say by which links; a file has none. */
static void
test_links(void)
{
	char *path;

	if (system("ip link add host0 type veth peer name peer0 && "
		   "ip link set host0 up && ip link set peer0 up && "
		   "ip address add 2001:db8:1::2/64 dev host0 nodad && "
		   "ip -6 route add default via 2001:db8:1::1 dev host0 && "
		   "ip link add br9 type bridge && ip link set br9 up && "
		   "ip address add 2001:db8:c::1/64 dev br9 nodad"))
		bail_out("cannot make the links");
	begin("links", LOGIN, NULL);
	editor_keys(&e, "tt2001:db8:c::80<Enter>d<^U>80<Enter>");
	ok(seen("in by        host0  (by route)") &&
	   seen("out by       br9  (by route)"), "the routes name the links");
	ok(seen("ACCEPT by FORWARD 1"), "the container is reached");
	ok(seen("this host forwards nothing"), "if the host forwarded at all");
	editor_keys(&e, "iother0<Enter>");
	ok(seen("DROP by FORWARD policy"), "not from another link");
	editor_close(&e);
	path = file_make(screen_dir(), "rules.v6", RULES);
	begin("file", NULL, path);
	editor_keys(&e, "t");
	ok(seen("from         any") && seen("in by        not known"),
	   "nobody is logged in to a file, and it has no routes");
	ok(seen("ACCEPT by INPUT 2"), "the answer is that of the file");
	editor_close(&e);
	free(path);
}

/* What the loop does when nothing more is typed. */
static bool
rehearse(void)
{
	struct pollfd fd = { .events = POLLIN };

	probing_rehearse(&e.ui);
	fd.fd = probing_fd(&e.ui);
	if (fd.fd < 0 || !seen("rehearsing)"))
		return false;
	if (poll(&fd, 1, 10000) == 1)
		probing_input(&e.ui);
	return probing_fd(&e.ui) < 0;
}

/* A rehearsal needs our link-local address, which is good after a second. */
static void
wait_for_address(void)
{
	for (int i = 0; i < 100; i++) {
		if (system("test -z \"$(ip -6 address show tentative)\"") == 0)
			return;
		poll(NULL, 0, 100);
	}
	bail_out("an address stays tentative");
}

/* The kernel is asked in the background, once a question and a change. */
static void
test_kernel(void)
{
	wait_for_address();
	begin("kernel", "2001:db8:1::77 50000 2001:db8:1::2 22", NULL);
	e.world.rehearse = true;
	editor_keys(&e, ":-I INPUT -p icmpv6 -j ACCEPT<Enter>t");
	ok(rehearse(), "it is asked when nothing more is typed");
	ok(seen("ACCEPT by INPUT 3 (rehearsed, as staged)"),
	   "and says so, too");
	editor_keys(&e, "qTrTf");
	ok(!e.ui.probe.due, "it is not asked again about the same");
	editor_keys(&e, "u");
	ok(e.ui.probe.due && seen("ACCEPT by INPUT 2 (walked)"),
	   "another change is walked first");
	ok(rehearse(), "then it is asked anew");
	ok(seen("ACCEPT by INPUT 2 (walked), DROP (rehearsed)"),
	   "both are told where they differ");
	editor_keys(&e, "t");
	ok(rehearse() && seen("rehearsed: neighbour"), "with the account");
	editor_keys(&e, "ce");
	ok(!rehearse() && seen("not rehearsed: only new connections are"),
	   "or why there is none");
	editor_close(&e);
}

static void (*const tests[])(void) = {
	test_fields, test_narrow, test_marks, test_tables, test_links, test_kernel,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
