#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The same faults, done to ip6tables-apply and to sallyport side by side, each in
# a network namespace and a terminal of its own: the table that README shows.
# Asserted is sallyport's column; the other one is what was seen.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need tmux ip6tables-legacy ip6tables-legacy-restore ip6tables-apply

window=5
programs='ip6tables-apply sallyport'

# NAME|what README says of it
faults='silence|nobody answers
hangup|the session hangs up (HUP)
interrupt|^C
term|TERM, as at a shutdown
closed|the terminal is closed
kill|kill -9 of the program
session|kill -9 of its whole session
everything|kill -9 of all that belongs to it, guardian included
ahead|`y` was typed before the prompt
other|a rule that somebody adds meanwhile
counters|packet and byte counters of the old rules'

# --- In a namespace of its own: one program, one fault ---

# The tools that ip6tables-apply looks for are those of the legacy tables, and what
# it leaves behind when it is killed is not left in /tmp.
legacy_tools() {
	mkdir "$here/bin"
	for tool in save restore; do
		ln -s "$(command -v "ip6tables-legacy-$tool")" \
			"$here/bin/ip6tables-$tool"
	done
	printf '#!/bin/sh\nexec %s %s\n' "$(command -v mktemp)" \
		"$here/saved-XXXXXXXX" >"$here/bin/mktemp"
	chmod +x "$here/bin/mktemp"
	PATH=$here/bin:$PATH
}

# It would stop this machine's fail2ban, whose script it finds by its path.
hide_services() {
	[ ! -d /etc/init.d ] || mount --bind "$here/nothing" /etc/init.d
}

# What the pane becomes; it waits until something may have been typed ahead.
write_pane() {
	case $program in
	sallyport)
		set -- "$SALLYPORT" --run-dir "$here/run" --db "$here/db" \
			apply --yes -t "$window" "$here/rules" ;;
	*)
		set -- ip6tables-apply -t "$window" "$here/rules" ;;
	esac
	cat >"$here/pane" <<PANE
while [ ! -e $here/go ]; do sleep 0.05; done
exec $*
PANE
}

# Not by -C: that of 1.8.9 takes the rule for port 4001 for it.
new_is_in() { rules | grep -q 'dport 5001'; }
old_is_in() { [ "$(rules)" = "$before" ]; }
# The prompt, not only the rules: what is done to it is done to the question.
is_asked() { tmux -L "$pane" capture-pane -p | grep -Eq 'keeps|y/N'; }
asked_for_it() { new_is_in && is_asked; }

# At one blow: whoever looks after the others goes first.
kill_all() {
	[ "$program" != sallyport ] || kill_guards
	kill -KILL "$1"
}

next_start() {
	[ "$program" != sallyport ] ||
		"$SALLYPORT" --run-dir "$here/run" --db "$here/db" status >/dev/null
}

do_fault() {
	pid=$(tmux -L "$pane" list-panes -F '#{pane_pid}')
	case $1 in
	hangup) kill -HUP "$pid" ;;
	interrupt) tmux -L "$pane" send-keys C-c ;;
	term) kill -TERM "$pid" ;;
	closed) tmux -L "$pane" kill-server ;;
	kill) kill -KILL "$pid" ;;
	session) in_session "$pid" | xargs kill -KILL ;;
	everything) kill_all "$pid" ;;
	other) ip6tables-legacy -A OUTPUT -p sctp --dport 9 -j DROP ;;
	*) ;;
	esac
}

tenths() { date +%s%N | cut -c 1-11; }

# The words of the table for where it ended.
verdict() {
	case $1 in
	other)
		ip6tables-legacy -D OUTPUT -p sctp --dport 9 -j DROP &&
			old_is_in && echo kept || echo lost ;;
	counters)
		[ "$(saved -c)" = "$counted" ] && echo kept || echo lost ;;
	everything)
		! old_is_in || { echo "old rules"; return; }
		next_start
		old_is_in && echo "old rules at the next start" ||
			echo '**the new rules stay**' ;;
	*)
		old_is_in && echo "old rules" || echo '**the new rules stay**' ;;
	esac
}

# Until the old rules are back, or three seconds past the deadline.
await_old() {
	until=$(($(tenths) + window * 10 + 30))
	while new_is_in && [ "$(tenths)" -lt "$until" ]; do
		sleep 0.05
	done
}

one() {
	program=$1 fault=$2 pane=$1-$2 here=$tmp/$1-$2
	XTABLES_LOCKFILE=$here/lock
	TMUX_TMPDIR=$here
	export XTABLES_LOCKFILE TMUX_TMPDIR
	unset TMUX
	ip link set lo up
	hide_services
	legacy_tools
	article_rows | restore
	before=$(rules) counted=$(saved -c)
	{ article_rows | sed '/^COMMIT/d'
	  echo '-A FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT'
	  echo COMMIT; } >"$here/rules"
	write_pane
	tmux -L "$pane" -f /dev/null new-session -d -x 100 -y 24 "sh $here/pane"
	[ "$fault" != ahead ] || tmux -L "$pane" send-keys y
	touch "$here/go"
	poll_until 20 asked_for_it || new_is_in ||
		[ "$fault" = ahead ] || { echo 'never applied'; return; }
	began=$(tenths)
	do_fault "$fault"
	await_old
	took=$(($(tenths) - began))
	poll_until 1 old_is_in
	echo "$(verdict "$fault")|$took"
	tmux -L "$pane" kill-server
}

if [ "${1-}" = one ]; then
	trap - EXIT	# the directory is not ours to remove
	one "$2" "$3" >"$tmp/$2-$3/result" 2>"$tmp/$2-$3/log"
	exit 0
fi

# --- The whole: all of them at once ---

in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
probe=$(unshare -n -m true 2>&1) || skip_all "no namespaces within: $probe"

names() { printf '%s\n' "$faults" | cut -d '|' -f 1; }

for fault in $(names); do
	for program in $programs; do
		mkdir -p "$tmp/$program-$fault/nothing" "$tmp/$program-$fault/run"
		chmod 700 "$tmp/$program-$fault/run"
		unshare -n -m "$0" one "$program" "$fault" &
	done
done
wait

# result PROGRAM FAULT: as README has it.
result() {
	IFS='|' read -r what took <"$tmp/$1-$2/result"
	case $what in
	'old rules') echo "old rules after $((took / 10)).$((took % 10)) s" ;;
	*) echo "$what" ;;
	esac
}

version=$(ip6tables-legacy -V | sed 's/^[^v]*v\([0-9.]*\).*/\1/')
diag "| what happens | ip6tables-apply $version | sallyport |"
diag '|---|---|---|'
printf '%s\n' "$faults" >"$tmp/faults"
while IFS='|' read -r fault what; do
	diag "| $what | $(result ip6tables-apply "$fault") |" \
		"$(result sallyport "$fault") |"
done <"$tmp/faults"
while IFS='|' read -r fault what; do
	like "$(cut -d '|' -f 1 "$tmp/sallyport-$fault/result")" \
		'^(old rules( at the next start)?|kept)$' "$what" ||
		diag "$(cat "$tmp/sallyport-$fault/log")"
done <"$tmp/faults"
done_testing
