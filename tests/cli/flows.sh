#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections that outlive a rule, on the command line. What is found and how it
# ends is tests/kernel/flows.c's; here: whose rules are compared, and when not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
need ip6tables-legacy jq
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1	# never in the machine's own
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
make_host
ip link set lo up
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
ip6tables-legacy -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT

status_is 1 'before the first change' sp flows
like "$out" 'no change is known since this machine started' 'there is none'

# A datagram is a connection of its own, for half a minute, or for as long as a
# slow machine needs.
{ echo 600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout; } 2>/dev/null || :
status_is 0 'datagrams are let in' sp apply --yes --no-trial -- \
	-A INPUT -p udp --dport 4002 -j ACCEPT
ok 'one is sent' bash -c 'echo x >/dev/udp/::1/4002'
status_is 0 'nothing was closed' sp flows
like "$out" '^0 connections live on' 'and nothing lives on'
sp apply --yes -t 60 -- -D INPUT -p udp --dport 4002 -j ACCEPT \
	>"$tmp/out" 2>&1 &
poll_until 10 on_trial || flunk "no trial: $(cat "$tmp/out")"
status_is 6 'while a change is on trial' sp flows
like "$out" 'a change is on trial' 'it is not known what it closes'
status_is 0 'it is kept' sp confirm
like "$out" '1 connection lives on that only the removed rules allowed' \
	'and what lives on is said'
wait
status_is 0 'and now' sp flows --json
is "$(echo "$out" | jq -r '.flows[] | .protocol + " " + .to')" \
	'udp ::1' 'the datagram is listed'
status_is 0 'it is ended' sp flows --delete
like "$out" '^1 deleted$' 'which is said'
status_is 0 'again' sp flows
like "$out" '^0 connections live on' 'it is gone'
status_is 2 'read-only' sp --read-only flows --delete
done_testing
