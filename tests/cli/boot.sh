#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules for the next boot: written on confirm and only then, without what
# belongs to other programs, and only if the program that loads them does.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy ip6tables-legacy-restore
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host

root=$tmp/root
conf=$tmp/conf
: >"$conf"
mkdir -p "$root/etc"

# apply ARGUMENTS...: on the machine whose files are below $root.
machine() {
	sp --config "$conf" --boot-root "$root" "$@"
}

file=
for_path() {
	file=$(find "$root" -path '*/sallyport/rules.v6')
}

article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
ip6tables-legacy -N DOCKER
ip6tables-legacy -N DOCKER-USER
ip6tables-legacy -N f2b-sshd
ip6tables-legacy -A DOCKER -d 2001:db8::9 -j ACCEPT
ip6tables-legacy -A f2b-sshd -s 2001:db8:bad::1 -j REJECT
ip6tables-legacy -I INPUT -p tcp --dport 22 -j f2b-sshd
ip6tables-legacy -A FORWARD -j DOCKER-USER
ip6tables-legacy -A FORWARD -j DOCKER
ip6tables-legacy -A DOCKER-USER -s 2001:db8:bad::/48 -j DROP
ip6tables-legacy -t nat -A POSTROUTING -s 2001:db8:c::/64 -j MASQUERADE

rule='-A FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT'

# shellcheck disable=SC2086	# words
status_is 0 'a trial' machine apply --yes --detach -t 60 -- $rule
for_path
is "$file" '' 'writes nothing for the next boot'
status_is 0 'a revert' machine revert
for_path
is "$file" '' 'writes nothing either'

# shellcheck disable=SC2086	# words
status_is 0 'a trial' machine apply --yes --detach -t 60 -- $rule
status_is 0 'is confirmed' machine confirm
like "$out" "Boot rules: written for the next boot: $root" 'which says where it is written'
like "$out" 'nothing loads it yet: systemctl enable sallyport-boot' 'and that nothing loads it yet'
for_path
like "$(cat "$file")" 'dport 5001' 'the rule is in it'
like "$(cat "$file")" '^\*nat' 'and the other tables that are in use'
unlike "$(cat "$file")" 'DOCKER( |$)|f2b' 'chains of other programs and what leads there are not'
like "$(cat "$file")" '^-A FORWARD -j DOCKER-USER' 'DOCKER-USER is'
like "$(cat "$file")" '^:INPUT DROP \[0:0\]' 'nothing is counted'
is "$(stat -c %a "$file")" 600 'its mode'
like "$(tail -n 1 "$file")" '^# sallyport wrote this: [0-9a-f]{32}$' 'its last line is the seal'
ok 'the stock tool loads it' unshare -n sh -c "ip6tables-legacy-restore <$file"

# A client that was killed before it wrote: nobody's history knows the outcome.
ip6tables-legacy -D FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT
# shellcheck disable=SC2086	# words
status_is 0 'a trial' machine apply --yes --detach -t 60 -- \
	-A FORWARD -p tcp -m tcp --dport 5009 -j ACCEPT
status_is 0 'is confirmed elsewhere' "$SALLYPORT" --run-dir "$run_dir" \
	--db "$tmp/other/history.db" --config "$conf" confirm
unlike "$(cat "$file")" 'dport 5009' 'by whom the boot file is not written'
status_is 0 'the next start' machine status
like "$(cat "$file")" 'dport 5009' 'writes it'
like "$out" 'live and boot file: the same' 'and says that it is the same'
ip6tables-legacy -A FORWARD -p tcp -m tcp --dport 5010 -j ACCEPT
status_is 0 'the start after that' machine status
unlike "$(cat "$file")" 'dport 5010' 'does not write what was not confirmed'
ip6tables-legacy -D FORWARD -p tcp -m tcp --dport 5010 -j ACCEPT

