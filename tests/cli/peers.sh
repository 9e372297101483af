#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules of other firewalls (tests/peers) come through import, list, save, the
# edit of one rule, commit and revert, unchanged but for that edit, with all
# their counters.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1	# never in the machine's own
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"

peers=$top_srcdir/tests/peers

clear_tables() {
	while read -r table; do
		ip6tables-legacy -t "$table" -F
		ip6tables-legacy -t "$table" -X
		for chain in INPUT FORWARD OUTPUT PREROUTING POSTROUTING; do
			ip6tables-legacy -t "$table" -P "$chain" ACCEPT \
				2>/dev/null || :
		done
	done </proc/net/ip6_tables_names
}

# Every rule with counters of its own.
count_up() {
	awk '/^\[/ { sub(/^\[[0-9:]*\]/, "[" ++n ":" 60 * n "]") } { print }' "$1"
}

tables_of() {
	sed -n 's/^\*//p' "$1"
}

# The stock tools' text of one table, without dates.
stock_save() {
	ip6tables-legacy-save -t "$@" | grep -v '^#'
}

all_saved() {
	for table in $(tables_of "$1"); do
		stock_save "$table" -c
	done
}

# A rule that changes nothing, put second into a chain of the firewall's own.
edited_chain() {
	sed -n "/^\*$2/,/^COMMIT/s/^\[.*\] -A \([^ ]*\) .*/\1/p" "$1" |
		sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

check_edit() {
	chain=$(edited_chain "$1" "$2")
	[ -n "$chain" ] || return 0
	rule="-s 2001:db8:99::/64 -m comment --comment edited -j RETURN"
	all_saved "$1" >"$tmp/before"
	# shellcheck disable=SC2086	# words
	status_is 0 "$3: edit of $2 $chain" sp apply --yes --detach -- \
		-t "$2" -I "$chain" 2 $rule
	status_is 0 'confirmed' sp confirm
	all_saved "$1" >"$tmp/after"
	is "$(diff "$tmp/before" "$tmp/after" | grep '^[<>]' |
		sed 's/^> \[0:0\] /> /')" "> -A $chain $rule" \
		'that rule and no more' || diff "$tmp/before" "$tmp/after" |
		sed 's/^/# /'
	status_is 0 'taken out again' sp apply --yes --detach -- -t "$2" \
		-D "$chain" 2
	status_is 0 'and confirmed' sp confirm
	all_saved "$1" >"$tmp/after"
	is "$(cat "$tmp/after")" "$(cat "$tmp/before")" \
		'gives back every rule and counter'
	status_is 0 'a rule deleted' sp apply --yes --detach -- -t "$2" \
		-D "$chain" 1
	status_is 0 'and the trial reverted' sp revert
	all_saved "$1" >"$tmp/after"
	is "$(cat "$tmp/after")" "$(cat "$tmp/before")" \
		'gives back every rule and counter too'
}

check_table() {
	stock_save "$2" -c >"$tmp/stock"
	status_is 0 "$3: save of $2" sp -T "$2" save -c
	is "$out" "$(cat "$tmp/stock")" 'as ip6tables-save has it'
	ip6tables-legacy -t "$2" -nvL --line-numbers >"$tmp/stock"
	status_is 0 "list of $2" sp -T "$2" list -v
	is "$(echo "$out" | numbers)" "$(numbers <"$tmp/stock")" \
		'as ip6tables -nvL has it'
	check_edit "$1" "$2" "$3"
}

for rules in "$peers"/*.rules; do
	name=$(basename "$rules" .rules)
	count_up "$rules" >"$tmp/rules"

	clear_tables
	status_is 0 "$name: import" sp apply --yes --no-trial "$tmp/rules"
	for table in $(tables_of "$rules"); do
		stock_save "$table"
	done >"$tmp/ours"
	clear_tables
	ip6tables-legacy-restore <"$rules"
	for table in $(tables_of "$rules"); do
		stock_save "$table"
	done >"$tmp/theirs"
	is "$(cat "$tmp/ours")" "$(cat "$tmp/theirs")" \
		'makes what ip6tables-restore makes'

	clear_tables
	ip6tables-legacy-restore -c <"$tmp/rules"
	for table in $(tables_of "$rules"); do
		check_table "$rules" "$table" "$name"
	done
done
done_testing
