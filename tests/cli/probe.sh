#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# probe: what becomes of a packet, by which rules, in every table.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
ip link add br9 type bridge
ip link set br9 up
ip address add 2001:db8:c::1/64 dev br9 nodad

# A rehearsal needs our link-local address, which is good after a second.
all_good() {
	[ -z "$(ip -6 address show tentative)" ]
}
poll_until 10 all_good

ip6tables-legacy-restore <<'RULES'
*nat
:DOCKER - [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j DOCKER
-A DOCKER -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:c::80]:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:WEB - [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -j WEB
-A INPUT -p udp -m limit --limit 1/sec -j ACCEPT
-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT
-A WEB -p tcp -m multiport --dports 80,443 -j ACCEPT
-A FORWARD -i host0 -d 2001:db8:c::80/128 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
RULES

# What is said whoever judged.
said() {
	printf '%s\n' "$out" | sed -e 's/ ([a-z]*)$//' \
		-e '/^not rehearsed: /d' -e '/^rehearsed: /d'
}

status_is 0 'a new login' sp probe --from 2001:db8:77::1 --dport 22
is "$(said)" 'tcp 2001:db8:77::1 -> any port 22, NEW, in host0 (by route), INPUT
  INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT
ACCEPT by INPUT 2' 'meets its rule'
status_is 0 'through a chain' sp probe --from 2001:db8:77::1 \
	--to 2001:db8:1::2 -p tcp --dport 443
is "$(said)" 'tcp 2001:db8:77::1 -> 2001:db8:1::2 port 443, NEW, in host0 (by route), INPUT
  INPUT 3: -p tcp -j WEB
  WEB 1: -p tcp -m multiport --dports 80,443 -j ACCEPT
ACCEPT by WEB 1' 'the path is shown'
status_is 0 'a closed port' sp probe --from 2001:db8:77::1 --dport 25
like "$out" '^DROP by INPUT policy' 'the policy decides'
status_is 0 'an established one' sp probe --from 2001:db8:77::1 --dport 25 \
	--state established
like "$out" '^ACCEPT by INPUT 1 ' 'lives'
status_is 0 'what hangs on a rate' sp probe --from 2001:db8:77::1 -p udp \
	--dport 53
like "$out" '^UNKNOWN by INPUT 4, which hangs on limit' 'is not known'
status_is 0 'a neighbour' sp probe --from fe80::1 --icmpv6-type 135
like "$out" 'UNTRACKED, INPUT' 'is not tracked'
like "$out" '^ACCEPT by INPUT 5 ' 'and gets in'
status_is 0 'to a container' sp probe --from 2001:db8:77::1 \
	--to 2001:db8:c::80 --dport 80 --in host0
like "$out" '^ACCEPT by FORWARD 1 ' 'goes through FORWARD'
like "$out" ', in host0, out br9 .by route., FORWARD' 'the routes say by what'
like "$out" '^this host forwards nothing' 'though nothing is forwarded here'
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
status_is 0 'from a link with a name' sp probe --from 2001:db8:77::1%host0 \
	--to 2001:db8:c::80 --dport 80
like "$out" ', in host0, out br9' 'it comes in by that link'
like "$out" '^ACCEPT by FORWARD 1 ' 'and gets through'
status_is 0 'another interface' sp probe --from 2001:db8:77::1 \
	--to 2001:db8:c::80 --dport 80 --in eth9
like "$out" '^DROP by FORWARD policy' 'does not'
like "$out" "^sallyport: this host has no interface 'eth9' now: the rules are asked all the same\$" \
	'that it is not there is told'
status_is 0 'one that comes later' sp probe --in wg7 --out wg8 2>"$tmp/err"
sp probe --in wg7 --out host0 --json 2>"$tmp/err" | jq -r .in.name >"$tmp/out"
is "$(cat "$tmp/out")" 'wg7' 'can be asked about'
like "$(cat "$tmp/err")" "'wg7' now" 'with a word on standard error'
like "$out" "no interfaces 'wg7' and 'wg8' now" 'or of two'
sp probe --in host0 --dport 22 >/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" '' 'but none of one that is there'
status_is 0 'a port that is sent elsewhere' sp probe --from 2001:db8:77::1 \
	--to 2001:db8:1::2 --dport 8080
like "$out" '^DROP by nat DOCKER 1, which sends it elsewhere .DNAT.' 'is told'

status_is 0 'from a network' sp probe --from 2001:db8:77::/64 --dport 26
like "$out" '^DROP by INPUT policy, from 2001:db8:77:: for one' 'one is named'
like "$out" 'NEW, INPUT$' 'and no interface, as they may come in by several'

# From this host.
status_is 0 'a question of this host' sp probe --to 2001:db8:53::1 -p udp \
	--dport 53
is "$(said)" 'udp 2001:db8:1::2 -> 2001:db8:53::1 port 53, NEW, out host0 (by route), OUTPUT
ACCEPT by OUTPUT policy' 'has the source that the kernel would choose'
status_is 0 'to itself' sp probe --from 2001:db8:1::2 --dport 22
like "$out" ', in lo .by route., INPUT' 'it comes in by lo'
ip -6 route del default
status_is 0 'without a route' sp probe --to 2001:db8:53::1
like "$out" '^this host has no route to there$' 'that is told'
ip -6 route add default via 2001:db8:1::1 dev host0

# A file has no routes.
sp save >"$tmp/rules"
status_is 0 'a file' sp --file "$tmp/rules" probe --from 2001:db8:77::1 --dport 22
is "$out" 'tcp 2001:db8:77::1 -> any port 22, NEW, INPUT
  INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT
ACCEPT by INPUT 2 (walked)' 'is walked'
echo '*filter' >"$tmp/other"
echo ':INPUT DROP' >>"$tmp/other"
echo COMMIT >>"$tmp/other"
status_is 0 'another' sp --file "$tmp/other" probe --from ::1 --dport 22
like "$out" '^DROP by INPUT policy' 'drops'
status_is 0 'and another host may have' sp --file "$tmp/other" probe --in wg7
unlike "$out" 'no interface' 'the interface'

json=$(sp probe --json --from 2001:db8:77::1 --dport 443)
is "$(echo "$json" | jq -r '.verdict, .way, .in.name, .in.by_route, .out')" \
	'ACCEPT
INPUT
host0
true
null' 'JSON: the verdict and the question'
is "$(echo "$json" | jq -r '.walk | .verdict, .table, .chain, .number')" \
	'ACCEPT
filter
WEB
1' 'and its rule'
is "$(echo "$json" | jq -r '.walk.path[] | "\(.chain) \(.number) \(.spec)"')" \
	'INPUT 3 -p tcp -j WEB
WEB 1 -p tcp -m multiport --dports 80,443 -j ACCEPT' 'and the path'

# The kernel is asked, too; what hangs on a rate is no matter for it.
ip6tables-legacy -D INPUT -p udp -m limit --limit 1/sec -j ACCEPT
echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
asked() {
	sp probe --json "$@" | jq -r '"\(.verdict) by \(.judge)"'
}

status_is 0 'the kernel lets a login in' sp probe --from 2001:db8:77::1 \
	--dport 22
like "$out" '^ACCEPT by INPUT 2 .rehearsed.$' 'both say so'
is "$(asked --from 2001:db8:77::1 --dport 22)" 'ACCEPT by rehearsal' 'JSON'
is "$(asked --from 2001:db8:77::1 --dport 25)" 'DROP by rehearsal' \
	'a closed port is closed'
is "$(asked --to 2001:db8:53::1 --dport 53 -p udp)" 'ACCEPT by rehearsal' \
	'a question of this host gets its answer'
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
bridge_nf=/proc/sys/net/bridge/bridge-nf-call-ip6tables
[ ! -e "$bridge_nf" ] || echo 0 >"$bridge_nf"
status_is 0 'a container' sp probe --from 2001:db8:77::1 \
	--to 2001:db8:c::80 --dport 80
like "$out" '^ACCEPT by FORWARD 1 .walked.$' 'is reached'
like "$out" '^rehearsed: .* FORWARD policy$' 'and its answer is lost'
ip6tables-legacy -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
is "$(asked --from 2001:db8:77::1 --to 2001:db8:c::80 --dport 80)" \
	'ACCEPT by rehearsal' 'until answers are let back'
ip6tables-legacy -D INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT
status_is 0 'without neighbours' sp probe --from 2001:db8:77::1 --dport 22
like "$out" '^ACCEPT by INPUT 2 .walked.$' 'the packet passes'
like "$out" '^rehearsed: .*INPUT policy' 'and the connection does not come about'
is "$(asked --from 2001:db8:77::1 --dport 22)" 'DROP by rehearsal' \
	'the kernel counts'
status_is 0 'an old one' sp probe --from 2001:db8:77::1 --dport 22 \
	--state ESTABLISHED
like "$out" '^not rehearsed: only new connections are$' 'is walked'

for bad in '--dport 22' '--from x' '--from 192.0.2.1' \
	'--from ::1 --dport 65536' '--from ::1 -p icmpv6 --dport 1' \
	'--from ::1 --icmpv6-type 1 -p tcp' '--from ::1 --state OLD' \
	'--from ::1 --in 1234567890123456' '--from ::1 -p 256' '--to x' '-p tcp'; do
	# shellcheck disable=SC2086	# words
	status_is 2 "refused: $bad" sp probe $bad
done
done_testing
