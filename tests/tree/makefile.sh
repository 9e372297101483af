#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makefile.am names every source and every test: none is left out of the build,
# of a release or of `make check`.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cd "$top_srcdir" || exit 1
forgotten=$(find src include tests -name '*.[ch]' -o -path '*/tests/*' -name '*.sh' |
	sort | while read -r file; do
		case $file in
		tests/*.c) name=${file%.c} ;;
		*) name=$file ;;
		esac
		grep -Eq "(^|[[:space:]])$name([[:space:]]|\.c|\$)" Makefile.am ||
			echo "$file"
	done)
is "$forgotten" '' 'Makefile.am names every source and test'
gone=$(grep -v '^#' Makefile.am | grep -Eo '(src|include|tests)/[A-Za-z0-9_./-]+\.(c|h|sh)' |
	sort -u | while read -r file; do
		[ -e "$file" ] || echo "$file"
	done)
is "$gone" '' 'and nothing that is not there'
done_testing
