# SPDX-License-Identifier: GPL-2.0-or-later
# Cells of the fault matrix that are seen through the real program in a real
# terminal. Each has a network namespace, a terminal (tmux) and state of its own;
# they are tried several at a time, those that match $TEST_CELLS. A test sources tests/lib.sh, tests/cli/cli.sh
# and this, defines run_cell FAULT AT WHO, and ends with
#	cells "$0" "$@" <<'CELLS'
#	FAULT|AT|WHO|EXPECTED
# where EXPECTED is what found() prints: rules, record, history, exit status of
# the program, terminal, and what the next start says of the edits.
# shellcheck shell=sh

window=5
rule='-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT'
turn=first	# of the terminals of a cell, whose end is judged
took=-
again=-

# --- The program in its terminal ---

keys() { tmux -L "$turn" send-keys "$@"; }
screen() { tmux -L "$turn" capture-pane -p; }
shows() { screen | grep -Eq -e "$1"; }
sees() { poll_until "${2:-10}" shows "$1"; }
end_pane() { tmux -L "$turn" kill-server 2>/dev/null; }

# in_pane ARGUMENTS...: sallyport in a new terminal, whose settings before and
# after it are compared.
in_pane() {
	cat >"$tmp/pane" <<PANE
trap : HUP INT QUIT TERM
stty -g >$tmp/$turn.before
$SALLYPORT --run-dir $run_dir --db $db $*
status=\$?
stty -g >$tmp/$turn.after
echo \$status >$tmp/$turn.new
mv $tmp/$turn.new $tmp/$turn.status
exec sleep 1000
PANE
	tmux -L "$turn" -f /dev/null new-session -d -x 160 -y 30 \
		"exec env LC_ALL=C.UTF-8 TERM=xterm-256color sh $tmp/pane"
}
has_ended() { [ -e "$tmp/first.status" ]; }

# The older one: what it forks has the same name.
program_pid() { ours sallyport | sort -n | head -n 1 | grep .; }
is_gone() { ! program_pid; }

runs() { ours "$1" | grep .; }

start_editor() {
	in_pane
	sees 'Chain INPUT'
}

# From the rules to the review of one staged rule and a short trial.
stage_editor() {
	keys ':' && sees 'An ip6tables command'
	keys -l -- "ip6tables $rule"
	keys Enter && sees 'dpt:8080'
	keys c && sees 'Commit on trial'
	keys l && sees 'Seconds of the trial'
	keys C-u "$window" Enter && sees "$window s, then undone"
}

review_editor() {
	start_editor
	stage_editor
}

review_apply() {
	in_pane apply -t "$window" -- "$rule"
	sees 'Commit this .*y/N'
}

commit_editor() { keys c; }
commit_apply() { keys y Enter; }
await_editor() { sees 'ON TRIAL'; }
await_apply() { sees ' keeps '; }

# --- The machine ---

# The xtables lock is somebody's until let_go.
hold_lock() {
	touch "$tmp/hold"
	held=$(boot_ms)
	flock "$XTABLES_LOCKFILE" sh -c "touch $tmp/held
		while [ -e $tmp/hold ]; do sleep 0.02; done" &
	poll_until 5 test -e "$tmp/held"
}
let_go() { rm -f "$tmp/hold" "$tmp/held"; }

record() { jq -r "$1 // empty" "$run_dir/trial.json" 2>/dev/null; }
new_is_in() { ip6tables-legacy-save -t filter | grep -q 'dport 8080'; }
is_on_trial() { [ "$(record .state)" = 'on trial' ]; }
is_settled() {
	case $(record .state) in
	confirmed|reverted|failed) ;;
	*) return 1 ;;
	esac
}

# The guardian waits for the lock for ten seconds before a trial, and for five
# past its deadline.
let_go_in_time() {
	let_go
	due=$(record .deadline_ms)
	[ "$(boot_ms)" -lt $((${due:-$((held + 5000))} + 4500)) ] ||
		touch "$late"
}

# Milliseconds of the boot clock, as deadlines are.
boot_ms() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }
deadline_passed() { [ "$(boot_ms)" -ge "$(record .deadline_ms)" ]; }

# Until the old rules are back; how long after the deadline in $took.
await_old() {
	patience=$(($(boot_ms) + window * 1000 + 10000))
	while new_is_in && [ "$(boot_ms)" -lt "$patience" ]; do
		sleep 0.02
	done
	due=$(record .deadline_ms)
	[ -z "$due" ] || took=$(($(boot_ms) - due))
	poll_until 5 is_settled
}

# What had to be done before the deadline is done: a cell that was too slow for it
# is tried again, with more time.
done_by_now() { ! deadline_passed 2>/dev/null || touch "$late"; }

# For cells that do not wait for the deadline: a slow machine must not reach it
# before they are through.
no_hurry() { window=60; }

