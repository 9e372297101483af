#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A trial whose guardian and supervisor were both killed, or whose record is
# refused: whatever starts next undoes it at its deadline (P5), and who may only
# look says so.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
before=$(rules)
saved >"$tmp/same"

is_back() { [ "$(rules)" = "$before" ]; }
is_new() { rules | grep -q 'dport 5001'; }
is_unguarded() { [ -z "$(ours sallyport-guard)$(ours sallyport-watch)" ]; }
is_guarded() { [ -n "$(ours sallyport-guard)" ]; }

# record FILTER: change what stands in it.
record() {
	jq -c "$1" "$run_dir/trial.json" >"$tmp/record" &&
		cat "$tmp/record" >"$run_dir/trial.json"
}

# begin [SECONDS]
begin() {
	sp apply --yes --detach -t "${1:-60}" -- -A FORWARD -p tcp --dport 5001 \
		-j ACCEPT >/dev/null 2>"$tmp/err" ||
		flunk "no trial: $(cat "$tmp/err")"
}

orphan() {
	begin
	kill_guards
	poll_until 5 is_unguarded || flunk 'the guardians live'
}

# look ARGUMENTS...: its output in $out, what it says besides in $said.
look() {
	status=0
	out=$(sp "$@" 2>"$tmp/said") || status=$?
	said=$(cat "$tmp/said")
}

# --- The next start ---
for command in 'list' 'save' 'list --json' "check $tmp/same" 'diff live 1' \
	'show 1' 'probe --from 2001:db8::1' flows; do
	orphan
	record '.deadline_ms = 1'
	# shellcheck disable=SC2086	# words
	look $command
	is "$status" 0 "$command after the deadline of an orphaned trial"
	ok 'undoes it' is_back
	is "$said" 'sallyport: note: the last change was undone (deadline)' \
		'and says so besides'
	unlike "$out" '5001|undone' 'not in its output'
	poll_until 5 is_unguarded || flunk 'a guardian is left'
done

orphan
look save
is "$said" '' 'before its deadline it says nothing'
like "$out" 'dport 5001' 'and prints what is live'
ok 'and it is guarded again' poll_until 5 is_guarded
status_is 0 'so that it can be undone' sp revert

# --- No guardian can be started ---
orphan
rm -f "$run_dir/trial.lock"
mkdir "$run_dir/trial.lock"
look save
like "$said" 'nobody guards, and no guardian can be started' \
	'where none can be started that is said'
like "$out" 'dport 5001' 'and what is live is printed'
look status
like "$out" 'no guardian can be started' 'by status too'
look apply --yes -- -A FORWARD -p tcp --dport 5002 -j ACCEPT
is "$status" 1 'nothing else goes on trial then'
rmdir "$run_dir/trial.lock"
look save
is "$said" '' 'until one can'
status_is 0 'which undoes it when it is asked to' sp revert
ok 'and has' is_back

# --- Both are stopped, and nobody but who asks sends them a SIGCONT ---
# The supervisor first: it would have its guardian go on.
stop_both() {
	# shellcheck disable=SC2046	# words
	kill -STOP $(ours sallyport-watch) $(ours sallyport-guard)
}
boot_ms() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }
is_past() { [ "$(boot_ms)" -gt "$(($(jq .deadline_ms "$run_dir/trial.json") + 100))" ]; }
is_settled() { [ "$(jq -r .state "$run_dir/trial.json")" = reverted ]; }

begin
stop_both
status_is 0 'revert before the deadline, both stopped' sp revert
ok 'undoes it' is_back
begin
stop_both
status_is 0 'confirm, both stopped' sp confirm
ok 'keeps it' is_new
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT

begin_short() {
	begin "$1"
	stop_both
	poll_until 15 is_past || flunk 'the deadline does not pass'
}
begin_short 5
ok 'both stopped, nobody undoes it at the deadline' is_new
look --read-only list
ok 'nor who may only look' is_new
look status
like "$out" '^trial *none; the last one: reverted \(deadline\)$' \
	'status says that it was undone'
