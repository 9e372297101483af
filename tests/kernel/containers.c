/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers found in a real network namespace: by bridges, routes and
 * neighbours, and by what Docker's Engine tells, be it good, bad or nothing. */
#include <time.h>
#include <sallyport/addr.h>
#include <sallyport/containers.h>
#include <sallyport/text.h>
#include "../ns.h"
#include "docker-engine.h"

static char dir[64];

static void
add_bridge(const char *name, const char *address)
{
	ns_run("ip link add %s type bridge", name);
	ns_run("ip link set %s up", name);
	if (address)
		ns_run("ip -6 addr add %s dev %s nodad", address, name);
}

/* An uplink, a bridge with a router's prefix behind it and two neighbours, one
 * of them on a known port, and Docker's own bridges. */
static void
set_up(void)
{
	ns_run("ip link add eth0 type veth peer name far0");
	ns_run("ip link set eth0 up");
	ns_run("ip link set far0 up");
	ns_run("ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
	ns_run("ip -6 route add default via 2001:db8::ff dev eth0");
	add_bridge("br0", "2001:db8:c::1/64");
	ns_run("ip link add vb-node type veth peer name node0");
	ns_run("ip link set vb-node master br0");
	ns_run("ip link set vb-node up");
	ns_run("ip -6 route add 2001:db8:d::/56 via 2001:db8:c::9 dev br0");
	ns_run("bridge fdb add 02:00:00:00:00:05 dev vb-node master static");
	ns_run("ip -6 neigh add 2001:db8:c::5 lladdr 02:00:00:00:00:05 dev br0");
	ns_run("ip -6 neigh add 2001:db8:c::6 lladdr 02:00:00:00:00:06 dev br0");
	ns_run("ip -6 neigh add fe80::5 lladdr 02:00:00:00:00:05 dev br0");
	ns_run("ip -6 neigh add 2001:db8::ff lladdr 02:00:00:00:00:ff dev eth0");
	add_bridge("docker0", "fd00:c::1/64");
	add_bridge("br-5b61f57c7a84", "fd00:d::1/64");
	add_bridge("br-1c327ec025b6", NULL);
	add_bridge("br-77aa01c2d3e4", "2001:db8:1::1/64");
}

/* The path of the socket is another one each time. */
static void
add_note(const char *note, const char *path, struct str *out)
{
	const char *at = strstr(note, path);

	str_add(out, "! ");
	if (at) {
		str_addn(out, note, (size_t)(at - note));
		str_add(out, "SOCKET");
		note = at + strlen(path);
	}
	str_addf(out, "%s\n", note);
}

/* What was found as text, and harmless. */
static void
account(const char *docker, struct str *out)
{
	struct containers *all = containers_find(docker);

	str_clear(out);
	for (size_t i = 0; i < all->v.n; i++) {
		const struct container *one = all->v.v[i];
		const struct prefix *subnet = container_subnet(all, one);
		const char *name = one->name ? one->name : "-";

		text_visible(out, name, strlen(name), true);
		str_addc(out, ' ');
		addr_format(out, &one->addr);
		str_addf(out, " %s/%s %s/%u", one->ifname, one->port,
			 one->driver ? one->driver : "-",
			 subnet ? subnet->len : 0);
		for (size_t j = 0; j < one->services.n; j++) {
			const struct service *service = one->services.v[j];

			str_addf(out, " %s/%u", service->proto == IPPROTO_TCP ?
				 "tcp" : "udp", service->port);
		}
		str_addc(out, '\n');
	}
	if (all->note)
		add_note(all->note, docker, out);
	containers_free(all);
}

#define NEIGHBOURS \
	"- 2001:db8:c::5 br0/vb-node -/64\n" \
	"- 2001:db8:c::6 br0/ -/64\n"

static void
test_kernel(void)
{
	struct containers *all = containers_find(NULL);
	const struct bridge *bridge = containers_bridge(all, "br0");
	struct str got = { 0 };

	ok(bridge && bridge->subnets.n == 2,
	   "a bridge has its own subnet and the one that is routed there");
	ok(!containers_bridge(all, "eth0"), "an interface is no bridge");
	containers_free(all);
	account(NULL, &got);
	is_str(str_text(&got), NEIGHBOURS, "neighbours of bridges are found");
	ns_run("ip link add br9 type bridge");
	ns_run("ip link set br9 up");
	ns_run("ip -6 route del default");
	ns_run("ip -6 route add default dev br9");
	ns_run("ip -6 neigh add 2001:db8::99 lladdr 02:00:00:00:00:99 dev br9");
	all = containers_find(NULL);
	ok(!containers_bridge(all, "br9") && containers_bridge(all, "br0"),
	   "the bridge that leads outside has no containers");
	containers_free(all);
	ns_run("ip link del br9");
	ns_run("ip -6 route add default via 2001:db8::ff dev eth0");
	str_done(&got);
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* It is given a second, which a busy machine may take from it. */
static bool
is_late(const struct str *got, const char *expected)
{
	static const char late[] = "Docker did not answer in time";

	return strstr(str_text(got), late) && !strstr(expected, late);
}

static void
expect(enum engine_mood mood, const char *version, const char *expected,
       const char *what)
{
	struct str got = { 0 };
	struct engine engine;
	long began, took = 0;

	for (int i = 0; i < 5; i++) {
		engine_start(&engine, dir, mood, version);
		began = now_ms();
		account(engine.path, &got);
		took = now_ms() - began;
		engine_stop(&engine);
		if (!is_late(&got, expected))
			break;
	}
	ok(took < 10000, "%s: it comes to an end (%ld ms)", what, took);
	is_str(str_text(&got), expected, "%s", what);
	str_done(&got);
}

#define DB "db fd00:e::2 br-1c327ec025b6/ bridge/64 tcp/5432\n"
#define WEB "web fd00:d::2 br-5b61f57c7a84/ bridge/64 tcp/80\n"

static void
test_docker(void)
{
	expect(ENGINE_GOOD, "20", "db fd00:e::2 br-1c327ec025b6/ bridge/64\n"
	       "one fd00:d::2 br-5b61f57c7a84/ bridge/64 tcp/80\n" NEIGHBOURS,
	       "Docker 20");
	expect(ENGINE_GOOD, "28", DB WEB NEIGHBOURS, "Docker 28");
	expect(ENGINE_GOOD, "29", "cam 2001:db8:2::5 / macvlan/0\n" DB
	       "shop 2001:db8:1::80 br-77aa01c2d3e4/ bridge/64"
	       " tcp/443 udp/443 tcp/80\n" WEB NEIGHBOURS, "Docker 29");
	ns_run("ip -6 neigh add fd00:d::2 lladdr 02:00:00:00:00:02 dev "
	    "br-5b61f57c7a84");
	expect(ENGINE_GOOD, "28", DB WEB NEIGHBOURS,
	       "who is also seen by the kernel is there once");
	ns_run("ip -6 neigh del fd00:d::2 dev br-5b61f57c7a84");
}

static void
test_gateway_mode(void)
{
	struct engine engine;
	struct containers *all;
	const struct bridge *bridge;

	engine_start(&engine, dir, ENGINE_GOOD, "29");
	all = containers_find(engine.path);
	bridge = containers_bridge(all, "br-77aa01c2d3e4");
	is_str(bridge ? bridge->gateway_mode : NULL, "routed", "gateway mode");
	is_str(bridge ? bridge->network : NULL, "public", "network");
	bridge = containers_bridge(all, "br0");
	is_str(bridge ? bridge->network : "none", NULL, "no network of Docker");
	ok(all->docker, "Docker answered");
	containers_free(all);
	engine_stop(&engine);
}

static void
test_bad(void)
{
	expect(ENGINE_GARBAGE, "", NEIGHBOURS
	       "! what Docker answered cannot be read\n", "garbage");
	expect(ENGINE_OTHER, "", NEIGHBOURS
	       "! what Docker answered cannot be read\n", "another shape");
	expect(ENGINE_SILENT, "", NEIGHBOURS
	       "! Docker did not answer in time (SOCKET)\n", "silence");
	expect(ENGINE_SLOW, "", NEIGHBOURS
	       "! Docker did not answer in time (SOCKET)\n", "a slow answer");
	expect(ENGINE_HUGE, "", NEIGHBOURS
	       "! Docker's answer is too long (SOCKET)\n", "an endless answer");
	expect(ENGINE_ERROR, "", NEIGHBOURS
	       "! Docker answered with status 500 (SOCKET)\n", "an error");
	expect(ENGINE_MOVED, "", NEIGHBOURS
	       "! Docker answered with status 301 (SOCKET)\n", "a redirection");
	expect(ENGINE_GONE, "", NEIGHBOURS "! cannot ask Docker (SOCKET): "
	       "Server returned nothing (no headers, no data)\n", "a hang-up");
	expect(ENGINE_HOSTILE, "", "<1b>]0;x<07><U+202E> 2001:db8:1::66"
	       " br-77aa01c2d3e4/ bridge/64\n" NEIGHBOURS, "evil names");
}

/* Nobody serves the socket, or somebody in another network namespace does. */
static void
test_none(void)
{
	struct engine engine;
	struct str got = { 0 };
	long began = now_ms();
	pid_t pid;
	int status;

	account("/nonexistent/docker.sock", &got);
	is_str(str_text(&got), NEIGHBOURS, "no Docker: nothing is said");
	ok(now_ms() - began < 900, "and it takes no time (%ld ms)",
	   now_ms() - began);
	engine_start(&engine, dir, ENGINE_GOOD, "28");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct containers *all;
		bool found;

		if (unshare(CLONE_NEWNET) < 0)
			_exit(2);
		all = containers_find(engine.path);
		found = all->docker || all->v.n > 0 || all->note;
		containers_free(all);
		_exit(found);
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "another namespace's is not ours");
	kill(engine.pid, SIGKILL);
	waitpid(engine.pid, NULL, 0);
	account(engine.path, &got);
	is_str(str_text(&got), NEIGHBOURS, "a socket that nobody serves: "
	       "nothing is said");
	unlink(engine.path);
	str_done(&got);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	ns_or_skip();
	snprintf(dir, sizeof(dir), "%.40s/docker-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		bail_out("mkdtemp: %s", strerror(errno));
	set_up();
	test_kernel();
	test_docker();
	test_gateway_mode();
	test_bad();
	test_none();
	rmdir(dir);
	return done_testing();
}
