#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules of other firewalls (tests/peers) come through import, list, save, an
# edit of one rule, commit and revert, unchanged but for that edit, with all
# their counters. PEER-after.rules is what the firewall itself made of
# PEER.rules: importing it over them is that change and no more. And the guard
# sees through them: what cuts SSH for certain is refused, other things are not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
need ip6tables-legacy
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

# Every rule and every policy with counters of its own.
count_up() {
	awk '/^\[/ { sub(/^\[[0-9:]*\]/, "[" ++n ":" 60 * n "]") }
		/^:.* (ACCEPT|DROP) / {
			sub(/\[.*/, "[" 1000 + ++n ":" 99000 + n "]")
		}
		{ print }' "$1"
}

tables_of() {
	sed -n 's/^\*//p' "$1"
}

# The stock tools' text of the peer's tables, without dates.
all_saved() {
	for table in $(tables_of "$file"); do
		ip6tables-legacy-save -c -t "$table"
	done | grep -v '^#'
}

# same EXPECTED GOT "what": two files.
same() {
	ok "$3" cmp "$1" "$2" || diag "$(diff "$1" "$2" | head -n 20)"
}

# The text of $tmp/live after one edit of rule NUMBER of CHAIN in TABLE: edited
# TABLE CHAIN insert|replace|delete NUMBER.
edited() {
	awk -v table="*$1" -v chain="$2" -v what="$3" -v number="$4" \
		-v new="[0:0] -A $2 $rule" '
		/^\*/ { here = $0 == table; n = 0 }
		here && $2 == "-A" && $3 == chain && ++n == number {
			if (what != "delete")
				print new
			if (what != "insert")
				next
		}
		{ print }' "$tmp/live"
}

rule='-s 2001:db8:99::/64 -m comment --comment "put in" -j RETURN'

# put_on_trial "what" ARGUMENTS...: apply makes $tmp/wanted of the tables.
put_on_trial() {
	label=$1
	shift
	status_is 0 "$peer: $label" sp apply --yes --detach "$@"
	all_saved >"$tmp/got"
	same "$tmp/wanted" "$tmp/got" 'is that change and no more'
}

# The same reverted, which gives back $tmp/live, and then done again and kept.
reverted_and_kept() {
	put_on_trial "$@"
	status_is 0 'reverted' sp revert
	all_saved >"$tmp/got"
	same "$tmp/live" "$tmp/got" 'every rule and counter is back'
	put_on_trial "$@"
	status_is 0 'confirmed' sp confirm
	all_saved >"$tmp/got"
	same "$tmp/wanted" "$tmp/got" 'and it stays'
}

# edit TABLE CHAIN insert|replace|delete NUMBER: as one command.
edit() {
	edited "$@" >"$tmp/wanted"
	action=$(echo "$3" | cut -c1 | tr ird IRD)
	set -- -t "$1" "-$action" "$2" "$4"
	[ "$action" = D ] || set -- "$@" -s 2001:db8:99::/64 \
		-m comment --comment 'put in' -j RETURN
	reverted_and_kept "$*" -- "$@"
	cp "$tmp/wanted" "$tmp/live"
}

# The chain of a table with the most rules, and their number: the firewall's own
# where there is one.
longest_chain() {
	sed -n "/^\*$1\$/,/^COMMIT/s/^\[.*\] -A \([^ ]*\) .*/\1/p" "$file" |
		sort | uniq -c | sort -rn | awk 'NR == 1 { print $2, $1 }'
}

check_table() {
	ip6tables-legacy-save -c -t "$1" | grep -v '^#' >"$tmp/stock"
	sp -T "$1" save -c >"$tmp/got"
	same "$tmp/stock" "$tmp/got" "$peer: $1 as ip6tables-save has it"
	ip6tables-legacy -t "$1" -nvL --line-numbers | numbers >"$tmp/stock"
	sp -T "$1" list -v | numbers >"$tmp/got"
	same "$tmp/stock" "$tmp/got" 'and as ip6tables -nvL has it'
	# shellcheck disable=SC2046	# two words
	set -- "$1" $(longest_chain "$1")
	[ -n "${2-}" ] || return 0
	all_saved >"$tmp/live"
	edit "$1" "$2" insert $((($3 + 1) / 2))
	edit "$1" "$2" replace $((($3 + 3) / 2))
	edit "$1" "$2" delete $((($3 + 1) / 2))
}

# The whole file into empty tables: policies have counted nothing yet.
check_import() {
	clear_tables
	ip6tables-legacy-restore -c "$file"
	all_saved | sed '/^:/s/\[.*/[0:0]/' >"$tmp/wanted"
	clear_tables
	status_is 0 "$peer: the whole file on trial" \
		sp apply --yes --detach "$file"
	status_is 0 'and confirmed' sp confirm
	all_saved | sed '/^:/s/\[.*/[0:0]/' >"$tmp/got"
	same "$tmp/wanted" "$tmp/got" 'is what ip6tables-restore -c makes of it'
	status_is 0 'a difference afterwards' sp diff "$file"
	is "$out" '' 'there is none'
}

# PEER-after.rules where the rules that stay have the counters of $tmp/live.
stepped() {
	awk '/^\*/ { table = $0 }
		{ key = $0; sub(/^\[[^ ]* /, "", key); key = table key }
		/^:/ { sub(/ \[.*/, "", key) }
		NR == FNR { was[key, ++old[key]] = $0; next }
		(key, ++new[key]) in was { print was[key, new[key]]; next }
		/^:/ { sub(/\[.*/, "[0:0]") }
		/^\[/ { sub(/^\[[^ ]*/, "[0:0]") }
		{ print }' "$tmp/live" "$1"
}

# The firewall's own next change, done as an import.
check_step() {
	clear_tables
	ip6tables-legacy-restore -c "$file"
	all_saved >"$tmp/live"
	stepped "$1" >"$tmp/wanted"
	sed 's/^\[[^ ]* //' "$1" >"$tmp/after"
	reverted_and_kept 'its next rules, imported' "$tmp/after"
}

# The link that the rules speak of, and a login by it.
make_eth0() {
	ip link add eth0 type veth peer name far0
	ip link set eth0 up
	ip link set far0 up
	ip address add 2001:db8:1::2/64 dev eth0 nodad
	ip -6 route add default via 2001:db8:1::1 dev eth0
	log_in
}

# verdict PEER: of a login in the live rules.
verdict() {
	case $1 in
	shorewall6|ufw) echo unknown ;;	# they count logins
	*) echo safe ;;
	esac
}

check_guard() {
	clear_tables
	ip6tables-legacy-restore "$original"
	status_is 0 "$peer: with a login" sp check "$original"
	like "$out" "^ssh 2001:db8:77::10 -> :22  $(verdict "$peer")" \
		"it is $(verdict "$peer")"
	unlike "$out" '\(rt\)' 'and extension headers are no riddle'
	status_is 0 'an edit elsewhere' sp --no-trial apply --yes -- \
		-I FORWARD 1 -d 2001:db8:99::/64 -j DROP
	status_is 3 'what cuts SSH' sp apply --yes --detach -- \
		-I INPUT 1 -p tcp --dport 22 -j DROP
	like "$out" 'would be dropped by INPUT 1$' 'is refused, with the rule'
}

check_peer() {
	file=$tmp/rules
	count_up "$original" >"$file"
	check_import
	clear_tables
	ip6tables-legacy-restore -c "$file"
	for table in $(tables_of "$file"); do
		check_table "$table"
	done
	check_step "$peers/$peer-after.rules"
}

originals() {
	find "$peers" -name '*.rules' ! -name '*-after.rules' | sort
}

for original in $(originals); do
	peer=$(basename "$original" .rules)
	check_peer
done
make_eth0	# packets of a link would count: it comes last
for original in $(originals); do
	peer=$(basename "$original" .rules)
	check_guard
done
done_testing
