#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Includes point one way, each foreign header has one owner, and the world comes
# in through main.c: the source tree against design section 4.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Findings, one a line: "ORDER|OWNER|WORLD|OTHER file: what".
# MODULE: what it may include besides itself. A single header is named NAME.h.
cat >"$tmp/order" <<'ORDER'
base
rule base
ruleset rule base
backend ruleset rule base
settings base
guard settings backend ruleset rule base
boot backend ruleset rule base
history trial.h ruleset rule base
trial walk.h login.h backend ruleset rule base
world settings trial history guard backend ruleset rule base
apply world boot settings trial history guard backend ruleset rule base
session apply world boot settings trial history guard backend ruleset rule base
tui session apply world boot settings trial history guard backend ruleset rule base
cli session apply world boot settings trial history guard backend ruleset rule base
main tui cli session apply world boot settings trial history guard backend ruleset rule base
ORDER
# MODULE: its public headers.
cat >"$tmp/headers" <<'HEADERS'
base caller err mem str text vec base64 clock addr file proc i18n
rule rule xt
ruleset ruleset changeset command merge owned tables weave
backend backend rescue scratch tryout
guard lifeline login walk rehearsal guard containers probe expose flows
boot boot
settings settings
trial trial guardian
history history
world world
apply apply
session code draft edit session
tui tui
cli cli sandbox
HEADERS
# HEADER (a regular expression): the files that own it (another).
cat >"$tmp/owners" <<'OWNERS'
^xtables\.h$ ^src/rule/xt[^/]*\.[ch]$
^libiptc/ ^src/backend/ip6tc(-load|-put)?\.c$
^sqlite3\.h$ ^src/history/db\.c$
^(ncursesw/)?(n?curses|panel|form|term|menu)\.h$ ^src/tui/
^curl/ ^src/guard/docker\.c$
^libnetfilter_conntrack/ ^src/guard/conntrack-table\.c$
^(ini|inih)\.h$ ^src/settings/settings\.c$
^libintl\.h$ ^include/sallyport/i18n\.h$
OWNERS

# shellcheck disable=SC2016
cat >"$tmp/findings.awk" <<'AWK'
FILENAME ~ /\/order$/ { for (i = 1; i <= NF; i++) may[$1, $i] = 1; next }
FILENAME ~ /\/headers$/ {
	for (i = 2; i <= NF; i++)
		module_of[$i] = $1
	next
}
FILENAME ~ /\/owners$/ { pattern[++owners] = $1; owner[owners] = $2; next }

function finding(kind, what) { print kind " " FILENAME ":" FNR ": " what }

function module_of_file(file,   part) {
	split(file, part, "/")
	if (file ~ /^include\//) {
		sub(/\.h$/, "", part[3])
		if (!(part[3] in module_of))
			finding("OTHER", "a header of no module")
		return module_of[part[3]]
	}
	return part[2] ~ /^(main|environment)\.[ch]$/ ? "main" : part[2]
}

# The line without comments; in_comment lasts over lines.
function code(line,   out, at) {
	out = ""
	for (;;) {
		at = index(line, in_comment ? "*/" : "/*")
		if (!in_comment)
			out = out (at ? substr(line, 1, at - 1) : line)
		if (!at)
			return out
		line = substr(line, at + 2)
		in_comment = !in_comment
	}
}

function ours(name,   theirs) {
	sub(/^sallyport\//, "", name)
	sub(/\.h$/, "", name)
	theirs = module_of[name]
	if (theirs == "")
		finding("OTHER", "no such header: " name)
	else if (!((module, theirs) in may) && !((module, name ".h") in may))
		finding("ORDER", module " includes " theirs " (" name ".h)")
}

function foreign(name,   i) {
	for (i = 1; i <= owners; i++)
		if (name ~ pattern[i] && FILENAME !~ owner[i])
			finding("OWNER", name)
}

FNR == 1 { module = module_of_file(FILENAME); in_comment = 0 }
{ line = code($0) }
line ~ /^[ \t]*#[ \t]*include/ {
	name = line
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*$/, "", name)
	if (name ~ /^sallyport\//)
		ours(name)
	else if (line ~ /"/ && name ~ /\//)
		finding("ORDER", "a private header of elsewhere: " name)
	else
		foreign(name)
}
module != "main" {
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	if (match(line, /(^|[^A-Za-z0-9_.>])(secure_getenv|getenv|time|isatty|system|popen)[ \t]*\(/))
		finding("WORLD", substr(line, RSTART, RLENGTH))
}
AWK

findings() {
	(cd "$1" && find src include -name '*.[ch]' | sort |
		xargs awk -f "$tmp/findings.awk" \
			"$tmp/order" "$tmp/headers" "$tmp/owners")
}

none_of() {
	found=$(printf '%s\n' "$all" | grep "^$1 " || :)
	is "$found" '' "$2"
}

# The rules see what they are for: a tree with every fault.
mkdir -p "$tmp/bad/src/base" "$tmp/bad/src/tui" "$tmp/bad/src/guard" \
	"$tmp/bad/include/sallyport"
printf '#include <sallyport/rule.h>\n' >"$tmp/bad/src/base/up.c"
printf '#include <sallyport/cli.h>\n' >"$tmp/bad/src/tui/side.c"
printf '#include "../base/x.h"\n' >"$tmp/bad/src/tui/private.c"
printf '#include <sallyport/history.h>\n' >"$tmp/bad/src/guard/peer.c"
printf '#include <sqlite3.h>\n' >"$tmp/bad/src/tui/db.c"
printf '/* a\n */ int x(void) { return time(0); }\n' >"$tmp/bad/src/base/now.c"
printf '/* time() */ char *s = "getenv(";\n' >"$tmp/bad/src/base/good.c"
printf '\n' >"$tmp/bad/include/sallyport/stray.h"
is "$(findings "$tmp/bad" | sort | cut -d : -f 1)" \
	'ORDER src/base/up.c
ORDER src/guard/peer.c
ORDER src/tui/private.c
ORDER src/tui/side.c
OTHER include/sallyport/stray.h
OWNER src/tui/db.c
WORLD src/base/now.c' 'the faults of a bad tree are found'

all=$(findings "$top_srcdir")
none_of ORDER 'includes point one way'
none_of OWNER 'each foreign header is included by its owner only'
none_of WORLD 'nobody below main.c asks the world'
none_of OTHER 'each header belongs to a module'
ok 'main.c has less than 120 lines' \
	test "$(wc -l <"$top_srcdir/src/main.c")" -lt 120
done_testing
