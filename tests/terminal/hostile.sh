#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile strings on real screens (tmux): nothing that a rule, a chain or a
# message says reaches the terminal but as text, columns stay in line, and what
# is staged beside them leaves them as they are.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/terminal/terminal.sh
. "$top_srcdir/tests/terminal/terminal.sh"
in_namespace "$0" "$@"
need tmux ip6tables-legacy ip6tables-legacy-restore

rules=$tmp/rules
raw=$tmp/raw
many() { for _ in $(seq "$2"); do printf '%s' "$1"; done; }
{
	printf '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n'
	printf ':OUTPUT ACCEPT [0:0]\n'
	printf ':\033]0;pwned\007 - [0:0]\n:a\233\062J - [0:0]\n'
	printf ':\342\200\256TPECCA - [0:0]\n:漢字漢字漢 - [0:0]\n'
	printf ':x%s - [0:0]\n' "$(many "$(printf '\314\201')" 13)"
	printf '%s\n' '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'
	printf -- '-A INPUT -p udp -j \033]0;pwned\007\n'
	printf -- '-A INPUT -p udp -j a\233\062J\n'
	printf -- '-A INPUT -p udp -j \342\200\256TPECCA\n'
	printf -- '-A INPUT -p udp -j 漢字漢字漢\n'
	printf -- '-A INPUT -p udp -j x%s\n' "$(many "$(printf '\314\201')" 13)"
	printf -- '-A INPUT -p 50 -m comment --comment "%s" -j ACCEPT\n' \
		"$(many 漢 85)"
	printf -- '-A INPUT -p 50 -m comment --comment "y%s" -j ACCEPT\n' \
		"$(many 😀 63)"
	printf -- '-A INPUT -p 132 -m comment --comment "dpt:443 ! */" -j DROP\n'
	printf -- '-A INPUT -p 132 -m comment --comment "\033[2J\302\233H\007" -j DROP\n'
	printf COMMIT'\n'
} >"$rules"
ip6tables-legacy-restore <"$rules" || flunk "the rules are refused"
before=$(ip6tables-legacy -S)

# What the terminal was sent: the title is not set, nothing is a C1 control
# (no other character here has this byte), nothing reorders or rings.
is_clean() {
	title=$(tmux -L sallyport display-message -p '#{pane_title}')
	unlike "$title" 'pwned' "$1: the title is not theirs"
	tr '\r\n' '  ' <"$raw" >"$raw.line"
	for code in '\033]0;' '\233' '\342\200\256' '\033[2JH'; do
		# shellcheck disable=SC2059	# it is a format
		if LC_ALL=C grep -aqF -e "$(printf "$code")" "$raw.line"; then
			flunk "$1: the terminal is not sent $code"
		else
			pass "$1: the terminal is not sent $code"
		fi
	done
	: >"$raw"
}

# cells PATTERN WORD: how many cells stand before the word, in lines that match
# the pattern; each number once. Wide characters are two, marks none.
cells() {
	screen | grep -e "$1" | LC_ALL=C awk -v word="$2" '
		(at = word == "" ? length($0) + 1 : index($0, word)) {
			s = substr($0, 1, at - 1)
			gsub(/\314[\200-\277]/, "", s)
			gsub(/[\360-\364][\200-\277]*/, "ww", s)
			gsub(/[\343-\357][\200-\277]*/, "ww", s)
			gsub(/[\302-\342][\200-\277]*/, "n", s)
			print length(s)
		}' | sort -u | tr '\n' ' '
}

for locale in C.UTF-8 C; do
	begin 80 24 xterm-256color LC_ALL=$locale
	ok "$locale: a title is shown" shows '<1b>\]0;pwned<07>'
	ok "$locale: a C1 control, too" shows 'a<9b>2J'
	if [ $locale = C ]; then
		ok "$locale: all is ASCII" eval '! screen | grep -q "[^ -~]"'
		ok "$locale: and bytes are numbers" shows '<e6><bc><a2>'
	else
		ok "$locale: RLO is shown" shows '<U+202E>TPECCA'
		ok "$locale: marks end somewhere" shows 'x...*<U+0301>'
		ok "$locale: wide characters are shown" shows ' 漢字漢字漢 '
		is "$(cells ' [35]  .* udp ' 'udp' | wc -w)" 1 \
			"$locale: behind them the columns are in line"
		is "$(cells '>$' '')" '80 ' \
			"$locale: what is cut is cut in the last column"
		ok "$locale: and no wide character is" shows '漢 >$'
	fi
	keys G
	keys g /
	poll_until 5 shows 'Search'
	keys -l pwned
	keys Enter
	poll_until 5 shows 'INPUT 2 of 10'
	keys e
	ok "$locale: the form of one found" \
		poll_until 5 shows '^-p udp -j <1b>\]0;pwned<07>$'
	keys Escape
	poll_until 5 shows 'INPUT 2 of 10'
	keys -l ':'
	poll_until 5 shows 'An ip6tables command'
	keys -l -- '-A INPUT -j a]b"c'
	keys Enter
	ok "$locale: an error about it" poll_until 5 shows 'quote'
	keys Escape
	keys -l ':'
	poll_until 5 shows 'An ip6tables command'
	keys -l -- '-A FORWARD -p tcp --dport 8080 -j ACCEPT'
	keys Enter
	ok "$locale: another rule is staged" poll_until 5 shows '1 staged'
	keys g j d
	keys j j j d
	poll_until 5 shows '3 staged'
	keys c
	ok "$locale: the review" poll_until 5 shows 'Commit on trial'
	keys c
	ok "$locale: a trial" poll_until 10 shows 'ON TRIAL'
	keys R
	ok "$locale: undone" poll_until 10 shows 'undone (asked)'
	is "$(ip6tables-legacy -S)" "$before" "$locale: all is as it was"
	keys H
	ok "$locale: the history" poll_until 5 shows 'reverted'
	keys Enter
	ok "$locale: a revision" poll_until 5 shows 'FORWARD'
	keys q
	poll_until 5 shows 'no message'
	keys q
	poll_until 5 shows 'Chain INPUT'
	keys v
	keys v
	resize 40 10
	ok "$locale: at 40x10" poll_until 5 shows 'num  *target'
	keys G
	ok "$locale: a comment is no port" eval '! screen | grep -q "ah.*443"'
	keys g
	keys Right
	keys Right
	keys j
	keys j
	resize 41 11
	resize 40 12
	poll_until 5 shows '^<.*prot'
	for width in $(cells '' ''); do
		[ "$width" -le 40 ] ||
			flunk "$locale: a line of 40 columns has $width cells"
	done
	is_clean "$locale"
	end
done
done_testing
