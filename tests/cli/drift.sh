#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# status: what is staged, what is live, the newest revision and the boot file,
# each compared with each; chains of other programs are left aside.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
# shellcheck source=tests/terminal/terminal.sh
. "$top_srcdir/tests/terminal/terminal.sh"
need ip6tables-legacy jq tmux timeout
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
trap 'end; cleanup' EXIT

db=$tmp/state/history.db
conf=$tmp/conf
root=$tmp/root
rules=$tmp/rules
mkdir -p "$root/etc" "$tmp/state"
chmod 700 "$tmp/state"
: >"$conf"
options="--config $conf --boot-root $root"
machine() {
	sp --config "$conf" --boot-root "$root" "$@"
}

drift() {
	machine "$@" status | sed -n '/^drift/,$ { s/^drift/     /; s/^ *//; p }'
}

# apart A B: how many changes, or nothing where one of them is not there.
apart() {
	machine --read-only status --json | jq -r --arg a "$1" --arg b "$2" \
		'.drift.pairs[] | select(.between == [$a, $b]) | .changes'
}

article_rows >"$rules"
echo '*nat
COMMIT' >>"$rules"
ip6tables-legacy-restore <"$rules"
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT

out=$(drift --read-only)
like "$out" '^revision: none$' 'before there is a history'
ok 'and looking makes none' test ! -e "$db"
ok 'nor a place for drafts' test ! -e "$tmp/state/drafts"

is "$(drift)" 'live and revision: the same
staged: nothing
boot file: none yet' 'nothing staged, nothing written'

status_is 0 'a change is confirmed' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT
is "$(drift)" 'live and revision: the same
live and boot file: the same
revision and boot file: the same
staged: nothing
boot file: nothing loads it yet: systemctl enable sallyport-boot' \
	'and all are the same'

ip6tables-legacy -N f2b-sshd
ip6tables-legacy -A f2b-sshd -s 2001:db8:bad::1 -j REJECT
ip6tables-legacy -I INPUT -p tcp --dport 22 -j f2b-sshd
is "$(apart live boot_file)" 0 'what belongs to fail2ban is no drift'
is "$(apart live revision)" 0 'in the history neither'

ip6tables-legacy -A FORWARD -p tcp --dport 5002 -j ACCEPT
ip6tables-legacy -P FORWARD ACCEPT
is "$(apart live revision) $(apart live boot_file) $(apart revision boot_file)" \
	'2 2 0' 'what another administrator did is'
out=$(drift)
like "$out" '^live and revision: the same$' 'until it is in the history'
like "$out" '^live and boot file: 2 changes apart$' 'but not in the boot file'

ip6tables-legacy -t nat -A POSTROUTING -j MASQUERADE
is "$(apart live boot_file)" 3 'a table that the file lacks counts'
is "$(machine --read-only -T nat status --json | jq -c '.drift.pairs |
	map(select(.between == ["live", "boot_file"]) | .changes)')" '[1]' \
	'with -T it alone'
ip6tables-legacy -t nat -F
ip6tables-legacy -D FORWARD -p tcp --dport 5002 -j ACCEPT
ip6tables-legacy -P FORWARD DROP
is "$(apart live boot_file)" 0 'undone, it does not'

has_draft() { find "$tmp/state/drafts" -name '*.json' | grep .; }

# What is staged in an editor that is open, and in one that was killed.
ip6tables-legacy-save >"$rules"
begin 100 30 screen-256color
keys j j j d
poll_until 5 shows '1 staged'
poll_until 5 has_draft
is "$(apart staged live) $(apart staged revision) $(apart staged boot_file)" \
	'1 1 1' 'what an editor has staged'
kill -KILL "$(editor_pid)"
poll_until 5 is_gone
keep=$tmp/state/kept
mv "$tmp/state/drafts" "$keep"
echo '*filter
:INPUT ACCEPT
-A INPUT -p tcp -j ACCEPT
COMMIT' | ip6tables-legacy-restore --noflush
ip6tables-legacy-save >"$tmp/other"
mv "$rules" "$tmp/same"
cp "$tmp/other" "$rules"
end
begin 100 30 screen-256color
ok 'an editor tells where the boot file is behind' \
	poll_until 5 shows 'the rules for the next boot differ from these'
end
cp "$tmp/same" "$rules"
ip6tables-legacy-restore <"$rules"
mv "$keep" "$tmp/state/drafts"
like "$(drift)" '^staged and live: 1 change apart$' 'and one that was killed'
is "$(machine status --json | jq -c '[.drift.staged.there, .drift.live.there,
	.drift.revision.there, .drift.boot_file.there]')" \
	'[true,true,true,true]' 'all four are there'

file=$(find "$root" -name rules.v6)
echo '-A INPUT nonsense' >>"$file"
like "$(drift)" '^boot file: unreadable: .*rules.v6:[0-9]+: ' \
	'a boot file with a fault is told'
mv "$file" "$file.kept"
in_time() {
	timeout 60 "$SALLYPORT" --run-dir "$run_dir" --db "$db" \
		--config "$conf" --boot-root "$root" "$@"
}
# Whoever reads it says of it what whoever would write it says.
odd_file() {
	like "$(in_time status)" " boot file: unreadable: '$file' $2\$" \
		"$1 is told"
	status_is 0 "and stands in the way of" in_time apply --yes --no-trial -- \
		-A FORWARD -p tcp --dport 5003 -j ACCEPT
	like "$out" "^Boot rules: .* stay as they were: '$file' $2\.\$" \
		'the rules for the next boot'
	ip6tables-legacy -D FORWARD -p tcp --dport 5003 -j ACCEPT
	rm "$file"
}
mkfifo "$file"
odd_file 'a pipe' 'is no regular file'
ln -s "$file.kept" "$file"
odd_file 'a symbolic link' 'is a symbolic link, which is not followed'
ln -s /nowhere "$file"
odd_file 'one that leads nowhere' 'is a symbolic link, which is not followed'
cp "$file.kept" "$file"
chmod 666 "$file"
odd_file 'what others may write' 'may be written by others: refused'
mv "$file.kept" "$file"
echo 'boot = no' >"$conf"
like "$(drift)" '^boot file: not written, as the settings say$' 'boot = no'
: >"$conf"
mkdir -p "$root/etc/ufw"
mkfifo "$root/etc/ufw/ufw.conf"
like "$(in_time status)" ' boot file: unreadable' 'a pipe instead of a file of ufw'
rm "$root/etc/ufw/ufw.conf"
echo ENABLED=yes >"$root/etc/ufw/ufw.conf"
like "$(drift)" '^boot file: not written, as ufw is active' 'and who else is active'
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s "$root/sallyport-boot.service" \
	"$root/etc/systemd/system/multi-user.target.wants/"
like "$(drift)" '^boot file: the one of before is still loaded at boot: systemctl disable sallyport-boot$' \
	'and that the file of before is still loaded'
like "$(sp status)" 'boot file: none, as this network is not the machine' \
	'and a namespace that has no boot'
done_testing
