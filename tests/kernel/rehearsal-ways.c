/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rehearsals of what is no login: datagrams, tunnels, what goes out, and what
 * goes through to a container. */
#include <netinet/tcp.h>
#include "rehearsal.h"

/* A lifeline and a candidate; live is what is empty. */
struct try {
	const char *name;
	enum lifeline_way way;
	uint8_t proto;
	uint16_t peer_port;
	uint16_t local_port;
	const char *candidate;
	enum rehearsed expected;
	const char *account;
};

#define OUT_DROP "-P OUTPUT DROP\n-A OUTPUT -p ipv6-icmp -j ACCEPT\n"
#define ANSWERS "-A INPUT -m state --state ESTABLISHED -j ACCEPT\n"
#define FWD "-P FORWARD DROP\n" \
	"-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"

#define TUNNEL GOOD "-A INPUT -p udp -m udp --dport 51820 -j ACCEPT\n"

static const struct try tries[] = {
	/* In */
	{ "udp in", LIFELINE_IN, IPPROTO_UDP, 0, 51820,
	  "-P INPUT DROP\n" NDP "-A INPUT -p udp -m udp --dport 51820 "
	  "-j ACCEPT\n", REHEARSED_PASS, NULL },
	{ "udp in, closed", LIFELINE_IN, IPPROTO_UDP, 0, 51820, GOOD,
	  REHEARSED_FAIL, "a first packet in is lost at INPUT policy" },
	{ "udp in, the answer", LIFELINE_IN, IPPROTO_UDP, 0, 51820, OUT_DROP,
	  REHEARSED_FAIL,
	  "the answer to a first packet out is lost at OUTPUT policy" },
	{ "udp in, new ones only", LIFELINE_IN, IPPROTO_UDP, 0, 51820,
	  "-P INPUT DROP\n" NDP "-A INPUT -p udp -m udp --dport 51820 "
	  "-m state --state NEW -j ACCEPT\n", REHEARSED_FAIL,
	  "later packets in is lost at INPUT policy" },
	{ "esp in", LIFELINE_IN, IPPROTO_ESP, 0, 0,
	  "-P INPUT DROP\n" NDP "-A INPUT -p esp -j ACCEPT\n",
	  REHEARSED_PASS, NULL },
	{ "esp in, closed", LIFELINE_IN, IPPROTO_ESP, 0, 0, GOOD,
	  REHEARSED_FAIL, "a first packet in is lost at INPUT policy" },
	{ "gre in", LIFELINE_IN, IPPROTO_GRE, 0, 0,
	  "-P INPUT DROP\n" NDP "-A INPUT -p gre -j ACCEPT\n",
	  REHEARSED_PASS, NULL },
	/* Out */
	{ "tcp out", LIFELINE_OUT, IPPROTO_TCP, 636, 0, GOOD, REHEARSED_PASS,
	  NULL },
	{ "tcp out, closed", LIFELINE_OUT, IPPROTO_TCP, 636, 0, OUT_DROP,
	  REHEARSED_FAIL, "a new connection out is lost at OUTPUT policy" },
	{ "tcp out, answers", LIFELINE_OUT, IPPROTO_TCP, 636, 0,
	  "-P INPUT DROP\n" NDP, REHEARSED_FAIL,
	  "the answer to a new connection in is lost at INPUT policy" },
	{ "tcp out, no neighbour", LIFELINE_OUT, IPPROTO_TCP, 636, 0,
	  "-P INPUT DROP\n" ANSWERS, REHEARSED_FAIL,
	  "neighbour advertisement in is lost at INPUT policy" },
	{ "dns", LIFELINE_OUT, IPPROTO_UDP, 53, 0, GOOD, REHEARSED_PASS,
	  NULL },
	{ "dns, closed", LIFELINE_OUT, IPPROTO_UDP, 53, 0, OUT_DROP,
	  REHEARSED_FAIL, "a first packet out is lost at OUTPUT policy" },
	{ "dns, answers", LIFELINE_OUT, IPPROTO_UDP, 53, 0,
	  "-P INPUT DROP\n" NDP, REHEARSED_FAIL,
	  "the answer to a first packet in is lost at INPUT policy" },
	{ "a tunnel out", LIFELINE_OUT, IPPROTO_IPV6, 0, 0, GOOD,
	  REHEARSED_PASS, NULL },
	/* Through */
	{ "a container", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  GOOD FWD "-A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT\n",
	  REHEARSED_PASS, NULL },
	{ "a container, closed", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  GOOD FWD, REHEARSED_FAIL,
	  "a new connection through is lost at FORWARD policy" },
	{ "its answers", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  "-A FORWARD -p tcp -m tcp --sport 4001 -j DROP\n", REHEARSED_FAIL,
	  "the answer to a new connection back through is lost at FORWARD 1" },
	{ "the wrong chain", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  "-P FORWARD DROP\n-A INPUT -p tcp -m tcp --dport 4001 -j ACCEPT\n",
	  REHEARSED_FAIL,
	  "a new connection through is lost at FORWARD policy" },
	{ "by its links", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  "-A FORWARD -i eth0 -o br0 -j ACCEPT\n"
	  "-A FORWARD -i br0 -o eth0 -j ACCEPT\n-P FORWARD DROP\n",
	  REHEARSED_PASS, NULL },
	{ "no neighbours in the yard", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  "-A INPUT -i br0 -j DROP\n", REHEARSED_FAIL,
	  "neighbour advertisement in is lost at INPUT 1" },
	{ "no questions into the yard", LIFELINE_THROUGH, IPPROTO_TCP, 0, 4001,
	  "-A OUTPUT -o br0 -j DROP\n", REHEARSED_FAIL,
	  "neighbour solicitation out is lost at OUTPUT 1" },
	{ "no questions from the yard", LIFELINE_THROUGH, IPPROTO_TCP, 0,
	  4001, "-A INPUT -i br0 -p ipv6-icmp -m icmp6 --icmpv6-type 135 "
	  "-j DROP\n", REHEARSED_FAIL,
	  "neighbour solicitation in is lost at INPUT 1" },
	{ "udp to a container", LIFELINE_THROUGH, IPPROTO_UDP, 0, 4001,
	  GOOD FWD "-A FORWARD -p udp -m udp --dport 4001 -j ACCEPT\n",
	  REHEARSED_PASS, NULL },
	{ "udp to a container, closed", LIFELINE_THROUGH, IPPROTO_UDP, 0, 4001,
	  GOOD FWD, REHEARSED_FAIL,
	  "a first packet through is lost at FORWARD policy" },
};

