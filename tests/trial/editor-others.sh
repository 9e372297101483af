#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who else has a hand in a trial that the editor or apply shows: guardians that are
# killed, a second editor, a confirm from elsewhere, keys typed ahead, records of
# other days.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/trial/cells.sh
. "$top_srcdir/tests/trial/cells.sh"
need tmux jq ip6tables-legacy ip6tables-legacy-restore flock sqlite3
window=10	# hands other than ours need some of it

# said PATTERN: it is on the screen, or comes.
said() { sees "$1" && again=said; }

end_first() {
	await_old
	[ "$1" != editor ] || leave_editor
	poll_until 10 has_ended
}

leave_editor() {
	sees 'undone|kept|gone'
	keys q
	poll_until 10 asks_or_ended
	has_ended || keys y
}
asks_or_ended() { has_ended || shows 'Leave'; }

# --- Guardians that are killed ---

# Before it has written a record: nothing was done, nothing is lost.
guards_starting() {
	bring_to starting "$1"
	kill_guards
	said 'is gone'
	let_go
	[ "$1" != editor ] || { said '1 staged' && leave_editor; }
	poll_until 10 has_ended
}

guards_trial() {
	bring_to trial "$1"
	kill_guards
	done_by_now
	poll_until 5 runs sallyport-watch && again='goes on'
	end_first "$1"
}

# All of it at once, the stated limit: the new rules stand past the deadline until
# the next start, and even a look that may do nothing says so.
is_told_overdue() { sp --read-only status | grep 'NOT REVERTED'; }
everything_trial() {
	bring_to trial "$1"
	kill -KILL "$(program_pid)"
	kill_guards
	done_by_now
	poll_until 5 has_ended
	poll_until 30 deadline_passed
	poll_until 10 is_told_overdue || again='not said'
	new_is_in || again='undone by nobody'
	[ "$again" = - ] || return
	if [ "$1" = editor ]; then
		again=$(next_start)
	else
		sp status >/dev/null
	fi
	await_old
}

guards_reverting() {
	bring_to reverting "$1"
	kill_guards
	let_go_in_time
	end_first "$1"
}

guards_confirmed() {
	no_hurry
	bring_to trial "$1"
	poll_until 5 code
	kill_guards
	poll_until 5 runs sallyport-watch
	sees 'another one watches|keeps'
	poll_until 5 type_code && again=kept
	[ "$1" != editor ] || leave_editor
	poll_until 10 has_ended
}

# --- Keys ---

code() { screen | sed -n 's/.* \([1-9][0-9]\) keeps .*/\1/p' | tail -n 1 | grep .; }
type_code() {
	has_ended || [ "$(record .state)" = confirmed ] || keys "$(code)"
	sleep 0.3
	[ "$(record .state)" = confirmed ]
}

# All ninety codes, before and while the guardian waits for the lock: at once, as
# it waits for ten seconds.
ahead_starting() {
	bring_to review "$1"
	hold_lock
	"commit_$1"
	# shellcheck disable=SC2046	# words
	keys $(seq 10 99)
	let_go_in_time
	"await_$1"
	! shows '^(kept:|Confirmed:)' && again='kept nothing'
	end_first "$1"
}

habit_trial() {
	bring_to trial "$1"
	keys Enter Space y Enter C-m y
	sleep 0.5
	is_on_trial && again='kept nothing'
	done_by_now
	end_first "$1"
}

q_trial() {
	bring_to trial "$1"
	keys q
	said 'goes on; .sallyport confirm. keeps it. Leave'
	keys y
	done_by_now
	poll_until 10 has_ended
	shows 'the trial goes on' || again='says nothing'
	await_old
}

# --- Others ---

confirm_trial() {
	no_hurry
	bring_to trial "$1"
	sp confirm
	said 'kept|Confirmed'
	[ "$1" != editor ] || leave_editor
	poll_until 10 has_ended
	[ "$1" != editor ] || again=$(next_start)
}

revert_trial() {
	no_hurry
	bring_to trial "$1"
	sp revert
	said 'undone'
	end_first "$1"
}

# Its editor was killed: what is confirmed then is not offered again.
kill_confirm_trial() {
	no_hurry
	bring_to trial "$1"
	kill -KILL "$(program_pid)"
	sp confirm
	again=$(next_start)
}

# The edits of an editor that was killed, on rules that others changed.
kill_change_review() {
	bring_to review "$1"
	kill -KILL "$(program_pid)"
	ip6tables-legacy -I INPUT 1 -p sctp -j DROP
	before=$(rules)
	end_pane
	turn=next
	in_pane
	sees 'left behind' && keys y
	sees 'staged what was left' && sees '1 .*sctp|sctp' &&
		sees '^\+ 8 .*8080' && again=rebased
	end_pane
}

# The same of one that is killed during its trial.
kill_change_trial() {
	bring_to trial "$1"
	kill -KILL "$(program_pid)"
	ip6tables-legacy -I INPUT 1 -p sctp -j DROP
	done_by_now
	await_old
	before=$(rules)
	end_pane
	turn=next
	in_pane
	sees 'undone \(deadline\); its edits are staged again' &&
		sees '1 .*sctp|sctp' && sees '^\+ 8 .*8080' && again=rebased
	end_pane
}

