#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules in nf_tables: never an empty table beside a firewall that lives
# elsewhere, and never "safe" where packets must pass rules that are not seen.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy ip6tables-nft
in_namespace "$0" "$@"
make_host
log_in

is "$(cat /proc/net/ip6_tables_names)" '' 'a fresh namespace'
ip6tables-nft -A INPUT -p tcp --dport 22 -j ACCEPT
printf '*filter\nCOMMIT\n' >"$tmp/rules"
for command in list save status "check $tmp/rules" 'diff live live' \
	'apply --yes -- -P INPUT DROP'; do
	# shellcheck disable=SC2086	# words
	status_is 1 "$command where only nf_tables has rules" sp $command
	is "$(printf '%s\n' "$out" | grep -c .)" 1 'one line'
	like "$out" '^sallyport: .*nf_tables' 'says where they are'
done
is "$(cat /proc/net/ip6_tables_names)" '' 'the legacy table was not opened'
is "$(ip6tables-nft -S 2>&1 | grep -ci legacy)" 0 'ip6tables-nft has no warning'

ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
status_is 0 'status where both have rules' sp status
like "$out" 'ssh 2001:db8:77::10 -> :22 +unknown' 'the lifeline is unknown'
like "$out" 'other rules exist' 'and why'
unlike "$out" '-> :22 +safe' 'nothing is called safe'
status_is 0 'list' sp list
like "$out" '^sallyport: warning: nf_tables' 'warns'
like "$out" 'ipv6-icmp' 'and lists what is here'

ip6tables-nft -F
ip6tables-nft -X
ip6tables-nft -P INPUT ACCEPT
nft delete table ip6 filter 2>/dev/null || ip6tables-nft -D INPUT 1 2>/dev/null
status_is 0 'status after the others are gone' sp status
unlike "$out" 'other rules exist' 'has no warning'
like "$out" 'ssh 2001:db8:77::10 -> :22 +safe' 'and judges'
done_testing
