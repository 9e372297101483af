#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The program is replaced or removed while a change is on trial: the trial goes
# on, and the new program settles it. What a newer one wrote is refused by name
# and left as it is.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy sqlite3
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
article_rows | restore
before=$(rules)
program=$tmp/sallyport
rule='-A FORWARD -p tcp --dport 5001 -j ACCEPT'

is_back() { [ "$(rules)" = "$before" ]; }
is_new() { rules | grep -q 5001; }

installed() {
	"$program" --run-dir "$run_dir" --db "$db" "$@"
}

install_old() {
	rm -f "$program"
	cp "$SALLYPORT" "$program"
}

# Another file at the same path, as a package manager leaves it.
replace() {
	cp "$SALLYPORT" "$program.new"
	mv "$program.new" "$program"
}

remove() { rm "$program"; }

# kill_and_see NAME: it is killed and another one takes its place.
kill_and_see() {
	old=$(ours "$1")
	kill -KILL "$old"
	is_another() {
		now=$(ours "$1")
		[ -n "$now" ] && [ "$now" != "$old" ]
	}
	ok "a killed $1 is there again" poll_until 10 is_another "$1"
}

none_left() {
	[ -z "$(ours sallyport-guard)$(ours sallyport-watch)" ]
}

for change in replace remove; do
	install_old
	# shellcheck disable=SC2086	# words
	ok "$change: a trial" installed apply --yes --detach -t 300 -- $rule
	"$change"
	kill_and_see sallyport-guard
	kill_and_see sallyport-watch
	kill_and_see sallyport-guard
	[ -e "$program" ] || install_old
	status_is 0 'the new program keeps the change' installed confirm
	ok 'the new rules stand' is_new
	ok 'nobody is left' poll_until 10 none_left
	echo "$before" | ip6tables-legacy-restore
done

for change in replace remove; do
	install_old
	# shellcheck disable=SC2086	# words
	installed apply --yes -t 12 -- $rule >"$tmp/out" 2>&1 </dev/null &
	editor=$!
	ok "$change: a trial with its editor" poll_until 10 on_trial
	"$change"
	kill_guards
	is_guarded() { [ -n "$(ours sallyport-guard)" ]; }
	ok 'the editor starts a guardian from the program that it runs' \
		poll_until 10 is_guarded
	ok 'the trial goes on' is_new
	status=0
	wait "$editor" || status=$?
	is "$status" 5 'and is reverted at its deadline' || diag "$(cat "$tmp/out")"
	ok 'the old rules are back' is_back
	ok 'nobody is left' poll_until 10 none_left
done

# --- What a newer one wrote ---

install_old
sqlite3 "$db" 'PRAGMA user_version = 99'
sum=$(sqlite3 "$db" .dump | sum)
for command in log 'show 1' 'restore --yes 1'; do
	# shellcheck disable=SC2086	# words
	status_is 1 "$command of a newer history" installed $command
	like "$out" "'$db' was written by a newer .*format 99, known is [0-9]+" \
		'is refused: file and both formats'
done
# shellcheck disable=SC2086	# words
status_is 0 'a trial goes on without it' installed apply --yes --detach -- $rule
like "$out" "newer sallyport" 'and that is said'
ok 'the new rules are on trial' is_new
status_is 0 'a revert' installed revert
ok 'brings the old ones back' is_back
is "$(sqlite3 "$db" .dump | sum)" "$sum" 'the newer history is as it was'

record=$run_dir/trial.json
sed -i 's/"format":[0-9]*/"format":99/' "$record"
sum=$(sum "$record")
status_is 0 'status with a newer record' installed status
like "$out" 'trial.*trial.json.*newer sallyport .format 99, this one reads [0-9]' \
	'names it, and both formats'
# shellcheck disable=SC2086	# words
status_is 1 'no trial begins over it' installed apply --yes --detach -- $rule
like "$out" 'trial.json.*newer sallyport' 'and that is said'
ok 'nothing is changed' is_back
for command in confirm revert; do
	status_is 1 "$command" installed "$command"
	like "$out" 'trial.json.*newer sallyport' 'says so too'
done
is "$(sum "$record")" "$sum" 'the record is as it was'
done_testing
