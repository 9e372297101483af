#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# log: what other programs do in chains of their own is one revision, which
# --all lists; --json has all that is known of each.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
article_rows | restore
ban() { ip6tables-legacy -I f2b-sshd -s "2001:db8:bad::$1" -j REJECT; }
unban() { ip6tables-legacy -D f2b-sshd -s "2001:db8:bad::$1" -j REJECT; }
count() { sp log --json "$@" | jq length; }

ok 'the first look' sp log
is "$(count)" 1 'is one revision'
ip6tables-legacy -N f2b-sshd
ip6tables-legacy -I INPUT -p tcp --dport 22 -j f2b-sshd
ban 1
is "$(count)" 1 'what fail2ban makes is not listed'
is "$(count --all)" 2 'but with --all'
ban 2
is "$(count --all)" 2 'a ban more is no revision more'
ban 3
unban 1
is "$(count --all)" 2 'nor are others'
revision=$(sp log --all --json | jq '.[0].revision')
is "$(sp log --all --json | jq -c '.[0] | [.owned, .origin, .parent]')" \
	'[true,"external",1]' 'it is of others, on what was there'
like "$(sp show "$revision")" 'f2b-sshd .*bad::3' 'and has the last ban'
unlike "$(sp show "$revision")" 'bad::1/' 'not one that came to nothing'
is "$(sp diff "$revision")" '' 'it is the table as it is'

ip6tables-legacy -D INPUT -p tcp --dport 22 -j f2b-sshd
ip6tables-legacy -F f2b-sshd
ip6tables-legacy -X f2b-sshd
is "$(count --all)" 1 'all undone is nothing done'

ip6tables-legacy -N f2b-sshd
ban 4
ok 'seen' sp log
ip6tables-legacy -A FORWARD -p sctp -j DROP
is "$(count)" 2 'a rule of somebody is a revision'
is "$(sp log --json | jq -c '.[0] | [.owned, (.changes | length)]')" \
	'[false,1]' 'of its own'
ban 5
is "$(count)" 2 'bans go on behind it'
is "$(count --all)" 4 'as another one'
ok 'a commit' sp apply --yes --no-trial -m 'so that' -- -A FORWARD -p dccp -j DROP
ban 6
is "$(sp log --json | jq -c '.[0] | [.state, .origin, .message, .who.uid,
	.table, (.changes[0] | test("dccp"))]')" \
	'["applied","edit","so that",0,"filter",true]' 'is whole'
is "$(count --all)" 6 'and nothing is folded across it'
like "$(sp log)" 'so that' 'plain'
status_is 0 'a restore of what was before it' sp restore --yes --no-trial 1
is "$(sp diff 1)" '' 'works'
is "$(sp log --grep nothing-like-it --json)" '[]' 'none is an empty array'

# --- retention ---

printf 'history = never\n' >"$tmp/conf"
status_is 2 'a bad history' sp --config "$tmp/conf" check x
like "$out" 'conf:1: .*never' 'is told'
printf 'history = 30\n' >"$tmp/conf"
status_is 0 'a good one' sp --config "$tmp/conf" log
done_testing
