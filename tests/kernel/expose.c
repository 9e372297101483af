/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expose stages, on a host with an uplink and a bridge: each case a
 * firewall, what is asked, and the rules that come of it. */
#include <fcntl.h>
#include <sys/wait.h>
#include <sallyport/expose.h>
#include <sallyport/file.h>
#include "../ns.h"
#include "../unit/rules.h"

#define SHOP "2001:db8:c::80"

#define PEER_RULE \
	"-d fd00:d::2/128 -p tcp -m tcp --dport 4001 -j ACCEPT\n"

static struct containers *containers;

static void
set_up(void)
{
	ns_run("ip link add eth0 type veth peer name far0");
	ns_run("ip link set eth0 up");
	ns_run("ip link set far0 up");
	ns_run("ip -6 addr add 2001:db8::1/64 dev eth0 nodad");
	ns_run("ip -6 route add default via 2001:db8::ff dev eth0");
	ns_run("ip link add br0 type bridge");
	ns_run("ip link set br0 up");
	ns_run("ip -6 addr add 2001:db8:c::1/64 dev br0 nodad");
	ns_run("ip -6 neigh add " SHOP " lladdr 02:00:00:00:00:80 dev br0");
	ns_run("ip link add br-5b61f57c7a84 type bridge");
	ns_run("ip link set br-5b61f57c7a84 up");
	ns_run("ip -6 addr add fd00:d::1/64 dev br-5b61f57c7a84 nodad");
	ns_run("ip -6 neigh add fd00:d::2 lladdr 02:00:00:00:00:02 dev "
	    "br-5b61f57c7a84");
	containers = containers_find(NULL);
	if (containers->v.n != 2)
		bail_out("there are %zu containers", containers->v.n);
}

struct result {
	struct exposed exposed;
	struct str changes;
	struct str answer;
};

static void
ask(const char *rules, const char *port, const char *from, bool container,
    struct result *result)
{
	struct exposure what = { .proto = IPPROTO_TCP };
	struct tables *before = firewall(rules);
	struct vec changesets = { 0 };
	enum err err;

	*result = (struct result){ .answer.s = NULL };
	if (exposure_parse_port(port, &what) || exposure_parse_from(from, &what))
		bail_out("%s", err_message());
	what.receiver = container ? containers->v.v[0] : NULL;
	err = expose(&what, containers, before, &result->exposed);
	if (err) {
		str_addf(&result->changes, "! %s\n", err_message());
	} else {
		tables_diff(before, result->exposed.tables, true, &changesets);
		changesets_describe(&changesets, &result->changes);
		probe_verdict(result->exposed.answer, &result->answer);
		str_add(&result->answer, " | ");
		probe_verdict(result->exposed.all, &result->answer);
		if (result->exposed.trouble)
			str_addf(&result->answer, " | %s",
				 result->exposed.trouble);
	}
	changesets_done(&changesets);
	tables_free(before);
}

static void
result_done(struct result *result)
{
	exposed_done(&result->exposed);
	str_done(&result->changes);
	str_done(&result->answer);
}

#define NDP_IN \
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n" \
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
#define CLOSED ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
#define ARTICLE \
	"+ FORWARD 1: -s 2001:db8:c::/64 -i br0 -j ACCEPT\n" \
	"+ FORWARD 2: -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"