# review, starting (the guardian waits for the lock), trial or reverting (it
# waits for the lock again, past its deadline).
bring_to() {
	"review_$2"
	[ "$1" != review ] || return 0
	if [ "$1" = starting ]; then
		hold_lock
		"commit_$2"
		poll_until 10 runs sallyport-guard
		return
	fi
	"commit_$2"
	"await_$2"
	poll_until 5 is_on_trial
	[ "$1" = reverting ] || return 0
	hold_lock
	done_by_now
	poll_until 10 deadline_passed
	sleep 0.1
}

# --- What is found ---

found_rules() {
	now=$(rules)
	case $now in
	"$before") echo old ;;
	*'dport 8080'*) echo new ;;
	*) echo other ;;
	esac
}

found_record() {
	[ -e "$run_dir/trial.json" ] || { echo none; return; }
	record '.state + if .reason then " (" + .reason + ")" else "" end' |
		grep . || echo unreadable
}

found_history() {
	sp log 2>/dev/null | awk -F '  +' '
		NR == 1 {
			sub(/ [0-9]+ change.*/, "", $5)	# where it is wide
			print $4 == "import" ? "none" : $5
			seen = 1
		}
		END { if (!seen) print "none" }'
}

found_status() {
	if has_ended; then
		cat "$tmp/first.status"
	elif program_pid >/dev/null; then
		echo runs
	else
		echo gone
	fi
}

found_terminal() {
	if [ ! -s "$tmp/first.after" ]; then
		echo -
	elif cmp -s "$tmp/first.before" "$tmp/first.after"; then
		echo whole
	else
		echo raw
	fi
}

# What the next start of the editor says of the edits of the last one.
next_start() {
	end_pane
	turn=next
	in_pane
	sees 'Chain INPUT|left behind'
	poll_until 5 shows 'left behind|staged again'
	screen >"$tmp/next.screen"
	end_pane
	poll_until 5 is_gone
	case $(cat "$tmp/next.screen") in
	*'left behind'*) echo offered ;;
	*'staged again'*) echo 'staged again' ;;
	*) echo nothing; cat "$tmp/next.screen" >&2 ;;
	esac
}

found() {
	status=$(found_status)
	terminal=$(found_terminal)
	sp status >/dev/null 2>&1	# as any start would, it catches up
	printf '%s; %s; %s; %s; %s; %s\n' "$(found_rules)" "$(found_record)" \
		"$(found_history)" "$status" "$terminal" "$again"
}

# --- One cell, and all of them ---

one_cell() {
	ip link set lo up
	TMUX_TMPDIR=$tmp
	export TMUX_TMPDIR
	unset TMUX
	article_rows | restore
	ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
	before=$(rules)
	late=$4.late
	window=$((window * ${SLOWNESS:-1}))
	run_cell "$1" "$2" "$3"
	found >"$4.found"
	echo "$took" >"$4.took"
	screen >"$4.screen" 2>/dev/null
	end_pane
}

# cells SCRIPT [one FAULT AT WHO FILE]: the cells on standard input.
cells() {
	if [ "${2-}" = one ]; then
		one_cell "$3" "$4" "$5" "$6" >"$6.log" 2>&1
		exit 0
	fi
	in_namespace "$@"
	[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
	probe=$(unshare -n -m true 2>&1) ||
		skip_all "no namespaces within: $probe"
	mkdir "$tmp/results"
	grep -e "${TEST_CELLS:-.}" >"$tmp/cells"
	n=0
	while IFS='|' read -r fault at who expected; do
		n=$((n + 1))
		mkdir "$tmp/$n"
		printf '%s\0' "$tmp/$n" "$fault" "$at" "$who" "$tmp/results/$n"
	done <"$tmp/cells" |
		xargs -0 -n 5 -P "${CELLS_AT_ONCE:-8}" sh -c '
			for slowness in 1 3 9; do
				rm -rf "$1" "$5".*
				mkdir "$1"
				TEST_IN_NAMESPACE=$1 SLOWNESS=$slowness \
					unshare -n -m \
					"$0" one "$2" "$3" "$4" "$5"
				[ -e "$5.late" ] || break
			done' "$1"
	judge_cells
	done_testing
}

row() { diag "$(printf '| %s | %s | %s | %s | %s | %s |' "$@")"; }

# The matrix, cell by cell, and what is wrong in it.
judge_cells() {
	row fault at who expected found 'ms after the deadline'
	row --- --- --- --- --- ---
	n=0
	while IFS='|' read -r fault at who expected; do
		n=$((n + 1))
		got=$(cat "$tmp/results/$n.found" 2>/dev/null)
		row "$fault" "$at" "$who" "$expected" "$got" \
			"$(cat "$tmp/results/$n.took" 2>/dev/null)"
	done <"$tmp/cells"
	n=0
	while IFS='|' read -r fault at who expected; do
		n=$((n + 1))
		is "$(cat "$tmp/results/$n.found" 2>/dev/null)" "$expected" \
			"$fault, $at, $who" && continue
		diag "$(cat "$tmp/results/$n.log" "$tmp/results/$n.screen")"
	done <"$tmp/cells"
}
