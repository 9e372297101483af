/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rehearsal of a login over one link: what real rules do to it, by the
 * kernel's own answer. */
#include <sallyport/rehearsal.h>
#include "../ns.h"
#include "../unit/rules.h"
#include "rehearsal.h"

static void
test_logins(void)
{
	static const struct {
		const char *name;
		const char *live;
		const char *candidate;
		enum rehearsed expected;
		const char *account;
	} cases[] = {
		{ "no rules", "", "", REHEARSED_PASS, NULL },
		{ "a good firewall", "", GOOD, REHEARSED_PASS, NULL },
		{ "policy DROP", "", "-P INPUT DROP\n", REHEARSED_FAIL,
		  "the running connection in is lost at INPUT policy" },
		{ "policy DROP under which it ran", "-P INPUT DROP\n",
		  "-P INPUT DROP\n", REHEARSED_FAIL,
		  "a new connection in is lost at INPUT policy" },
		{ "no more than ESTABLISHED", GOOD, "-P INPUT DROP\n"
		  "-A INPUT -p ipv6-icmp -j ACCEPT\n"
		  "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n",
		  REHEARSED_FAIL, "a new connection in is lost at INPUT policy" },
		{ "another port", GOOD, "-P INPUT DROP\n" RELATED NDP
		  "-A INPUT -p tcp -m tcp --dport 2222 -j ACCEPT\n",
		  REHEARSED_FAIL, "a new connection in is lost at INPUT policy" },
		{ "advertisements dropped", GOOD, "-A INPUT -p ipv6-icmp -m "
		  "icmp6 --icmpv6-type 136 -j DROP\n" GOOD, REHEARSED_FAIL,
		  "neighbour advertisement in is lost at INPUT 1" },
		{ "solicitations dropped", GOOD, "-A INPUT -p ipv6-icmp -m "
		  "icmp6 --icmpv6-type 135 -j DROP\n" GOOD, REHEARSED_FAIL,
		  "neighbour solicitation in is lost at INPUT 1" },
		{ "our solicitations dropped", GOOD, "-A OUTPUT -p ipv6-icmp "
		  "-m icmp6 --icmpv6-type 135 -j DROP\n" GOOD, REHEARSED_FAIL,
		  "neighbour solicitation out is lost at OUTPUT 1" },
		{ "our advertisements dropped", GOOD, "-A OUTPUT -p ipv6-icmp "
		  "-m icmp6 --icmpv6-type 136 -j REJECT\n" GOOD,
		  REHEARSED_FAIL,
		  "neighbour advertisement out is lost at OUTPUT 1" },
		{ "the article's rows alone", GOOD, "-P INPUT DROP\n" RELATED
		  "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n",
		  REHEARSED_FAIL,
		  "neighbour advertisement in is lost at INPUT policy" },
		{ "answers dropped", GOOD, GOOD "-A OUTPUT -p tcp -m tcp --sport "
		  "22 --tcp-flags SYN,ACK SYN,ACK -j DROP\n",
		  REHEARSED_FAIL, "the answer to a new connection out is lost "
		  "at OUTPUT 1" },
		{ "full segments dropped", GOOD, "-A OUTPUT -p tcp -m length "
		  "--length 1400:1500 -j DROP\n" GOOD, REHEARSED_FAIL,
		  "the running connection out is lost at OUTPUT 1" },
		{ "raw", GOOD, GOOD "*raw\n-A PREROUTING -p tcp -m tcp --dport "
		  "22 -j DROP\n", REHEARSED_FAIL,
		  "the running connection in is lost at raw PREROUTING 1" },
		{ "mangle, in a chain", GOOD, GOOD "*mangle\n-N deep\n"
		  "-A PREROUTING -p tcp -j deep\n-A deep -j RETURN\n"
		  "-A deep -j ACCEPT\n-A PREROUTING -g deep\n", REHEARSED_PASS,
		  NULL },
		{ "sent elsewhere", GOOD, GOOD "*nat\n-A PREROUTING -p tcp -m "
		  "tcp --dport 22 -j DNAT --to-destination 2001:db8:f::1\n",
		  REHEARSED_FAIL,
		  "a new connection in is lost at nat PREROUTING 1" },
		{ "to another port", "", "*nat\n-A PREROUTING -p tcp -m "
		  "tcp --dport 22 -j REDIRECT --to-ports 2222\n",
		  REHEARSED_FAIL,
		  "the running connection in is lost at nat "
		  "PREROUTING 1" },
		{ "another zone", GOOD, GOOD "*raw\n-A PREROUTING -p tcp -m tcp "
		  "--dport 22 -j CT --zone 5\n", REHEARSED_PASS, NULL },
		{ "another zone, and --syn", GOOD, SYN_ONLY "*raw\n"
		  "-A PREROUTING -p tcp -m tcp --dport 22 -j CT --zone 5\n",
		  REHEARSED_FAIL,
		  "the running connection in is lost at INPUT policy" },
		{ "--syn where nothing was tracked", "", SYN_ONLY, REHEARSED_FAIL,
		  "the running connection in is lost at INPUT policy" },
		{ "the same where it was", GOOD, SYN_ONLY, REHEARSED_PASS, NULL },
		{ "SYNPROXY", GOOD, "-P INPUT DROP\n" NDP "-A INPUT -p tcp "
		  "-m tcp --dport 22 -m state --state INVALID,UNTRACKED "
		  "-j SYNPROXY --mss 1440\n" RELATED
		  "*raw\n-A PREROUTING -p tcp -m tcp --dport 22 --syn -j CT "
		  "--notrack\n", REHEARSED_FAIL,
		  "an established connection in is lost at INPUT policy" },
		{ "rpfilter", GOOD, GOOD "*raw\n-A PREROUTING -m rpfilter "
		  "--invert -j DROP\n", REHEARSED_PASS, NULL },
		{ "NFQUEUE", GOOD, "-A INPUT -p tcp -j NFQUEUE\n" GOOD,
		  REHEARSED_NOT, "INPUT 1 (NFQUEUE) cannot be tried there" },
		{ "NFQUEUE behind", GOOD, GOOD "-A INPUT -p tcp -j NFQUEUE\n",
		  REHEARSED_PASS, NULL },
		{ "owner", GOOD, GOOD "-A OUTPUT -p tcp -m tcp --sport 22 "
		  "-m owner --uid-owner 0 -j DROP\n", REHEARSED_NOT,
		  "OUTPUT 1 (owner) cannot be tried there" },
		{ "a log", GOOD, "-A INPUT -j LOG\n-A INPUT -m recent --set\n"
		  GOOD, REHEARSED_PASS, NULL },
		{ "recent", GOOD, "-A INPUT -p tcp -m tcp --dport 22 -m state "
		  "--state NEW -m recent --update --seconds 60 --hitcount 4 "
		  "-j DROP\n" GOOD, REHEARSED_NOT,
		  "INPUT 1 (recent) cannot be tried there" },
		{ "limit", GOOD, "-P INPUT DROP\n" RELATED NDP "-A INPUT -p tcp "
		  "-m tcp --dport 22 -m limit --limit 3/min -j ACCEPT\n",
		  REHEARSED_NOT,
		  "INPUT 3 (limit) hangs on time, rate or history" },
		{ "a limit elsewhere", GOOD, GOOD "-A INPUT -m limit -j LOG\n"
		  "-A INPUT -p tcp -m tcp --dport 80 -m limit -j ACCEPT\n",
		  REHEARSED_PASS, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outcome o = rehearse(cases[i].live, cases[i].candidate);

		is_int(o.candidate, cases[i].expected, "%s", cases[i].name);
		is_str(o.account, cases[i].account, "its account");
		diag("setup %u us, answer %u us", o.setup_us, o.answer_us);
		outcome_done(&o);
	}
}

int
main(void)
{
	rehearsal_set_up();
	test_logins();
	xt_done();
	return done_testing();
}
