/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connection tracking on a real kernel: from which rules on it tracks, what it
 * says of a running connection, and whether that lives under a candidate as the
 * guard says; refused, it dies, and lives under the guard's own fix. */
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sallyport/mem.h>
#include "../../src/guard/conntrack.h"
#include "../guard/net.h"
#include "../ns.h"
#include "../unit/lifelines.h"

#define HOST "2001:db8::1"
#define PEER "2001:db8::77"
#define LOSS_MS 700	/* some retransmissions */
#define LIFE_MS 5000

static int host, peer;
static int listening;

/* One connection, and both of its ends. */
struct connection {
	int near;
	int far;
};

static void
load(const struct tables *tables)
{
	static const char *const restore[] = { "ip6tables-legacy-restore",
					       NULL };
	struct str text = { 0 };

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (tables_get(tables, table_names[i]) ||
		    strcmp(table_names[i], "security") != 0)
			tables_save(tables, table_names[i], false, &text);
	if (net_run(host, restore, str_text(&text), STDOUT_FILENO))
		bail_out("ip6tables-legacy-restore failed");
	str_done(&text);
}

/* All tables of the kernel that these tests use, the others empty. */
static struct tables *
whole(const char *lines)
{
	static const char *const used[] = { "raw", "mangle", "nat" };
	struct tables *tables = firewall(lines);

	for (size_t i = 0; i < ARRAY_LEN(used); i++)
		if (!tables_get(tables, used[i]))
			tables_put_take(tables, table_rules(used[i], "", 0));
	return tables;
}

static unsigned
entries(void)
{
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
	unsigned n = 0;

	if (!f || fscanf(f, "%u", &n) != 1)
		bail_out("nf_conntrack_count: %s", strerror(errno));
	fclose(f);
	return n;
}

/* Does the kernel track what passes in a namespace with just these rules? */
static bool
kernel_tracks(const char *lines)
{
	struct tables *tables = whole(lines);
	int before = host, fd;
	bool tracks;

	host = net_new();
	net_enter(host);
	if (ns_link_up("lo") < 0)
		bail_out("lo: %s", strerror(errno));
	load(tables);
	fd = net_udp(host, "::1", 9);
	if (send(fd, "x", 1, 0) != 1)
		bail_out("send: %s", strerror(errno));
	tracks = entries() > 0;
	close(fd);
	net_enter(before);
	close(host);
	host = before;
	tables_free(tables);
	return tracks;
}

static void
test_users(void)
{
	static const char *const users[] = {
		"", "-A FORWARD -j ACCEPT\n",
		"-A FORWARD -m state --state NEW\n",
		"-A FORWARD -m conntrack --ctstate NEW\n",
		":X - [0:0]\n-A X -m connmark --mark 1\n",
		"-A FORWARD -m connbytes --connbytes 10 --connbytes-dir both"
		" --connbytes-mode packets\n",
		"-A FORWARD -p tcp -m connlimit --connlimit-above 3\n",
		"-A FORWARD -m mark --mark 1\n",
		"*nat\n-A PREROUTING -s 2001:db8:: -j ACCEPT\n",
		"*nat\n-A POSTROUTING -o eth9 -j MASQUERADE\n",
		"*nat\n-A PREROUTING -p tcp -j REDIRECT\n",
		"*nat\n-A PREROUTING -i eth9 -j DNAT --to-destination ::2\n",
		"*mangle\n-A FORWARD -j CONNMARK --save-mark\n",
		"*mangle\n-A FORWARD -j MARK --set-mark 1\n",
		"*raw\n-A PREROUTING -p tcp -j NOTRACK\n",
		"*raw\n-A PREROUTING -p tcp -j CT --notrack\n",
		"*raw\n-A PREROUTING -p tcp -j CT --zone 5\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		struct tables *tables = firewall(users[i]);

		is_int(conntrack_is_used(tables), kernel_tracks(users[i]),
		       "tracked or not: %.*s", (int)strcspn(users[i], "\n"),
		       users[i]);
		tables_free(tables);
	}
}

