#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One history, several network namespaces: each is compared with its own
# revisions, and the machine's own, that of process 1, goes on over restarts.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq nsenter
[ "$(id -u)" -eq 0 ] || skip_all 'only root has a process 1 of its own'
if [ -z "${TEST_PROCESSES-}" ]; then
	TEST_PROCESSES=yes exec unshare --pid --fork --mount-proc "$0" "$@"
fi
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
is $$ 1 'this is process 1'
make_host
article_rows | restore

# Another namespace; $other is how to get there.
beside() {
	unshare -n sleep 600 &
	poll_until 5 is_apart $!
	other="nsenter -t $! -n"
	$other ip link set lo up
}
is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/$$/ns/net)" ]
}
in_other() {
	$other "$SALLYPORT" --run-dir "$run_dir" --db "$db" "$@"
}
# told PROGRAM: what the log has, the newest first.
told() {
	"$@" log --json | jq -r '[.[] | "\(.revision) \(.origin)"] | join(", ")'
}
beside

is "$(told sp)" '1 import' 'the machine'
ok 'a commit' sp apply --yes --no-trial -- -A FORWARD -p dccp -j DROP
is "$(told sp)" '2 edit, 1 import' 'has a history'

$other ip6tables-legacy -P OUTPUT DROP
ok 'a look from another namespace' in_other status
$other ip6tables-legacy -A INPUT -p sctp -j DROP
ok 'and another one' in_other status
is "$(told in_other)" '4 external, 3 import' 'has one of its own'
is "$(told sp)" '2 edit, 1 import' 'and nothing is told of the machine'
like "$(sp status)" '^revision +2 ' 'whose newest revision is its own'
like "$(sp status)" 'live and revision: the same' 'and is what is live'

ok 'a commit there' in_other apply --yes --no-trial -- -A OUTPUT -p dccp -j DROP
is "$(told in_other)" '5 edit, 4 external, 3 import' 'is told there'
ok 'one at home' sp apply --yes --no-trial -- -A OUTPUT -p sctp -j DROP
is "$(told sp)" '6 edit, 2 edit, 1 import' 'is told at home'
is "$(told in_other)" '5 edit, 4 external, 3 import' 'and not there'

# A trial belongs to those who see its table.
ok 'a trial there' in_other apply --yes --detach -t 300 -- -P FORWARD DROP
ok 'is seen from home' sp status
like "$(sp log)" '^ +6 ' 'and is not the newest here'
is "$(told sp)" '6 edit, 2 edit, 1 import' 'nor told'
ok 'it is undone there' in_other revert
ok 'and seen from home' sp status
is "$(told sp)" '6 edit, 2 edit, 1 import' 'which is not told either'
is "$(in_other log --json | jq -r '.[0].state')" reverted 'but there'

beside
$other ip6tables-legacy -P OUTPUT DROP
ok 'a third namespace' in_other status
is "$(in_other log --json | jq -r '.[0] | .origin')" import 'begins anew'

# The machine restarts: process 1 has another namespace, with another cookie.
restarted() {
	unshare --net --pid --fork --mount-proc "$SALLYPORT" \
		--run-dir "$tmp/run2" --db "$db" "$@"
}
is "$(restarted log --json | jq -r '[.[] | .origin] | join(", ")')" \
	'external, edit, edit, import' 'the machine goes on after a restart'
is "$(restarted log --json | jq -r '.[0] | .parent')" 6 'where it was'
done_testing
