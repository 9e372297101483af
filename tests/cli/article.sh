#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The article's rows from end to end by command line: refused for neighbour
# discovery, mended, port 22 kept, 8080 opened on trial, reverted, confirmed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq
in_namespace "$0" "$@"
make_host
log_in
article_rows | restore
before=$(rules)

status_is 0 'status of the rows as printed' sp status
like "$out" 'ssh 2001:db8:77::10 -> :22 +cut' 'shows the lifeline as cut'
like "$out" 'neighbour solicitation .*INPUT policy' 'by what'

open_8080='-A INPUT -p tcp --dport 8080 -j ACCEPT'
# shellcheck disable=SC2086	# words
status_is 3 'opening 8080 is refused' sp apply --yes -- $open_8080
like "$out" '^\+ INPUT 6: -p tcp -m tcp --dport 8080 -j ACCEPT' \
	'after the difference was shown'
like "$out" '^sallyport: refused: ssh .*neighbour .*INPUT policy' 'and the rule that decides'
like "$out" '^\+ INPUT [0-9]+: .*icmp' 'with the rules that would mend it'
is "$(rules)" "$before" 'nothing was changed'

# shellcheck disable=SC2086	# words
status_is 0 'with --fix it is put on trial' \
	sp apply --yes --fix --detach -t 60 -m 'neighbours and 8080' -- $open_8080
like "$out" 'On trial: undone in (60|5[0-9]) seconds' 'which is said'
like "$(rules)" 'dport 8080' 'the kernel has the new rule'
like "$(rules)" 'icmp6 --icmpv6-type 13[56]' 'and neighbour discovery'
status_is 0 'status' sp status
like "$out" 'ssh 2001:db8:77::10 -> :22 +safe' 'shows the lifeline as safe'
like "$out" '^trial +on trial, [0-9]+ seconds left.*neighbours and 8080' \
	'and the trial'
status_is 6 'a second one is refused' sp apply --yes -- -A INPUT -j DROP
like "$out" 'on trial' 'as one is running'
status_is 0 'confirm' sp confirm
like "$out" '^Confirmed' 'says so'
like "$(rules)" 'dport 8080' 'it stays'
status_is 1 'nothing is left to confirm' sp confirm
like "$out" 'no change is on trial' 'which is said'

number=$(ip6tables-legacy -n --line-numbers -L INPUT |
	sed -n 's/^\([0-9]*\) .*dpt:22 *$/\1/p')
status_is 3 'deleting the port 22 rule is refused' \
	sp apply --yes -- -D INPUT "$number"
like "$out" 'a new connection in .*INPUT policy' 'for the next login'

kept=$(saved -c | grep '^\[')
before=$(rules)
status_is 5 'opening 9090 without an answer is reverted' \
	sp apply --yes -t 5 -m 'a try' -- -I INPUT 1 -p tcp --dport 9090 -j ACCEPT
like "$out" '^sallyport: reverted' 'which is said'
is "$(rules)" "$before" 'the table is back, rule by rule'
is "$(saved -c | grep '^\[')" "$kept" 'with the counters of each rule'
took=$(jq '.settled_wall_s - .committed_wall_s' "$run_dir/trial.json")
ok "within a second after the deadline ($took s)" \
	test "$took" -ge 4 -a "$took" -le 7

status_is 0 'log' sp log
like "$out" '^ +2 .*edit +confirmed .*"neighbours and 8080"' 'has the confirmed one'
like "$out" '^ +3 .*edit +reverted .*"a try"' 'and the reverted one'
like "$(printf '%s\n' "$out" | head -n 1)" '^ +3 ' 'the newest first'
like "$(printf '%s\n' "$out" | tail -n 1)" '^ +1 .*import' \
	'what was found is the first'
status_is 0 'log --grep' sp log --grep 'a try'
is "$(printf '%s\n' "$out" | grep -c .)" 1 'finds one'
status_is 0 'show' sp show 3
like "$out" '^reason +deadline' 'tells why it was reverted'
like "$out" '^\+ INPUT 1: -p tcp -m tcp --dport 9090' 'and what it was'
like "$out" '^who .* from 2001:db8:77::10' 'and where it came from'
status_is 1 'a revision that is not there' sp show 99
like "$out" '99' 'is named'

ip6tables-legacy -A FORWARD -p tcp --dport 4002 -j ACCEPT
status_is 0 'log after a change by another program' sp log
like "$out" '^ +4 .*external' 'has it'
status_is 0 'diff of a revision to live' sp diff 2
is "$out" '+ FORWARD 5: -p tcp -m tcp --dport 4002 -j ACCEPT' 'names it'
status_is 0 'restore of an old revision' sp restore --yes --detach 2
like "$out" '^- FORWARD 5:' 'takes it away'
status_is 0 'and is confirmed' sp confirm
is "$(rules)" "$before" 'the table is as it was'
status_is 0 'restoring it again' sp restore --yes 2
like "$out" '^Nothing to change' 'changes nothing'
status_is 3 'restoring the rows as printed is refused' sp restore --yes 1
done_testing
