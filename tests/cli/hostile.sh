#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile strings (P9): names of chains, comments, messages and files that try
# to control the terminal are shown harmlessly on one, and survive byte for byte
# whatever is done beside them (P1).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy script jq
in_namespace "$0" "$@"
make_host

# Names as the kernel takes them: all that is not blank, 28 bytes.
names() {
	cat <<'NAMES'
\033]0;pwned\007
\033[2J\033[H78901234567890123456
c1\233raw
c1\302\233utf8
rlo\342\200\256TPECCA
isolate\342\201\246x\342\201\251
zero\342\200\213width
nbsp\302\240x
line\342\200\250x
del\177
overlong\300\233
surrogate\355\240\200
cut\360\237\230
e\314\201\314\201\314\201\314\201\314\201\314\201\314\201\314\201\314\201\314\201\314\201
\346\274\242\345\255\227\346\274\242\345\255\227\346\274\242\345\255\227\346\274\242\345\255\227\346\274\242
it's
back\\\\slash
$(id)`id`
#hash
:colon
*filter
COMMIT
<1b>]0;x
[0:0]
NAMES
}

# Comments: 255 bytes at most, newlines too.
comments() {
	cat <<'COMMENTS'
\033]0;pwned\007
\033[31mred\033[0m
\233\062J
\302\233\062J
\342\200\256txt\342\200\254
a\tb\177c\rd
a\n4    ACCEPT     all      ::/0                 ::/0
\300\200\355\240\200\360\237
quote\" and \\\\back
dpt:443 ! */ /* <1b>
COMMENTS
}

bytes() {	# "bytes" FORMAT, a newline at its end too
	# shellcheck disable=SC2059	# it is a format
	printf -- "$1"
}

many() {	# "many" CHARACTER COUNT
	for _ in $(seq "$2"); do printf '%s' "$1"; done
}

ip6tables-legacy -P INPUT ACCEPT
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
names >"$tmp/names"
while IFS= read -r format; do
	name=$(bytes "$format")
	if ! ip6tables-legacy -N "$name" ||
		! ip6tables-legacy -A "$name" -p udp -j ACCEPT ||
		! ip6tables-legacy -A INPUT -p udp -j "$name"; then
		flunk "the kernel refuses $format"
	fi
done <"$tmp/names"
comments >"$tmp/comments"
while IFS= read -r format; do
	ip6tables-legacy -A INPUT -p tcp --dport 22 -m comment \
		--comment "$(bytes "$format")" -j ACCEPT
done <"$tmp/comments"
for text in "$(many 漢 85)" "$(many 😀 63)" "x$(many "$(bytes '\314\201')" 127)"; do
	ip6tables-legacy -A INPUT -m comment --comment "$text" -j ACCEPT
done

# What the kernel has, its counters aside: a newline in a comment is read by
# nobody, so the rules are compared as listed.
kernel() {
	ip6tables-legacy -nL --line-numbers
	ip6tables-legacy -S
}

# What reaches a terminal when the program writes to one: raw is all of it.
on_terminal() {
	what=$1
	shift
	{
		printf "exec '%s' --run-dir '%s' --db '%s'" "$SALLYPORT" \
			"$run_dir" "$db"
		for word; do
			printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
		done
	} >"$tmp/command"
	for locale in C C.UTF-8; do
		LC_ALL=$locale script -q -e -c "sh $tmp/command" /dev/null \
			>"$tmp/raw" </dev/null
		# shellcheck disable=SC2018
		LC_ALL=C tr -d '\r' <"$tmp/raw" >"$tmp/shown"
		ok "$locale: $what says something" test -s "$tmp/shown"
		harmless "$locale: $what"
	done
}

# Neither controls nor what is not UTF-8, no C1, nothing that reorders or hides;
# without UTF-8 nothing but ASCII.
harmless() {
	if LC_ALL=C tr -d '\n' <"$tmp/shown" | LC_ALL=C grep -q '[[:cntrl:]]'; then
		flunk "$1 has no control characters"
		diag "$(LC_ALL=C cat -v "$tmp/shown" | head -n 5)"
	else
		pass "$1 has no control characters"
	fi
	case $1 in
	C:*)
		LC_ALL=C tr -d '\n -~' <"$tmp/shown" >"$tmp/left"
		ok "$1 is ASCII" test ! -s "$tmp/left" ;;
	*)
		ok "$1 is UTF-8" iconv -f UTF-8 -t UTF-8 "$tmp/shown" -o /dev/null
		if LC_ALL=C grep -q -e "$(bytes '\302[\200-\240]')" \
			-e "$(bytes '\342\200[\213-\217\250-\256]')" \
			-e "$(bytes '\342\201[\246-\251]')" "$tmp/shown"; then
			flunk "$1 neither controls nor reorders"
		else
			pass "$1 neither controls nor reorders"
		fi ;;
	esac
}

# --- Byte for byte ---
before=$(kernel)
ip6tables-legacy-save -t filter | grep -av '^#' | sed 's/ \[[0-9:]*\]$//' >"$tmp/stock"
sp save -T filter | sed 's/ \[[0-9:]*\]$//' >"$tmp/ours"
grep -av '^# opaque' "$tmp/ours" >"$tmp/ours.plain"
# The comment with a newline is two lines of the stock tool's.
grep -av -e '^4    ACCEPT' -e 'comment "a$' "$tmp/stock" >"$tmp/stock.plain"
ok 'save into a pipe is byte for byte what the stock tool saves' \
	cmp "$tmp/stock.plain" "$tmp/ours.plain"
is "$(grep -ac '^# opaque' "$tmp/ours")" 1 'but for the rule with a newline'
ip6tables-legacy -nL --line-numbers >"$tmp/stock"
sp list >"$tmp/ours"
numbers <"$tmp/stock" >"$tmp/stock.plain"
numbers <"$tmp/ours" >"$tmp/ours.plain"
ok 'so is list' cmp "$tmp/stock.plain" "$tmp/ours.plain"

sp save >"$tmp/all"
ip6tables-legacy -F && ip6tables-legacy -X
status_is 0 'what was saved is loaded' sp apply --yes --no-trial "$tmp/all"
ok 'and is what it was' test "$(kernel)" = "$before"

status_is 0 'a message is kept with what is in it' sp apply --yes --no-trial \
	-m "$(bytes 'first\033]0;x\007\233\n   9  fake')" -- -A FORWARD -p tcp -j DROP
ok 'the edit is done' ip6tables-legacy -C FORWARD -p tcp -j DROP
ip6tables-legacy -D FORWARD -p tcp -j DROP
ok 'and leaves all others as they were' test "$(kernel)" = "$before"
ip6tables-legacy -A FORWARD -p tcp -j DROP

# A trial of the strangest: a rule in each chain goes and comes back.
"$SALLYPORT" --run-dir "$run_dir" --db "$db" apply --yes -t 60 -- \
	-F "$(bytes 'c1\233raw')" >"$tmp/out" 2>&1 &
poll_until 10 on_trial || flunk "no trial: $(cat "$tmp/out")"
is "$(ip6tables-legacy -S "$(bytes 'c1\233raw')" | wc -l)" 1 'a flush is on trial'
status_is 0 'it is undone' sp revert
wait
ip6tables-legacy -D FORWARD -p tcp -j DROP
ok 'and all is as it was' test "$(kernel)" = "$before"
status_is 0 'the same to keep' sp apply --yes --no-trial -- \
	-E "$(bytes 'c1\233raw')" "$(bytes 'c2\233raw')"
status_is 0 'which has an inverse' sp apply --yes --no-trial -- \
	-E "$(bytes 'c2\233raw')" "$(bytes 'c1\233raw')"
ok 'which leads back' test "$(kernel)" = "$before"
last=$(sp log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
is "$(sp diff "$last" live)" '' 'history has it byte for byte'
status_is 0 'the file of old is no difference' sp diff "$tmp/all" live
is "$out" '' 'to what is live'

# --- On a terminal ---
on_terminal list list
LC_ALL=C.UTF-8
like "$(cat "$tmp/shown")" '<1b>\]0;pwned<07>' 'a title is shown, not set'
like "$(cat "$tmp/shown")" '/\* a<0a>4 ' 'one rule is one line'
like "$(cat "$tmp/shown")" '^Chain <3c>1b>' 'what looks like it is told from it'
LC_ALL=C
on_terminal 'list of a chain' list "$(bytes '\033]0;pwned\007')"
on_terminal save save
on_terminal log log
like "$(cat "$tmp/shown")" '"first<1b>\]0;x<07><9b> \.\.\."' \
	'a message is one line of it'
revision=$(sp log | LC_ALL=C grep -a 'first' | sed 's/^ *\([0-9]*\).*/\1/')
on_terminal show show "$revision"
like "$(cat "$tmp/shown")" '^ {11}   9  fake' 'its second line cannot pass for more'
on_terminal status status
grep -av 'A INPUT' "$tmp/all" >"$tmp/less"
on_terminal diff diff live "$tmp/less"
on_terminal 'a difference, and the question' --no-trial apply "$tmp/less"
on_terminal 'a chain that is not there' list "$(bytes '\033]0;no\007\233')"
on_terminal 'a file that is not there' check "$tmp/$(bytes 'no\033[2J\233\342\200\256')"
bytes '*filter\n-A INPUT -j \033]0;x\007\n' >"$tmp/$(bytes 'bad\033[2J')"
on_terminal 'a bad file of a bad name' check "$tmp/$(bytes 'bad\033[2J')"
like "$(cat "$tmp/shown")" 'bad<1b>\[2J:2: .*<1b>\]0;x<07>' 'both are named'
on_terminal 'a bad command' "$(bytes '\033[2J')"
on_terminal 'a bad option' "$(bytes '--\033[2J')"
on_terminal 'a bad table' -T "$(bytes 't\033[2J')" list

# --- For programs ---
"$SALLYPORT" --run-dir "$run_dir" --db "$db" apply --yes -t 60 \
	-m "$(bytes 'no UTF-8: \233')" -- -A FORWARD -j DROP >"$tmp/out" 2>&1 &
poll_until 10 on_trial || flunk "no trial: $(cat "$tmp/out")"
is "$(sp status --json | jq -r .trial.message)" 'no UTF-8: <9b>' \
	'JSON is JSON whatever the message is'
status_is 0 'and the trial can be undone' sp revert
wait
ok 'and all is as it was' test "$(kernel)" = "$before"

# --- A name that the stock tool saves so that nobody can read it ---
ip6tables-legacy -N 'a"b' && ip6tables-legacy -A 'a"b' -p udp -j ACCEPT &&
	ip6tables-legacy -A INPUT -p udp -g 'a"b'
before=$(kernel)
sp save >"$tmp/all"
ip6tables-legacy -F && ip6tables-legacy -X
status_is 0 'a chain with a quote in its name is loaded' \
	sp apply --yes --no-trial "$tmp/all"
ok 'and is what it was' test "$(kernel)" = "$before"
done_testing
