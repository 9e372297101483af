#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every way out of a trial that was begun on the command line.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
make_host
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
before=$(rules)
rule='-A FORWARD -p tcp --dport 5001 -j ACCEPT'

is_back() {
	[ "$(rules)" = "$before" ]
}

# The program itself, not a subshell of ours, is what the signals go to.
new_trial() {
	# shellcheck disable=SC2086	# words
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" apply --yes -t "$1" \
		-m "$2" -- $rule >"$tmp/out" 2>&1 &
	editor=$!
	poll_until 10 on_trial || flunk "no trial: $(cat "$tmp/out")"
}

# settled_by EXPECTED "what": the status of the background apply.
settled_by() {
	status=0
	wait "$editor" || status=$?
	is "$status" "$1" "$2"
}

for command in '-P INPUT DROP' '-R INPUT 1 -m state --state RELATED,ESTABLISHED -j ACCEPT'
do
	# shellcheck disable=SC2086	# words
	status_is 0 "$command, as it is" sp apply --yes -t 5 -- $command
	is "$out" 'Nothing to change.' 'is no change'
done

new_trial 60 'confirmed elsewhere'
status_is 0 'confirm from elsewhere' sp confirm
like "$out" '^what  *1 change in filter, by ' 'it says what was kept'
like "$out" '^kept by  *' 'and who did'
like "$out" '^time left  *[1-5]?[0-9] s$' 'and how much time there was'
settled_by 0 'apply sees it and leaves with 0'
like "$(cat "$tmp/out")" '^Confirmed' 'and says so'
like "$(sp status)" '^trial .* confirmed$' 'and status, which has no reason to add'
status_is 1 'a second confirm' sp confirm
like "$out" 'no change is on trial: the last one was confirmed on .* by ' \
	'tells how the last one ended'
status_is 1 'a revert after it' sp revert
like "$out" 'the last one was confirmed on' 'tells the same'
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT

new_trial 60 'flushed by others'
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT
ip6tables-legacy -P FORWARD ACCEPT
status_is 0 'confirm of what others took away' sp confirm
like "$out" 'others changed the rules meanwhile; .* not there:$' 'says so'
like "$out" '^\+ FORWARD [0-9]*: -p tcp -m tcp --dport 5001 -j ACCEPT$' 'and what'
unlike "$out" 'policy' 'not what is theirs'
settled_by 0 'apply leaves with 0'
like "$(cat "$tmp/out")" 'others changed the rules meanwhile; .* not there:$' \
	'and says so, too'
like "$(cat "$tmp/out")" '^\+ FORWARD [0-9]*: -p tcp -m tcp --dport 5001 -j ACCEPT$' \
	'and what'
ip6tables-legacy -P FORWARD DROP
ok 'the table is back' is_back

new_trial 60 'beside others'
ip6tables-legacy -A FORWARD -p sctp --dport 9 -j DROP
status_is 0 'confirm beside others' sp confirm
like "$out" 'others changed the rules meanwhile; all of the change is there$' \
	'is told'
settled_by 0 'apply leaves with 0'
like "$(cat "$tmp/out")" 'others changed .* all of the change is there$' \
	'which is told it, too'
ip6tables-legacy -D FORWARD -p sctp --dport 9 -j DROP
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT
ok 'the table is back' is_back

ip6tables-legacy -N f2b-sshd
new_trial 60 'beside a ban'
ip6tables-legacy -A f2b-sshd -s 2001:db8:bad::1 -j REJECT
status_is 0 'confirm beside a ban' sp confirm
unlike "$out" 'others changed' 'which is nothing to be told'
settled_by 0 'apply leaves with 0'
unlike "$(cat "$tmp/out")" 'others changed' 'nor there'
ip6tables-legacy -F f2b-sshd
ip6tables-legacy -X f2b-sshd
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT
ok 'the table is back' is_back

new_trial 60 'reverted elsewhere'
status_is 0 'revert from elsewhere' sp revert 2>"$tmp/err"
like "$out" '^reverted: the change was undone \(asked\)$' 'says so'
is "$(cat "$tmp/err")" '' 'which is no error'
settled_by 5 'apply leaves with 5'
ok 'the table is back' is_back
status_is 0 'a second revert' sp revert
like "$out" '^reverted already: .* by .* \(asked\)$' 'finds it undone'
newest=$(sp log --json | jq '.[0].revision')
stands=$(sp log --json | jq 'map(select(.state != "reverted"))[0].revision')
unlike "$newest" "^$stands\$" 'the newest revision does not stand'
like "$(sp status)" "^revision +$stands \(the newest that stands\)\$" \
	'and status names the one that does'
