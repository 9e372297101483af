#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings as a user meets them: where they are looked for, what a bad line
# stops, and what it does not.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1

conf=$tmp/sallyport.conf
sp() {
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" "$@"
}

status_is 1 'a file that is named must be there' sp --config "$conf" status
is "$out" "sallyport: cannot open settings file '$conf': No such file or directory" \
	'which is said'
printf '# ports\n\nprot = 22\n' >"$conf"
status_is 2 'a bad line stops everything' sp --config "$conf" list
is "$out" "sallyport: $conf:3: unknown key 'prot'" 'with file, line and word'
status_is 2 'so before apply looks at its file' \
	sp --config "$conf" apply --yes no-such-file
is "$out" "sallyport: $conf:3: unknown key 'prot'" 'nothing else is said'
status_is 1 'revert goes on without settings' sp --config "$conf" revert
like "$out" 'sallyport: .*:3: unknown key' 'with a warning'
like "$out" 'sallyport: .*trial' 'and does its work'
status_is 0 'help needs none' sp --config "$conf" --help

printf 'port = 2222\n' >"$conf"
status_is 0 'good settings' sp --config "$conf" list
done_testing
