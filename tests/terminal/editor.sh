#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The editor in a real terminal (tmux): it comes and goes without a trace, and
# what it leaves behind when its terminal is lost is a trial that reverts.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/terminal/terminal.sh
. "$top_srcdir/tests/terminal/terminal.sh"
in_namespace "$0" "$@"
need tmux ip6tables-legacy ip6tables-legacy-restore

rules=$tmp/rules
cat >"$rules" <<'RULES'
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
RULES

stage_and_commit() {
	keys ':' && poll_until 5 shows 'An ip6tables command'
	keys -l -- 'ip6tables -A INPUT -p tcp --dport 8080 -j ACCEPT'
	keys Enter && poll_until 5 shows 'dpt:8080'
	keys c && poll_until 5 shows 'Commit on trial'
	keys l && poll_until 5 shows 'Seconds of the trial'
	keys C-u "$1" Enter && poll_until 5 shows "$1 s, then undone"
	keys c && poll_until 10 shows 'ON TRIAL'
}

begin 80 24 xterm-256color
ok "the rules are shown" shows 'Chain INPUT (policy DROP)'
like "$(coloured)" "$(printf '\033')\\[32m" "with colours"
keys q
ended 0 "q"
end

begin 80 24 xterm-256color
kill -TERM "$(editor_pid)"
ended 1 "TERM"
end

begin 80 24 xterm-256color
kill -SEGV "$(editor_pid)"
ended 139 "a crash"
end

begin 80 24 xterm-256color
kill -ABRT "$(editor_pid)"
ended 134 "an abort"
end

begin 80 24 xterm-256color
keys C-z
ok "^Z gives the shell back" poll_until 5 lacks 'Chain INPUT'
keys 'stty -g >'"$tmp/stopped" Enter
ok "^Z restores the terminal's settings" \
	poll_until 5 cmp "$tmp/before" "$tmp/stopped"
resize 100 30
keys fg Enter
ok "fg brings the editor back" poll_until 5 shows 'Chain INPUT'
ok "in the size that the terminal has now" \
	poll_until 5 foot_is_wide
keys j d
ok "and it takes keys" poll_until 5 shows '1 staged'
keys q
ok "leaving with staged edits asks" poll_until 5 shows 'Leave?'
keys Enter
ok "Enter does not answer" shows 'Leave?'
keys y
ended 0 "q, y"
end

begin 80 24 xterm-256color
for size in 40x10 200x60 33x7 81x25 40x10 120x12 60x40; do
	for i in 1 2 3 4 5; do
		resize "$((${size%x*} + i))" "${size#*x}"
	done
done
resize 30 8
ok "a small terminal gets one sentence" poll_until 5 shows 'too small'
resize 40 10
ok "40x10 is enough" poll_until 5 shows 'num  target prot port'
resize 100 30
ok "after a storm of sizes the last one holds" \
	poll_until 5 foot_is_wide
keys q
ended 0 "after the storm"
end

for variant in 'vt100' 'xterm-256color NO_COLOR=1'; do
	# shellcheck disable=SC2086
	begin 80 24 $variant
	keys j d
	ok "$variant: what is deleted is marked by a character" \
		poll_until 5 shows '^- 1 '
	unlike "$(coloured)" "$(printf '\033')\\[[0-9;]*3[0-7]m" \
		"$variant: there is no colour"
	keys q y
	ended 0 "$variant"
	end
done

# A terminal that cannot show the editor is refused before it gets a byte of it.
while IFS='|' read -r type more sentence; do
	# shellcheck disable=SC2086
	open_shell 160 24 "$type" $more
	ok "TERM='$type' $more: the editor ends" poll_until 10 has_ended
	is "$(cat "$tmp/status")" 1 "TERM='$type' $more: its status is 1"
	is "$(screen | grep "^sallyport:")" \
		"sallyport: $sentence" "TERM='$type' $more: it says why"
	ok "TERM='$type' $more: the terminal's settings are as before" \
		same_terminal
	end
done <<'TYPES'
dumb||the editor cannot place the cursor on a terminal of the type 'dumb'; `TERM=xterm-256color sallyport` often can
||TERM is not set; `TERM=xterm-256color sallyport` works on most terminals
xterm|env -u TERM|TERM is not set; `TERM=xterm-256color sallyport` works on most terminals
xterm-nobody||unknown terminal type 'xterm-nobody'; `TERM=xterm-256color sallyport` works on most terminals
TYPES

begin 80 24 xterm-256color LC_ALL=C
unlike "$(screen)" '[^ -~]' "LC_ALL=C: every character is ASCII"
keys q
ended 0 "LC_ALL=C"
end

begin 80 24 xterm-256color
ip6tables-legacy -A INPUT -p tcp --dport 99 -j ACCEPT
ok "a change by others is told" poll_until 5 shows 'others changed'
keys r
ok "r reads it" poll_until 5 shows 'dpt:99'
end

begin 80 24 xterm-256color
stage_and_commit 5
ok "the change is on trial" live_has 8080
end
ok "the editor ends with its terminal" poll_until 5 is_gone
ok "its change stays for its time" live_has 8080
ok "and is undone then" poll_until 15 live_lacks 8080
like "$($SALLYPORT --db "$db" --run-dir "$run_dir" log)" 'reverted' \
	"history has it"

begin 80 24 xterm-256color
stage_and_commit 5
kill -KILL "$(editor_pid)"
ok "kill -9: the change is undone in time" poll_until 15 live_lacks 8080
end

begin 80 24 xterm-256color
ok "the next start stages it again" poll_until 5 shows 'staged again'
keys c && poll_until 5 shows 'Commit on trial'
keys c && poll_until 10 shows 'ON TRIAL'
code=$(screen | sed -n 's/.* \([1-9][0-9]\) keeps it.*/\1/p')
keys "$code"
ok "its code keeps it" poll_until 5 shows 'kept'
ok "in the kernel, too" live_has 8080
end

done_testing
