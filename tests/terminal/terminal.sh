# SPDX-License-Identifier: GPL-2.0-or-later
# The editor in a real terminal (tmux), for the tests here. $rules is what the
# kernel is given first, $options are options of the editor.
# shellcheck shell=sh

TMUX_TMPDIR=$tmp
export TMUX_TMPDIR
unset TMUX
options=
raw=	# a file that gets all that the terminal is sent

# begin WIDTH HEIGHT TERM [NAME=VALUE...]: a shell with job control in a new
# terminal, and in it the editor, once its shell is there.
begin() {
	open_shell "$@"
	poll_until 10 shows 'filter'
}

# The same where the editor may not come.
open_shell() {
	width=$1
	height=$2
	term=$3
	shift 3
	ip6tables-legacy-restore <"$rules"
	rm -f "$tmp"/before "$tmp"/after "$tmp"/status
	rm -rf "${db%/*}/drafts"
	cat >"$tmp/edit" <<EDIT
trap : INT
stty -g >$tmp/before
env TERM=$term $* $SALLYPORT --db $db --run-dir $run_dir $options
echo \$? >$tmp/status.new
stty -g >$tmp/after
mv $tmp/status.new $tmp/status
EDIT
	tmux -L sallyport -f /dev/null new-session -d -x "$width" -y "$height" \
		"exec env LC_ALL=C.UTF-8 PS1='ready> ' ENV= sh -i -m"
	poll_until 5 shows 'ready>'
	[ -z "$raw" ] || tmux -L sallyport pipe-pane "exec cat >>$raw"
	keys "sh $tmp/edit" Enter
}

end() {
	tmux -L sallyport kill-server 2>/dev/null
	poll_until 5 is_gone
}

keys() { tmux -L sallyport send-keys "$@"; }
screen() { tmux -L sallyport capture-pane -p; }
coloured() { tmux -L sallyport capture-pane -p -e; }
shows() { screen | grep -q -e "$1"; }
lacks() { ! screen | grep -q -e "$1"; }
resize() { tmux -L sallyport resize-window -x "$1" -y "$2"; }
# The older one: its helper for tryouts has the same command line.
editor_pid() { pgrep -o -x -f "$SALLYPORT --db $db --run-dir $run_dir${options:+ $options}"; }
foot_is_wide() { screen | sed -n 30p | grep -q 'a Add .\{80\}'; }
is_gone() { ! editor_pid; }
has_ended() { [ -e "$tmp/status" ]; }
live_has() { ip6tables-legacy -S | grep -q -e "$1"; }
live_lacks() { ! live_has "$1"; }
same_terminal() { cmp "$tmp/before" "$tmp/after"; }

# ended STATUS "how": the editor ended so, and left the terminal as it was.
ended() {
	ok "$2: the editor ends" poll_until 10 has_ended
	is "$(cat "$tmp/status")" "$1" "$2: its status is $1"
	ok "$2: the terminal's settings are as before" same_terminal
	[ "$term" = vt100 ] ||	# it has no second screen
		ok "$2: the screen is as before" poll_until 5 lacks 'Chain INPUT'
	ok "$2: the shell goes on" poll_until 5 shows 'ready>'
}