static void
add_yard(void)
{
	run("sysctl -qw net.ipv6.conf.all.forwarding=1");
	run("ip link add wg0 type veth peer name wg1");
	run("ip link set wg0 addrgenmode none");
	run("ip link set wg0 arp off up");
	run("ip -6 addr add 2001:db8:5::1/64 dev wg0 nodad");
	run("ip link add br0 type bridge");
	run("ip link set br0 addrgenmode none");
	run("ip link set br0 up");
	run("ip -6 addr add fe80::1/64 dev br0 nodad");
	run("ip -6 addr add 2001:db8:c::1/64 dev br0 nodad");
}

static struct lifeline
line_of(const struct try *try)
{
	struct lifeline ll = login();

	ll.ssh = ll.running = false;
	ll.way = try->way;
	ll.proto = try->proto;
	ll.peer_port = try->peer_port;
	ll.local_port = try->local_port;
	if (try->way == LIFELINE_OUT)
		ll.local = in6addr_any;
	if (try->way == LIFELINE_THROUGH) {
		ll.local = address("2001:db8:c::5");
		strcpy(ll.inner.ifname, "br0");
		ll.inner.on_link = true;
	}
	return ll;
}

static void
test_ways(void)
{
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct lifeline ll = line_of(&tries[i]);
		struct outcome o = rehearse_lifeline(&ll, "",
						     tries[i].candidate);

		is_int(o.candidate, tries[i].expected, "%s", tries[i].name);
		is_str(o.account, tries[i].account, "its account");
		outcome_done(&o);
	}
}

