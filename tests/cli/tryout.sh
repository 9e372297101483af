#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel would refuse is refused before anything is asked or committed,
# in words; what cannot be tried is said.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy setpriv
in_namespace "$0" "$@"
make_host
article_rows | restore
before=$(rules)

# file LINES: a rules file that keeps what there is.
file() {
	saved | sed '/^COMMIT/d' >"$tmp/rules"
	printf '%s\n' "$@" COMMIT >>"$tmp/rules"
}

# shellcheck disable=SC2086	# words
refused() {
	status_is 2 "$1" sp apply --yes -- $1
	like "$out" "^sallyport: the kernel refuses $2\$" 'says why'
	is "$(rules)" "$before" 'nothing was changed'
}
refused '-A OUTPUT -j REJECT --reject-with tcp-reset' \
	'OUTPUT 1: REJECT with tcp-reset needs -p tcp'
refused '-I OUTPUT -m rpfilter -j ACCEPT' \
	'OUTPUT 1: rpfilter works only in PREROUTING of mangle, raw'

tables=$(cat /proc/net/ip6_tables_names)
status_is 2 'a command for another table' \
	sp apply --yes -- -t nat -A PREROUTING -j SNAT --to-source 2001:db8::1
like "$out" 'nat PREROUTING 1: SNAT works only in' 'names the table'
is "$(cat /proc/net/ip6_tables_names)" "$tables" 'which did not come to be'

file '-A OUTPUT -m rpfilter' '-A OUTPUT -p tcp -j ACCEPT' \
	'-A OUTPUT -j REJECT --reject-with tcp-reset'
status_is 2 'check of a file' sp check "$tmp/rules"
like "$out" "^sallyport: $tmp/rules: the kernel refuses OUTPUT 1: .* 1 more" \
	'names the first rule'
like "$out" '^sallyport: the kernel refuses OUTPUT 3: REJECT' 'and the others'
status_is 2 'apply of it' sp apply --yes "$tmp/rules"
is "$(rules)" "$before" 'changes nothing'
status_is 2 'apply to a file' sp --file "$tmp/rules" apply --yes -- \
	-A OUTPUT -m rpfilter

file '-A OUTPUT -j IDLETIMER --timeout 9 --label t' '-A OUTPUT -j ACCEPT'
status_is 0 'check of what cannot be tried' sp check "$tmp/rules"
like "$out" '^OUTPUT 1 is not tried: IDLETIMER keeps state' 'says so'
status_is 0 'apply of it' sp apply --yes --no-trial "$tmp/rules"
like "$out" '^OUTPUT 1 is not tried: IDLETIMER keeps state' 'says so'
status_is 0 'what is there already' sp apply --yes --no-trial -- \
	-A OUTPUT -j ACCEPT
unlike "$out" 'not tried' 'is not told again'

# In a namespace where no other may be made.
if unshare -Ur test -w /proc/sys/user/max_net_namespaces 2>/dev/null; then
	status_is 0 'without namespaces' unshare -Ur sh -c '
		echo 0 >/proc/sys/user/max_net_namespaces &&
		exec "$@"' sh "$SALLYPORT" --run-dir "$run_dir" --db "$db" \
		--file "$tmp/rules" apply --yes -- -A OUTPUT -p tcp -j DROP
	like "$out" '^rules are not tried: .*max_net_namespaces' 'it is said'
	is "$(printf '%s\n' "$out" | grep -c 'not tried')" 1 'once'
else
	skip 'no user namespace'
fi
done_testing