cp "$file" "$tmp/first"
status_is 0 'a second change' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5002 -j ACCEPT
like "$(cat "$file")" 'dport 5002' 'without a trial is written at once'
ok 'the file before is kept' cmp -s "$file.old" "$tmp/first"

echo '# mine' >>"$file"
cp "$file" "$tmp/mine"
status_is 0 'a third change' machine apply --yes --no-trial -- \
	-D FORWARD -p tcp -m tcp --dport 5002 -j ACCEPT
like "$out" 'what somebody had written there is in rules.v6.old;' \
	'over an edited file says so'
ok 'and keeps it' cmp -s "$file.old" "$tmp/mine"

# Nothing replaces what somebody wrote or put there.
ln -s /nowhere "$file.old.1"
for port in 5011 5012 5013; do
	cp "$file" "$tmp/before"
	status_is 0 'another change' machine apply --yes --no-trial -- \
		-A FORWARD -p tcp -m tcp --dport $port -j ACCEPT
	ok 'leaves what was edited' cmp -s "$file.old" "$tmp/mine"
	ok 'and keeps the file before' cmp -s "$file.old.2" "$tmp/before"
done
echo '# mine too' >>"$file"
cp "$file" "$tmp/mine.2"
for port in 5014 5015; do
	status_is 0 'over a second edit' machine apply --yes --no-trial -- \
		-A FORWARD -p tcp -m tcp --dport $port -j ACCEPT
	ok 'leaves the first' cmp -s "$file.old" "$tmp/mine"
	ok 'and keeps it' cmp -s "$file.old.2" "$tmp/mine.2"
done
is "$(readlink "$file.old.1")" /nowhere 'a link stays'

# Names that we might have wanted are theirs; what we left, killed, is not.
for name in "$file.new" "$file.old.new" "$file.old.2.new"; do
	echo '# mine as well' >"$name"
done
left=$(dirname "$file")/.rules.v6.sallyport-0123456789abcdef
touch "$left" "$left.txt"
status_is 0 'beside files of others' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5016 -j ACCEPT
like "$(cat "$file")" 'dport 5016' 'it is written'
for name in "$file.new" "$file.old.new" "$file.old.2.new"; do
	is "$(cat "$name")" '# mine as well' "${name##*/} stays"
done
ok 'what a killed one left is gone' test ! -e "$left"
is "$(find "$root" -name '.*')" "$left.txt" 'and nothing else, nor is more left'
rm -f "$file".*new "$left.txt"

# A rule that does not load in an empty namespace: its ipset is not there.
cp "$file" "$tmp/good"
if command -v ipset >/dev/null && ipset create friends hash:ip family inet6 2>/dev/null; then
	status_is 0 'a rule that names a set' machine apply --yes --no-trial -- \
		-A FORWARD -m set --match-set friends src -j ACCEPT
	like "$out" 'Boot rules: the rules for the next boot stay as they were: .*does not load them' \
		'that is not there at boot is refused for it'
	ok 'and the old file stays' cmp -s "$file" "$tmp/good"
	ip6tables-legacy -D FORWARD -m set --match-set friends src -j ACCEPT
else
	skip 'no ipset'
fi

