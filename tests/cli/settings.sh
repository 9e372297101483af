#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings as a user meets them: where they are looked for, what a bad line
# stops, and what it does not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1

need ip6tables-legacy jq
ip6tables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT

conf=$tmp/sallyport.conf
sp() {
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" "$@"
}

status_is 1 'a file that is named must be there' sp --config "$conf" check x
is "$out" "sallyport: cannot open settings file '$conf': No such file or directory" \
	'which is said'
printf '# ports\n\nprot = 22\n' >"$conf"
status_is 2 'a bad line stops what asks the guard' sp --config "$conf" check x
is "$out" "sallyport: $conf:3: unknown key 'prot'" 'with file, line and word'
status_is 2 'so before apply looks at its file' \
	sp --config "$conf" apply --yes no-such-file
is "$out" "sallyport: $conf:3: unknown key 'prot'" 'nothing else is said'
status_is 1 'revert goes on without settings' sp --config "$conf" revert
like "$out" 'sallyport: .*:3: unknown key' 'with a warning'
like "$out" 'sallyport: .*trial' 'and does its work'
for look in list save status log 'show 1' 'diff live'; do
	# shellcheck disable=SC2086	# words
	status_is 0 "$look goes on, too" sp --config "$conf" $look
	like "$out" "^sallyport: .*:3: unknown key 'prot'; going on without settings\$" \
		'with a warning'
done
is "$(sp --config "$conf" status --json 2>/dev/null | jq -r .settings_error)" \
	"$conf:3: unknown key 'prot'" 'which JSON has, too'
for command in 'probe --dport 22' "apply --yes -- -P INPUT DROP" flows edit; do
	# shellcheck disable=SC2086	# words
	status_is 2 "$command does not" sp --config "$conf" $command
done
status_is 2 'nor does the editor' sp --config "$conf"
is "$out" "sallyport: $conf:3: unknown key 'prot'" 'and says why'
status_is 0 'help needs none' sp --config "$conf" --help

printf 'port = 2222\n' >"$conf"
status_is 0 'good settings' sp --config "$conf" list
is "$(sp --config "$conf" status --json | jq -r .settings_error)" null \
	'are no error'
done_testing
