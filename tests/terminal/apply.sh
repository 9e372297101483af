#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# apply in a real terminal (tmux): the question, the countdown, the two digits,
# and that nothing else keeps a change.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
in_namespace "$0" "$@"
need tmux ip6tables-legacy ip6tables-legacy-restore

TMUX_TMPDIR=$tmp
export TMUX_TMPDIR
unset TMUX
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
before=$(rules)

keys() { tmux -L apply send-keys "$@"; }
screen() { tmux -L apply capture-pane -p; }
shows() { screen | grep -Eq -e "$1"; }
is_back() { [ "$(rules)" = "$before" ]; }
is_done() { [ -e "$tmp/status" ]; }
is_gone() { ! tmux -L apply has-session 2>/dev/null; }
code() { screen | sed -n 's/.* s  \([0-9][0-9]\) keeps .*/\1/p' | tail -n 1; }

# begin [OPTION...]: apply of one rule in a new terminal, up to its question.
begin() {
	rm -f "$tmp/status" "$tmp/after"
	cat >"$tmp/apply" <<APPLY
trap : INT
stty -g >$tmp/before
$SALLYPORT --db $db --run-dir $run_dir apply $* -- \
	-A FORWARD -p tcp --dport 5001 -j ACCEPT
status=\$?
stty -g >$tmp/after
echo \$status >$tmp/status.new
mv $tmp/status.new $tmp/status
exec sleep 60
APPLY
	tmux -L apply -f /dev/null new-session -d -x 80 -y 24 "sh $tmp/apply"
	ok "apply $* asks" poll_until 10 shows 'Commit this .*\[y/N\]'
	ok 'and nothing is in the kernel' is_back
}

# end STATUS
end() {
	ok 'apply leaves' poll_until 20 is_done
	is "$(cat "$tmp/status" 2>/dev/null)" "$1" "with status $1"
	is "$(cat "$tmp/after")" "$(cat "$tmp/before")" \
		'the terminal is as it was'
	tmux -L apply kill-server
	poll_until 5 is_gone
}

begin
keys n Enter
end 1
ok 'no means no' is_back

begin
keys Enter
end 1
ok 'and so does Enter alone' is_back

# Others act while apply asks: what is asked about is shown anew.
begin -t 60
ip6tables-legacy -I FORWARD 1 -p sctp -j DROP
keys y Enter
ok 'a change by others is told' poll_until 10 shows 'the change was carried over'
ok 'and it asks once more' poll_until 10 \
	sh -c "tmux -L apply capture-pane -p | grep -c 'Commit this' | grep -qx 2"
unlike "$(rules)" 'dport 5001' 'nothing is in the kernel yet'
keys y Enter
poll_until 10 shows ' keeps '
like "$(rules)" 'dport 5001' 'the second yes commits'
keys R
end 5
like "$(rules)" '^-A FORWARD -p sctp -j DROP' 'what others did stays'
ip6tables-legacy -D FORWARD -p sctp -j DROP
ok 'and nothing else is left' is_back

begin -t 60
ip6tables-legacy -A FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT
keys y Enter
ok 'the same change by others is told' poll_until 10 shows 'made the same change'
end 0
ip6tables-legacy -D FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT

begin -t 60
keys y Enter
ok 'yes starts the countdown' poll_until 10 shows '^ *(60|5[0-9]) s +[0-9]{2} keeps'
ok 'the change is in the kernel' on_trial
wrong=$(((($(code) + 1) % 90) + 10))
keys y Enter Space "$wrong"
ok 'other digits are told' poll_until 5 shows "^$wrong is not the code"
keys +
ok '+ makes it longer' poll_until 5 shows '^ *1[0-2][0-9] s  '
ok 'other keys and other digits keep nothing' on_trial
keys "$(code)"
ok 'the two digits do' poll_until 5 shows '^Confirmed'
end 0
like "$(rules)" 'dport 5001' 'the change stays'
ip6tables-legacy -D FORWARD -p tcp --dport 5001 -j ACCEPT

begin -t 60
keys y Enter
poll_until 10 shows ' keeps '
keys R
end 5
ok 'R undoes it' is_back

begin -t 60
keys y Enter
poll_until 10 shows ' keeps '
keys C-c
end 5
ok '^C undoes it' is_back

# What is typed before the change is on trial is not read.
begin -t 5
keys y Enter 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
end 5
ok 'digits typed ahead keep nothing' is_back

begin -t 10
keys y Enter
poll_until 10 shows ' keeps '
tmux -L apply kill-server
ok 'a lost terminal leaves it to the deadline' on_trial
ok 'which undoes it' poll_until 20 no_trial
ok 'the table is back' is_back
done_testing
