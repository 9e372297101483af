#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The editor of somebody who may only look (--read-only, --no-editor), while a
# change of somebody else is on trial: he sees it, and settles nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/terminal/terminal.sh
. "$top_srcdir/tests/terminal/terminal.sh"
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
need tmux jq sqlite3 ip6tables-legacy ip6tables-legacy-restore

rules=$tmp/rules
cat >"$rules" <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
RULES

deadline() { jq .deadline_ms "$run_dir/trial.json"; }
state() { jq -r .state "$run_dir/trial.json"; }
dump() { sqlite3 "$db" .dump; }
start_trial() {
	sp apply --yes --detach -t "$1" -- -A INPUT -p tcp --dport 5001 -j ACCEPT
}

options=--read-only
ok 'an editor that may only look' begin 80 24 xterm-256color
ok 'a trial of somebody else begins' start_trial 300
ok 'it is shown' poll_until 10 shows 'ON TRIAL.*read-only'
ok 'without a code' lacks 'keeps it'
before=$(dump)
until=$(deadline)
keys R
ok 'R is refused' poll_until 5 shows 'read-only: a trial is settled'
keys +
sleep 0.3
is "$(deadline)" "$until" '+ adds nothing'
for n in $(seq 10 99); do
	keys "$n"
done
sleep 0.5
is "$(state)" 'on trial' 'no two digits keep it'
# The one that would start the other again is stopped first.
watch=$(ours sallyport-watch)
kill -STOP "$watch"
kill -KILL "$(ours sallyport-guard)" "$watch"
sleep 1
is "$(ours sallyport-guard)" '' 'no guardian is started'
ok 'what nobody guards stays as it is' live_has 5001
is "$(dump)" "$before" 'and nothing is written down'
keys q
poll_until 2 has_ended || keys y
poll_until 5 has_ended
end

mv "$rules" "$rules.old"
ip6tables-legacy-save >"$rules"
ok 'another one of these' begin 80 24 xterm-256color
ok 'says that nobody guards it' poll_until 5 shows 'nobody guards'
ok 'and leaves it' live_has 5001
keys q
poll_until 5 has_ended
end
is "$(dump)" "$before" 'and history, too'
status_is 0 'who may do all undoes it' sp revert
ok 'and it is undone' live_lacks 5001

options=--no-editor
mv "$rules.old" "$rules"
begin 80 24 xterm-256color
for key in E I W; do
	keys "$key"
	ok "$key is refused" poll_until 5 shows '--no-editor'
	keys Escape g
	poll_until 5 lacks '--no-editor'
done
# The change that was undone is staged again, and would be kept as a draft.
keys q
ok 'leaving asks about the change that was undone' poll_until 5 shows 'y '
keys y
ended 0 'without files'
end
done_testing
