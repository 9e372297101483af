/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expose stages, on a real path: a peer behind an uplink, a container with
 * an address of its own on a bridge, real listeners, and nobody's neighbours
 * known. What was closed is open, what was not asked for stays closed. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sallyport/expose.h>
#include <sallyport/file.h>
#include "../ns.h"
#include "../unit/rules.h"
#include "net.h"

#define PEER "2001:db8:77::10"
#define BANNED "2001:db8:bad::10"
#define UPLINK "2001:db8::1"
#define WAIT_MS 3000	/* for what must come */
#define SILENCE_MS 400	/* for what must not */

static int host, peer, inside;
static struct containers *containers;

/* Docker's names, so that its rules can be used as they are. */
static const char *const bridge = "br-77aa01c2d3e4";
static const char *const address_inside = "2001:db8:1::80";

static void
make_links(void)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d\n"
		 "link add %s type bridge\n"
		 "link add veth0 type veth peer name eth0 netns /proc/%d/fd/%d\n"
		 "link set veth0 master %s\n"
		 "link set eth0 up\nlink set veth0 up\nlink set %s up\n"
		 "addr add " UPLINK "/64 dev eth0 nodad\n"
		 "addr add 2001:db8:1::1/64 dev %s nodad\n"
		 "route add default via 2001:db8::ff dev eth0\n",
		 (int)getpid(), peer, bridge, (int)getpid(), inside, bridge,
		 bridge, bridge);
	net_ip(host, text);
	net_ip(peer, "link set lo up\nlink set eth0 up\n"
		     "addr add 2001:db8::ff/64 dev eth0 nodad\n"
		     "addr add " PEER "/128 dev lo nodad\n"
		     "addr add " BANNED "/128 dev lo nodad\n"
		     "route add 2001:db8:1::/64 via " UPLINK "\n");
	net_ip(inside, "link set lo up\nlink set eth0 up\n"
		       "addr add 2001:db8:1::80/64 dev eth0 nodad\n"
		       "route add default via 2001:db8:1::1\n");
}

static void
make_servers(void)
{
	net_echo("shop", net_listen(inside, SOCK_STREAM, "", 4001));
	net_echo("shop", net_listen(inside, SOCK_STREAM, "", 4002));
	net_echo("shop", net_listen(inside, SOCK_DGRAM, "", 4001));
	net_echo("web", net_listen(host, SOCK_STREAM, "", 443));
	net_echo("web", net_listen(host, SOCK_STREAM, "", 444));
	net_echo("caller", net_listen(peer, SOCK_STREAM, "", 80));
}

static int
own_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		bail_out("open: %s", strerror(errno));
	return fd;
}

/* Link-local addresses appear by themselves, a moment later. */
static bool
reaches(int from, const char *source, const char *to, uint16_t port, int ms)
{
	int fd = net_connect(from, source, to, port, ms);
	bool good = fd >= 0 && net_ask(fd, ms);

	if (fd >= 0)
		close(fd);
	return good;
}

static void
set_up(void)
{
	host = own_namespace();
	peer = net_new();
	inside = net_new();
	net_sysctl(host, "net/ipv6/conf/all/forwarding", "1");
	make_links();
	make_servers();
	for (int i = 0; i < 100 && !reaches(peer, PEER, address_inside, 4001,
					    200); i++)
		usleep(50000);
	containers = containers_find(NULL);
	if (containers->v.n != 1)
		bail_out("%zu containers are seen", containers->v.n);
}

/* --- Rules --- */

static void
load(const struct str *text)
{
	static const char *const restore[] = { "ip6tables-legacy-restore",
					       NULL };

	if (net_run(host, restore, str_text(text), STDOUT_FILENO))
		bail_out("the rules cannot be loaded:\n%s", str_text(text));
}

/* Who was known is forgotten: each must ask for the other anew. */
static void
forget(void)
{
	net_ip(host, "neigh flush dev eth0\n");
	net_ip(peer, "neigh flush dev eth0\n");
	net_ip(inside, "neigh flush dev eth0\n");
}

static void
load_tables(const struct tables *tables)
{
	struct str text = { 0 };

	tables_save(tables, NULL, false, &text);
	load(&text);
	forget();
	str_done(&text);
}

