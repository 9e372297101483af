#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All tables: looked at without being made, read, compared and changed together.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
make_host

table() {
	ip6tables-legacy-save -t "$1" | sed '/^#/d; s/ \[[0-9:]*\]$//'
}

names() {
	sort /proc/net/ip6_tables_names | tr '\n' ' '
}

cat >"$tmp/all" <<'RULES'
# made by hand
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:redirects - [0:0]
-A PREROUTING -p tcp -j redirects
-A redirects -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
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
sed '/^#/d; s/ \[[0-9:]*\]$//' "$tmp/all" >"$tmp/plain"
sed -n '/^\*nat/,/^COMMIT/p' "$tmp/plain" >"$tmp/nat"
sed -n '/^\*filter/,/^COMMIT/p' "$tmp/plain" >"$tmp/filter"

status_is 0 'list of a table that is not there' sp -T nat list
like "$out" '^Chain POSTROUTING \(policy ACCEPT\)' 'shows its built-in chains'
is "$(sp save)" '' 'save has no table to print'
is "$(sp -T raw save | sed 's/ \[.*//')" '*raw
:PREROUTING ACCEPT
:OUTPUT ACCEPT
COMMIT' 'but for the one that is asked for'
status_is 0 'check' sp check "$tmp/all"
like "$out" 'all: 6 rules in 10 chains' 'counts what is in all tables'
status_is 0 'check of one' sp -T nat check "$tmp/all"
like "$out" 'all: 2 rules in 5 chains' 'counts that one'
status_is 0 'diff' sp diff live "$tmp/all"
like "$out" '^\*nat$' 'names the table'
like "$out" '^\+ redirects 1: -p tcp -m tcp --dport 80 -j REDIRECT' 'and the rule'
status_is 0 'status' sp --read-only status
like "$out" '^table +filter .*: 0 rules in 3 chains' 'has the default table'
is "$(sp --read-only status --json | jq -c '[.tables[].in_use] | any')" false \
	'and none is in use'
status_is 2 'a command that fails' sp apply --yes -- -t nat -D redirects 1
is "$(names)" '' 'no table was made by all this'

status_is 0 'apply' sp apply --yes --detach -m 'all of it' "$tmp/all"
is "$(names)" 'filter nat raw ' 'makes the tables that it changes'
is "$(table raw; table nat; table filter)" "$(cat "$tmp/plain")" \
	'as the file has them'
status_is 6 'while one trial runs' sp apply --yes -- -t mangle -N own
status_is 0 'all of it is undone at once' sp revert
is "$(table nat | grep -c '^-A\|redirects')" 0 'nat'
is "$(table filter | grep -c '^-A\|DROP')" 0 'and filter'
status_is 0 'apply for good' sp --no-trial apply --yes -m again "$tmp/all"
status_is 0 'the same file again' sp --no-trial apply --yes "$tmp/all"
like "$out" '^Nothing to change' 'changes nothing'
like "$(sp save | sed 's/ \[[0-9:]*\]$//')" '^\*raw' 'save has all'
is "$(sp save | sed 's/ \[[0-9:]*\]$//')" "$(cat "$tmp/plain")" 'in their order'
is "$(sp -T nat save | sed 's/ \[[0-9:]*\]$//')" "$(cat "$tmp/nat")" 'or one'

out=$(sp status)
for name in raw nat filter; do
	like "$out" "^table +$name " "status has a line for $name"
done
unlike "$out" '^table +mangle ' 'and none for what is not in use'
like "$(sp -T mangle --read-only status)" '^table +mangle .*: 0 rules' \
	'but where it is asked for'
like "$(sp log)" '"again"' 'log has the commit'
like "$(sp log)" ' in nat .*"again"' 'with its table'
number=$(sp -T nat log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
unlike "$(sp -T nat log)" ' in raw ' '-T holds log to one'
like "$(sp show "$number")" '^table +nat' 'show names it'
like "$(sp show "$number")" '^\+ redirects 1: ' 'and what changed'

status_is 0 'a command with -t' sp --no-trial apply --yes -- -t nat -F redirects
status_is 0 'or -T' sp --no-trial -T nat apply --yes -- -A redirects -p udp -j RETURN
is "$(table nat | grep -c redirects)" 3 'changes that table'
is "$(table filter)" "$(cat "$tmp/filter")" 'and no other'
newest=$(sp log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
like "$(sp status)" "^revision +$newest " 'status has the newest of all tables'
older=$(sp -T filter log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
like "$(sp -T filter status)" "^revision +$older " 'or that of -T'
status_is 0 'diff to the revision' sp diff "$number"
like "$out" '^\*nat$' 'names its table'
status_is 0 'restore of a revision of nat' sp --no-trial restore --yes "$number"
is "$(table nat)" "$(cat "$tmp/nat")" 'brings it back'
is "$(table filter)" "$(cat "$tmp/filter")" 'and leaves the others alone'
status_is 2 'a revision of another table than -T' sp -T filter restore --yes "$number"
like "$out" "table 'nat'" 'is named'

status_is 0 '-T of a file with several' sp --no-trial -T raw apply --yes - <<'RULES'
*raw
COMMIT
*filter
:INPUT DROP [0:0]
COMMIT
RULES
is "$(table raw | grep -c '^-A')" 0 'takes that one'
is "$(table filter)" "$(cat "$tmp/filter")" 'and no other'
for name in FILTER '' nap 'filter '; do
	status_is 2 "-T '$name'" sp -T "$name" list
	like "$out" 'filter, nat, mangle, raw' 'which says which there are'
done
status_is 2 'a command for a table that is none' sp apply --yes -- -t nap -F
like "$out" "'nap'" 'is told so'
status_is 2 '-t of an option and -T do not agree' \
	sp -T filter apply --yes -- -t nat -F
like "$out" "'nat'.*'filter'|'filter'.*'nat'" 'which names both'

status_is 0 '--noflush' sp --no-trial apply --noflush --yes - <<'RULES'
*filter
:new - [0:0]
-A new -j RETURN
-I INPUT 1 -i lo -j ACCEPT
-A INPUT -j new
COMMIT
*nat
:redirects - [0:0]
COMMIT
RULES
is "$(table filter | grep -c '^-A')" 6 'adds to what is there'
like "$(table filter | grep -n '^-A INPUT -i lo')" '^6:' 'at the place it names'
is "$(table nat | grep -c '^-A redirects')" 0 'and empties the chains it declares'
status_is 0 'check --noflush' sp check --noflush - <<'RULES'
*filter
-D INPUT -i lo -j ACCEPT
COMMIT
RULES
status_is 2 'a rule to delete that is not there' sp check --noflush - <<'RULES'
*filter
-A INPUT -j DROP
-D INPUT -i lo0 -j ACCEPT
COMMIT
RULES
like "$out" 'standard input:3: ' 'has a line'

status_is 0 'policies that a file does not name' sp --no-trial apply --yes - <<'RULES'
*filter
-A INPUT -j ACCEPT
COMMIT
RULES
like "$(table filter)" '^:INPUT DROP' 'stay what they are'
status_is 2 'a second table with a mistake' sp --no-trial apply --yes - <<'RULES'
*filter
:INPUT ACCEPT [0:0]
COMMIT
*nat
-A PREROUTING -j NOWHERE
COMMIT
RULES
like "$out" 'standard input:5: .*NOWHERE' 'has a line'
like "$(table filter)" '^:INPUT DROP' 'and nothing of the first is done'
done_testing