static struct connection
begin(uint16_t port)
{
	struct connection c;

	c.far = net_connect(peer, PEER, HOST, port, LIFE_MS);
	c.near = c.far < 0 ? -1 : accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (c.near < 0)
		bail_out("no connection: %s", strerror(errno));
	return c;
}

static void
end(struct connection *c)
{
	close(c->near);
	close(c->far);
}

static bool
arrives(int from, int to, int timeout_ms)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char c;

	if (send(from, "x", 1, MSG_NOSIGNAL) != 1)
		return false;
	return poll(&p, 1, timeout_ms) == 1 && read(to, &c, 1) == 1;
}

static bool
lives(const struct connection *c, int timeout_ms)
{
	return arrives(c->far, c->near, timeout_ms) &&
	       arrives(c->near, c->far, timeout_ms) &&
	       arrives(c->far, c->near, timeout_ms);
}

/* Everything was acknowledged. An acknowledgement that is still to come, or
 * what is sent again for want of one, would be the first packet that conntrack
 * sees, and save a connection which is dead if the peer speaks first. */
static void
settle(const struct connection *c)
{
	const int fds[] = { c->near, c->far };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		struct tcp_info info = { .tcpi_unacked = 1 };
		socklen_t len = sizeof(info);

		for (int ms = 0; info.tcpi_unacked && ms < LIFE_MS; ms++) {
			poll(NULL, 0, 1);
			if (getsockopt(fds[i], IPPROTO_TCP, TCP_INFO, &info,
				       &len) < 0)
				bail_out("TCP_INFO: %s", strerror(errno));
		}
	}
}

/* The lifeline of that connection, as the kernel knows it. */
static struct lifeline
lifeline_of(const struct connection *c, bool strict)
{
	struct lifeline ll = session();
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	if (getpeername(c->near, (struct sockaddr *)&sa, &len) < 0)
		bail_out("getpeername: %s", strerror(errno));
	ll.peer = sa.sin6_addr;
	ll.peer_port = ntohs(sa.sin6_port);
	ll.local = ll.link.local = address(HOST);
	ll.link.on_link = true;
	memset(&ll.link.gateway, 0, sizeof(ll.link.gateway));
	strcpy(ll.link.ifname, "eth0");
	ll.strict = strict;
	conntrack_look_up(&ll);
	return ll;
}

#define BASE DROP ALIVE NDP KIND
#define SYN_ONLY BASE "-A INPUT -p tcp -m tcp --dport 22 --syn" \
	" -m conntrack --ctstate NEW -j ACCEPT\n"
#define BY_NEW BASE "-A INPUT -p tcp -m tcp --dport 22 -m conntrack" \
	" --ctstate NEW -j ACCEPT\n"
#define ZONE "*raw\n-A PREROUTING -j CT --zone 5\n-A OUTPUT -j CT --zone 5\n"

static const struct fate {
	const char *what;
	bool strict;
	const char *live;
	const char *candidate;
	enum lifeline_entry entry;
	bool lives;
} fates[] = {
	{ "logins by SYN, tracked", false, SYN_ONLY, SYN_ONLY, ENTRY_FOUND,
	  true },
	{ "logins by SYN, from no rules", false, "", SYN_ONLY, ENTRY_NONE,
	  false },
	{ "logins by NEW, from no rules", false, "", BY_NEW, ENTRY_NONE, true },
	{ "logins by NEW, from no rules, strict", true, "", BY_NEW, ENTRY_NONE,
	  false },
	{ "any packet, from no rules, strict", true, "", GOOD, ENTRY_NONE,
	  true },
	{ "logins by SYN, another zone", false, SYN_ONLY, SYN_ONLY ZONE,
	  ENTRY_FOUND, false },
	{ "logins by NEW, another zone", false, BY_NEW, BY_NEW ZONE,
	  ENTRY_FOUND, true },
	{ "INVALID dropped first, from no rules", false, "", DROP "-A INPUT"
	  " -m conntrack --ctstate INVALID -j DROP\n" ALIVE NDP KIND SSH,
	  ENTRY_NONE, true },
	{ "its packets from another source", false, "", GOOD "*nat\n-A INPUT"
	  " -j SNAT --to-source 2001:db8::9\n", ENTRY_NONE, false },
};

