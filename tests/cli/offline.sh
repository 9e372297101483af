#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --file: a rules file is edited offline and stays the administrator's own.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
in_namespace "$0" "$@"
make_host
log_in
rules=$tmp/rules.v6

write_rules() {
	cat >"$rules" <<'RULES'
# Written by hand. Do not lose this.
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
# why port 81
-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 81
COMMIT
# between
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
# the end
RULES
}

file() {
	sp --file "$rules" "$@"
}

write_rules
chmod 640 "$rules"
chown 12:34 "$rules" 2>/dev/null
owner=$(stat -c '%u:%g %a' "$rules")
status_is 0 'apply of a command' file apply --yes -- -A FORWARD -p tcp --dport 4001 -j ACCEPT
like "$out" "^Written to '$rules'" 'says what it did'
like "$(cat "$rules")" '^-A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT' 'is done'
is "$(stat -c '%u:%g %a' "$rules")" "$owner" 'mode and owner stay'
write_rules
cp "$rules" "$tmp/before"
file apply --yes -- -A FORWARD -j DROP >/dev/null
is "$(sed '/FORWARD -j DROP/d' "$rules")" "$(cat "$tmp/before")" \
	'and all else in it'
is "$(cat /proc/net/ip6_tables_names)" '' 'the kernel is not asked'
ok 'there is no history' test ! -e "$db"
ok 'and no trial' test ! -e "$run_dir/trial.json"
is "$(find "$tmp" -name '*new*' | wc -l)" 0 'nothing is left beside it'

write_rules
status_is 0 'what would cut SSH' file apply --yes -- -D INPUT 2
like "$out" 'INPUT policy|REFUSED|cut|dropped' 'is advice here'
unlike "$(cat "$rules")" 'dport 22' 'and is done'

write_rules
status_is 0 'a command for a table that the file lacks' \
	file apply --yes -- -t raw -A OUTPUT -p udp -j NOTRACK
like "$(tail -n 4 "$rules" | tr '\n' ' ')" \
	':OUTPUT ACCEPT .* -A OUTPUT -p udp -j (NOTRACK|CT --notrack) COMMIT' 'adds it at the end'
is "$(head -n 18 "$rules")" "$(cat "$tmp/before")" 'behind what was there'
status_is 0 'which loads' sh -c 'ip6tables-legacy-restore <"$1"' - "$rules"

write_rules
mkdir "$tmp/real"
mv "$rules" "$tmp/real/there"
ln -s real/there "$rules"
status_is 0 'through a symbolic link' file apply --yes -- -P OUTPUT DROP
is "$(readlink "$rules")" real/there 'the link stays'
like "$(cat "$tmp/real/there")" ':OUTPUT DROP' 'and its file is written'
rm "$rules"

write_rules
sed 's/22/2222/; /^\*nat/,/^COMMIT/d' "$rules" >"$tmp/other"
status_is 0 'apply of a file' file apply --yes "$tmp/other"
like "$(cat "$rules")" 'dport 2222' 'is done'
like "$(cat "$rules")" '^# why port 81' 'to the tables that it has'
status_is 0 'the same again' file apply --yes "$tmp/other"
like "$out" '^Nothing to change' 'changes nothing'

cat >"$tmp/editor" <<'EDITOR'
#!/bin/sh
cp "$1" "$TMPDIR/given"
sed -i 's/dport 2222/dport 22/' "$1"
EDITOR
chmod +x "$tmp/editor"
EDITOR=$tmp/editor
export EDITOR
status_is 0 'edit' file edit --yes
like "$(cat "$rules")" 'dport 22 ' 'is done'
like "$(cat "$tmp/given")" '^\*nat' 'to all tables in it'
cat >"$tmp/editor" <<EDITOR
#!/bin/sh
sed -i 's/dport 22 /dport 2222 /' "\$1"
sed -i 's/dport 22 /dport 23 /' "$rules"
EDITOR
status_is 4 'a file that is changed meanwhile' file edit --yes
like "$out" "$rules" 'is named'
like "$(cat "$rules")" 'dport 23 ' 'and stays as the other left it'
kept=$(printf '%s\n' "$out" | sed -n "s/.*is kept in '\(.*\)'.*/\1/p")
ok 'the text is kept' test -s "$kept"
rm "$kept"
rmdir "$(dirname "$kept")"

for command in list save "check $tmp/other" 'apply --yes -- -F' 'edit --yes'; do
	# shellcheck disable=SC2086	# words
	status_is 1 "$command of a file that is not there" \
		sp --file "$tmp/none" $command || continue
	like "$out" "^sallyport: .*$tmp/none" 'which is named'
	ok 'and is not made' test ! -e "$tmp/none"
done
printf '*filter\n-A INPUT --frob\nCOMMIT\n' >"$tmp/bad"
status_is 2 'a file with a mistake' sp --file "$tmp/bad" apply --yes -- -F
like "$out" "^sallyport: $tmp/bad:2: .*--frob" 'has a line and a word'
printf '*filter\n-A INPUT -j DROP\nCOMMIT\n*filter\n-A INPUT -p tcp\nCOMMIT\n' \
	>"$tmp/bad"
cp "$tmp/bad" "$tmp/same"
status_is 1 'a file that has a table twice' sp --file "$tmp/bad" apply --yes -- -F
like "$out" "$tmp/bad.*twice" 'is told so'
ok 'and is not written' cmp "$tmp/bad" "$tmp/same"
is "$(sp --file "$tmp/bad" save | grep '^-A')" '-A INPUT -p tcp' \
	'it is shown as it would be loaded'
status_is 1 'a directory' sp --file "$tmp" list
like "$out" "^sallyport: .*$tmp" 'is named'
printf '*filter\r\n:INPUT DROP [0:0]\r\n-A INPUT -j ACCEPT\r\nCOMMIT\r\n' >"$tmp/crlf"
status_is 0 'CR LF' sp --file "$tmp/crlf" apply --yes -- -F
is "$(tail -n 2 "$tmp/crlf" | tr '\r\n' '^|')" ':OUTPUT ACCEPT [0:0]|COMMIT|' 'is read'
write_rules
chmod 444 "$rules"
status_is 0 'a rules file of mode 444' file apply --yes -- -P OUTPUT DROP
is "$(stat -c %a "$rules")" 444 'keeps it'
done_testing
