#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# po/POTFILES.in names exactly the files that have texts for people.
#	tests/tree/potfiles.sh --write	makes it so
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cd "$top_srcdir" || exit 1
with_texts() {
	sort | xargs grep -lE '(^|[^A-Za-z0-9_])(_|N_|Q_)\('
}

if [ "${1-}" = --write ]; then
	{
		echo "# Files with texts for people; tests/tree/potfiles.sh --write"
		git ls-files 'src/*.[ch]' | with_texts
	} >po/POTFILES.in
	exit
fi
is "$(grep -v '^#' po/POTFILES.in)" "$(find src -name '*.[ch]' | with_texts)" \
	'po/POTFILES.in is complete and sorted' ||
	diag 'tests/tree/potfiles.sh --write'
done_testing
