#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What can happen to the editor, and to apply, at each point of a commit: signals,
# a lost terminal, a stop across the deadline, of itself or of guardian and
# supervisor. The rules end old, the record and
# the history say so, and the edits are offered again.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/trial/cells.sh
. "$top_srcdir/tests/trial/cells.sh"
need tmux jq ip6tables-legacy ip6tables-legacy-restore flock

do_fault() {
	pid=$(program_pid)
	case $1 in
	HUP|TERM|INT|QUIT) kill -s "$1" "$pid" ;;
	kill) kill -KILL "$pid" ;;
	'^C') keys C-c ;;
	closed) end_pane ;;
	session)
		in_session "$(ps -o sid= -p "$pid" | tr -d ' ')" |
			xargs kill -KILL ;;
	stop) kill -STOP "$pid" ;;
	both)	# shellcheck disable=SC2046	# words
		kill -STOP $(runs sallyport-watch) $(runs sallyport-guard) ;;
	asked)	# shellcheck disable=SC2046	# words
		kill -STOP $(runs sallyport-watch) $(runs sallyport-guard)
		keys R ;;
	esac
}

# Long enough for it to be done, by who ends and by who does not.
settle_fault() {
	case $1-$2 in
	stop-*|both-*|asked-*) ;;
	INT-review|'^C-review') sees 'Chain INPUT|changed' 3 ;;
	INT-*|'^C'-*) [ "$3" = editor ] || poll_until 5 has_ended ;;
	closed-*|session-*) poll_until 5 is_gone ;;
	*) poll_until 5 has_ended ;;
	esac
}

# Stopped across the deadline, it shows what happened when it goes on.
wake() {
	kill -CONT "$(program_pid)"
	sees 'undone|reverted' && again=shown
	[ "$1" = editor ] || poll_until 5 has_ended
}

on_trial_or_over() { new_is_in || is_settled; }

run_cell() {
	case $1-$2-$3 in
	asked-trial-*|'^C'-starting-apply|'^C'-trial-apply|QUIT-trial-apply) no_hurry ;;
	esac
	bring_to "$2" "$3"
	do_fault "$1"
	[ "$2" != trial ] || done_by_now
	case $2 in
	starting) let_go_in_time; poll_until 10 on_trial_or_over ;;
	reverting) sleep 0.3; let_go_in_time ;;
	esac
	settle_fault "$1" "$2" "$3"
	[ "$2" = review ] || await_old
	[ "$1" != stop ] || wake "$3"
	case $1-$3 in
	both-apply|asked-apply) poll_until 5 has_ended ;;
	esac
	[ "$3" != editor ] || [ "$(found_status)" = runs ] || again=$(next_start)
}

cells "$0" "$@" <<'CELLS'
HUP|review|editor|old; none; none; 1; whole; offered
TERM|review|editor|old; none; none; 1; whole; offered
INT|review|editor|old; none; none; runs; -; -
^C|review|editor|old; none; none; runs; -; -
QUIT|review|editor|old; none; none; 131; whole; offered
kill|review|editor|old; none; none; 137; raw; offered
closed|review|editor|old; none; none; 1; -; offered
session|review|editor|old; none; none; gone; -; offered
HUP|starting|editor|old; reverted (deadline); reverted; 1; whole; staged again
TERM|starting|editor|old; reverted (deadline); reverted; 1; whole; staged again
^C|starting|editor|old; reverted (deadline); reverted; runs; -; -
kill|starting|editor|old; reverted (deadline); reverted; 137; raw; staged again
session|starting|editor|old; reverted (deadline); reverted; gone; -; staged again
HUP|trial|editor|old; reverted (deadline); reverted; 1; whole; staged again
TERM|trial|editor|old; reverted (deadline); reverted; 1; whole; staged again
INT|trial|editor|old; reverted (deadline); reverted; runs; -; -
^C|trial|editor|old; reverted (deadline); reverted; runs; -; -
QUIT|trial|editor|old; reverted (deadline); reverted; 131; whole; staged again
kill|trial|editor|old; reverted (deadline); reverted; 137; raw; staged again
closed|trial|editor|old; reverted (deadline); reverted; 1; -; staged again
session|trial|editor|old; reverted (deadline); reverted; gone; -; staged again
stop|trial|editor|old; reverted (deadline); reverted; runs; -; shown
both|trial|editor|old; reverted (deadline); reverted; runs; -; -
asked|trial|editor|old; reverted (asked); reverted; runs; -; -
HUP|reverting|editor|old; reverted (deadline); reverted; 1; whole; staged again
kill|reverting|editor|old; reverted (deadline); reverted; 137; raw; staged again
closed|reverting|editor|old; reverted (deadline); reverted; 1; -; staged again
session|reverting|editor|old; reverted (deadline); reverted; gone; -; staged again
HUP|review|apply|old; none; none; 129; whole; -
TERM|review|apply|old; none; none; 143; whole; -
^C|review|apply|old; none; none; 130; whole; -
QUIT|review|apply|old; none; none; 131; whole; -
kill|review|apply|old; none; none; 137; whole; -
closed|review|apply|old; none; none; 1; -; -
session|review|apply|old; none; none; gone; -; -
HUP|starting|apply|old; reverted (deadline); reverted; 1; whole; -
^C|starting|apply|old; reverted (asked); reverted; 5; whole; -
kill|starting|apply|old; reverted (deadline); reverted; 137; whole; -
session|starting|apply|old; reverted (deadline); reverted; gone; -; -
HUP|trial|apply|old; reverted (deadline); reverted; 1; whole; -
TERM|trial|apply|old; reverted (deadline); reverted; 1; whole; -
^C|trial|apply|old; reverted (asked); reverted; 5; whole; -
QUIT|trial|apply|old; reverted (asked); reverted; 5; whole; -
kill|trial|apply|old; reverted (deadline); reverted; 137; raw; -
closed|trial|apply|old; reverted (deadline); reverted; 1; -; -
session|trial|apply|old; reverted (deadline); reverted; gone; -; -
stop|trial|apply|old; reverted (deadline); reverted; 5; whole; shown
both|trial|apply|old; reverted (deadline); reverted; 5; whole; -
asked|trial|apply|old; reverted (asked); reverted; 5; whole; -
HUP|reverting|apply|old; reverted (deadline); reverted; 1; whole; -
^C|reverting|apply|old; reverted (deadline); reverted; 5; whole; -
kill|reverting|apply|old; reverted (deadline); reverted; 137; raw; -
session|reverting|apply|old; reverted (deadline); reverted; gone; -; -
CELLS
