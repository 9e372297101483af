#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Others are faster: they change the rules while apply waits for the lock.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy flock
in_namespace "$0" "$@"
make_host
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT

guarded() {
	[ -n "$(ours sallyport-guard)" ]
}

# beside COMMAND -- RULE...: apply the rule; once its guardian waits for the lock
# the command runs, which takes another lock. The status is left in $status.
beside() {
	others=$1
	shift 2
	flock "$XTABLES_LOCKFILE" sleep 300 &
	holder=$!
	poll_until 5 sh -c "! flock -n '$XTABLES_LOCKFILE' true"
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" apply --yes --detach \
		-t 60 -- "$@" >"$tmp/out" 2>&1 &
	poll_until 10 guarded
	poll_until 10 test -e "$run_dir/guardian.sock"
	XTABLES_LOCKFILE=$tmp/other.lock sh -c "$others"
	pkill -P "$holder" || :
	wait "$holder" 2>/dev/null || :
	status=0
	wait $! || status=$?
}

beside 'ip6tables-legacy -I FORWARD -p sctp -j DROP' -- \
	-A FORWARD -p tcp --dport 5001 -j ACCEPT
is "$status" 0 'apply goes on'
like "$(cat "$tmp/out")" 'others changed the rules meanwhile: the change was carried over' \
	'and says that it was carried over'
like "$(rules)" '^-A FORWARD -p sctp -j DROP' 'what others did stays'
like "$(rules)" '^-A FORWARD .*--dport 5001 -j ACCEPT' 'our change is on trial'
status_is 0 'it is confirmed' sp confirm

beside 'ip6tables-legacy -D FORWARD -p sctp -j DROP' -- \
	-R FORWARD 1 -p sctp --dport 9 -j DROP
is "$status" 4 'a rule that others deleted cannot be replaced: 4'
like "$(cat "$tmp/out")" "FORWARD: you change '-p sctp -j DROP' to '-p sctp .*others deleted it" \
	'both sides are named'
is "$(rules | grep -c sctp)" 0 'and nothing was done'

ip6tables-legacy -I FORWARD 1 -p sctp -j DROP
beside 'ip6tables-legacy -R FORWARD 1 -p sctp --sport 7 -j DROP' -- \
	-D FORWARD -p sctp -j DROP
is "$status" 4 'what others changed is not taken for deleted'
like "$(cat "$tmp/out")" "FORWARD: you delete '-p sctp -j DROP', others changed it to '-p sctp .*--sport 7 -j DROP'" \
	'both sides are named again'
done_testing
