#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a fraction is written with a comma, rules are still read and printed
# with a point, as libxtables does for whoever leaves LC_NUMERIC alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy locale
in_namespace "$0" "$@"

abroad() {
	LC_ALL=$comma sp "$@"
}

find_comma_locale
ok "a fraction has a comma in $comma" has_comma "$comma"

half='-A INPUT -m statistic --mode random --probability 0.5'
cat >"$tmp/rules" <<RULES
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
$half -j ACCEPT
COMMIT
RULES
status_is 0 'a fraction in a file is read' abroad --file "$tmp/rules" save
like "$out" "^${half}0000000000 -j ACCEPT$" 'and saved with a point'

ok 'the rules are loaded' restore "$tmp/rules"
status_is 0 'a fraction in a command is read' abroad --no-trial apply --yes \
	-- -A INPUT -m statistic --mode random --probability 0.25 -j DROP
is "$(abroad save)" "$(saved)" 'save says what ip6tables-legacy-save says'
like "$(saved)" '--probability 0\.25000000000 -j DROP$' \
	'which is what was asked for'
is "$(abroad list)" "$(sp list)" 'list says what it says elsewhere'
like "$(abroad list)" ' probability 0\.50000000000' 'with a point'
done_testing
