/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that outlive a rule, on a real kernel: a connection to this host or
 * through it goes on after its port was closed, is listed, is deleted, and then
 * is dead; what other rules allow, and what a session stands on, lives on. */
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sallyport/flows.h>
#include <sallyport/mem.h>
#include "../guard/net.h"
#include "../ns.h"
#include "../unit/lifelines.h"

#define HOST "2001:db8:1::1"
#define CLIENT "2001:db8:1::77"
#define INSIDE "2001:db8:2::9"
#define LIFE_MS 5000
#define LOSS_MS 700

#define SHUT ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" ALIVE NDP \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define WEB "-A INPUT -i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT\n"
#define NAME "-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n"
#define THROUGH "-A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 4001 -j ACCEPT\n"
#define LEAD "*nat\n-A PREROUTING -d " HOST "/128 -p tcp -m tcp --dport 8081" \
	" -j DNAT --to-destination [" INSIDE "]:4001\n"
#define NO_LEAD "*nat\n"

static int host, client, inside;

/* How a connection is made, and what the rules did before and do now. */
static const struct cell {
	const char *what;
	const char *to;
	uint16_t port;
	bool udp;
	const char *before, *now;
	const char *text;	/* how it is listed, after "PROTO [...]:N -> "; NULL: it is
				 * not */
	const char *rule;	/* what would refuse it */
	size_t unsure;
	bool forward;
} cells[] = {
	{ "a port of this host", HOST, 8080, false, SHUT WEB, SHUT,
	  "[" HOST "]:8080", "INPUT policy", 0, false },
	{ "a port that is rejected", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -p tcp -m tcp --dport 8080 -j REJECT\n",
	  "[" HOST "]:8080", "INPUT 4", 0, false },
	{ "a port that another rule opens", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -s " CLIENT "/128 -j ACCEPT\n", NULL, NULL, 0, false },
	{ "a port that is shut to some", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -s 2001:db8:1::/64 -p tcp -j DROP\n" WEB,
	  "[" HOST "]:8080", "INPUT 4", 0, false },
	{ "a port that is shut to others", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -s 2001:db8:9::/48 -p tcp -j DROP\n" WEB, NULL, NULL,
	  0, false },
	{ "a port that is shut to a range", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -p tcp -m iprange --src-range 2001:db8:1::70-"
	  "2001:db8:1::7f -j DROP\n" WEB, "[" HOST "]:8080", "INPUT 4", 0,
	  false },
	{ "a port that is shut on another link", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -i eth1 -p tcp -j DROP\n" WEB, NULL, NULL, 0, false },
	{ "a port of UDP", HOST, 53, true, SHUT NAME, SHUT,
	  "[" HOST "]:53", "INPUT policy", 0, false },
	{ "a port that may be shut", HOST, 8080, false, SHUT WEB,
	  SHUT "-A INPUT -p tcp -m limit --limit 1/hour -j ACCEPT\n",
	  NULL, NULL, 1, false },
	{ "a port that may have been shut", HOST, 8080, false, SHUT
	  "-A INPUT -p tcp -m hashlimit --hashlimit-upto 100/sec"
	  " --hashlimit-name f -j ACCEPT\n", SHUT, NULL, NULL, 1, false },
	{ "one that is cut, too", HOST, 8080, false, SHUT WEB,
	  SHUT "-I INPUT -p tcp -j DROP\n", NULL, NULL, 0, false },
	{ "one that nat leads still", HOST, 8081, false, SHUT THROUGH LEAD,
	  SHUT THROUGH LEAD, NULL, NULL, 0, true },
	{ "a port behind this host", INSIDE, 4001, false, SHUT THROUGH, SHUT,
	  "[" INSIDE "]:4001", "FORWARD policy", 0, true },
	{ "one that nat leads there", HOST, 8081, false, SHUT THROUGH LEAD,
	  SHUT NO_LEAD, "[" HOST "]:8081 => [" INSIDE "]:4001",
	  "nat", 0, true },
	{ "one that nat leads no more", HOST, 8081, false, SHUT THROUGH LEAD,
	  SHUT THROUGH NO_LEAD, "[" HOST "]:8081 => [" INSIDE "]:4001", "nat", 0,
	  true },
	{ "nothing was closed", HOST, 8080, false, SHUT WEB, SHUT WEB, NULL,
	  NULL, 0, false },
};

static void
load(const struct tables *tables)
{
	static const char *const restore[] = { "ip6tables-legacy-restore",
					       NULL };
	struct str text = { 0 };

	for (size_t i = 0; i < tables->v.n; i++)
		tables_save(tables, ((struct ruleset *)tables->v.v[i])->table,
			    false, &text);
	if (net_run(host, restore, str_text(&text), STDOUT_FILENO))
		bail_out("ip6tables-legacy-restore failed");
	str_done(&text);
}

static bool
is_dead(int fd)
{
	return !net_ask(fd, LOSS_MS);
}

/* A reset ends it, so that no case meets the rest of another one. */
static int
begin(const struct cell *cell)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = cell->udp ? net_udp(client, cell->to, cell->port) :
		 net_connect(client, CLIENT, cell->to, cell->port, LIFE_MS);

	if (fd < 0 || !net_ask(fd, LIFE_MS))
		bail_out("%s: no connection", cell->what);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	return fd;
}

static void
check_listed(const struct cell *cell, const struct flows *flows)
{
	const struct flow *flow = flows->v.n ? flows->v.v[0] : NULL;
	struct str text = { 0 };
	const char *to;

	is_int(flows->v.n, cell->text ? 1 : 0, "%s: listed", cell->what);
	is_int(flows->unsure, cell->unsure, "%s: unsure", cell->what);
	if (!flow)
		return;
	flow_describe(flow, &text);
	to = strstr(str_text(&text), "-> ");
	is_str(to ? to + 3 : str_text(&text), cell->text, "%s: its ends",
	       cell->what);
	if (cell->rule)
		is_str(flow->rule, cell->rule, "%s: what refuses it",
		       cell->what);
	ok(!flow->lifeline, "%s: no session stands on it", cell->what);
	str_done(&text);
}

static void
check_deleted(const struct cell *cell, const struct flows *flows, int fd)
{
	struct flows_end end;

	if (!strstr(cell->now, "-I INPUT"))
		ok(net_ask(fd, LIFE_MS), "%s: it goes on", cell->what);
	is_int(flows_delete(flows, NULL, &end), OK, "%s: deleted", cell->what);
	is_int(end.deleted, flows->v.n, "%s: all of them", cell->what);
	is_int(end.back, 0, "%s: for good", cell->what);
	if (flows->v.n || !strstr(cell->now, "-I INPUT"))
		ok(flows->v.n ? is_dead(fd) : net_ask(fd, LIFE_MS), "%s: %s",
		   cell->what, flows->v.n ? "it is dead" : "it lives");
}

static void
test_cell(const struct cell *cell)
{
	struct tables *before = firewall(cell->before);
	struct tables *now = firewall(cell->now);
	struct flows flows;
	int fd;

	load(before);
	fd = begin(cell);
	load(now);
	is_int(flows_find(before, now, NULL, &flows), OK, "%s: found",
	       cell->what);
	check_listed(cell, &flows);
	check_deleted(cell, &flows, fd);
	flows_done(&flows);
	close(fd);
	load(before);	/* what is still sent meets no rule of the next case */
	tables_free(before);
	tables_free(now);
}

/* The session that deletes is not deleted. */
static void
test_lifeline(void)
{
	struct tables *before = firewall(SHUT SSH), *now = firewall(SHUT);
	struct lifeline ll = session();
	struct vec lifelines = { 0 };
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);
	struct flows_end end;
	struct flows flows;
	int mine, other;

	load(before);
	mine = net_connect(client, CLIENT, HOST, 22, LIFE_MS);
	other = net_connect(client, CLIENT, HOST, 22, LIFE_MS);
	if (mine < 0 || other < 0 || !net_ask(mine, LIFE_MS) ||
	    !net_ask(other, LIFE_MS) ||
	    getsockname(mine, (struct sockaddr *)&sa, &len) < 0)
		bail_out("no session");
	ll.peer = address(CLIENT);
	ll.peer_port = ntohs(sa.sin6_port);
	ll.local = address(HOST);
	vec_push(&lifelines, &ll);
	load(now);
	is_int(flows_find(before, now, &lifelines, &flows), OK, "sessions");
	is_int(flows.v.n, 2, "both are listed");
	is_int(flows.lifelines, 1, "one as a lifeline's");
	ok(flows.v.n == 2 && ((struct flow *)flows.v.v[1])->lifeline,
	   "which comes last");
	is_int(flows_delete(&flows, flows.v.v[1], &end), OK, "it alone");
	is_int(end.deleted, 0, "is not deleted");
	is_int(flows_delete(&flows, NULL, &end), OK, "deleted");
	is_int(end.deleted, 1, "but the one that a lifeline names");
	ok(net_ask(mine, LIFE_MS), "which lives");
	ok(is_dead(other), "the other one is dead");
	flows_done(&flows);
	vec_done(&lifelines);
	close(mine);
	close(other);
	tables_free(before);
	tables_free(now);
}

