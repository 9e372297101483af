/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard on all that a lifeline needs beside an SSH session from outside:
 * traffic out and through, without ports, through a tunnel; what expires; and
 * what conntrack never saw. Each is refused for its own packet, and mended by
 * the least rules. */
#include <sallyport/mem.h>
#include "lifelines.h"

#define OUT ":OUTPUT DROP [0:0]\n"
#define OUT_NDP \
	"-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n" \
	"-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
#define OUT_ALIVE "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
#define BASE DROP ALIVE NDP KIND
#define FORWARD ":FORWARD DROP [0:0]\n"
#define FORWARD_ALIVE "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED" \
	" -j ACCEPT\n"
#define PORT "-A FORWARD -d 2001:db8:c::2 -p tcp -m tcp --dport 4001" \
	" -j ACCEPT\n"
#define WG "-A INPUT -p udp -m udp --dport 51820 -j ACCEPT\n"
#define NDP_OF(bridge) \
	"-A FORWARD -i " bridge " -p ipv6-icmp -m icmp6 --icmpv6-type 135" \
	" -j ACCEPT\n" \
	"-A FORWARD -i " bridge " -p ipv6-icmp -m icmp6 --icmpv6-type 136" \
	" -j ACCEPT\n"
#define LO_OUT "-A OUTPUT -o lo -j ACCEPT\n"
#define MLD_OUT "-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 143 -j ACCEPT\n"
#define SYN_ONLY DROP ALIVE NDP KIND "-A INPUT -p tcp -m tcp --dport 22 --syn" \
	" -m conntrack --ctstate NEW -j ACCEPT\n"


static struct lifeline
configured(uint8_t proto)
{
	struct lifeline ll = session();

	ll.origin = LIFELINE_CONFIGURED;
	ll.ssh = ll.running = false;
	ll.proto = proto;
	ll.peer_port = ll.local_port = 0;
	return ll;
}

#define LED "*nat\n-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT" \
	" --to-ports 22\n"

/* Anybody's. */
static struct lifeline
wireguard(void)
{
	struct lifeline ll = configured(IPPROTO_UDP);

	ll.local_port = 51820;
	memset(&ll.peer, 0, sizeof(ll.peer));
	ll.peer_len = 0;
	return ll;
}

static struct lifeline
dns(void)
{
	struct lifeline ll = configured(IPPROTO_UDP);

	ll.way = LIFELINE_OUT;
	ll.peer = address("2001:db8::53");
	ll.link.on_link = true;
	ll.peer_port = 53;
	return ll;
}

static struct lifeline
ldap(void)
{
	struct lifeline ll = dns();

	ll.proto = IPPROTO_TCP;
	ll.peer_port = 389;
	return ll;
}

static struct lifeline
esp(void)
{
	return configured(50);
}

/* The container of the article. */
static struct lifeline
container(void)
{
	struct lifeline ll = configured(IPPROTO_TCP);

	ll.way = LIFELINE_THROUGH;
	ll.local = address("2001:db8:c::2");
	ll.local_port = 4001;
	ll.link.local = address("2001:db8::1");
	strcpy(ll.inner.ifname, "br0");
	ll.inner.on_link = true;
	ll.inner.local = address("2001:db8:c::1");
	return ll;
}

static struct lifeline
bridged(void)
{
	struct lifeline ll = container();

	strcpy(ll.link.ifname, "br0");
	ll.link.bridged = ll.inner.bridged = true;
	return ll;
}

static struct lifeline
advertised(void)
{
	struct lifeline ll = session();

	ll.link.by_ra = true;
	return ll;
}

static struct lifeline
leased(void)
{
	struct lifeline ll = session();

	ll.link.leased = true;
	return ll;
}

/* Over WireGuard, from a peer whose address is known. */
static struct lifeline
tunnelled(void)
{
	static struct lifeline outer;
	struct lifeline ll = tunnel();

	outer = wireguard();
	outer.peer = address("2001:db8:9::9");
	outer.peer_len = 128;
	outer.peer_port = 51820;
	strcpy(ll.link.ifname, "wg0");
	ll.outer = &outer;
	return ll;
}

