#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# list and save say what the stock tools say, byte for byte; the protocol
# column has names, as releases other than 1.8.9 print.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
in_namespace "$0" "$@"

cat >"$tmp/rules" <<'RULES'
*filter
:INPUT DROP [123456:99999]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [1:2]
:EMPTY - [0:0]
:f2b-sshd - [0:0]
[99999:100000] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
[9999500:9999499999] -A INPUT -i lo -j ACCEPT
[1:60] -A INPUT ! -i eth+ -p tcp -m tcp --dport 22 -m comment --comment "two words" -j f2b-sshd
[1:60] -A INPUT -s 2001:db8::/32 ! -d 2001:db8::1/128 -p udp -m multiport --dports 53,80:90 -j REJECT --reject-with icmp6-port-unreachable
[0:0] -A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
[0:0] -A INPUT -g f2b-sshd
[0:0] -A OUTPUT -o eth0 -j LOG --log-prefix "out: "
[0:0] -A f2b-sshd -j RETURN
COMMIT
RULES
ok 'rules are loaded' restore "$tmp/rules"

for args in '' -v INPUT 'FORWARD -v' f2b-sshd EMPTY; do
	# shellcheck disable=SC2086	# words
	ip6tables-legacy -n --line-numbers -L $args 2>&1 | numbers >"$tmp/stock"
	# shellcheck disable=SC2086	# words
	sp list $args 2>&1 | numbers >"$tmp/ours"
	ok "list $args" cmp "$tmp/stock" "$tmp/ours" ||
		diag "$(diff "$tmp/stock" "$tmp/ours")"
done
like "$(sp list INPUT)" '^3 +f2b-sshd +tcp  ' 'protocols have names'
status_is 1 'a chain that is not there' sp list NOPE
is "$out" "sallyport: table 'filter' has no chain 'NOPE'" 'is named'

for args in '' -c; do
	# shellcheck disable=SC2086	# words
	saved $args >"$tmp/stock"
	# shellcheck disable=SC2086	# words
	sp save $args >"$tmp/ours"
	ok "save $args" cmp "$tmp/stock" "$tmp/ours" ||
		diag "$(diff "$tmp/stock" "$tmp/ours")"
done
ok 'save loads again' sh -c 'sallyport=$1; shift
	"$sallyport" "$@" save -c | ip6tables-legacy-restore -c' - \
	"$SALLYPORT" --run-dir "$run_dir" --db "$db"
ok 'a rules file is listed offline' sh -c '"$1" --file "$2" list -v >"$3"' - \
	"$SALLYPORT" "$tmp/rules" "$tmp/ours"
sp list -v >"$tmp/live"
ok 'as the kernel lists it' cmp "$tmp/live" "$tmp/ours" ||
	diag "$(diff "$tmp/live" "$tmp/ours")"
ok 'and saved' sh -c '"$1" --file "$2" save -c >"$3"' - \
	"$SALLYPORT" "$tmp/rules" "$tmp/ours"
ok 'as it is' cmp "$tmp/rules" "$tmp/ours" ||
	diag "$(diff "$tmp/rules" "$tmp/ours")"
status_is 1 'a full disk under the output' sh -c '"$1" save >/dev/full' - \
	"$SALLYPORT"
like "$out" '^sallyport: cannot write' 'is told'
done_testing