/* IPv4 entries are not looked at. */
static void
test_ipv4(void)
{
	struct tables *before = firewall(SHUT WEB), *now = firewall(SHUT);
	static const char *const track[] = { "iptables-legacy", "-A", "INPUT",
		"-m", "conntrack", "--ctstate", "NEW", NULL };
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons(8080),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct flows flows;
	int fd, bound;

	load(before);
	if (net_run(host, track, NULL, -1))
		bail_out("iptables-legacy failed");
	net_enter(host);
	bound = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(bound, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)) != 1)
		bail_out("IPv4: %s", strerror(errno));
	load(now);
	is_int(flows_find(before, now, NULL, &flows), OK, "beside IPv4");
	is_int(flows.v.n, 0, "nothing of it is listed");
	flows_done(&flows);
	close(fd);
	close(bound);
	tables_free(before);
	tables_free(now);
}

static void
link_up(int ns, const char *name, const char *addr, const char *to)
{
	char *lines = xasprintf("link add %s type veth peer name eth0 netns "
				"/proc/%d/fd/%d\nlink set %s up\n"
				"addr add %s/64 dev %s nodad\n",
				name, (int)getpid(), ns, name, addr, name);

	net_ip(host, lines);
	free(lines);
	lines = xasprintf("link set lo up\nlink set eth0 up\n"
			  "addr add %s/64 dev eth0 nodad\n"
			  "route add default via %s\n", to, addr);
	net_ip(ns, lines);
	free(lines);
}

static void
serve(int ns, int type, const char *at, uint16_t port)
{
	net_echo("flows-server", net_listen(ns, type, at, port));
}

static void
set_up(void)
{
	host = net_new();
	client = net_new();
	inside = net_new();
	net_enter(host);
	net_ip(host, "link set lo up\n");
	link_up(client, "eth0", HOST, CLIENT);
	link_up(inside, "eth1", "2001:db8:2::1", INSIDE);
	net_sysctl(host, "net/ipv6/conf/all/forwarding", "1");
	serve(host, SOCK_STREAM, HOST, 22);
	serve(host, SOCK_STREAM, HOST, 8080);
	serve(host, SOCK_DGRAM, HOST, 53);
	serve(inside, SOCK_STREAM, INSIDE, 4001);
}

int
main(void)
{
	ns_or_skip();
	rules_start();
	set_up();
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		test_cell(&cells[i]);
	test_lifeline();
	test_ipv4();
	xt_done();
	return done_testing();
}