/* A login by another port, which nat leads to the server. */
static void
test_dialled(void)
{
	static const char *const ways[] = {
		GOOD, GOOD "*nat\n-A PREROUTING -p tcp -m tcp --dport 2222"
		" -j REDIRECT --to-ports 22\n",
	};
	const uint16_t ports[] = { 22, 2222 };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct tables *live = whole(ways[i]);
		struct connection c;
		struct lifeline ll;

		load(live);
		c = begin(ports[i]);
		ll = lifeline_of(&c, false);
		is_int(ll.dialled_port, i ? 2222 : 0, "dialled: %u", ports[i]);
		ok(!i || addr_equal(&ll.dialled, &ll.local), "by its address");
		end(&c);
		tables_free(live);
	}
}

/* The guard's own fix keeps it, where the guard refuses. */
static void
check_fix(const struct fate *fate, const struct vec *lifelines,
	  const struct tables *live, const struct tables *candidate,
	  const struct connection *c)
{
	struct tables *fixed;

	if (guard_fix(lifelines, live, candidate, &fixed)) {
		ok(false, "%s: mended (%s)", fate->what, err_message());
		return;
	}
	load(fixed);
	ok(lives(c, LIFE_MS), "%s: lives when mended", fate->what);
	tables_free(fixed);
}

static void
test_fate(const struct fate *fate)
{
	struct tables *live = whole(fate->live);
	struct tables *candidate = whole(fate->candidate);
	struct guard_report *report;
	struct vec lifelines = { 0 };
	struct connection c, other;
	struct lifeline ll;

	net_sysctl(host, "net/netfilter/nf_conntrack_tcp_loose",
		   fate->strict ? "0" : "1");
	load(live);
	c = begin(22);
	other = begin(22);
	ok(lives(&c, LIFE_MS), "%s: a session", fate->what);
	ll = lifeline_of(&c, fate->strict);
	is_int(ll.entry, fate->entry, "%s: conntrack's entry", fate->what);
	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, candidate, false);
	is_int(report->judgement <= JUDGED_ADVISED, fate->lives,
	       "%s: the guard", fate->what);
	settle(&c);
	settle(&other);
	load(candidate);
	is_int(lives(&c, fate->lives ? LIFE_MS : LOSS_MS), fate->lives,
	       "%s: the kernel", fate->what);
	load(live);
	if (!fate->lives)
		check_fix(fate, &lifelines, live, candidate, &other);
	guard_report_free(report);
	end(&other);
	end(&c);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(candidate);
}

static void
set_up(void)
{
	char *pair;

	host = net_new();
	peer = net_new();
	net_enter(host);
	pair = xasprintf("link set lo up\n"
			 "link add eth0 type veth peer name eth0 netns"
			 " /proc/%d/fd/%d\n"
			 "link set eth0 up\n"
			 "addr add " HOST "/64 dev eth0 nodad\n",
			 (int)getpid(), peer);
	net_ip(host, pair);
	free(pair);
	net_ip(peer, "link set eth0 up\naddr add " PEER "/64 dev eth0 nodad\n");
	listening = net_listen(host, SOCK_STREAM, HOST, 22);
}

int
main(void)
{
	ns_or_skip();
	rules_start();
	set_up();
	test_users();
	test_dialled();
	for (size_t i = 0; i < ARRAY_LEN(fates); i++)
		test_fate(&fates[i]);
	xt_done();
	return done_testing();
}
