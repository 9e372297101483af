#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit that loads the rules at boot: systemd takes it as it is written, it
# comes before the network, and the commands that it runs load all or nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
need ip6tables-legacy-restore
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1

units=$tmp/units
mkdir "$units" "$tmp/sallyport"
sed "s|@sysconfdir@|$tmp|g" "$top_srcdir/doc/sallyport-boot.service.in" \
	>"$units/sallyport-boot.service"
cp "$top_srcdir/doc/sallyport-boot-failed.service" "$units"

# has SECTION-LINE "what": the unit has the line.
has() {
	ok "$2" grep -qxF "$1" "$units/sallyport-boot.service"
}

if command -v systemd-analyze >/dev/null; then
	out=$(cd "$units" && systemd-analyze --man=no verify ./*.service 2>&1)
	is "$(printf '%s\n' "$out" | grep -F sallyport)" '' 'systemd takes the units'
else
	skip 'no systemd-analyze'
fi
has 'Before=network-pre.target netfilter-persistent.service' \
	'it comes before the network'
has 'Wants=network-pre.target' 'and lets that wait'
has 'DefaultDependencies=no' 'and early'
has 'RemainAfterExit=yes' 'it stays'
has 'OnFailure=sallyport-boot-failed.service' 'a failure is told'
unlike "$(cat "$units/sallyport-boot.service")" '^(ExecStop|ExecReload)' \
	'stopping it does nothing'

# What systemd would do with the lines of the unit, as far as the rules go.
rules=$tmp/sallyport/rules.v6
start() {
	grep -E '^ExecStart(Pre)?=/' "$units/sallyport-boot.service" |
		sed 's/^[^=]*=//' >"$tmp/commands"
	while read -r line; do
		# shellcheck disable=SC2086	# words
		$line || return 1
	done <"$tmp/commands"
}

live() {
	ip6tables-legacy-save | grep -v '^#'
}

cat >"$rules" <<'RULES'
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -j MARK --set-mark 1
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p ipv6-icmp -j ACCEPT
COMMIT
RULES
ok 'a good file is loaded' start
like "$(live)" '^:INPUT DROP' 'one table of it'
like "$(live)" '^-A PREROUTING' 'and the other'
before=$(live | sed 's/\[[0-9:]*\]//')

# loads_nothing LINE "what": the second table has a fault; the first would be
# committed before that is met.
loads_nothing() {
	printf '%s\n' '*mangle' ':PREROUTING DROP [0:0]' COMMIT '*filter' \
		':INPUT ACCEPT [0:0]' "$1" COMMIT >"$rules"
	status_is 1 "$2" start
	is "$(live | sed 's/\[[0-9:]*\]//')" "$before" 'nothing of it is loaded'
}

loads_nothing '-A INPUT -j NOSUCHCHAIN' 'a chain that is not there'
loads_nothing '-A INPUT -p tcp --dport nonsense -j ACCEPT' 'a word that is none'
loads_nothing '-A INPUT -m mac --mac-source 00:00:00:00:00:01 -j MASQUERADE' \
	'a rule that only the kernel refuses'
printf '*filter\n:INPUT DROP [0:0]\n' >"$rules"
start >/dev/null 2>&1
is "$(live | sed 's/\[[0-9:]*\]//')" "$before" 'a file that was cut short changes nothing'

# What the failure tells: the words are the unit's input.
like "$(cat "$units/sallyport-boot-failed.service")" \
	'^StandardInputText=.*boot rules NOT loaded' 'it says what happened'
done_testing