# A rule that cannot be printed would be missing after the next boot.
plugins=$tmp/plugins
mkdir "$plugins"
ln -s "$(pkg-config --variable=xtlibdir xtables)"/* "$plugins/"
rm "$plugins/libxt_comment.so"
ip6tables-legacy -A OUTPUT -m comment --comment hello -j ACCEPT
status_is 0 'a rule that cannot be printed' env XTABLES_LIBDIR="$plugins" \
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" --config "$conf" \
	--boot-root "$root" apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5008 -j ACCEPT
like "$out" "stay as they were: rule 1 of chain 'OUTPUT'" \
	'is not left out of the file silently'
ok 'the old file stays' cmp -s "$file" "$tmp/good"
ip6tables-legacy -D OUTPUT -m comment --comment hello -j ACCEPT

mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
touch "$root/etc/systemd/system/sysinit.target.wants/sallyport-boot.service"
status_is 0 'where the unit is enabled' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5003 -j ACCEPT
unlike "$out" 'nothing loads it' 'nothing is said of that'

cp "$file" "$tmp/good"
echo 'boot = no' >"$conf"
status_is 0 'with boot = no' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5004 -j ACCEPT
unlike "$out" 'Boot rules' 'nothing is said'
ok 'nor written' cmp -s "$file" "$tmp/good"
: >"$conf"
status_is 0 'a trial' machine apply --yes --detach -t 60 -- \
	-A FORWARD -p tcp -m tcp --dport 5005 -j ACCEPT
printf 'boot = no\nboott = no\n' >"$conf"
status_is 0 'is confirmed where the settings have become unreadable' \
	machine confirm
like "$out" 'nothing is written for the next boot, as the settings' \
	'which may forbid to write'
ok 'so nothing is' cmp -s "$file" "$tmp/good"
: >"$conf"

port=6000
# managed NAME "where it is so": NAME is said to be active, nothing is written.
managed() {
	port=$((port + 1))
	status_is 0 "where $2" machine apply --yes --no-trial -- \
		-A FORWARD -p tcp -m tcp --dport $port -j ACCEPT
	like "$out" "nothing is written for the next boot: $1 is active" \
		"$1 is said to be active"
	ok 'and nothing is written' cmp -s "$file" "$tmp/good"
}

mkdir -p "$root/etc/ufw" "$root/var/lib/shorewall6"
echo 'ENABLED=yes' >"$root/etc/ufw/ufw.conf"
managed ufw 'ufw is enabled'
echo 'ENABLED="YES" # by hand' >"$root/etc/ufw/ufw.conf"
managed ufw 'it is enabled in other words'
echo 'ENABLED=no' >"$root/etc/ufw/ufw.conf"
echo 'Started Tue Nov 24 12:00:00 UTC 2026 from /etc/shorewall6/' \
	>"$root/var/lib/shorewall6/state"
managed shorewall6 'shorewall6 has started'
echo 'Cleared Tue Nov 24 12:00:00 UTC 2026' >"$root/var/lib/shorewall6/state"

wants=$root/etc/systemd/system/multi-user.target.wants
mkdir -p "$wants"
ln -s /lib/systemd/system/firewalld.service "$wants/firewalld.service"
managed firewalld 'firewalld is enabled'
ln -s /dev/null "$root/etc/systemd/system/firewalld.service"
cp "$(command -v sleep)" "$tmp/firewalld"
"$tmp/firewalld" 60 &
pid=$!
poll_until 5 grep -qx firewalld "/proc/$pid/comm"
managed firewalld 'it is masked but runs'
kill "$pid"
wait "$pid" 2>/dev/null
ip6tables-legacy -N ufw6-before-input
managed ufw 'its chains are live'
ip6tables-legacy -X ufw6-before-input

status_is 0 'where all of them are off' machine apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5009 -j ACCEPT
like "$out" 'written for the next boot' 'it is written'

chmod 777 "$(dirname "$file")"
status_is 0 'a directory that others may write to' machine apply --yes \
	--no-trial -- -A FORWARD -p tcp -m tcp --dport 5006 -j ACCEPT
like "$out" 'stay as they were' 'is not written to'
chmod 700 "$(dirname "$file")"

# A link that leads nowhere is what confirm says of it.
rm -f "$file"
status_is 0 'without a boot file' machine status
like "$out" 'boot file: none yet' 'there is none'
ln -s "$tmp/nowhere" "$file"
status_is 0 'a link that leads nowhere' machine status
like "$out" "boot file: unreadable: '$file' is a symbolic link, which is not followed" \
	'is named'

# A namespace of its own is not this machine.
status_is 0 'without --boot-root' sp apply --yes --no-trial -- \
	-A FORWARD -p tcp -m tcp --dport 5007 -j ACCEPT
unlike "$out" 'Boot rules' 'a namespace has no boot'
done_testing
