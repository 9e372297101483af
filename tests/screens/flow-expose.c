/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port is opened on the screen, for this host and for containers that Docker
 * names; what is opened in the wrong chain is told. */
#include <errno.h>
#include <string.h>
#include "../kernel/docker-engine.h"
#include "flow.h"

#define RULES \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p ipv6-icmp -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A FORWARD -i br-77aa01c2d3e4 -j ACCEPT\n" \
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" \
	"COMMIT\n"
#define SHOP_443 \
	"-A FORWARD -d 2001:db8:1::80/128 -p tcp -m tcp --dport 443 -j ACCEPT"

static struct engine engine;

static void
set_up(void)
{
	static const char *const commands[] = {
		"ip link add eth0 type veth peer name far0",
		"ip link set eth0 up", "ip link set far0 up",
		"ip -6 addr add 2001:db8::1/64 dev eth0 nodad",
		"ip -6 route add default via 2001:db8::ff dev eth0",
		"ip link add br-77aa01c2d3e4 type bridge",
		"ip link set br-77aa01c2d3e4 up",
		"ip -6 addr add 2001:db8:1::1/64 dev br-77aa01c2d3e4 nodad",
		"ip link add br-1c327ec025b6 type bridge",
		"ip link set br-1c327ec025b6 up",
		"ip -6 addr add fd00:e::1/64 dev br-1c327ec025b6 nodad",
	};

	/* No address is tentative, or nothing can be rehearsed yet. */
	ns_write("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		ns_run("%s", commands[i]);
	ns_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	/* Not there, or not rehearsed. */
	ns_write("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
}

static void
begin(const char *name, enum engine_mood mood)
{
	engine_start(&engine, screen_dir(), mood, "29");
	flow_begin(name, (struct setup){ .rules = RULES, .ssh = LOGIN });
	e.world.docker = engine.path;
}

static void
end(void)
{
	editor_close(&e);
	engine_stop(&engine);
}

static void
test_container(void)
{
	begin("container", ENGINE_GOOD);
	editor_keys(&e, "x");
	ok(e.ui.form.is_open && seen("Which port?"), "x asks which port");
	editor_keys(&e, "70000<Enter>");
	ok(seen("'70000' is no port"), "which must be one");
	editor_keys(&e, "<^U>443<Enter>");
	ok(seen("this host") && seen("shop") && seen("2001:db8:1::80"),
	   "then it lists who may listen");
	editor_keys(&e, "/shop<Enter>");
	ok(seen("listens on tcp 443, udp") && seen("routed"),
	   "and what Docker tells of them");
	editor_keys(&e, "<Enter>");
	ok(editor_staged(&e, "filter", SHOP_443), "Enter stages the rule");
	is_int(e.session->steps.n, 1, "as one step");
	ok(seen("+ FORWARD 3: -d 2001:db8:1::80/128"), "which is shown");
	ok(seen("ACCEPT by FORWARD 3"), "with the answer");
	editor_keys(&e, "<Enter>");
	ok(seen("FORWARD 3 of 3"), "and is selected in the listing then");
	editor_keys(&e, "x443<Enter>/shop<Enter><Enter>");
	ok(seen("It is open already; nothing was staged"), "once is enough");
	is_int(e.session->steps.n, 1, "nothing is added again");
	editor_keys(&e, "qu");
	is_int(session_staged_count(e.session), 0, "u undoes all of it");
	end();
}

static void
test_fields(void)
{
	begin("fields", ENGINE_GOOD);
	editor_keys(&e, "x53<Enter>tf2001:db8:5::1/48<Enter>");
	ok(seen("udp") && seen("2001:db8:5::/48"), "protocol and for whom");
	editor_keys(&e, "f<^U>192.0.2.1<Enter>");
	ok(seen("'192.0.2.1' is IPv4"), "IPv4 is refused");
	editor_keys(&e, "<Esc>/this host<Enter><Enter>");
	ok(editor_staged(&e, "filter", "-A INPUT -s 2001:db8:5::/48 -p udp "
			 "-m udp --dport 53 -j ACCEPT"), "for this host");
	editor_keys(&e, "x80<Enter>/cam<Enter><Enter>");
	ok(seen("its network is of the kind 'macvlan'"),
	   "who is not behind this host cannot be exposed by it");
	is_int(e.session->steps.n, 1, "nothing is staged for it");
	editor_keys(&e, "<Esc>x<Esc><Esc>");
	ok(e.ui.depth == 1 && e.session->steps.n == 1, "Esc cancels");
	end();
}

static void
test_mistake(void)
{
	begin("mistake", ENGINE_GOOD);
	editor_keys(&e, ":-A INPUT -d 2001:db8:1::80 -p tcp --dport 443 "
		    "-j ACCEPT<Enter>");
	ok(seen("INPUT never sees packets to the container shop"),
	   "a container's address in INPUT is told");
	is_int(e.session->steps.n, 1, "not refused");
	editor_keys(&e, "ux");
	ok(!e.ui.form.is_open && seen("443"), "x knows what was meant");
	editor_keys(&e, "<Enter>");
	ok(editor_staged(&e, "filter", SHOP_443), "and for whom");
	editor_keys(&e, "quga-p tcp --dport 5432 -j ACCEPT<Enter>");
	ok(seen("nobody on this host listens on tcp 5432, but the container db"),
	   "a port that only a container listens on is told");
	editor_keys(&e, "ux");
	ok(seen("5432"), "and known, too");
	end();
}

static bool
is_quiet(const char *command)
{
	editor_keys(&e, command);
	return !strstr(str_text(&e.ui.message), "x opens");
}

static void
test_no_mistake(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(443) };
	int fd;

	begin("quiet", ENGINE_GOOD);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fd, 1) < 0)
		bail_out("port 443: %s", strerror(errno));
	ok(is_quiet(":-A INPUT -p tcp --dport 443 -j ACCEPT<Enter>"),
	   "the host listens, too: nothing is told");
	close(fd);
	ok(!is_quiet(":-A INPUT -p tcp --dport 443 -j ACCEPT<Enter>"),
	   "it does no more: told");
	ok(is_quiet(":-A INPUT -p tcp --dport 9999 -j ACCEPT<Enter>"),
	   "nobody is known to listen");
	ok(is_quiet(":-A INPUT -p tcp --dport 5432 -j DROP<Enter>"),
	   "nothing is accepted");
	ok(is_quiet(":-A FORWARD -d 2001:db8:1::80 -p tcp --dport 80 "
		    "-j ACCEPT<Enter>"), "it is where it belongs");
	end();
}

static void
test_bad_engine(void)
{
	begin("hostile", ENGINE_HOSTILE);
	editor_keys(&e, "x80<Enter>");
	ok(seen("<1b>]0;x<07>"), "an evil name is harmless");
	end();
	begin("garbage", ENGINE_GARBAGE);
	editor_keys(&e, "x80<Enter>");
	ok(seen("what Docker answered cannot be read"),
	   "what cannot be read is told");
	ok(seen("this host"), "and the host is there all the same");
	end();
}

/* The kernel is asked, too, in a namespace of its own. */
static void
test_rehearsed(void)
{
	begin("rehearsed", ENGINE_GOOD);
	e.world.rehearse = true;
	editor_keys(&e, "x443<Enter>/shop<Enter><Enter>");
	ok(seen("ACCEPT by FORWARD 3 (rehearsed)"), "both judges agree");
	end();
}

static void (*const tests[])(void) = {
	test_container, test_fields, test_mistake, test_no_mistake,
	test_bad_engine, test_rehearsed,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, set_up, tests, ARRAY_LEN(tests));
}
