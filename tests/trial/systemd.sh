#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where systemd is PID 1 the guardian is its service, and a timer stands behind
# it: whatever is killed, the old rules come back, and nothing is left of it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
# shellcheck source=tests/systemd-lib.sh
. "$(dirname "$0")/../systemd-lib.sh" || exit 1

sp() {
	inside /build/sallyport "$@"
}

begin() {
	sp apply -t "$1" --yes --detach -- -A INPUT -p tcp --dport 7777 -j ACCEPT
}

has_rule() {
	ip6tables-legacy -S INPUT | grep -q 7777
}

lacks_rule() {
	! has_rule
}

units() {
	inside systemctl list-units --all --plain --no-legend 'sallyport-*' |
		awk '{ print $1 }' | sort
}

no_units() {
	[ -z "$(units)" ]
}

no_timer() {
	! units | grep -q '^sallyport-due'
}

service() {
	units | grep '^sallyport-trial-.*\.service$'
}

main_pid() {
	inside systemctl show -P MainPID "$(service)"
}

heard_at() {
	inside systemctl show -P WatchdogTimestampMonotonic "$(service)"
}

is_heard() {
	[ "$(heard_at)" -gt "$heard" ]
}

other_pid() {
	now=$(main_pid) && [ "$now" -gt 0 ] && [ "$now" != "$old" ]
}

ends_clean() {
	ok "$1: the old rules are back" poll_until "$2" lacks_rule
	ok "$1: no unit is left" poll_until 15 no_units
	[ -z "$(units)" ] || diag "$(units)"
}

boot_systemd
ok 'a change goes on trial' begin 60
like "$(units)" '^sallyport-trial-.*\.service$' 'the guardian is a service'
like "$(units)" '^sallyport-due-.*\.timer$' 'a timer stands behind it'
is "$(inside systemctl show -P WatchdogUSec "$(service)")" 2min \
	'systemd wants to hear of it'
heard=$(heard_at)
ok 'and does' poll_until 15 is_heard
ok 'the change is in' has_rule
ok 'it is confirmed' sp confirm
ok 'confirmed: it stays' has_rule
ok 'confirmed: no unit is left' poll_until 5 no_units
ip6tables-legacy -F INPUT

begin 60 >/dev/null 2>&1
ok 'it is reverted' sp revert
ends_clean 'asked' 1

begin 20 >/dev/null 2>&1
old=$(main_pid)
ok 'kill -9 of the guardian' inside kill -9 "$old"
ok 'systemd starts another' poll_until 15 other_pid
old=$(main_pid)
ok 'kill -9 of all that the service has' \
	inside systemctl kill -s KILL "$(service)"
ok 'systemd starts another once more' poll_until 15 other_pid
ok 'which does not revert early' has_rule
ends_clean 'killed' 40

begin 60 >/dev/null 2>&1
ok 'the service is stopped' inside systemctl stop "$(service)"
ends_clean 'stopped' 1

# A change that the lock keeps out leaves nothing either.
inside flock /run/xtables.lock sleep 60 &
holder=$!
is_held() { ! inside flock -n /run/xtables.lock true; }
poll_until 5 is_held
begin 60 >/dev/null 2>&1
ok 'the lock keeps a change out' lacks_rule
ok 'no timer is left of it' poll_until 3 no_timer
ok 'no unit is left of it' poll_until 5 no_units
inside pkill -x sleep
wait "$holder"

# Nothing restarts it: its unit is masked, and it is killed.
begin 10 >/dev/null 2>&1
unit=$(service)
inside sh -c "rm -f /run/systemd/transient/$unit; systemctl mask --runtime -q $unit;
	systemctl daemon-reload; systemctl kill -s KILL $unit" 2>/dev/null
ok 'only the timer is left' has_rule
ok 'the timer has the old rules put back' poll_until 40 lacks_rule
ok 'and goes' poll_until 10 no_timer
inside sh -c "systemctl unmask --runtime -q $unit; systemctl daemon-reload;
	systemctl stop -q $unit; systemctl reset-failed" 2>/dev/null
ok 'no unit is left of it' poll_until 10 no_units
[ -z "$(units)" ] || diag "$(units)"

# Of another network namespace than PID 1's the service cannot be.
inside unshare -n sh -c 'mkdir /sys/fs/cgroup/session
	echo $$ >/sys/fs/cgroup/session/cgroup.procs; ip link set lo up; /build/sallyport apply -t 60 --yes \
	--detach --run-dir /run/other -- -A INPUT -j ACCEPT' >/dev/null 2>&1
is "$(units)" '' 'in another network namespace there is no service'
ok 'but a guardian' inside pgrep -x sallyport-guard
ok 'the cgroup of its session is killed' \
	inside sh -c 'echo 1 >/sys/fs/cgroup/session/cgroup.kill'
ok 'it lives, in one of its own' \
	inside sh -c 'grep -qx 0::/sallyport /proc/$(pgrep -x sallyport-guard)/cgroup'
inside pkill -KILL -x 'sallyport-watch|sallyport-guard' 2>/dev/null

kill -STOP "$pid1"
ok 'systemd hangs: the change goes on trial in time' timeout 20 nsenter -t "$pid1" \
	-m -u -i -p -n -C env XTABLES_LOCKFILE=/run/xtables.lock \
	/build/sallyport apply -t 60 --yes --detach -- \
	-A INPUT -p tcp --dport 7777 -j ACCEPT
ok 'watched by a second process' inside pgrep -x sallyport-watch
kill -CONT "$pid1"
sp revert >/dev/null 2>&1
ends_clean 'systemd hung' 3

begin 60 >/dev/null 2>&1
ok 'on trial as the machine goes down' has_rule
inside systemctl poweroff --no-wall >/dev/null 2>&1
ok 'a shutdown puts the old rules back' poll_until 20 lacks_rule
done_testing
