# SPDX-License-Identifier: GPL-2.0-or-later
# TAP for tests in POSIX sh. A test begins with
#	. "$(dirname "$0")/../lib.sh"
#	in_namespace "$0" "$@"		(if it touches a kernel table)
# and ends with done_testing. What it has then:
#	$SALLYPORT	the built program
#	$tmp		a directory of its own, removed at the end
#	XTABLES_LOCKFILE, HOME, TMPDIR	inside $tmp
#	$run_dir $db	for --run-dir and --db, inside $tmp
# shellcheck shell=sh

tap_count=0
tap_failed=0
lib_dir=$(cd "$(dirname "$0")" && pwd)
while [ ! -e "$lib_dir/lib.sh" ] && [ "$lib_dir" != / ]; do
	lib_dir=$(dirname "$lib_dir")
done
top_srcdir=${top_srcdir:-$(dirname "$lib_dir")}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
unset SUDO_UID SUDO_COMMAND DOAS_USER PKEXEC_UID
unset LANGUAGE SSH_CONNECTION SSH_CLIENT SSH_TTY SUDO_USER NO_COLOR

if [ -z "${SALLYPORT-}" ]; then
	for SALLYPORT in "$PWD/sallyport" "$top_srcdir/build/sallyport"; do
		[ ! -x "$SALLYPORT" ] || break
	done
fi
export SALLYPORT

# in_namespace "$0" "$@": go on in a private network namespace, lo up; as root
# of a user namespace where we are not root. Skips the test where that fails.
in_namespace() {
	if [ -n "${TEST_IN_NAMESPACE-}" ]; then
		ip link set lo up
		return
	fi
	if [ "$(id -u)" -eq 0 ]; then
		set -- unshare -n "$@"
	else
		set -- unshare -Ur unshare -n "$@"
	fi
	probe=$("$1" "$2" true 2>&1) || skip_all "no private network namespace: $probe"
	TEST_IN_NAMESPACE=$tmp exec "$@"
}

# Every process of our private namespace but ourselves: what a failed test
# left running.
kill_leftovers() {
	[ -n "${TEST_IN_NAMESPACE-}" ] || return 0
	mine=$(readlink /proc/$$/ns/net)
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		[ "$pid" != $$ ] || continue
		[ "$(readlink "$dir/ns/net" 2>/dev/null)" = "$mine" ] || continue
		kill -KILL "$pid" 2>/dev/null || :
	done
}

cleanup() {
	status=$?
	trap - EXIT HUP INT TERM
	kill_leftovers
	rm -rf "$tmp"
	exit $status
}

tmp=${TEST_IN_NAMESPACE:-$(mktemp -d "${TMPDIR:-/tmp}/sallyport-test.XXXXXX")}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
HOME=$tmp
TMPDIR=$tmp
XTABLES_LOCKFILE=$tmp/xtables.lock
run_dir=$tmp/run
db=$tmp/history.db
[ -d "$run_dir" ] || mkdir -m 700 "$run_dir"
export HOME TMPDIR XTABLES_LOCKFILE run_dir db

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$*"
}

flunk() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$*"
}

# ok "what should hold" COMMAND...: the command succeeds; its output is shown
# only when it does not.
ok() {
	what=$1
	shift
	if out=$("$@" 2>&1); then
		pass "$what"
	else
		status=$?
		flunk "$what"
		diag "status $status: $*"
		[ -z "$out" ] || diag "$out"
		return 1
	fi
}

# status_is EXPECTED "what" COMMAND...: the exit status; the output is in $out.
status_is() {
	expected=$1
	what=$2
	shift 2
	status=0
	out=$("$@" 2>&1) || status=$?
	if [ "$status" -eq "$expected" ]; then
		pass "$what"
	else
		flunk "$what"
		diag "status $status, expected $expected: $*"
		[ -z "$out" ] || diag "$out"
		return 1
	fi
}

# is GOT EXPECTED "what"
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		flunk "$3"
		diag "     got: $1"
		diag "expected: $2"
		return 1
	fi
}

# like GOT PATTERN "what": GOT has a line that the extended regular expression
# matches.
like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		pass "$3"
	else
		flunk "$3"
		diag "     got: $1"
		diag "expected: /$2/"
		return 1
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		flunk "$3"
		diag "       got: $1"
		diag "unexpected: /$2/"
		return 1
	else
		pass "$3"
	fi
}

# skip "reason": one assertion that cannot be made here.
skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d # SKIP %s\n' "$tap_count" "$*"
}

# skip_all "reason": the whole file cannot be tried here.
skip_all() {
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

need() {
	for cmd in "$@"; do
		command -v "$cmd" >/dev/null || skip_all "no command $cmd"
	done
}

has_comma() {
	[ "$(LC_ALL=$1 locale decimal_point 2>/dev/null)" = , ]
}

# A locale where a fraction has a comma, in $comma: made for this test alone
# where the system has none.
find_comma_locale() {
	comma=de_DE.UTF-8
	need locale
	! has_comma "$comma" || return 0
	need localedef
	LOCPATH=$tmp/locale
	export LOCPATH
	mkdir "$LOCPATH"
	out=$(localedef -i de_DE -f UTF-8 "$LOCPATH/$comma" 2>&1) ||
		has_comma "$comma" ||
		skip_all "localedef makes no $comma: $out"
}

# poll_until SECONDS COMMAND...: try the command, silently, until it succeeds.
poll_until() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

done_testing() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}