status_is 5 'a confirm after it' sp confirm
like "$out" '^sallyport: reverted already' 'finds it undone, too'

new_trial 60 'beside others'
ip6tables-legacy -A FORWARD -p sctp --dport 9 -j DROP
status_is 0 'revert beside a rule of others' sp revert
settled_by 5 'reverted'
ok 'their rule stays' ip6tables-legacy -D FORWARD -p sctp --dport 9 -j DROP
ok 'ours is gone' is_back

# Without our rule theirs would let in what neither lets in.
rule='-I FORWARD -s 2001:db8:bad::/48 -j DROP'
new_trial 60 'at odds with others'
ip6tables-legacy -A FORWARD -p sctp --dport 9 -j ACCEPT
lost='-A FORWARD -p sctp -m sctp --dport 9 -j ACCEPT'
status_is 0 'revert over a rule of others' sp revert
like "$out" "^$lost" 'tells what they lost'
settled_by 5 'reverted'
number=$(sp log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
ok 'the table is back' is_back
out=$(sp show "$((number - 1))")
like "$out" '^lost  *What others did and the undo took back:$' 'and so does history'
like "$out" "^  *$lost\$" 'readably'
like "$out" "^  *Revision $number is the table as others had it, with the change" \
	'says where they are'
is "$(sp log --json | jq -c '.[1].lost')" "[\"$lost\"]" 'the log as JSON, too'
like "$(sp log)" "external .*\"as it stood before the revert of revision $((number - 1))\"" \
	'and keeps the table as others had it'
like "$(sp diff "$number")" "^- FORWARD 6: ${lost#-A FORWARD }" 'with their rule'
status_is 0 'that can be restored' sp --no-trial restore --yes "$number"
like "$(rules)" "$lost" 'and is there again'
ip6tables-legacy -D FORWARD -s 2001:db8:bad::/48 -j DROP
ip6tables-legacy -D FORWARD -p sctp --dport 9 -j ACCEPT
ok 'beside the change that was undone' is_back

# The deadline passes while nobody looks: the next start tells all of it.
# shellcheck disable=SC2086	# words
status_is 0 'a trial that nobody watches' sp apply --yes --detach -t 10 -- $rule
like "$(sp status)" '^trial .* seconds left, by [^:"]+$' 'and nobody gave a reason for'
ip6tables-legacy -A FORWARD -p sctp --dport 9 -j ACCEPT
ok 'the deadline undoes it' poll_until 20 is_back
unlike "$(sp --read-only status)" 'Revision .* is the table' 'while history does not have it'
for look in 1 2; do
	out=$(sp status)
	like "$out" '^trial  *none; the last one: reverted \(deadline\)$' \
		"status, look $look"
	like "$out" '^  *What others did and the undo took back:$' 'tells that others'
	like "$out" "^  *$lost\$" 'lost something, and what'
	number=$(printf '%s\n' "$out" | sed -n 's/^ *Revision \([0-9]*\) is the table as .*/\1/p')
	like "$(sp diff "$number")" "^- FORWARD 6: ${lost#-A FORWARD }" 'and where it is'
	is "$(sp status --json | jq -c '.trial | [.lost, .lost_in]')" \
		"[[\"$lost\"],[$number]]" 'in JSON too'
done
sp list >/dev/null
sp log >/dev/null
status_is 0 'the next change' sp apply --yes --no-trial -- -A OUTPUT -p udp -j ACCEPT
like "$out" 'note: the last change was undone' 'is told that it was undone'
like "$out" "^$lost" 'and what others lost by it'
unlike "$(sp status)" 'took back' 'and is the last one now'
is "$(sp status --json | jq -c '.trial | [.lost, .lost_in]')" '[[],[]]' 'in JSON too'
ip6tables-legacy -D OUTPUT -p udp -j ACCEPT

# shellcheck disable=SC2086	# words
status_is 0 'another one' sp apply --yes --detach -t 5 -- $rule
ip6tables-legacy -A FORWARD -p sctp --dport 9 -j ACCEPT
ok 'is undone' poll_until 20 is_back
sp status >/dev/null
status_is 5 'a late confirm' sp confirm
like "$out" "^$lost\$" 'is told what others lost, too'
status_is 5 'another one' sp confirm
unlike "$out" "^$lost\$" 'once'
status_is 0 'the next change' sp apply --yes --no-trial -- -A OUTPUT -p udp -j ACCEPT
unlike "$out" 'note: the last change' 'has nothing to add to that'
like "$(sp log)" 'reverted' 'but history has it'
ip6tables-legacy -D OUTPUT -p udp -j ACCEPT

rule='-A FORWARD -p tcp --dport 5001 -j ACCEPT'
new_trial 60 'interrupted'
kill -INT "$editor"
settled_by 5 'an interrupt reverts at once'
ok 'the table is back' is_back

for signal in HUP TERM KILL; do
	new_trial 10 "killed by $signal"
	kill -$signal "$editor"
	wait "$editor" 2>/dev/null
	ok "$signal leaves the trial running" on_trial
	ok 'and the deadline reverts it' poll_until 20 no_trial
	ok 'the table is back' is_back
	status_is 5 'a late confirm' sp confirm
	like "$out" 'reverted' 'is told that it was reverted'
done

new_trial 60 'status'
sp status --json >"$tmp/json"
is "$(jq -r .trial.state "$tmp/json")" 'on trial' 'status --json'
is "$(jq -r .trial.message "$tmp/json")" status 'has the message'
is "$(jq -r .table "$tmp/json")" filter 'the table'
ok 'and the seconds' jq -e '.trial.seconds_left > 20 and
	.trial.seconds_left <= 60' "$tmp/json"
status_is 0 'revert --if-due before the deadline' sp revert --if-due
ok 'leaves it alone' on_trial
status_is 6 'a second commit' sp apply --yes -- -P FORWARD ACCEPT
sp revert >/dev/null 2>&1
settled_by 5 'reverted'

new_trial 30 'one "line
trial      none
revision   99'
like "$(sp status)" '^trial .*: "one "line ..."$' 'a message stands in one line'
is "$(sp status | grep -c '^trial')" 1 'and makes no other'
sp revert >/dev/null 2>&1
settled_by 5 'reverted'

for command in confirm revert; do
	new_trial 60 'whose end nobody can read'
	status=0
	sp $command >/dev/full 2>"$tmp/err" || status=$?
	is "$status" 1 "a full disk under $command"
	is "$(cat "$tmp/err")" \
		'sallyport: cannot write the output: No space left on device' \
		'is told once'
	wait "$editor" || true
done
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT
ok 'the table is back' is_back

status_is 0 '--no-trial' sp --no-trial apply --yes -m 'for good' -- -P OUTPUT DROP
like "$(rules)" ':OUTPUT DROP' 'commits at once'
status_is 1 'with nothing left to confirm' sp confirm
like "$(sp log)" '"for good"' 'and is in the log'
ip6tables-legacy -P OUTPUT ACCEPT

log_in
status_is 3 'what cuts SSH is refused' sp apply --yes -- -D INPUT 2
status_is 3 'the override with another name too' \
	sp --override nowhere.example apply --yes -- -D INPUT 2
ok 'nothing was changed' is_back
status_is 0 "the override with this host's name is taken" \
	sp --override "$(uname -n)" apply --yes --detach -m over -- -D INPUT 2
status_is 0 'reverted' sp revert
number=$(sp log --grep over | sed -n '1s/^ *\([0-9]*\).*/\1/p')
like "$(sp show "$number")" "^override +$(uname -n)" 'and recorded'

# Whoever removes the run directory takes the record with it.
status_is 0 'a trial' sp apply --yes --detach -t 60 -- \
	-A FORWARD -p tcp --dport 5007 -j ACCEPT
mv "$run_dir" "$run_dir.gone"
is "$(sp log --json | jq -r '.[0].state')" 'on trial' \
	'without a record it goes on while it is guarded'
kill_guards
unguarded() {
	[ -z "$(ours sallyport-guard)$(ours sallyport-watch)" ]
}
ok 'its guards are gone' poll_until 10 unguarded
is "$(sp log --json | jq -c '[.[] | select(.state == "on trial")]')" '[]' \
	'but ends once nobody guards it'
is "$(sp log --json | jq -r '.[1] | "\(.state) (\(.reason))"')" \
	'ended (its record is gone)' 'which is told'
is "$(sp log --json | jq -r '.[0].origin')" external 'and so is what is live'
done_testing
