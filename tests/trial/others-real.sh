#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Others at work beside a trial, each in a network namespace of its own: the
# stock tools, a real fail2ban, what Docker does. The judge is the table that
# the stock tools alone make of the same work, without our change where it is
# undone or refused, with it where it is kept: every rule, chain and policy, and
# every rule's counters, to the packet.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/trial/others-peers.sh
. "$top_srcdir/tests/trial/others-peers.sh"
need ip6tables-legacy ip6tables-legacy-restore jq bash

# --- In a namespace of its own: one peer, one way out ---

# What is on trial, as the stock tool would do it.
our_change() {
	cat <<-'OURS'
	ip6tables-legacy -N ours
	ip6tables-legacy -A ours -p tcp -m tcp --dport 8443 -j ACCEPT
	ip6tables-legacy -I INPUT 4 -p tcp -m tcp --dport 8080 -j ACCEPT
	ip6tables-legacy -D INPUT -p udp -m udp --dport 443 -j ACCEPT
	ip6tables-legacy -I FORWARD 3 -p tcp -j ours
	ip6tables-legacy -D FORWARD -s 2030:abcd:ef::/64 -j ACCEPT
	OURS
}

base_rules() {
	article_rows | sed '/^COMMIT/d'
	echo '[20:2000] -A INPUT -p ipv6-icmp -j ACCEPT'
	echo COMMIT
}

# elsewhere COMMAND...: in another namespace that has these addresses.
elsewhere() {
	unshare -n sh -c "$with_addresses"'; "$@"' sh "$@"
}
with_addresses='ip link set lo up
	for n in 1 7; do
		ip address add "2001:db8:bad::$n/128" dev lo
	done'

# The rules as they are to be: those of now and our change.
wanted_rules() {
	saved -c >"$tmp/now"
	{ echo "ip6tables-legacy-restore -c <$tmp/now"; our_change
	  echo 'ip6tables-legacy-save -t filter'; } >"$tmp/wanted.sh"
	elsewhere sh "$tmp/wanted.sh"
}

# Policies have no counters here: the stock tool zeroes them itself.
plain() { grep -v '^#' | sed '/^:/s/ \[.*//'; }

# What others did, and the stock tool in our place where our change is kept.
other_world() {
	base_rules >"$tmp/base"
	{ echo "ip6tables-legacy-restore -c <$tmp/base"
	  while IFS= read -r line; do
		if [ "$line" != 'our change' ]; then
			printf '%s\n' "$line"
		elif [ "$1" = confirm ]; then
			our_change
		fi
	  done <"$tmp/theirs"
	  echo "ip6tables-legacy-save -c -t filter >$tmp/world"
	} >"$tmp/world.sh"
	elsewhere sh "$tmp/world.sh" >/dev/null 2>&1
	plain <"$tmp/world"
}

# By the deadline they are through with what they do during the trial: where they
# were not, the cell is tried again with more time. What collides with the undo
# halfway is another test (tests/trial/others.c).
deadline_s=$((5 * ${SLOWNESS:-1}))
[ "${2-}" != fail2ban ] || deadline_s=$((12 * ${SLOWNESS:-1}))

settled() {
	case $(jq -r .state "$run_dir/trial.json") in
	confirmed|reverted|failed) ;;
	*) return 1 ;;
	esac
}

# begin WAY: our change is on trial, or refused.
begin() {
	seconds=60
	[ "$1" != deadline ] || seconds=$deadline_s
	wanted_rules >"$tmp/rules"
	echo 'our change' >>"$tmp/theirs"
	if [ "$1" = refused ]; then
		SSH_CONNECTION='2001:db8:bad::7 50000 2001:db8:bad::1 22' \
			sp apply --yes -- -I INPUT -p tcp --dport 22 -j DROP &
	else
		sp apply --yes -t "$seconds" "$tmp/rules" &
	fi
	ours=$!
	[ "$1" = refused ] || poll_until 10 on_trial
}

# end WAY: leaves the exit status of apply in $status.
end() {
	case $1 in
	asked) sp revert ;;
	confirm) sp confirm ;;
	*) ;;
	esac
	status=0
	wait "$ours" || status=$?
	[ "$1" = refused ] || poll_until 20 settled
}

one() {
	peer=$1 way=$2 found=$3
	eval "$with_addresses"
	make_tools
	base_rules | restore
	"before_$peer"
	begin "$way"
	"during_$peer"
	[ "$way" != deadline ] || on_trial || touch "$found.late"
	end "$way"
	"after_$peer"
	ip6tables-legacy-save -c -t filter | plain >"$found.now"
	other_world "$way" >"$found.world"
	echo "$status" >"$found.status"
	jq -r '.lost // empty' "$run_dir/trial.json" >"$found.lost"
	cp "$tmp/theirs" "$found.theirs"
}

if [ "${1-}" = one ]; then
	one "$2" "$3" "$4" >"$4.log" 2>&1
	exit 0
fi

# --- The whole ---

[ -n "${TEST_IN_NAMESPACE-}" ] || find_fail2ban
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
probe=$(unshare -n -m true 2>&1) || skip_all "no namespaces within: $probe"

cells() {
	for peer in fail2ban busy legacy restore docker; do
		[ "$peer" != fail2ban ] || has_fail2ban || continue
		for way in deadline asked confirm refused; do
			echo "$peer $way"
		done
	done | grep -e "${TEST_CELLS:-.}"
}

# The status that apply leaves with.
status_of() {
	case $1 in
	deadline|asked) echo 5 ;;
	confirm) echo 0 ;;
	refused) echo 3 ;;
	esac
}

mkdir "$tmp/found"
cells >"$tmp/cells"
while read -r peer way; do
	mkdir "$tmp/$peer-$way"
	printf '%s\0' "$tmp/$peer-$way" "$peer" "$way" "$tmp/found/$peer-$way"
done <"$tmp/cells" |
	xargs -0 -n 4 -P "${CELLS_AT_ONCE:-10}" sh -c '
		for slowness in 1 3 10; do
			rm -f "$4".*
			mkdir -p "$1"
			TEST_IN_NAMESPACE=$1 SLOWNESS=$slowness \
				unshare -n -m "$0" one "$2" "$3" "$4"
			[ -e "$4.late" ] || break
		done
	' "$0"

has_fail2ban || skip "no fail2ban: $(tail -qn 1 "$tmp/download" \
	"$tmp/version" 2>/dev/null | tr '\n' ' ')"
while read -r peer way; do
	found=$tmp/found/$peer-$way
	is "$(cat "$found.status")" "$(status_of "$way")" \
		"$peer, $way: how apply ends" || diag "$(cat "$found.log")"
	ok "$peer, $way: the rules and their counters" \
		diff "$found.world" "$found.now" || diag "$(cat "$found.log")"
	ok "$peer, $way: they did something" \
		test "$(grep -c ^ "$found.theirs")" -gt 3
	[ "$way" = refused ] || is "$(cat "$found.lost")" '' \
		"$peer, $way: nothing of theirs is lost"
	ok "$peer, $way: they meet no error" \
		test ! -s "$found.faults" || diag "$(cat "$found.faults")"
done <"$tmp/cells"
done_testing
