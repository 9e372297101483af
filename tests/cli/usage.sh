#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Help, usage errors and their statuses; nothing here reaches a table.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
in_namespace "$0" "$@"

status_is 0 '--help' sp --help
help=$out
for command in list save check diff apply restore confirm revert status log \
	show sandbox; do
	like "$help" "^  $command( |\$)" "--help lists $command"
	status_is 0 "$command --help" sp "$command" --help
	like "$out" "^Usage: sallyport \[OPTIONS\] $command" 'and its usage'
	unlike "$help$out" ' $' 'without trailing blanks'
done
like "$help" '^ *-T, --table' '--help lists the options'
unlike "$help" 'if-due|in-sandbox|guardian' 'but not what is internal'
status_is 0 '--version' sp --version
like "$out" '^sallyport [0-9]+\.[0-9]+' 'names the version'

refused() {
	what=$1
	says=$2
	shift 2
	status_is 2 "$what" sp "$@"
	is "$(printf '%s\n' "$out" | grep -c .)" 1 'one line'
	like "$out" "^sallyport: .*$says" "which says $says"
}
refused 'an unknown command' "'frobnicate'" frobnicate
refused 'an unknown option' "'--frob'" --frob
refused 'an unknown option of a command' "'--frob'" list --frob
refused 'an option of another command' "'--yes'" list --yes
refused 'a missing argument' "'--db' needs" list --db
refused 'a missing file' "'check' needs" check
refused 'an argument too many' "'OUTPUT'" list INPUT OUTPUT
refused 'another table' "'nap'" -T nap list
refused 'another backend' "'nft'" --backend nft list
refused 'a trial too short' "'4' is no length" apply -t 4 --yes /dev/null
refused 'a trial too long' "'3601'" apply -t 3601 --yes /dev/null
refused 'no number' "'ten'" apply -t ten --yes /dev/null
refused 'ip6tables arguments without --' "after '--'" apply -A INPUT
refused 'no revision number' "'first'" show first
refused 'revision 0' "'0'" restore --yes 0
refused '--json of save' "'--json'" save --json
for command in confirm revert status log 'show 1' 'restore --yes 1'; do
	# shellcheck disable=SC2086	# words
	refused "--file with $command" '--file is for' --file /dev/null $command
done
for command in confirm revert 'restore --yes 1' 'apply --yes x'; do
	# shellcheck disable=SC2086	# words
	refused "--read-only with $command" '--read-only' --read-only $command
done

status_is 2 'the editor without a terminal' sp </dev/null
like "$out" '^sallyport: the editor needs a terminal' 'says so'
status_is 2 'nobody to ask' sp apply -- -P INPUT ACCEPT </dev/null
like "$out" 'nobody can be asked' 'says so'
is "$(cat /proc/net/ip6_tables_names)" '' 'no table was opened by all this'
done_testing
