/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new user sees first: a small server with two containers, whose rules
 * each say what they are for. */
#include <sallyport/sandbox.h>

const char sandbox_example[] =
	"*filter\n"
	":INPUT DROP [0:0]\n"
	":FORWARD DROP [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	":icmp6 - [0:0]\n"

	/* To this host. */
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED"
	" -m comment --comment \"answers, and what runs already\" -j ACCEPT\n"
	"-A INPUT -p ipv6-icmp -j icmp6\n"
	"-A INPUT -p tcp -m tcp --dport 22"
	" -m comment --comment \"ssh: the way in\" -j ACCEPT\n"
	"-A INPUT -p tcp -m multiport --dports 80,443"
	" -m comment --comment web -j ACCEPT\n"
	"-A INPUT -p udp -m udp --dport 443"
	" -m comment --comment \"web, HTTP/3\" -j ACCEPT\n"

	/* Through this host, to and from the containers. */
	"-A FORWARD -s 2001:db8:1:c::/64 -i br0 -o eth0"
	" -m comment --comment \"containers may call out\" -j ACCEPT\n"
	"-A FORWARD -d 2001:db8:1:c::/64 -m conntrack"
	" --ctstate RELATED,ESTABLISHED"
	" -m comment --comment \"and get answers\" -j ACCEPT\n"
	"-A FORWARD -d 2001:db8:1:c::/64 -p ipv6-icmp -m icmp6"
	" --icmpv6-type 128 -m comment --comment ping -j ACCEPT\n"
	"-A FORWARD -d 2001:db8:1:c::80/128 -o br0 -p tcp -m multiport"
	" --dports 80,443 -m comment --comment \"container: shop\" -j ACCEPT\n"
	"-A FORWARD -d 2001:db8:1:c::4001/128 -o br0 -p tcp -m tcp --dport 4001"
	" -m comment --comment \"container: ipfs node\" -j ACCEPT\n"
	"-A FORWARD -d 2001:db8:1:c::4001/128 -o br0 -p udp -m udp --dport 4001"
	" -m comment --comment \"container: ipfs node, QUIC\" -j ACCEPT\n"

	/* RFC 4890 4.4: without 135 and 136 no packet finds its next hop. */
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 135"
	" -m comment --comment \"neighbours ask: never drop\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 136"
	" -m comment --comment \"neighbours answer: never drop\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 134"
	" -m comment --comment \"routers advertise\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 130"
	" -m comment --comment \"switches ask who listens\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 2"
	" -m comment --comment \"packet too big\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 1"
	" -m comment --comment unreachable -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 3"
	" -m comment --comment \"time exceeded\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 4"
	" -m comment --comment \"parameter problem\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 130"
	" -m comment --comment \"multicast: who listens?\" -j ACCEPT\n"
	"-A icmp6 -p ipv6-icmp -m icmp6 --icmpv6-type 128"
	" -m comment --comment ping -j ACCEPT\n"
	"COMMIT\n";