static struct tables *
expose_on(const struct tables *before, const char *port, bool container)
{
	struct exposure what = { .proto = IPPROTO_TCP };
	struct exposed exposed;
	struct tables *after;

	if (exposure_parse_port(port, &what))
		bail_out("%s", err_message());
	what.receiver = container ? containers->v.v[0] : NULL;
	if (expose(&what, containers, before, &exposed))
		bail_out("expose: %s", err_message());
	is_str(exposed.trouble, NULL, "nothing is dropped any more");
	after = tables_copy(exposed.tables);
	exposed_done(&exposed);
	return after;
}

static bool
udp_reaches(uint16_t port, int ms)
{
	int fd = net_udp(peer, address_inside, port);
	bool good = net_ask(fd, ms);

	close(fd);
	return good;
}

/* --- Cases --- */

#define CLOSED \
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n"

static void
test_container(const char *name, struct tables *before)
{
	struct tables *after;

	load_tables(before);
	ok(!reaches(peer, PEER, address_inside, 4001, SILENCE_MS),
	   "%s: the container's port is closed", name);
	after = expose_on(before, "4001", true);
	load_tables(after);
	ok(reaches(peer, PEER, address_inside, 4001, WAIT_MS),
	   "%s: then it is open", name);
	ok(!reaches(peer, PEER, address_inside, 4002, SILENCE_MS),
	   "%s: another one is not", name);
	ok(reaches(inside, address_inside, PEER, 80, WAIT_MS),
	   "%s: the container reaches out, and hears answers", name);
	tables_free(before);
	before = after;
	after = expose_on(before, "4001/udp", true);
	load_tables(after);
	ok(udp_reaches(4001, WAIT_MS), "%s: UDP is open", name);
	tables_free(before);
	tables_free(after);
}

static void
test_host(void)
{
	struct tables *before = firewall(CLOSED), *after;

	load_tables(before);
	ok(!reaches(peer, PEER, UPLINK, 443, SILENCE_MS), "the host's port is "
	   "closed");
	after = expose_on(before, "443", false);
	load_tables(after);
	ok(reaches(peer, PEER, UPLINK, 443, WAIT_MS), "then it is open");
	ok(!reaches(peer, PEER, UPLINK, 444, SILENCE_MS), "another one is not");
	tables_free(before);
	tables_free(after);
}

static void
test_ban(void)
{
	struct tables *before = firewall(CLOSED
		"-A INPUT -s 2001:db8:bad::/48 -j DROP\n"
		"-A FORWARD -s 2001:db8:bad::/48 -j DROP\n"), *after;

	after = expose_on(before, "4001", true);
	load_tables(after);
	ok(reaches(peer, PEER, address_inside, 4001, WAIT_MS),
	   "with a ban above: open");
	ok(!reaches(peer, BANNED, address_inside, 4001, SILENCE_MS),
	   "but not for who is banned");
	tables_free(before);
	tables_free(after);
}

/* The chains of Docker 29, whose network is routed to. */
static struct tables *
docker_rules(void)
{
	const char *top = getenv("top_srcdir");
	struct tables *tables = NULL;
	struct str path = { 0 }, text = { 0 };

	str_addf(&path, "%s/tests/peers/docker-29.rules", top ? top : ".");
	if (file_read(AT_FDCWD, str_text(&path), 1 << 20, &text) ||
	    tables_load(text.s, text.len, "docker", NULL, NULL, &tables))
		bail_out("%s", err_message());
	str_done(&path);
	str_done(&text);
	return tables;
}

static void
test_docker(void)
{
	struct tables *before = docker_rules(), *after;
	struct vec changesets = { 0 };
	struct str text = { 0 };

	after = expose_on(before, "4001", true);
	tables_diff(before, after, true, &changesets);
	changesets_describe(&changesets, &text);
	is_str(str_text(&text), "+ DOCKER-USER 1: -d 2001:db8:1::80/128 -p tcp"
	       " -m tcp --dport 4001 -j ACCEPT\n",
	       "Docker 29: one rule, and it goes into DOCKER-USER");
	changesets_done(&changesets);
	str_done(&text);
	tables_free(after);
	test_container("Docker 29", before);
}

int
main(void)
{
	ns_or_skip();
	rules_start();
	set_up();
	test_container("all closed", firewall(CLOSED));
	test_host();
	test_ban();
	test_docker();
	containers_free(containers);
	return done_testing();
}
