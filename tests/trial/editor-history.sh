#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A history that cannot be written, before or during a trial: the change goes on
# trial all the same and is undone in time, one sentence says what is wrong with
# the history, and it catches up once it is mended.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/trial/cells.sh
. "$top_srcdir/tests/trial/cells.sh"
need tmux jq ip6tables-legacy ip6tables-legacy-restore flock sqlite3
db=$tmp/db/history.db

# Read only, as no permission is to root.
freeze() {
	mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"
}

# Locked by another program until let_go.
lock_database() {
	touch "$tmp/hold"
	{ echo 'BEGIN EXCLUSIVE;'; echo ".shell touch $tmp/held"
	  while [ -e "$tmp/hold" ]; do sleep 0.05; done; } | sqlite3 "$db" &
	poll_until 5 test -e "$tmp/held"
}

# Its pages are on a disk of its own, which somebody fills.
fill_disk() {
	mkdir "$tmp/disk"
	mount -t tmpfs -o mode=700,size=512k none "$tmp/disk"
	cp -p "$db" "$tmp/disk/"
	mount --bind "$tmp/disk" "$tmp/db"
	cat /dev/zero >"$tmp/db/junk" 2>/dev/null
}

break_history() {
	case $1 in
	ro-file) freeze "$db" ;;
	ro-dir) freeze "$tmp/db" ;;
	header) dd if=/dev/urandom of="$db" bs=64 count=1 conv=notrunc ;;
	truncated) truncate -s 5000 "$db" ;;
	empty) truncate -s 0 "$db" ;;
	locked) lock_database ;;
	full) fill_disk ;;
	removed) rm -r "$tmp/db" ;;
	newer) sqlite3 "$db" 'PRAGMA user_version = 99' ;;
	owner) chown 4711 "$db" ;;
	dir-owner) chown 4711 "$tmp/db" ;;
	symlink) mv "$db" "$tmp/elsewhere" && ln -s ../elsewhere "$db" ;;
	esac
}

# What is said of it.
words_for() {
	case $1 in
	ro-*) echo 'read-only|Read-only' ;;
	header|truncated) echo damaged ;;
	locked) echo 'locked by another program' ;;
	full) echo 'disk is full' ;;
	newer) echo 'written by a newer sallyport' ;;
	owner|dir-owner) echo 'belongs to user' ;;
	symlink) echo 'symbolic link' ;;
	*) echo nothing ;;
	esac
}

mend_history() {
	case $1 in
	ro-file) umount "$db" ;;
	ro-dir) umount "$tmp/db" ;;
	header|truncated|newer) rm -f "$db" "$db"-*; cp -p "$tmp/good" "$db" ;;
	locked) let_go ;;
	full) rm "$tmp/db/junk" ;;
	owner) chown 0 "$db" ;;
	dir-owner) chown 0 "$tmp/db" ;;
	symlink) rm "$db"; mv "$tmp/elsewhere" "$db" ;;
	esac
}

leave_editor() {
	sees 'undone'
	keys q && sees 'Leave'
	keys y
}

# A message may go on in the next line.
tells() { screen | sed 's/ *$//' | tr '\n' ' ' | grep -Eq -e "$1"; }

is_said() {
	words=$(words_for "$1")
	[ "$words" = nothing ] || ! poll_until 8 tells "$words" || again=said
}

run_cell() {
	sp --no-trial apply --yes -- -A OUTPUT -p udp -j ACCEPT
	before=$(rules)
	cp -p "$db" "$tmp/good"
	if [ "$2" = before ]; then
		break_history "$1"
		bring_to trial "$3"
		is_said "$1"
		await_old
	else
		bring_to trial "$3"
		break_history "$1"
		done_by_now
		await_old
		is_said "$1"
	fi
	[ "$3" != editor ] || leave_editor
	poll_until 10 has_ended
	mend_history "$1"
}

# No other user can own a file where there is only root.
has_users() { awk '{ n += $3 } END { exit n < 2 }' /proc/self/uid_map; }

cells "$0" "$@" <<CELLS
ro-file|before|editor|old; reverted (deadline); reverted; 0; whole; said
ro-dir|before|editor|old; reverted (deadline); reverted; 0; whole; said
header|before|editor|old; reverted (deadline); reverted; 0; whole; said
truncated|before|editor|old; reverted (deadline); reverted; 0; whole; said
empty|before|editor|old; reverted (deadline); reverted; 0; whole; -
locked|before|editor|old; reverted (deadline); reverted; 0; whole; said
full|before|editor|old; reverted (deadline); reverted; 0; whole; said
newer|before|editor|old; reverted (deadline); reverted; 0; whole; said
symlink|before|editor|old; reverted (deadline); reverted; 0; whole; said
locked|trial|editor|old; reverted (deadline); reverted; 0; whole; said
full|trial|editor|old; reverted (deadline); reverted; 0; whole; said
removed|trial|editor|old; reverted (deadline); reverted; 0; whole; -
ro-file|before|apply|old; reverted (deadline); reverted; 5; whole; said
ro-dir|before|apply|old; reverted (deadline); reverted; 5; whole; said
header|before|apply|old; reverted (deadline); reverted; 5; whole; said
truncated|before|apply|old; reverted (deadline); reverted; 5; whole; said
empty|before|apply|old; reverted (deadline); reverted; 5; whole; -
locked|before|apply|old; reverted (deadline); reverted; 5; whole; said
full|before|apply|old; reverted (deadline); reverted; 5; whole; said
newer|before|apply|old; reverted (deadline); reverted; 5; whole; said
symlink|before|apply|old; reverted (deadline); reverted; 5; whole; said
locked|trial|apply|old; reverted (deadline); reverted; 5; whole; said
full|trial|apply|old; reverted (deadline); reverted; 5; whole; said
removed|trial|apply|old; reverted (deadline); reverted; 5; whole; -
$(has_users && cat <<'OWNED'
owner|before|editor|old; reverted (deadline); reverted; 0; whole; said
dir-owner|before|editor|old; reverted (deadline); reverted; 0; whole; said
owner|before|apply|old; reverted (deadline); reverted; 5; whole; said
dir-owner|before|apply|old; reverted (deadline); reverted; 5; whole; said
OWNED
)
CELLS
