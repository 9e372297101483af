#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong with the machine: privilege, lock, history, run directory.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy setpriv flock
in_namespace "$0" "$@"
make_host
article_rows | restore
before=$(rules)
rule='-A FORWARD -p tcp --dport 5001 -j ACCEPT'

one_line() {
	is "$(printf '%s\n' "$out" | grep -c '^sallyport: ')" 1 'one sentence'
}

chmod 755 "$tmp"
saved >"$tmp/same"
for command in list save "check $tmp/same" status; do
	# shellcheck disable=SC2086	# words
	status_is 1 "$command without privilege" setpriv --bounding-set=-all \
		--inh-caps=-all "$SALLYPORT" --run-dir "$run_dir" --db "$db" $command ||
		continue
	one_line
	like "$out" 'root' 'which names what is needed'
done

flock "$XTABLES_LOCKFILE" sleep 300 &
holder=$!
poll_until 5 sh -c "! flock -n '$XTABLES_LOCKFILE' true"
# shellcheck disable=SC2086	# words
status_is 1 'a commit while another program holds the lock' \
	sp apply --yes -t 5 -- $rule
like "$out" "sallyport: .*(flock|sleep)" 'names the holder'
is "$(rules)" "$before" 'nothing was changed'
status_is 0 'list needs no lock' sp list
pkill -P "$holder"
wait "$holder" 2>/dev/null

printf 'no database' >"$db"
status_is 1 'log of a broken history' sp log
like "$out" "$db" 'which names the file'
one_line
status_is 2 'restore of no number, with nobody to ask' sp restore abc </dev/null
like "$out" "'abc' is no revision number" 'names the word'
# shellcheck disable=SC2086	# words
status_is 0 'a commit with a broken history' sp apply --yes --detach -- $rule
like "$out" "$db" 'warns'
status_is 0 'and can be reverted' sp revert
is "$(rules)" "$before" 'the table is back'
rm -f "$db"*

mkdir "$tmp/open"
chmod 777 "$tmp/open"
# shellcheck disable=SC2086	# words
status_is 1 'a run directory that others may write' \
	sp --run-dir "$tmp/open" apply --yes -- $rule
like "$out" "$tmp/open" 'is named'
ln -s "$run_dir" "$tmp/link"
# shellcheck disable=SC2086	# words
status_is 1 'a run directory that is a link' \
	sp --run-dir "$tmp/link" apply --yes -- $rule
like "$out" "$tmp/link" 'is named'

printf '{ "format": 99 }' >"$run_dir/trial.json"
# shellcheck disable=SC2086	# words
status_is 1 'an unreadable record' sp apply --yes -- $rule
like "$out" 'trial record .*format 99' 'is named'
ok 'and kept' test -e "$run_dir/trial.json"
status_is 0 'status goes on' sp status
like "$out" '^trial +unreadable' 'and says so'
status_is 1 'nothing is confirmed' sp confirm
rm "$run_dir/trial.json"

ip6tables-legacy -A FORWARD -p tcp --dport 5002 -j ACCEPT
cat >"$tmp/rules" <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp -j REJECT --reject-with icmp6-addr-unreachable
-A OUTPUT -m nfacct --nfacct-name none -j ACCEPT
COMMIT
RULES
before=$(rules)
status_is 1 'rules that the kernel refuses' \
	sp --override "$(uname -n)" apply --yes "$tmp/rules"
like "$out" '^OUTPUT 1 is not tried: nfacct uses an object' 'were not tried'
is "$(rules)" "$before" 'change nothing'
status_is 0 'log' sp log
unlike "$out" ' failed ' 'does not show it'
like "$(sp log --all)" ' failed ' 'but with --all'
done_testing