/* Who is met on the link itself, by its own address or a link-local one. */
static void
test_neighbours(void)
{
	static const char *const peers[] = { "2001:db8:1::9", "fe80::9" };
	static const char *const ours[] = { "2001:db8:1::2", "fe80::2" };

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct lifeline ll = login();
		struct outcome o;

		ll.peer = address(peers[i]);
		ll.local = address(ours[i]);
		ll.link.gateway = in6addr_any;
		ll.link.on_link = true;
		o = rehearse_lifeline(&ll, GOOD, GOOD);
		is_int(o.candidate, REHEARSED_PASS, "a neighbour, %s", peers[i]);
		is_str(o.account, NULL, "its account");
		outcome_done(&o);
		o = rehearse_lifeline(&ll, GOOD, "-P INPUT DROP\n" RELATED
				      "-A INPUT -p ipv6-icmp -s fe80::/10 "
				      "-j ACCEPT\n-A INPUT -p tcp -m tcp "
				      "--dport 22 -j ACCEPT\n");
		is_int(o.candidate, i ? REHEARSED_PASS : REHEARSED_FAIL,
		       "where only link-local addresses may ask");
		is_str(o.account, i ? NULL : "neighbour advertisement in is "
		       "lost at INPUT policy", "its account");
		outcome_done(&o);
	}
}

/* A login through a tunnel, and the tunnel itself. */
static void
test_tunnel(void)
{
	static const struct {
		const char *name;
		const char *live;
		const char *candidate;
		enum rehearsed expected;
		const char *account;
	} cases[] = {
		{ "a tunnel", TUNNEL, TUNNEL, REHEARSED_PASS, NULL },
		{ "a tunnel that is closed", TUNNEL, GOOD "-A INPUT -p udp -m "
		  "udp --dport 51820 -j DROP\n-I INPUT -p udp -j DROP\n",
		  REHEARSED_FAIL, "the tunnel's packets in is lost at INPUT 1" },
		{ "one that strangers must still begin", TUNNEL, GOOD,
		  REHEARSED_FAIL, "a first packet in is lost at INPUT policy" },
		{ "one that we alone begin", GOOD, GOOD, REHEARSED_PASS, NULL },
		{ "the login in it", TUNNEL, "-P INPUT DROP\n" RELATED NDP
		  "-A INPUT -p udp -m udp --dport 51820 -j ACCEPT\n",
		  REHEARSED_FAIL, "a new connection in is lost at INPUT policy" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lifeline ll = login(), outer = login();
		struct outcome o;

		strcpy(ll.link.ifname, "wg0");
		ll.link.no_ndp = true;
		ll.local = address("2001:db8:5::1");
		ll.peer = address("2001:db8:5::2");
		ll.outer = &outer;
		outer.ssh = outer.running = false;
		outer.proto = IPPROTO_UDP;
		outer.local_port = 51820;
		outer.peer_port = 51821;
		o = rehearse_lifeline(&ll, cases[i].live, cases[i].candidate);
		is_int(o.candidate, cases[i].expected, "%s", cases[i].name);
		is_str(o.account, cases[i].account, "its account");
		outcome_done(&o);
	}
}

/* A route by router advertisements, and a leased address. */
static void
test_renewal(void)
{
	static const struct {
		const char *candidate;
		const char *account;
	} cases[] = {
		{ GOOD "-A INPUT -p udp -m udp --dport 546 -s fe80::/10 "
		  "-j ACCEPT\n", NULL },
		{ "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 134 -j DROP\n",
		  "router advertisement in is lost at INPUT 1" },
		{ GOOD, "DHCPv6 answer in is lost at INPUT policy" },
		{ "-A OUTPUT -p udp -m udp --dport 547 -j DROP\n",
		  "DHCPv6 request out is lost at OUTPUT 1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct lifeline ll = login();
		struct outcome o;

		ll.link.by_ra = ll.link.leased = true;
		o = rehearse_lifeline(&ll, "", cases[i].candidate);
		is_int(o.candidate, cases[i].account ? REHEARSED_FAIL :
						       REHEARSED_PASS,
		       "what expires, %zu", i);
		is_str(o.account, cases[i].account, "its account");
		outcome_done(&o);
	}
}

int
main(void)
{
	rehearsal_set_up();
	add_yard();
	test_ways();
	test_neighbours();
	test_tunnel();
	test_renewal();
	xt_done();
	return done_testing();
}
