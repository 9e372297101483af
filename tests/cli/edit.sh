#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# edit: the administrator's own editor, whatever it does.
# shellcheck disable=SC2089,SC2090,SC2097,SC2098,SC2120 # $EDITOR holds words
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
in_namespace "$0" "$@"
make_host
article_rows | restore
ip6tables-legacy -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 81
before=$(rules)

# editor NAME <<SCRIPT: an editor of that name, whose last argument is the file.
editor() {
	{
		printf '#!/bin/sh\nfor file do :; done\necho "$*" >>%s/calls\n' \
			"$tmp"
		cat
	} >"$tmp/$1"
	chmod +x "$tmp/$1"
	rm -f "$tmp/calls"
	EDITOR=$tmp/$1
	export EDITOR
	unset VISUAL
}

# How often the editor ran.
runs() {
	wc -l <"$tmp/calls"
}

# edit ARGUMENTS...: for good, and no question; "y" to everything else.
edit() {
	yes | sp --no-trial edit --yes "$@" 2>&1
}

is_kept() {
	kept=$(printf '%s\n' "$out" | sed -n "s/.*is kept in '\(.*\)'.*/\1/p")
	ok "$1" test -s "$kept"
}

forget_kept() {
	rm -f "$kept"
	rmdir "$(dirname "$kept")"
}

saved=$(sp save | sed 's/ \[[0-9:]*\]$//')
editor good <<'SCRIPT'
ls -ld "$(dirname "$file")" "$file" | cut -c1-10 >"$TMPDIR/modes"
cp "$file" "$TMPDIR/given"
sed -i 's/--dport 80 -j ACCEPT/--dport 8080 -j ACCEPT/
	s/--to-ports 81/--to-ports 82/' "$file"
SCRIPT
status_is 0 'a good editor' edit
like "$(rules)" 'dport 8080 -j ACCEPT' 'changes the rules'
like "$(ip6tables-legacy-save -t nat)" 'to-ports 82' 'of all tables'
is "$(runs)" 1 'it ran once'
is "$(cat "$tmp/modes")" 'drwx------
-rw-------' 'on a file that nobody else can read'
is "$(sed '/^#/d; s/ \[[0-9:]*\]$//' "$tmp/given")" "$saved" 'as save writes it'
like "$(sp log)" ' edit ' 'and the log says edit'
ok 'nothing is left of the text' test ! -e "$(tail -n 1 "$tmp/calls")"
article_rows | restore

editor filter-only <<'SCRIPT'
cp "$file" "$TMPDIR/given"
SCRIPT
status_is 0 'an editor that changes nothing' edit -T filter
like "$out" '^Nothing to change' 'is told so'
unlike "$(cat "$tmp/given")" '^\*nat' '-T holds it to one table'
is "$(rules)" "$before" 'and nothing was changed'

editor vim <<'SCRIPT'
if [ ! -e "$TMPDIR/first" ]; then
	touch "$TMPDIR/first"
	sed -i 's/-A FORWARD -s/-A FORWARD --frob -s/' "$file"
elif [ ! -e "$TMPDIR/second" ]; then
	touch "$TMPDIR/second"
	sed -i 's/--frob -s/-s/; s/^COMMIT$/-A NOWHERE -j DROP\nCOMMIT/' "$file"
else
	sed -i '/NOWHERE/d; s/--dport 443/--dport 444/' "$file"
fi
SCRIPT
status_is 0 'bad twice, then good' edit
is "$(runs)" 3 'it ran three times'
like "$out" ":[0-9]+: .*'?--frob" 'the first mistake is told'
like "$out" ":[0-9]+: .*NOWHERE" 'and so is the second'
line=$(printf '%s\n' "$out" | sed -n 's/.*rules\.v6:\([0-9]*\): .*frob.*/\1/p')
like "$(sed -n 2p "$tmp/calls")" "^\+$line /" 'vim begins at the bad line'
like "$(rules)" 'dport 444 -j ACCEPT' 'and what is good in the end is taken'
article_rows | restore

