#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that are none, that never end, or that are large.
# shellcheck disable=SC3045 # dash and bash have ulimit -v
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need timeout
in_namespace "$0" "$@"

# What waits for ever or eats all memory fails; sanitizers reserve more.
memory=2000000
(ulimit -v $memory && "$SALLYPORT" --version >/dev/null 2>&1) ||
	memory=unlimited
limited() (
	ulimit -v $memory
	timeout 60 "$SALLYPORT" "$@"
)

: >"$tmp/empty"
mkfifo "$tmp/fifo"
status_is 2 'a file of 0 bytes' limited check "$tmp/empty"
like "$out" "$tmp/empty: there is no table" 'is told'
status_is 1 'a directory' limited check "$tmp"
like "$out" "'$tmp' is a directory" 'is told'
status_is 1 'a file without an end' limited check /dev/zero
like "$out" "'/dev/zero' is larger than" 'has one'
printf '*filter\nCOMMIT' >"$tmp/fifo" &
status_is 0 'a pipe, no newline at the end' limited check "$tmp/fifo"
wait

# A file that is edited is read once for each table.
for file in "$tmp/fifo" /dev/zero /dev/null; do
	status_is 1 "$file is not edited" limited --file "$file" list
	like "$out" "'$file' is no regular file" 'and that is said'
done
status_is 1 'nor a directory' limited --file "$tmp" list
like "$out" "'$tmp' is a directory" 'which is said'
status_is 0 'a file of 0 bytes is an empty table' \
	limited --file "$tmp/empty" save

printf '%s\r\n' '*filter' ':INPUT DROP [0:0]' \
	'-A INPUT -m comment --comment "x y" -j ACCEPT' COMMIT >"$tmp/crlf"
status_is 0 'lines that end in CR LF' limited --file "$tmp/crlf" save
like "$out" '^-A INPUT -m comment --comment "x y" -j ACCEPT$' 'are lines'

awk 'BEGIN {
	print "*filter"
	for (i = 0; i < 10000; i++)
		printf ":chain-%d - [0:0]\n", i
	for (i = 0; i < 100000; i++)
		printf "-A chain-%d -s 2001:db8:%x::/48 -p tcp -m tcp " \
			"--dport %d -j %s\n", i / 10, i % 65536, i % 65536,
			i % 2 ? "ACCEPT" : "chain-9999"
	print "COMMIT"
}' >"$tmp/large"
status_is 0 'a save file of 110,000 lines' \
	sh -c 'timeout 60 "$1" --file "$2" save >"$3"' - "$SALLYPORT" \
	"$tmp/large" "$tmp/saved"
is "$(grep -c '^-A' "$tmp/saved")" 100000 'comes out whole'
status_is 0 'as it is read again' \
	sh -c 'timeout 60 "$1" --file "$2" save | cmp - "$2"' - "$SALLYPORT" \
	"$tmp/saved"
done_testing
