#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# status: this session, every lifeline with where it was learnt and its verdict,
# and what carries it; the same as JSON.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
need jq ip

conf=$tmp/sallyport.conf
sp() {
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" --config "$conf" "$@"
}

# The line of the text that begins with $1 or, for another lifeline, is indented.
line() {
	printf '%s\n' "$out" | sed -n "s/^$1 *//p" | sed 's/  */ /g'
}

ip link add up0 type veth peer name cl0
ip -6 addr add 2001:db8::1/64 dev up0 nodad
ip link set up0 up
ip link set cl0 up
ip -6 route add default via fe80::77 dev up0
ip link add vx0 type vxlan id 7 local 2001:db8::1 remote 2001:db8:77::77 \
	dstport 4789
ip -6 addr add 2001:db8:e::1/64 dev vx0 nodad
ip link set vx0 up

: >"$conf"
out=$(sp status </dev/null)
is "$(line session)" 'not over SSH (no terminal)' 'a local session is said'
is "$(line lifelines)" none 'no lifeline is said'
like "$(line guard)" '^no SSH over IPv6 to keep' 'and what that means'

out=$(SSH_CONNECTION='192.0.2.7 4000 192.0.2.1 22' sp status)
is "$(line session)" \
	'ssh 192.0.2.7 -> :22 (IPv4), but no such connection is there now' \
	'SSH_CONNECTION may be stale'
like "$(line lifelines)" '^ssh 192.0.2.7 -> :22 \(IPv4\) IPv4: these rules do not touch it' \
	'IPv4 is said'

cat >"$conf" <<'CONF'
source = 2001:db8:e::/64
lifeline = out udp 53 to 2001:db8::53
CONF
ip6tables-legacy -P OUTPUT DROP
ip6tables-legacy -A OUTPUT -p udp --dport 4789 -j ACCEPT
ip6tables-legacy -A OUTPUT -p ipv6-icmp -j ACCEPT
ip6tables-legacy -A OUTPUT -p tcp -j ACCEPT
out=$(sp status)
like "$(line lifelines)" \
	'^ssh 2001:db8:e::/64 -> :22 safe \(.*\) \(the settings\)$' \
	'a lifeline of the settings'
like "$(line '  *vx0:')" \
	'^udp 2001:db8:77::77 -> :4789 \(the packets of its tunnel\)$' \
	'what carries it stands below it'
like "$(line '  *udp')" '^-> \[2001:db8::53\]:53 cut \(the settings\)$' \
	'one that goes out, and is cut'
sp status --json >"$tmp/json"
is "$(jq -r '.lifelines | map(.verdict) | join(" ")' "$tmp/json")" 'safe cut' \
	'JSON has the verdicts'
is "$(jq -r .judge "$tmp/json")" walk 'and who judged'
is "$(jq -c '.lifelines[0] | [.way, .ssh, .proto, .origin, .running, .stale,
	.link.interface, .link.on_link, .inner]' "$tmp/json")" \
	'["in",true,6,"configured",false,false,"vx0",true,null]' \
	'and what the lifeline is'
is "$(jq -c '.lifelines[0].outer | [.lifeline, .proto, .link.gateway]' \
	"$tmp/json")" '["udp 2001:db8:77::77 -> :4789",17,"fe80::77"]' \
	'and what carries it'

echo 'lifelines = none' >"$conf"
out=$(sp status)
is "$(line lifelines)" 'none need be kept, as the settings say' \
	'lifelines = none is said'
is "$(sp status --json | jq -c '[.verdict, .lifelines]')" '["none",[]]' \
	'in JSON too'
done_testing