static struct lifeline
tunnelled_v4(void)
{
	struct lifeline ll = tunnelled();

	ll.outer->v4 = true;
	return ll;
}

static struct lifeline
sources(void)
{
	struct lifeline ll = session();

	ll.origin = LIFELINE_CONFIGURED;
	ll.running = false;
	ll.peer_port = 0;
	ll.peer = address("2001:db8:77::");
	ll.peer_len = 48;
	return ll;
}

/* What the kernel says of conntrack's entry. */
static struct lifeline
without_entry(void)
{
	struct lifeline ll = session();

	ll.entry = ENTRY_NONE;
	return ll;
}

static struct lifeline
with_entry(void)
{
	struct lifeline ll = session();

	ll.entry = ENTRY_FOUND;
	return ll;
}

/* It dialled another port, which nat leads to the server. */
static struct lifeline
led(void)
{
	struct lifeline ll = with_entry();

	ll.dialled = ll.local;
	ll.dialled_port = 2222;
	return ll;
}

/* Its address is the one that MASQUERADE would give. */
static struct lifeline
masqueraded(void)
{
	struct lifeline ll = session();

	ll.link.local = ll.local;
	return ll;
}

static struct lifeline
masqueraded_away(void)
{
	struct lifeline ll = session();

	ll.link.local = address("2001:db8::2");
	return ll;
}