# Another one was open when the trial began: it sees it, and may settle it.
in_second() {
	(turn=second; "$@")
}
second_sees() {
	in_second start_editor
	bring_to trial "$1"
	in_second sees "$2"
}
second_keeps_trial() {
	no_hurry
	second_sees "$1" 'ON TRIAL'
	in_second poll_until 5 type_code
	in_second said 'kept' || return
	again=said
	[ "$1" != editor ] || leave_editor
	poll_until 10 has_ended
	in_second end_pane
}
second_undoes_trial() {
	no_hurry
	second_sees "$1" 'put a change on trial'
	in_second keys R
	end_first "$1"
	in_second sees 'undone' && ! in_second shows 'staged' && again=undone
	in_second end_pane
}

# Both stage, both commit: one is on trial, the other one is told of it.
second_commits_trial() {
	in_second review_editor
	bring_to trial "$1"
	in_second keys c
	done_by_now
	in_second sees 'is on trial for|put a change on trial|trial is running' &&
		again=told
	ok 'one record' test "$(printf '%s\n' "$run_dir"/trial*.json)" = \
		"$run_dir/trial.json" || again='two trials'
	end_first "$1"
	in_second end_pane
}

# --- Records of other days ---

# It is said at the start, nothing is committed, and the record is kept.
unreadable_review() {
	newer='{"format":99}'
	echo "$newer" >"$run_dir/trial.json"
	chmod 600 "$run_dir/trial.json"
	"unreadable_$1" 'newer sallyport .*nothing goes on trial'
	poll_until 10 has_ended
	[ "$(cat "$run_dir/trial.json")" = "$newer" ] || again='not kept'
}
unreadable_apply() {
	in_pane apply --yes -- "$rule"
	said "$1"
}
unreadable_editor() {
	start_editor
	sees "$1" || return
	stage_editor
	keys c
	said "$1"
	keys q q
	sees Leave && keys y
}

reboot_trial() {
	no_hurry
	bring_to trial "$1"
	kill -KILL "$(program_pid)"
	kill_guards
	poll_until 5 is_gone
	restart='00000000-0000-0000-0000-000000000000'
	jq -c ".boot_id = \"$restart\"" "$run_dir/trial.json" >"$tmp/record"
	cat "$tmp/record" >"$run_dir/trial.json"
	sqlite3 "$db" "UPDATE revision SET boot_id = '$restart'"
	article_rows | restore
	ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
	[ "$1" != editor ] || again=$(next_start)
	poll_until 5 has_ended
	sp apply --yes --no-trial -- -L >/dev/null 2>&1
}

run_cell() {
	"$1_$2" "$3"
}

cells "$0" "$@" <<'CELLS'
guards|starting|editor|old; none; none; 0; whole; said
guards|trial|editor|old; reverted (deadline); reverted; 0; whole; goes on
everything|trial|editor|old; reverted (deadline); reverted; 137; raw; staged again
everything|trial|apply|old; reverted (deadline); reverted; 137; raw; -
guards|reverting|editor|old; reverted (deadline); reverted; 0; whole; -
guards|confirmed|editor|new; confirmed; confirmed; 0; whole; kept
guards|starting|apply|old; none; none; 1; whole; said
guards|trial|apply|old; reverted (deadline); reverted; 5; whole; goes on
guards|reverting|apply|old; reverted (deadline); reverted; 5; whole; -
guards|confirmed|apply|new; confirmed; confirmed; 0; whole; kept
ahead|starting|editor|old; reverted (deadline); reverted; 0; whole; kept nothing
ahead|starting|apply|old; reverted (deadline); reverted; 5; whole; kept nothing
habit|trial|editor|old; reverted (deadline); reverted; 0; whole; kept nothing
habit|trial|apply|old; reverted (deadline); reverted; 5; whole; kept nothing
q|trial|editor|old; reverted (deadline); reverted; 0; whole; said
confirm|trial|editor|new; confirmed; confirmed; 0; whole; nothing
confirm|trial|apply|new; confirmed; confirmed; 0; whole; said
revert|trial|editor|old; reverted (asked); reverted; 0; whole; said
revert|trial|apply|old; reverted (asked); reverted; 5; whole; said
kill_confirm|trial|editor|new; confirmed; confirmed; 137; raw; nothing
kill_change|review|editor|old; none; external; 137; raw; rebased
kill_change|trial|editor|old; reverted (deadline); external; 137; raw; rebased
second_keeps|trial|editor|new; confirmed; confirmed; 0; whole; said
second_keeps|trial|apply|new; confirmed; confirmed; 0; whole; said
second_undoes|trial|editor|old; reverted (asked); reverted; 0; whole; undone
second_undoes|trial|apply|old; reverted (asked); reverted; 5; whole; undone
second_commits|trial|editor|old; reverted (deadline); reverted; 0; whole; told
unreadable|review|editor|old; unreadable; none; 0; whole; said
unreadable|review|apply|old; unreadable; none; 1; whole; said
reboot|trial|editor|old; on trial; ended by reboot; 137; raw; nothing
reboot|trial|apply|old; on trial; ended by reboot; 137; raw; -
CELLS