static const struct expectation {
	const char *name;
	const char *rules;
	const char *port;
	const char *from;
	bool container;
	const char *changes;
	const char *answer;
} expectations[] = {
	{ "the host's port, behind a policy", CLOSED NDP_IN,
	  "443", "any", false,
	  "+ INPUT 3: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "ACCEPT by INPUT 3 | ACCEPT by INPUT 3" },
	{ "neighbour discovery comes along", CLOSED, "443", "any", false,
	  "+ INPUT 1: -p tcp -m tcp --dport 443 -j ACCEPT\n"
	  "+ INPUT 2: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 3: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n",
	  "ACCEPT by INPUT 1 | ACCEPT by INPUT 1" },
	{ "before what rejects, behind what bans", CLOSED NDP_IN
	  "-A INPUT -s 2001:db8:bad::/48 -j DROP\n"
	  "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	  "-A INPUT -j REJECT --reject-with icmp6-port-unreachable\n",
	  "443", "any", false,
	  "+ INPUT 5: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "ACCEPT by INPUT 5 | "
	  "DROP by INPUT 3, from 2001:db8:bad:: for one" },
	{ "a ban in a chain of its own", ":f2b - [0:0]\n" CLOSED NDP_IN
	  "-A INPUT -p tcp -m tcp --dport 443 -j f2b\n"
	  "-A f2b -s 2001:db8:bad::1/128 -j REJECT --reject-with "
	  "icmp6-port-unreachable\n-A f2b -j RETURN\n",
	  "443", "any", false,
	  "+ INPUT 4: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "ACCEPT by INPUT 4 | DROP by f2b 1, from 2001:db8:bad::1 for one" },
	{ "some doubt is left as it is", CLOSED NDP_IN
	  "-A INPUT -p tcp -m tcp --dport 443 -m limit --limit 5/sec "
	  "-j DROP\n", "443", "any", false,
	  "+ INPUT 4: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "UNKNOWN by INPUT 3, which hangs on limit | "
	  "UNKNOWN by INPUT 3, which hangs on limit" },
	{ "open already", CLOSED NDP_IN
	  "-A INPUT -s 2001:db8:bad::/48 -j DROP\n"
	  "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "443", "any", false, "",
	  "ACCEPT by INPUT 4 | DROP by INPUT 3, from 2001:db8:bad:: for one" },
	{ "open for a few only", CLOSED NDP_IN
	  "-A INPUT -s 2001:db8:77::/48 -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "443", "any", false,
	  "+ INPUT 4: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "ACCEPT by INPUT 4 | ACCEPT by INPUT 3" },
	{ "for those few it is open", CLOSED NDP_IN
	  "-A INPUT -s 2001:db8:77::/48 -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "443", "2001:db8:77:1::/64", false, "",
	  "ACCEPT by INPUT 3 | ACCEPT by INPUT 3" },
	{ "for a prefix, udp", CLOSED NDP_IN, "51820/udp", "2001:db8:77::9/32",
	  false,
	  "+ INPUT 3: -s 2001:db8::/32 -p udp -m udp --dport 51820 "
	  "-j ACCEPT\n",
	  "ACCEPT by INPUT 3 | ACCEPT by INPUT 3" },
	{ "answers leave the host", CLOSED ":OUTPUT DROP [0:0]\n" NDP_IN
	  "-A OUTPUT -p ipv6-icmp -j ACCEPT\n", "443", "any", false,
	  "+ INPUT 3: -p tcp -m tcp --dport 443 -j ACCEPT\n"
	  "+ OUTPUT 2: -m conntrack --ctstate RELATED,ESTABLISHED "
	  "-j ACCEPT\n",
	  "ACCEPT by INPUT 3 | ACCEPT by INPUT 3" },
	{ "dropped in raw", "-A INPUT -p ipv6-icmp -j ACCEPT\n*raw\n"
	  "-A PREROUTING -p tcp -m tcp --dport 1:1000 -j DROP\n",
	  "443", "any", false,
	  "*raw\n+ PREROUTING 1: -p tcp -m tcp --dport 443 -j ACCEPT\n",
	  "ACCEPT by INPUT policy | ACCEPT by INPUT policy" },
	{ "sent elsewhere", "*nat\n-A PREROUTING -p tcp -m tcp --dport 443 "
	  "-j DNAT --to-destination [2001:db8:c::80]:443\n",
	  "443", "any", false,
	  "! nat PREROUTING 1 sends such packets elsewhere (DNAT): no rule "
	  "here can open it\n", "" },
	{ "a container's port: the article", CLOSED NDP_IN
	  ":OUTPUT ACCEPT [0:0]\n", "4001", "any", true,
	  ARTICLE "+ FORWARD 3: -d 2001:db8:c::80/128 -p tcp -m tcp "
	  "--dport 4001 -j ACCEPT\n",
	  "ACCEPT by FORWARD 3 | ACCEPT by FORWARD 3" },
	{ "what the article describes is there", CLOSED NDP_IN
	  "-A FORWARD -s 2001:db8:c::/64 -j ACCEPT\n"
	  "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
	  "-A FORWARD -j LOG\n", "4001/udp", "any", true,
	  "+ FORWARD 4: -d 2001:db8:c::80/128 -p udp -m udp --dport 4001 "
	  "-j ACCEPT\n", "ACCEPT by FORWARD 4 | ACCEPT by FORWARD 1" },
	{ "who may call out is decided already", CLOSED NDP_IN
	  "-A FORWARD -i br0 -p tcp -m tcp --dport 443 -j ACCEPT\n"
	  "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n",
	  "4001", "any", true,
	  "+ FORWARD 3: -d 2001:db8:c::80/128 -p tcp -m tcp --dport 4001 "
	  "-j ACCEPT\n", "ACCEPT by FORWARD 3 | ACCEPT by FORWARD 3" },
	{ "nobody there may call out", CLOSED NDP_IN
	  "-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
	  "-A FORWARD -s 2001:db8:c::/64 -j DROP\n",
	  "4001", "any", true,
	  "+ FORWARD 3: -d 2001:db8:c::80/128 -p tcp -m tcp --dport 4001 "
	  "-j ACCEPT\n", "ACCEPT by FORWARD 3 | "
	  "DROP by FORWARD 2, from 2001:db8:c:: for one" },
	{ "neighbour discovery for a container", CLOSED, "4001", "any", true,
	  "+ INPUT 1: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 2: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
	  ARTICLE "+ FORWARD 3: -d 2001:db8:c::80/128 -p tcp -m tcp "
	  "--dport 4001 -j ACCEPT\n",
	  "ACCEPT by FORWARD 3 | ACCEPT by FORWARD 3" },
	{ "DOCKER-USER where it is in use", ":DOCKER-USER - [0:0]\n"
	  ":DOCKER-FORWARD - [0:0]\n" CLOSED NDP_IN
	  "-A FORWARD -j DOCKER-USER\n-A FORWARD -j DOCKER-FORWARD\n"
	  "-A DOCKER-USER -s 2001:db8:bad::/48 -j DROP\n"
	  "-A DOCKER-USER -j RETURN\n"
	  "-A DOCKER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED "
	  "-j ACCEPT\n-A DOCKER-FORWARD -i br0 -j ACCEPT\n",
	  "4001", "any", true,
	  "+ DOCKER-USER 2: -d 2001:db8:c::80/128 -p tcp -m tcp --dport 4001 "
	  "-j ACCEPT\n",
	  "ACCEPT by DOCKER-USER 2 | "
	  "DROP by DOCKER-USER 1, from 2001:db8:bad:: for one" },
	{ "a DOCKER-USER that nothing leads to", ":DOCKER-USER - [0:0]\n"
	  CLOSED NDP_IN
	  "-A FORWARD -i br0 -j ACCEPT\n"
	  "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n",
	  "4001", "any", true,
	  "+ FORWARD 3: -d 2001:db8:c::80/128 -p tcp -m tcp --dport 4001 "
	  "-j ACCEPT\n", "ACCEPT by FORWARD 3 | ACCEPT by FORWARD 3" },
};

static void
test_expectation(const struct expectation *e)
{
	struct result result;

	ask(e->rules, e->port, e->from, e->container, &result);
	is_str(str_text(&result.changes), e->changes, "%s", e->name);
	is_str(str_text(&result.answer), e->answer, "%s: the answer", e->name);
	result_done(&result);
}

/* A container of Docker's default kind: what goes to its own address Docker 28
 * drops in raw, too. */
static void
test_peer(const char *peer, const char *expected)
{
	struct exposure what = { .proto = IPPROTO_TCP, .port = 4001,
				 .receiver = containers->v.v[1] };
	const char *top = getenv("top_srcdir");
	struct tables *before = NULL;
	struct str path = { 0 }, text = { 0 }, changes = { 0 };
	struct vec changesets = { 0 };
	struct exposed exposed;

	str_addf(&path, "%s/tests/peers/%s.rules", top ? top : ".", peer);
	if (file_read(AT_FDCWD, str_text(&path), 1 << 20, &text) ||
	    tables_load(text.s, text.len, peer, NULL, NULL, &before) ||
	    expose(&what, containers, before, &exposed))
		bail_out("%s", err_message());
	tables_diff(before, exposed.tables, true, &changesets);
	changesets_describe(&changesets, &changes);
	is_str(str_text(&changes), expected, "%s", peer);
	is_int(exposed.answer->walk.verdict, VERDICT_ACCEPT, "%s: open", peer);
	is_str(exposed.trouble, NULL, "%s: nothing is dropped", peer);
	exposed_done(&exposed);
	changesets_done(&changesets);
	tables_free(before);
	str_done(&path);
	str_done(&text);
	str_done(&changes);
}

static void
test_words(void)
{
	static const char *const bad[] = { "", "0", "65536", "x", "1/sctp",
					   "tcp", "1/2", "1 ", "-1" };
	struct exposure what = { .proto = IPPROTO_TCP };

	ok(!exposure_parse_port("udp/53", &what) && what.port == 53 &&
	   what.proto == IPPROTO_UDP, "udp/53");
	ok(!exposure_parse_port("80", &what) && what.proto == IPPROTO_UDP,
	   "the protocol is kept");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(exposure_parse_port(bad[i], &what), ERR_USAGE,
		       "no port: '%s'", bad[i]);
	is_int(exposure_parse_from("192.0.2.1", &what), ERR_USAGE,
	       "IPv4 is refused");
	ok(!exposure_parse_from("any", &what) && what.from.len == 0,
	   "any is anybody");
}

int
main(void)
{
	ns_or_skip();
	rules_start();
	set_up();
	test_words();
	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations);
	     i++)
		test_expectation(&expectations[i]);
	test_peer("docker-20", "+ FORWARD 11: " PEER_RULE);
	test_peer("docker-28", "*raw\n+ PREROUTING 1: " PEER_RULE
		  "*filter\n+ DOCKER-USER 2: " PEER_RULE);
	containers_free(containers);
	return done_testing();
}