ok 'as it was' is_back
begin_short 5
look list
ok 'list does, too' is_back
is "$said" 'sallyport: note: the last change was undone (deadline)' \
	'and says so besides'
begin_short 5
status_is 0 'so does revert' sp revert
ok 'and it is undone' is_back
begin_short 5
status_is 0 'another change can go on trial then' sp apply --yes --detach \
	-t 60 -- -A FORWARD -p tcp --dport 5002 -j ACCEPT
unlike "$(rules)" 'dport 5001' 'for the first one is undone'
status_is 0 'as is the other one' sp revert
sp apply --yes -t 5 -- -A FORWARD -p tcp --dport 5001 -j ACCEPT \
	>"$tmp/out" 2>"$tmp/err" &
waiting=$!
poll_until 15 on_trial || flunk 'it is not on trial'
stop_both
poll_until 30 is_settled
ok 'an apply that waits has it undone, too' is_back
wait "$waiting"
is $? 5 'and hears of it'

# --- The record is removed while its guardian lives ---
begin
rm "$run_dir/trial.json"
ok 'a record that was removed is written again' \
	poll_until 15 test -e "$run_dir/trial.json"
ok 'status tells of the trial' on_trial
status_is 0 'which can be undone' sp revert
ok 'and is' is_back
begin
rm "$run_dir/trial.json"
status_is 0 'revert waits for it' sp revert
ok 'and undoes the change' is_back
status=0
said=$(db=$tmp/limited/history.db; ulimit -f 0; sp status 2>&1 >/dev/null) ||
	status=$?
is "$status" 0 'a limit to what may be written is no end'
like "$said" 'File too large' 'but told'

# --- Who may only look ---
orphan
look --read-only list
like "$said" 'nobody guards: .* at its deadline' '--read-only says that nobody guards it'
look --read-only status
like "$out" '^trial *on trial, [0-9]+ seconds left' 'status tells how it stands'
like "$out" '^ *a change is on trial that nobody guards' 'and that nobody guards it'
is "$(sp --read-only status --json | jq -c '[.trial.state,
	.trial.unguarded, .trial.overdue]')" '["on trial",true,false]' 'JSON too'
record '.deadline_ms = 1'
look --read-only save
like "$said" 'NOT REVERTED' 'after its deadline it says that it was not undone'
like "$out" 'dport 5001' 'and prints what is live'
unlike "$out" 'REVERTED' 'and only that'
look --read-only status
is "$(printf '%s\n' "$out" | grep -c 'NOT REVERTED')" 1 'status says it once'
ok 'nobody has undone it' is_new
ok 'nor guards it' is_unguarded
look --file "$tmp/same" list
is "$said" '' 'a file has nothing to do with it'
ok 'and leaves it alone' is_new

# --- Of an earlier boot ---
record '.boot_id = "00000000-0000-0000-0000-000000000000" |
	.deadline_ms = 9000000000000'
for flag in '--read-only' ''; do
	# shellcheck disable=SC2086	# no word
	look $flag status
	like "$out" '^trial *none; the last one: ended by reboot$' \
		"status $flag: a trial of an earlier boot has ended"
	# shellcheck disable=SC2086	# no word
	is "$(sp $flag status --json | jq -c '[.trial.state,
		.trial.seconds_left]')" '["ended by reboot",0]' 'JSON too'
done
look list
is "$said" '' 'list has nothing to say of it'
ok 'nobody guards it' is_unguarded
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT

# --- A record that is refused ---
begin
chmod 666 "$run_dir/trial.json"
look list
is "$said" '' 'a record that others may write, with a guardian, needs no word'
status_is 0 'revert asks the guardian' sp revert
ok 'which undoes it' is_back
begin
chmod 666 "$run_dir/trial.json"
status_is 0 'confirm asks it, too' sp confirm
ok 'and it stays' is_new
is "$(jq -r .state "$run_dir/trial.json")" confirmed 'as the record says'
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT
orphan
chmod 666 "$run_dir/trial.json"
look list
like "$said" 'trial.json.* may be written by others' 'without a guardian it is told'
status_is 1 'and nothing can be settled' sp revert
like "$out" 'trial.json.* may be written by others' 'for that reason'
done_testing