editor given-up <<'SCRIPT'
sed -i 's/-A FORWARD -s/-A FORWARD --frob -s/' "$file"
SCRIPT
status_is 2 'a bad text that is given up' sh -c \
	'echo n | "$@"' - "$SALLYPORT" --run-dir "$run_dir" --db "$db" \
	--no-trial edit --yes
is_kept 'is kept'
like "$(cat "$kept")" '--frob' 'as it was'
is "$(rules)" "$before" 'and nothing was changed'
forget_kept
status_is 2 'nobody to ask whether to go on' sp --no-trial edit --yes </dev/null
is_kept 'is giving up'
forget_kept

editor killed <<'SCRIPT'
sed -i 's/--dport 80 /--dport 8080 /' "$file"
kill -TERM $$
SCRIPT
status_is 1 'an editor that is killed' edit
like "$out" 'signal 15' 'is told'
is_kept 'what it wrote is kept'
is "$(rules)" "$before" 'and nothing was changed'
forget_kept

editor failing <<'SCRIPT'
exit 3
SCRIPT
status_is 1 'an editor that fails' edit
like "$out" 'status 3' 'is told'
unlike "$out" 'is kept' 'there is nothing to keep'

editor emptying <<'SCRIPT'
: >"$file"
SCRIPT
status_is 1 'an emptied text' edit
like "$out" 'no table' 'is no empty firewall'
is "$(rules)" "$before" 'and nothing was changed'

editor removing <<'SCRIPT'
rm "$file"
SCRIPT
status_is 1 'a text that is removed' edit
is "$(printf '%s\n' "$out" | grep -c .)" 1 'is told in one line'

EDITOR=$tmp/no-such-editor
status_is 1 'an editor that does not exist' edit
like "$out" "no-such-editor'.*EDITOR" 'is named'
unlike "$out" 'is kept' 'there is nothing to keep'
EDITOR='"unclosed'
status_is 2 'a quote in EDITOR that is not closed' edit
EDITOR=' '
status_is 2 'an EDITOR of blanks' edit

mkdir "$tmp/two words"
editor 'two words/ed itor' <<'SCRIPT'
[ "$1" = --wait ] && [ "$2" = 'a  b' ] || exit 9
sed -i 's/--dport 80 /--dport 8080 /' "$file"
SCRIPT
EDITOR="\"$EDITOR\" --wait \"a  b\""
status_is 0 'arguments, and blanks in the path' edit
like "$(rules)" 'dport 8080' 'are understood'
article_rows | restore
editor shell <<'SCRIPT'
sed -i 's/--dport 80 /--dport 8080 /' "$file"
SCRIPT
EDITOR="$EDITOR ; touch $tmp/pwned"
sp --no-trial edit --yes >/dev/null 2>&1
ok 'no shell sees them' test ! -e "$tmp/pwned"
article_rows | restore

editor unused <<'SCRIPT'
exit 9
SCRIPT
VISUAL=$EDITOR
export VISUAL
editor used <<'SCRIPT'
:
SCRIPT
VISUAL=$EDITOR EDITOR=$tmp/unused edit >/dev/null
is "$(runs)" 1 'VISUAL goes before EDITOR'
status_is 2 '--no-editor' sp --no-editor edit --yes
like "$out" '--no-editor' 'is obeyed'
is "$(runs)" 1 'it did not run'
unset VISUAL

editor commented <<'SCRIPT'
sed -i '/^:INPUT/d; s/--dport 22 -j ACCEPT/--dport 22 -j ACCEPT\n# one more:\n-A INPUT -s a::b,c::d -j DROP/' "$file"
SCRIPT
status_is 0 'comments, lists, a policy that is left out' edit -T filter
like "$(rules)" '^:INPUT DROP' 'which stays what it was'
is "$(rules | grep -c 'j DROP')" 2 'and the list is two rules'
article_rows | restore
log_in
editor locking-out <<'SCRIPT'
sed -i '/dport 22/d' "$file"
SCRIPT
status_is 3 'what cuts SSH is refused' edit
is_kept 'and the text is kept'
is "$(rules)" "$before" 'nothing was changed'
forget_kept
done_testing
