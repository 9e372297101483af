#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# list --json says what list and save say.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq script
in_namespace "$0" "$@"

ok 'a table that is not in use' sh -c '"$1" list --json >"$2"' - \
	"$SALLYPORT" "$tmp/json"
is "$(jq -c '[.[].chain]' "$tmp/json")" '["INPUT","FORWARD","OUTPUT"]' \
	'has its built-in chains'
is "$(jq -c '[.[].rules | length] | add' "$tmp/json")" 0 'and no rules'
is "$(cat /proc/net/ip6_tables_names)" '' 'and was not made by looking'

cat >"$tmp/rules" <<'RULES'
*filter
:INPUT DROP [7:700]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [9:900]
:EMPTY - [0:0]
:mine - [0:0]
[11:1100] -A INPUT -i lo -j ACCEPT
[12:1200] -A INPUT ! -i eth+ -p tcp -m tcp --dport 22 -m comment --comment "say \"two words\"" -j mine
[13:1300] -A INPUT -m mark --mark 0x5 -j mine
[14:1400] -A FORWARD -s 2001:db8::/32 ! -d 2001:db8::1/128 -o eth0 -j REJECT --reject-with icmp6-port-unreachable
[4503599627370496:0] -A mine -p udp
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[0:0] -A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
RULES
ok 'rules are loaded' restore "$tmp/rules"
ok 'list --json is JSON' sh -c '"$1" list --json | jq . >"$2"' - \
	"$SALLYPORT" "$tmp/json"
is "$(jq -r '.[] | .rules[].spec' "$tmp/json")" \
	"$(saved | grep '^-A')" 'its specs are those of save'
is "$(jq -r '.[] | .rules[] | "[\(.packets):\(.bytes)] \(.spec)"' "$tmp/json")" \
	"$(saved -c | grep '^\[')" 'and so are its counters'
is "$(jq -r '.[] | ":\(.chain) \(.policy // "-") [\(.packets):\(.bytes)]"' \
	"$tmp/json")" "$(saved -c | grep '^:')" 'and its chains'
jq -r '.[] | .chain as $c | .rules[] | [.num, .target, .prot, .opt, .in, .out,
	.source, .destination, .extra] | map(tostring) | join(" ")' "$tmp/json" |
	tr -s ' ' | sed 's/ $//' >"$tmp/ours"
sp list -v | sed -n 's/^ *\([0-9][0-9]*\) *[0-9]*[KMGT]* *[0-9]*[KMGT]* /\1 /p' |
	tr -s ' ' | sed 's/ $//' >"$tmp/theirs"
ok 'its columns are those of list -v' cmp "$tmp/ours" "$tmp/theirs" ||
	diag "$(diff "$tmp/ours" "$tmp/theirs")"
is "$(jq -c '[.[] | {(.chain): .references}] | add | [.EMPTY, .mine]' \
	"$tmp/json")" '[0,2]' 'with the references to chains'
is "$(jq -c '[.[].rules[] | has("opaque")] | any' "$tmp/json")" false \
	'nothing is opaque'

sp list --json mine >"$tmp/json"
is "$(jq -c '[.[] | [.chain, (.rules | length)]]' "$tmp/json")" '[["mine",1]]' \
	'one chain'
is "$(sp -T nat list --json PREROUTING | jq -r '.[0].table,
	.[0].rules[0].target')" 'nat
REDIRECT' 'another table'
status_is 1 'a chain that is not there' sp list --json NOPE
is "$out" "sallyport: table 'filter' has no chain 'NOPE'" 'is named'
ok 'a file offline' sh -c '"$1" --file "$2" list --json >"$3"' - \
	"$SALLYPORT" "$tmp/rules" "$tmp/json"
is "$(jq '[.[].rules | length] | add' "$tmp/json")" 5 'is listed alike'

# Without the plugin of mark its rule is told by its bytes.
for real in /usr/lib/*/xtables /usr/lib/xtables /usr/lib64/xtables; do
	[ ! -e "$real/libxt_mark.so" ] || break
done
mkdir "$tmp/plugins"
ln -s "$real"/*.so "$tmp/plugins"
rm "$tmp/plugins/libxt_mark.so"
XTABLES_LIBDIR=$tmp/plugins sp list --json INPUT >"$tmp/json"
is "$(jq -c '[.[0].rules[] | has("opaque")]' "$tmp/json")" \
	'[false,false,true]' 'a rule of an extension that is not installed'
is "$(jq -r '.[0].rules[2] | "# opaque INPUT \(.opaque)"' "$tmp/json")" \
	"$(jq -r '.[0].rules[2].spec' "$tmp/json")" 'is told by its bytes'
like "$(jq -r '.[0].rules[2].extra' "$tmp/json")" "UNKNOWN match" 'and by name'

ip6tables-legacy -F
ip6tables-legacy -A INPUT -m comment \
	--comment "$(printf 'a\033[31m \377 \303\274 \342\200\256b')" -j DROP
ok 'hostile bytes make valid JSON' sh -c '"$1" list --json INPUT | jq . >"$2"' \
	- "$SALLYPORT" "$tmp/json"
unlike "$(sp list --json INPUT)" "$(printf '\033')" 'without escape sequences'
is "$(jq -r '.[0].rules[0].spec' "$tmp/json")" \
	"$(printf -- '-A INPUT -m comment --comment "a\033[31m <ff> \303\274 \342\200\256b" -j DROP')" \
	'and all but the bytes that are no text is as it is'

# A message is told as it is; on a terminal by escapes of JSON, which say the same.
message=$(printf 'a\nb\tc\033]0;x\007 \342\200\256 \303\274 \177 <ff>')
sp --no-trial apply --yes -m "$message" -- -A INPUT -p tcp -j DROP >/dev/null
sp log --json >"$tmp/json"
is "$(jq -r '.[0].message' "$tmp/json")" "$message" 'a message is as it was given'
script -qc "'$SALLYPORT' --run-dir '$run_dir' --db '$db' log --json" /dev/null \
	</dev/null | tr -d '\r' >"$tmp/tty"
is "$(jq -r '.[0].message' "$tmp/tty")" "$message" 'on a terminal, too'
is "$(tr -d '\n -~' <"$tmp/tty" | od -An -tx1)" '' 'and nothing to be obeyed'
sp --no-trial apply --yes -m "$message$(printf '\376')" -- -A INPUT -p udp \
	-j DROP >/dev/null
is "$(sp log --json | jq -r '.[0].message')" "$message<fe>" \
	'a byte that is no text changes nothing else'
is "$(sp --no-trial apply --yes --detach -m "$message$(printf '\376')" -- \
	-A INPUT -p sctp -j DROP >/dev/null; sp status --json |
	jq -r .trial.message)" "$message<fe>" 'nor in status'
done_testing
