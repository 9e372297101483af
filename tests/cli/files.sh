#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check and diff, and what is wrong with a file: its name, the line, the word.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
in_namespace "$0" "$@"
make_host
log_in

cat >"$tmp/good" <<'RULES'
# a comment
*nat
:PREROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
RULES
status_is 0 'a good file' sp check "$tmp/good"
like "$out" "good: 3 rules in 7 chains" 'is counted'
like "$out" '2001:db8:77::10' 'and the lifeline is named'
status_is 0 'the same from standard input' sp check - <"$tmp/good"
like "$out" '^standard input: 3 rules' 'which is named'

echo frob >"$tmp/bad"
status_is 2 'what is wrong there' sp check - <"$tmp/bad"
like "$out" "^sallyport: standard input:1: 'frob'" 'has a line and a word'

grep -v 'dport 22' "$tmp/good" >"$tmp/closed"
status_is 3 'a file that cuts SSH' sp check "$tmp/closed"
like "$out" 'INPUT policy' 'the deciding rule is named'
like "$out" '^sallyport: ' 'and the refusal is an error'

bad() {
	what=$1
	says=$2
	shift 2
	printf '%s\n' '*filter' ':INPUT ACCEPT [0:0]' "$@" COMMIT >"$tmp/bad"
	status_is 2 "$what" sp check "$tmp/bad"
	like "$out" "^sallyport: $tmp/bad:$says" "is told as $says"
}
bad 'an unknown match' "3: .*frobnicate" '-A INPUT -m frobnicate -j ACCEPT'
bad 'an unknown option' "3: .*--dprot" '-A INPUT -p tcp --dprot 22 -j ACCEPT'
bad 'a bad port' "4: .*70000" '-A INPUT -j ACCEPT' \
	'-A INPUT -p tcp --dport 70000 -j ACCEPT'
bad 'a bad address' "3: .*2001:db8::g" '-A INPUT -s 2001:db8::g -j ACCEPT'
bad 'an unknown target' "3: .*NOWHERE" '-A INPUT -j NOWHERE'
bad 'an unknown chain' "3: .*NOCHAIN" '-A NOCHAIN -j ACCEPT'
bad 'an open quote' "3: .*quote" '-A INPUT -m comment --comment "x -j ACCEPT'
bad 'a word that is no rule' "3: .*frob" 'frob INPUT'
bad 'a bad policy' "3: .*REJECT" ':FORWARD REJECT [0:0]'

printf '*filter\n:INPUT ACCEPT [0:0]\n' >"$tmp/bad"
status_is 2 'a file without its COMMIT' sp check "$tmp/bad"
like "$out" "$tmp/bad:.*COMMIT" 'is told so'
printf '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT \0 -j ACCEPT\nCOMMIT\n' >"$tmp/bad"
status_is 2 'a NUL byte' sp check "$tmp/bad"
like "$out" "$tmp/bad:3: .*NUL" 'has a line'
status_is 1 'a file that is not there' sp check "$tmp/none"
like "$out" "$tmp/none'?: No such file" 'is named'
status_is 1 'a directory' sp check "$tmp"
like "$out" "^sallyport: .*$tmp" 'is named'
printf '*nat\nCOMMIT\n' >"$tmp/bad"
status_is 2 'a file without the table' sp -T filter check "$tmp/bad"
like "$out" "$tmp/bad.*filter" 'both are named'
printf '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "\033[31mred" -m frob\nCOMMIT\n' >"$tmp/bad"
status_is 2 'escape sequences in a bad line' sp check "$tmp/bad"
unlike "$out" "$(printf '\033')" 'do not reach the terminal'

status_is 2 'a file without any table' sp check /dev/null
restore "$tmp/good"
status_is 0 'diff of the live table and its own file' sp diff "$tmp/good"
is "$out" '' 'says nothing'
status_is 0 'diff to a file with less' sp diff live "$tmp/closed"
is "$out" '- INPUT 3: -p tcp -m tcp --dport 22 -j ACCEPT' 'names the rule'
status_is 0 'diff from it to live' sp diff "$tmp/closed"
is "$out" '+ INPUT 3: -p tcp -m tcp --dport 22 -j ACCEPT' 'is the other way'
status_is 0 'two files' sp diff "$tmp/closed" "$tmp/good"
is "$out" '+ INPUT 3: -p tcp -m tcp --dport 22 -j ACCEPT' 'are compared'
status_is 0 'offline, live is the file' sp --file "$tmp/closed" diff "$tmp/good"
is "$out" '- INPUT 3: -p tcp -m tcp --dport 22 -j ACCEPT' 'of --file'
status_is 1 'a revision without a history' sp diff 1
like "$out" 'no history yet' 'is told'
for word in abc 0 ''; do
	status_is 2 "diff of '$word'" sp diff "$word"
	is "$out" "sallyport: '$word' is neither a file nor a revision's number nor 'live'" \
		'is told what it is not'
done
status_is 2 'standard input twice' sp diff - - </dev/null
is "$(rules)" "$(sed -n '/^\*filter/,$p' "$tmp/good" | sed 's/ \[.*//')" 'nothing was changed by all this'
for command in '-A INPT -j DROP' '-D INPUT 77' '-D INPUT -p sctp -j DROP'; do
	# shellcheck disable=SC2086	# words
	status_is 2 "$command, where there is none" sp apply --yes -- $command
	like "$out" "'INPU?T'" 'which is said'
done
done_testing
