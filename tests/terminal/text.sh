#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules as text in an editor that has the terminal (tmux): it gets it as it
# was, and the screen comes back whole.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/terminal/terminal.sh
. "$top_srcdir/tests/terminal/terminal.sh"
in_namespace "$0" "$@"
need tmux ip6tables-legacy ip6tables-legacy-restore

rules=$tmp/rules
cat >"$rules" <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
RULES

# An editor that asks what it shall do.
cat >"$tmp/editor" <<EDITOR
#!/bin/sh
trap '' INT
stty -g >$tmp/inside
echo \$\$ >$tmp/pid
while :; do
	printf 'EDITOR> '
	read -r answer </dev/tty || exit 1
	case \$answer in
	good) sed -i '/^COMMIT/i-A INPUT -p udp --dport 53 -j ACCEPT' "\$1" ;;
	bad) sed -i '/^COMMIT/i-A NOWHERE -j ACCEPT' "\$1" ;;
	mend) sed -i '/NOWHERE/d' "\$1" ;;
	stop) kill -TSTP 0; continue ;;
	sleep) kill -STOP \$\$; continue ;;
	esac
	exit 0
done
EDITOR
chmod +x "$tmp/editor"

start() { begin 80 24 xterm-256color EDITOR="$tmp/editor" && keys E &&
	poll_until 5 shows 'EDITOR>'; }
answer() { keys "$1" Enter; }
same_inside() { cmp "$tmp/before" "$tmp/inside"; }
is_kept() { [ -s "$(screen | tr -d '\n' | sed -n "s/.*kept in '\([^']*\)'.*/\1/p")" ]; }
remove_kept() {
	path=$(screen | tr -d '\n' | sed -n "s/.*kept in '\([^']*\)'.*/\1/p")
	rm -f "$path" && rmdir "${path%/*}"
}

ok "E starts the editor" start
ok "with the terminal's settings as they were" same_inside
ok "and the screen to itself" lacks 'Chain INPUT'
keys C-c
answer good
ok "what it changed is staged" poll_until 5 shows '1 staged'
ok "and shown" shows '^+ 2 .*dpt:53'
tmux -L sallyport set-buffer u
tmux -L sallyport paste-buffer -p
ok "what is pasted is known for that again" poll_until 5 shows 'ignored here'
keys u
ok "the screen takes keys" poll_until 5 lacks 'dpt:53'
keys q
ended 0 "after the editor"
end

start
resize 100 30
answer good
poll_until 5 shows '1 staged'
keys u
ok "a size that changed meanwhile is the screen's" \
	poll_until 5 foot_is_wide
keys q
ended 0 "after the resize"
end

start
answer bad
ok "a bad line is told" poll_until 5 shows 'NOWHERE'
ok "with its number" shows 'rules.v6:[0-9]*:'
keys Enter
ok "Enter starts the editor again" poll_until 5 shows 'EDITOR>'
answer none
ok "twice bad is told twice" poll_until 5 shows 'Edit it again'
keys Enter
poll_until 5 shows 'EDITOR>'
answer mend
ok "the mended text is the old one" poll_until 5 shows 'nothing was staged'
keys E
poll_until 5 shows 'EDITOR>'
answer bad
poll_until 5 shows 'Edit it again'
keys Escape
ok "giving up says where the text is" poll_until 5 shows 'is kept'
ok "and it is there" is_kept
remove_kept
keys q
ended 0 "after giving up"
end

start
kill -KILL "$(cat "$tmp/pid")"
ok "a killed editor gives the screen back" poll_until 5 shows 'signal 9'
keys Escape
ok "and nothing is staged" poll_until 5 shows 'nothing was staged'
keys q
ended 0 "after the kill"
end

# Suspended by ^Z with all of us, or alone.
for how in stop sleep; do
	start
	answer $how
	ok "$how: a suspended editor gives the shell back" \
		poll_until 5 shows 'ready> *$'
	keys 'clear; fg' Enter
	poll_until 5 shows 'EDITOR>\|edit$'
	answer good
	ok "$how: it goes on with fg" poll_until 5 shows '1 staged'
	keys u q
	ended 0 "$how: after fg"
	end
done

start
end
ok "both end with their terminal" poll_until 5 is_gone

# A rules file, offline: the kernel has no part in it.
cp "$rules" "$tmp/file.v6"
options="--file $tmp/file.v6"
file_has() { grep -q -e "$1" "$tmp/file.v6"; }
file_is_whole() { cmp "$rules" "$tmp/file.v6"; }

begin 80 24 xterm-256color EDITOR="$tmp/editor"
ok "--file: the title says so" shows 'file.v6  offline'
keys E
poll_until 5 shows 'EDITOR>'
answer good
poll_until 5 shows '1 staged'
keys c
ok "--file: what would be written is shown" poll_until 5 shows '^1 change'
keys c
ok "--file: c asks" poll_until 5 shows 'Write this to'
keys C-c
ok "--file: ^C writes nothing" poll_until 5 shows cancelled
ok "--file: the file is whole" file_is_whole
keys c
poll_until 5 shows 'Write this to'
keys y
ok "--file: y writes it" poll_until 5 shows 'written:'
ok "--file: it is in the file" file_has 'dport 53'
ok "--file: not in the kernel" live_lacks 'dport 53'
keys q
ended 0 "--file"
end

cp "$rules" "$tmp/file.v6"
begin 80 24 xterm-256color
keys j d
poll_until 5 shows '1 staged'
kill -KILL "$(editor_pid)"
poll_until 5 is_gone
ok "--file: kill -9 leaves the file whole" file_is_whole
end

done_testing