static const struct needs_case {
	const char *what;
	struct lifeline (*lifeline)(void);
	const char *live;
	const char *candidate;
	const char *says;	/* the end of the summary */
	const char *fix;	/* NULL: none is needed or known */
} cases[] = {
	{ "udp from anybody", wireguard, BASE WG, BASE,
	  "REFUSED: a first packet in: INPUT policy",
	  "+ INPUT 6: -p udp -m udp --dport 51820 -j ACCEPT\n" },
	{ "udp from anybody is open", wireguard, BASE WG, BASE WG, "safe", NULL },
	{ "udp by its state only", wireguard, "", DROP NDP KIND "-A INPUT -p udp"
	  " -m conntrack --ctstate NEW -j ACCEPT\n",
	  "REFUSED: later packets in: INPUT policy",
	  "+ INPUT 6: -p udp -m udp --dport 51820 -j ACCEPT\n" },
	{ "no ports at all", esp, BASE, BASE "-A INPUT -p tcp -j ACCEPT\n",
	  "REFUSED: a first packet in: INPUT policy",
	  "+ INPUT 7: -s 2001:db8:77::77/128 -p esp -j ACCEPT\n" },
	{ "a whole prefix", sources, GOOD, DROP ALIVE NDP KIND
	  "-A INPUT -s 2001:db8:77::/64 -p tcp -m tcp --dport 22 -j ACCEPT\n",
	  "REFUSED: a new connection in: INPUT policy",
	  "+ INPUT 7: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a prefix that fits", sources, "", DROP ALIVE NDP KIND
	  "-A INPUT -s 2001:db8::/32 -p tcp -m tcp --dport 22 -j ACCEPT\n",
	  "safe", NULL },
	/* Out */
	{ "DNS may not be asked", dns, GOOD, GOOD OUT OUT_NDP OUT_ALIVE LO_OUT
	  MLD_OUT, "REFUSED: a first packet out: OUTPUT policy",
	  "+ OUTPUT 6: -p udp -m udp --dport 53 -j ACCEPT\n" },
	{ "DNS may not answer", dns, GOOD, DROP SSH NDP KIND
	  "-A INPUT -p ipv6-icmp -j ACCEPT\n",
	  "REFUSED: the answer to a first packet in: INPUT policy",
	  "+ INPUT 7: -s 2001:db8::53/128 -p udp -m udp --sport 53"
	  " -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" },
	{ "DNS may not answer, untracked", dns, GOOD, DROP SSH NDP KIND
	  "*raw\n-A OUTPUT -p udp -j CT --notrack\n"
	  "-A PREROUTING -p udp -j CT --notrack\n",
	  "REFUSED: the answer to a first packet in: INPUT policy",
	  "+ INPUT 6: -s 2001:db8::53/128 -p udp -m udp --sport 53"
	  " -j ACCEPT\n" },
	{ "LDAP", ldap, GOOD, GOOD OUT OUT_NDP OUT_ALIVE LO_OUT MLD_OUT,
	  "REFUSED: a new connection out: OUTPUT policy",
	  "+ OUTPUT 6: -p tcp -m tcp --dport 389 -j ACCEPT\n" },
	{ "LDAP is open", ldap, GOOD, GOOD OUT OUT_NDP OUT_ALIVE LO_OUT MLD_OUT
	  "-A OUTPUT -d 2001:db8::53 -p tcp -m tcp --dport 389 -j ACCEPT\n",
	  "safe", NULL },
	/* Through */
	{ "a container's port in INPUT", container, "", BASE FORWARD
	  FORWARD_ALIVE "-A INPUT -p tcp -m tcp --dport 4001 -j ACCEPT\n",
	  "REFUSED: a new connection through: FORWARD policy",
	  "+ FORWARD 2: -d 2001:db8:c::2/128 -p tcp -m tcp --dport 4001"
	  " -j ACCEPT\n" },
	{ "a container's answers", container, "", BASE FORWARD PORT,
	  "REFUSED: the answer to a new connection back through: FORWARD policy",
	  "+ FORWARD 2: -s 2001:db8:c::2/128 -p tcp -m tcp --sport 4001"
	  " -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" },
	{ "a container's port", container, "", BASE FORWARD FORWARD_ALIVE PORT,
	  "safe", NULL },
	{ "the container's link", container, "", DROP ALIVE KIND
	  "-A INPUT -i eth0 -p ipv6-icmp -j ACCEPT\n" FORWARD FORWARD_ALIVE PORT,
	  "REFUSED: neighbour solicitation in: INPUT policy",
	  "+ INPUT 5: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 6: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n" },
	{ "the container's link, out", container, "", BASE FORWARD FORWARD_ALIVE
	  PORT OUT "-A OUTPUT -o eth0 -j ACCEPT\n" LO_OUT,
	  "REFUSED: neighbour advertisement out: OUTPUT policy",
	  "+ OUTPUT 3: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
	  "+ OUTPUT 4: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n" },
	{ "a container on our bridge", bridged, "", FORWARD FORWARD_ALIVE PORT,
	  "REFUSED: neighbour solicitation in: FORWARD policy",
	  "+ FORWARD 3: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ FORWARD 4: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n" },
	{ "a bridge that is no hop", bridged, "", FORWARD FORWARD_ALIVE PORT
	  "-A FORWARD -p ipv6-icmp -m hl --hl-eq 255 -j ACCEPT\n", "safe",
	  NULL },
	{ "a bridge with discovery", bridged, "", FORWARD FORWARD_ALIVE PORT
	  NDP_OF("br0"), "safe", NULL },
	/* What expires */
	{ "router advertisements", advertised, GOOD, GOOD,
	  "REFUSED: router advertisement in: INPUT policy",
	  "+ INPUT 7: -p ipv6-icmp -m icmp6 --icmpv6-type 134 -j ACCEPT\n" },
	{ "router advertisements from the link", advertised, GOOD, GOOD
	  "-A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 134 -m hl"
	  " --hl-eq 255 -j ACCEPT\n", "safe", NULL },
	{ "router advertisements to all only", advertised, GOOD, GOOD
	  "-A INPUT -d ff02::1 -p ipv6-icmp -m icmp6 --icmpv6-type 134"
	  " -j ACCEPT\n", "REFUSED: router advertisement in: INPUT policy",
	  "+ INPUT 8: -p ipv6-icmp -m icmp6 --icmpv6-type 134 -j ACCEPT\n" },
	{ "a lease", leased, GOOD, GOOD,
	  "REFUSED: DHCPv6 answer in: INPUT policy",
	  "+ INPUT 7: -s fe80::/10 -p udp -m udp --sport 547 --dport 546"
	  " -j ACCEPT\n" },
	{ "a lease that is asked for", leased, GOOD, GOOD OUT OUT_NDP OUT_ALIVE
	  LO_OUT MLD_OUT "-A INPUT -s fe80::/10 -p udp -m udp --dport 546"
	  " -j ACCEPT\n", "REFUSED: DHCPv6 request out: OUTPUT policy",
	  "+ OUTPUT 6: -d ff02::1:2/128 -p udp -m udp --sport 546 --dport 547"
	  " -j ACCEPT\n" },
	{ "a lease by state", leased, GOOD, GOOD "-A INPUT -p udp -m udp"
	  " --dport 546 -m conntrack --ctstate ESTABLISHED -j ACCEPT\n",
	  "REFUSED: DHCPv6 answer in: INPUT policy",
	  "+ INPUT 8: -s fe80::/10 -p udp -m udp --sport 547 --dport 546"
	  " -j ACCEPT\n" },
	/* Tunnels */
	{ "the outer packets", tunnelled, GOOD WG, GOOD,
	  "REFUSED: the tunnel's first packet in: INPUT policy",
	  "+ INPUT 7: -p udp -m udp --dport 51820 -j ACCEPT\n" },
	{ "the outer packets pass", tunnelled, GOOD WG, GOOD WG, "safe", NULL },
	{ "a tunnel that we begin", tunnelled, GOOD, GOOD,
	  "safe, 1 warning", NULL },
	{ "the outer packets go out", tunnelled, GOOD WG, GOOD WG OUT OUT_NDP
	  LO_OUT MLD_OUT "-A OUTPUT -p tcp -j ACCEPT\n",
	  "REFUSED: the tunnel's packets out: OUTPUT policy",
	  "+ OUTPUT 6: -p udp -m udp --sport 51820 -j ACCEPT\n" },
	{ "discovery below the tunnel", tunnelled, GOOD WG, DROP ALIVE SSH WG
	  KIND, "REFUSED: neighbour solicitation in: INPUT policy",
	  "+ INPUT 6: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 7: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n" },
	{ "a tunnel over IPv4", tunnelled_v4, GOOD, DROP ALIVE SSH KIND, "safe",
	  NULL },
	/* Conntrack: no rule made the kernel track, or it says what it has. */
	{ "logins by SYN, from no rules", session, "", SYN_ONLY,
	  "REFUSED: the running connection in (no conntrack entry): INPUT"
	  " policy", "+ INPUT 7: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "logins by SYN, from rules without states", session, DROP NDP SSH,
	  SYN_ONLY, "REFUSED: the running connection in (no conntrack entry):"
	  " INPUT policy", "+ INPUT 7: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "logins by SYN, under the same", session, SYN_ONLY, SYN_ONLY, "safe",
	  NULL },
	{ "logins by NEW, from no rules", session, "", DROP ALIVE NDP KIND
	  "-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW"
	  " -j ACCEPT\n", "safe", NULL },
	{ "INVALID dropped first, from no rules", session, "", DROP
	  "-A INPUT -m conntrack --ctstate INVALID -j DROP\n" ALIVE NDP KIND SSH,
	  "safe", NULL },
	{ "INVALID dropped first, strict", strict, "", DROP
	  "-A INPUT -m conntrack --ctstate INVALID -j DROP\n" ALIVE NDP KIND SSH,
	  "REFUSED: the running connection in (no conntrack entry): INPUT 1",
	  "+ INPUT 1: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "a rule of states in a chain that nobody calls", session,
	  ":X - [0:0]\n-A X -m state --state NEW\n", SYN_ONLY, "safe", NULL },
	{ "nat without conntrack", session, "*nat\n-A PREROUTING -s 2001:db8::"
	  " -j ACCEPT\n", SYN_ONLY, "REFUSED: the running connection in (no"
	  " conntrack entry): INPUT policy",
	  "+ INPUT 7: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "nat with it", session, "*nat\n-A POSTROUTING -o eth9 -j MASQUERADE\n",
	  SYN_ONLY, "safe", NULL },
	{ "only NOTRACK", session, "*raw\n-A OUTPUT -p udp -j NOTRACK\n"
	  "-A OUTPUT -p udp -j CT --notrack\n", SYN_ONLY, "REFUSED: the running"
	  " connection in (no conntrack entry): INPUT policy",
	  "+ INPUT 7: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "no entry, though rules ask for one", without_entry, SYN_ONLY,
	  SYN_ONLY "-A INPUT -p udp -j ACCEPT\n", "REFUSED: the running"
	  " connection in (no conntrack entry): INPUT policy",
	  "+ INPUT 8: -s 2001:db8:77::77/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "an entry, though no rule asks for one", with_entry, "", SYN_ONLY,
	  "safe", NULL },
	{ "the answers wait for the peer", session, "", GOOD OUT OUT_NDP
	  OUT_ALIVE LO_OUT MLD_OUT, "safe, 1 warning", NULL },
	{ "another source", session, "", GOOD "*nat\n-A POSTROUTING -j SNAT"
	  " --to-source 2001:db8::9\n", "REFUSED: the running connection out (no"
	  " conntrack entry): nat POSTROUTING 1 (SNAT)",
	  "*nat\n+ POSTROUTING 1: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "another source for the peer", session, "", GOOD "*nat\n-A INPUT"
	  " -j SNAT --to-source 2001:db8::9\n", "REFUSED: the running connection"
	  " in (no conntrack entry): nat INPUT 1 (SNAT)",
	  "*nat\n+ INPUT 1: -d 2001:db8::1/128 -p tcp -m tcp --dport 22"
	  " -j ACCEPT\n" },
	{ "the same source", session, "", GOOD "*nat\n-A POSTROUTING -j SNAT"
	  " --to-source 2001:db8::1\n", "safe", NULL },
	{ "another source, with an entry", with_entry, "", GOOD "*nat\n"
	  "-A POSTROUTING -j SNAT --to-source 2001:db8::9\n", "safe", NULL },
	{ "masqueraded as it is", masqueraded, "", GOOD "*nat\n-A POSTROUTING"
	  " -j MASQUERADE\n", "safe", NULL },
	{ "masqueraded as another one", masqueraded_away, "", GOOD "*nat\n"
	  "-A POSTROUTING -j MASQUERADE\n", "REFUSED: the running connection out"
	  " (no conntrack entry): nat POSTROUTING 1 (MASQUERADE)",
	  "*nat\n+ POSTROUTING 1: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	{ "masqueraded as who knows", session, "", GOOD "*nat\n:X - [0:0]\n"
	  "-A POSTROUTING -j X\n-A X -j MASQUERADE\n", "REFUSED: the running"
	  " connection out (no conntrack entry): nat X 1 cannot be judged"
	  " (MASQUERADE)",
	  "*nat\n+ POSTROUTING 1: -p tcp -m tcp --sport 22 -j ACCEPT\n" },
	/* By way of nat */
	{ "led by nat", led, GOOD LED, GOOD LED, "safe", NULL },
	{ "led no more", led, GOOD LED, GOOD "*nat\n",
	  "REFUSED: a new connection in: nat PREROUTING policy",
	  "*nat\n+ PREROUTING 1: -p tcp -m tcp --dport 2222 -j REDIRECT"
	  " --to-ports 22\n" },
	{ "led elsewhere", led, GOOD LED, GOOD "*nat\n-A PREROUTING -p tcp -m"
	  " tcp --dport 2222 -j REDIRECT --to-ports 23\n",
	  "REFUSED: a new connection in: nat PREROUTING 1 (REDIRECT)",
	  "*nat\n+ PREROUTING 1: -p tcp -m tcp --dport 2222 -j REDIRECT"
	  " --to-ports 22\n" },
	{ "led by DNAT", led, GOOD LED, GOOD "*nat\n-A PREROUTING -p tcp -m tcp"
	  " --dport 2222 -j DNAT --to-destination [2001:db8::1]:22\n", "safe",
	  NULL },
	{ "the server's own port is another's", led, GOOD LED, GOOD LED
	  "-A PREROUTING -p tcp -m tcp --dport 22 -j DNAT --to-destination"
	  " 2001:db8:c::2\n", "safe", NULL },
	{ "the server's own port is hidden", led, GOOD LED, GOOD LED "*mangle\n"
	  "-A PREROUTING -p tcp -m tcp --dport 22 -j DROP\n", "safe", NULL },
	{ "what was dialled is dropped", led, GOOD LED, GOOD LED "*mangle\n"
	  "-A PREROUTING -p tcp -m tcp --dport 2222 -j DROP\n", "REFUSED: the"
	  " running connection in: mangle PREROUTING 1", "*mangle\n"
	  "+ PREROUTING 1: -p tcp -m tcp --dport 2222 -j ACCEPT\n" },
	{ "dropped behind nat", led, GOOD LED, BASE LED,
	  "REFUSED: a new connection in: INPUT policy",
	  "+ INPUT 6: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	/* Warnings */
	{ "nothing drops", session, "", "", "safe", NULL },
	{ "lo is dropped", session, "", GOOD "-I INPUT -i lo -j DROP\n",
	  "safe, 1 warning", NULL },
	{ "lo is dropped on its way out", session, "", GOOD
	  "-A OUTPUT -o lo -j DROP\n", "safe, 1 warning", NULL },
	{ "errors are dropped", session, GOOD, GOOD "-I INPUT -p ipv6-icmp -m"
	  " icmp6 --icmpv6-type 2 -j DROP\n-I INPUT -p ipv6-icmp -m icmp6"
	  " --icmpv6-type 3 -j DROP\n", "safe, 2 warnings", NULL },
	{ "errors of a session that is not tracked", session, GOOD, DROP SSH NDP
	  KIND, "safe, 2 warnings", NULL },
	{ "listener reports are dropped", session, GOOD, GOOD OUT OUT_NDP
	  OUT_ALIVE LO_OUT, "safe, 1 warning", NULL },
	{ "one exact address", session, GOOD, DROP ALIVE NDP KIND "-A INPUT"
	  " -s 2001:db8:77::77 -p tcp -m tcp --dport 22 -j ACCEPT\n",
	  "safe, 1 warning", NULL },
	{ "a refusal hides no reason", session, GOOD, DROP ALIVE "-A INPUT"
	  " -s 2001:db8:77::77 -p tcp -m tcp --dport 22 -j ACCEPT\n",
	  "REFUSED: neighbour solicitation in: INPUT policy",
	  "+ INPUT 3: -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	  "+ INPUT 4: -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n" },
};

/* The summary behind the lifeline's own name, without who judged. */
static void
said(const struct guard_report *report, struct str *out)
{
	struct str text = { 0 };
	const char *end;

	summary(report, &text);
	end = strstr(str_text(&text), "  ");
	end = end ? end + 2 : str_text(&text);
	if (strncmp(end, "safe (walked)", 13) == 0) {
		str_add(out, "safe");
		end += 13;
	}
	str_add(out, end);
	str_done(&text);
}

static void
test_case(const struct needs_case *c)
{
	report_is(c->lifeline(), c->live, c->candidate, said, c->says, c->what);
	fix_text(c->lifeline(), c->live, c->candidate, c->fix ? c->fix : "",
		 c->what);
}

/* A rule for one peer, and then one for all of its network. */
static void
test_prune(void)
{
	struct lifeline one = session(), all = sources();
	struct tables *live = firewall(BASE), *fixed;
	struct vec lifelines = { 0 }, fix = { 0 };
	struct str got = { 0 };

	vec_push(&lifelines, &one);
	vec_push(&lifelines, &all);
	if (guard_fix(&lifelines, live, live, &fixed))
		bail_out("%s", err_message());
	tables_diff(live, fixed, true, &fix);
	changesets_describe(&fix, &got);
	is_str(str_text(&got), "+ INPUT 6: -s 2001:db8:77::/48 -p tcp -m tcp"
	       " --dport 22 -j ACCEPT\n", "no rule that another one makes vain");
	str_done(&got);
	changesets_done(&fix);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(fixed);
}

/* What carries it cannot be judged, and that is said. */
static void
test_carried(void)
{
	struct lifeline ll = tunnelled_v4();
	struct tables *live = firewall(GOOD);
	struct vec lifelines = { 0 };
	struct guard_report *report;
	struct str got = { 0 };

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, live, false);
	guard_explain(report, &got);
	ok(strstr(str_text(&got), "\n  its tunnel runs over IPv4: these rules do"
		  " not touch that\n"), "a tunnel over IPv4 is said");
	guard_report_free(report);
	str_done(&got);
	vec_done(&lifelines);
	tables_free(live);
}

int
main(void)
{
	rules_start();
	test_prune();
	test_carried();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		test_case(&cases[i]);
	xt_done();
	return done_testing();
}
