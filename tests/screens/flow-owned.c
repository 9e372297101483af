/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of other programs: they are marked, and an edit of one is asked about
 * first, once a session and chain, whichever way it comes. */
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n" \
	":f2b-sshd - [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j f2b-sshd\n" \
	"-A FORWARD -j DOCKER-USER\n" \
	"-A f2b-sshd -s 2001:db8:bad::1/128 -j REJECT\n" \
	"-A f2b-sshd -s 2001:db8:bad::2/128 -j REJECT\n" \
	"COMMIT\n"
#define ASKED "fail2ban rewrites f2b-sshd at will: edit it all the same?"

static void
begin(const char *name)
{
	flow_begin(name, (struct setup){
		.rows = 40, .rules = RULES, .ssh = LOGIN,
	});
}

static void
staged_is(size_t n, const char *what)
{
	is_int(session_staged_count(e.session), n, "%s", what);
}

static void
test_marked(void)
{
	struct str text = { 0 };

	begin("marked");
	ok(seen("Chain f2b-sshd (1 references)  fail2ban's own"),
	   "fail2ban's chain is marked");
	ok(seen("Chain DOCKER (0 references)  Docker's own"), "and Docker's");
	editor_text(&e, &text);
	ok(!strstr(str_text(&text), "DOCKER-USER (1 references)  "),
	   "DOCKER-USER is the administrator's");
	str_done(&text);
	editor_close(&e);
}

/* Every way to edit it. */
static const struct {
	const char *what;
	const char *keys;
} ways[] = {
	{ "deleting", "/bad::1<Enter>d" },
	{ "adding", "/bad::1<Enter>a-j RETURN<Enter>" },
	{ "editing", "/bad::1<Enter>e<^U>-j DROP<Enter>" },
	{ "moving", "/bad::1<Enter>J" },
	{ "pasting", "/bad::1<Enter>yp" },
	{ "a command", ":-F f2b-sshd<Enter>" },
	{ "renaming", "/Chain f2b<Enter>e<^U>mine<Enter>" },
};

static void
test_way(size_t i)
{
	begin(ways[i].what);
	editor_keys(&e, ways[i].keys);
	ok(seen(ASKED), "%s is asked about", ways[i].what);
	staged_is(0, "and not staged yet");
	editor_keys(&e, "<Enter> ");
	ok(seen(ASKED), "Enter and Space answer nothing");
	editor_keys(&e, "y");
	staged_is(1, "y stages it");
	editor_close(&e);
}

static void
test_once(void)
{
	begin("once");
	editor_keys(&e, "/bad::1<Enter>d<Esc>");
	staged_is(0, "Esc stages nothing");
	ok(seen("nothing was staged"), "which is said");
	editor_keys(&e, "<^R>");
	ok(seen(ASKED), "doing it again is asked about, too");
	editor_keys(&e, "y");
	editor_keys(&e, "/bad::2<Enter>d");
	staged_is(2, "the second edit of it is not asked about");
	editor_keys(&e, "uu");
	staged_is(0, "u undoes both");
	editor_keys(&e, ":-A DOCKER -j RETURN<Enter>");
	ok(seen("Docker rewrites DOCKER at will; DOCKER-USER is yours"),
	   "another chain is, and the administrator's own is named");
	editor_keys(&e, "n:-A DOCKER-USER -s 2001:db8:9::/48 -j DROP<Enter>");
	staged_is(1, "DOCKER-USER is not asked about");
	editor_close(&e);
}

static void
test_ways(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		test_way(i);
}

static void (*const tests[])(void) = { test_marked, test_ways, test_once };

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
