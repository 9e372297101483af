/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that outlive a rule, in the editor: a port is closed by a commit,
 * or opened by one that is undone; the message line says what lives on, F lists
 * it, one key ends it, and what a session stands on stays. */
#include <poll.h>
#include "flow.h"

#define RULES(rule) \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p ipv6-icmp -j ACCEPT\n" \
	"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" rule "COMMIT\n"
#define OPEN "-A INPUT -p tcp -m tcp --dport 4001 -j ACCEPT\n"
#define TOLD "lives on that only the removed rules allowed: F lists it"

static void
begin(const char *name, const char *rules, bool read_only)
{
	flow_begin(name, (struct setup){
		.columns = 140, .rules = rules, .ssh = LOGIN,
		.read_only = read_only,
	});
}

static struct sockaddr_in6
local(uint16_t port)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons(port),
	};

	return sa;
}

/* A connection to port 4001, from port from; near is the server's end. */
static int
talk(uint16_t from, int *near)
{
	struct sockaddr_in6 server = local(4001), client = local(from);
	int listening = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int far = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(far, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listening, (struct sockaddr *)&server, sizeof(server)) < 0 ||
	    listen(listening, 1) < 0 ||
	    bind(far, (struct sockaddr *)&client, sizeof(client)) < 0 ||
	    connect(far, (struct sockaddr *)&server, sizeof(server)) < 0)
		bail_out("no connection: %s", strerror(errno));
	*near = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	close(listening);
	return far;
}

static bool
arrives(int from, int to)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char c;

	return send(from, "x", 1, MSG_NOSIGNAL) == 1 &&
	       poll(&p, 1, 500) == 1 && read(to, &c, 1) == 1;
}

static void
commit(void)
{
	editor_keys(&e, "cc");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
}

/* The search is over, as the loop would see it. */
static void
found(void)
{
	struct pollfd p = { .fd = flowing_fd(&e.ui), .events = POLLIN };

	if (p.fd >= 0 && poll(&p, 1, 10000) == 1)
		flowing_input(&e.ui);
}

static void
keep(void)
{
	char code[8];

	snprintf(code, sizeof(code), "%d", e.ui.watch.code.code);
	editor_keys(&e, code);
	ok(editor_wait(&e, WATCH_NONE), "the change is kept");
	found();
}

static void
test_closed(void)
{
	int near, far;

	begin("closed", RULES(OPEN), false);
	far = talk(50001, &near);
	editor_keys(&e, ":-D INPUT 4<Enter>");
	commit();
	editor_keys(&e, "<Esc>F");
	ok(seen("what it closes is known when it is settled"),
	   "not while it is on trial");
	keep();
	ok(seen("kept: the change stays") || seen("kept:"), "that is said");
	ok(seen(TOLD), "and what lives on");
	ok(arrives(far, near), "which it does");
	editor_keys(&e, "F");
	ok(seen("tcp [::1]:50001 -> [::1]:4001  ESTABLISHED"), "it is listed");
	ok(seen("a new one would be refused by INPUT policy"),
	   "with what would refuse it");
	editor_keys(&e, "D");
	ok(seen("1 connection was deleted"), "D ends it");
	found();
	ok(seen("No connection lives on"), "and looks again");
	ok(!arrives(far, near), "it is dead");
	editor_keys(&e, "D");
	ok(seen("there is no connection to delete"), "nothing is left to end");
	editor_keys(&e, "q");
	ok(seen("Chain INPUT"), "q goes back");
	editor_close(&e);
	close(near);
	close(far);
}

static void
test_reverted(void)
{
	int near, far, other, end;

	begin("reverted", RULES(""), false);
	editor_keys(&e, ":-A INPUT -p tcp --dport 4001 -j ACCEPT<Enter>");
	commit();
	far = talk(50002, &near);
	other = talk(50003, &end);
	editor_keys(&e, "R");
	ok(editor_wait(&e, WATCH_NONE), "the change is undone");
	found();
	ok(seen("2 connections live on that only the removed rules allowed: F "
		"lists them"), "what it let in lives on");
	editor_keys(&e, "F/50003<Enter>d");
	found();
	ok(!arrives(other, end), "d ends the selected one");
	ok(arrives(far, near), "and that alone");
	ok(seen("[::1]:50002"), "which is listed still");
	editor_close(&e);
	close(near);
	close(far);
	close(other);
	close(end);
}

/* Nothing lives on: nothing is said. */
static void
test_nothing(void)
{
	begin("nothing", RULES(OPEN), false);
	editor_keys(&e, "F");
	ok(seen("no change is known since this machine started"),
	   "before the first change there is nothing to look for");
	editor_keys(&e, ":-D INPUT 4<Enter>");
	commit();
	keep();
	ok(str_text(&e.ui.message) &&
	   !strstr(str_text(&e.ui.message), "live"), "nothing is said");
	editor_keys(&e, "F");
	found();
	ok(seen("No connection lives on that"), "F says it when asked");
	resizeterm(10, 40);
	ok(seen("No connection lives on."), "in short on a narrow screen");
	resizeterm(24, 80);
	editor_close(&e);
}

static void (*const tests[])(void) = {
	test_closed, test_reverted, test_nothing,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
