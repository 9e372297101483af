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

# The client is killed between the timer and the service, or stopped there.
cat >"$tmp/systemd-run" <<'RUN'
#!/bin/sh
case $* in
*--unit=sallyport-trial*)
	: >/host/service-asked
	until [ -e /host/go-on ]; do sleep 0.05; done ;;
esac
[ -e /host/no-service ] || exec /host/real-run "$@"
RUN
chmod +x "$tmp/systemd-run"
cp /usr/bin/systemd-run "$tmp/real-run"
inside mount --bind /host/systemd-run /usr/bin/systemd-run
begin 5 >/dev/null 2>&1 &
client=$!
ok 'a client has its timer and not yet its service' \
	poll_until 10 test -e "$tmp/service-asked"
like "$(units)" '^sallyport-due-.*\.timer$' 'the timer waits'
ok 'kill -9 of the client' inside pkill -KILL -x sallyport
: >"$tmp/no-service"
: >"$tmp/go-on"
wait "$client"
ok 'nothing went on trial' lacks_rule
ok 'its timer ends by itself' poll_until 20 no_timer
ok 'no unit is left of it' poll_until 5 no_units
rm -f "$tmp/service-asked" "$tmp/no-service" "$tmp/go-on"

begin 5 >/dev/null 2>&1 &
client=$!
poll_until 10 test -e "$tmp/service-asked"
ok 'a client is stopped there' inside pkill -STOP -x sallyport
ok 'its timer ends' poll_until 20 no_timer
: >"$tmp/go-on"
poll_until 5 service
inside pkill -CONT -x sallyport
pkill -CONT -P "$client"	# nsenter stopped with it
wait "$client"
ok 'it goes on trial late' has_rule
like "$(units)" '^sallyport-due-.*\.timer$' 'with a timer of its own again'
sp revert >/dev/null 2>&1
ends_clean 'stopped between timer and service' 3
inside umount /usr/bin/systemd-run

# A record that cannot be read is no end of it: not of the service, nor of the
# timer, and the log has it once.
record=/run/sallyport/trial.json
spoil() {
	inside sh -c "cp -p $record $record.kept; echo spoiled >$record"
}
mend() {
	inside mv -f $record.kept $record
}
restarts() {
	inside systemctl show -P NRestarts "$(service)"
}
triggered() {
	inside systemctl show -P LastTriggerUSecMonotonic \
		"$(units | grep '^sallyport-due-.*\.timer$')"
}
is_triggered_again() {
	now=$(triggered) && [ "$now" != "$last" ]
}
told() {
	inside journalctl --no-pager -o cat -t sallyport |
		grep -c 'cannot\|spoiled\|NOT undone'
}
is_told() {
	[ "$(told)" -gt 0 ]
}
begin 5 >/dev/null 2>&1
spoil
inside kill -9 "$(main_pid)"
ok 'the record cannot be read: that is told' poll_until 10 is_told
last=$(triggered)
ok 'the timer asks' poll_until 20 is_triggered_again
last=$(triggered)
ok 'and asks again' poll_until 20 is_triggered_again
last=$(triggered)
ok 'and again' poll_until 20 is_triggered_again
ok 'the change is in all the while' has_rule
is "$(restarts)" 1 'the guardian was started again once'
is "$(told)" 1 'it was told once'
like "$(sp confirm 2>&1)" 'no JSON' 'who asks hears it'
mend
ends_clean 'the record can be read, past the deadline' 10

begin 60 >/dev/null 2>&1
spoil
old=$(main_pid)
inside kill -9 "$old"
ok 'a record is spoiled before the deadline' poll_until 10 other_pid
mend
is_guarded() { sp status 2>&1 | grep -q 'on trial' && inside test -S /run/sallyport/guardian.sock; }
ok 'it can be read: the trial is guarded' poll_until 10 is_guarded
is "$(inside journalctl --no-pager -o cat -t sallyport |
	grep -c 'gives no timer')" 0 'and nobody misses the timer that it has'
ok 'and is still on' has_rule
ok 'and can be confirmed' sp confirm
ok 'no unit is left of it' poll_until 10 no_units
ip6tables-legacy -F INPUT

# A guardian that is stopped: its watchdog would wait for two minutes.
begin 5 >/dev/null 2>&1
ok 'the guardian is stopped' inside kill -STOP "$(main_pid)"
ends_clean 'stopped by SIGSTOP' 15

# What kills a login session is a kill of its scope: the client dies with it,
# and the guardian is not in it.
no_client() {
	! inside pgrep -x sallyport
}
inside systemd-run --quiet --scope --unit=session-7 /build/sallyport apply \
	-t 8 --yes -- -A INPUT -p tcp --dport 7777 -j ACCEPT >/dev/null 2>&1 &
client=$!
ok 'on trial from a session' poll_until 10 has_rule
old=$(main_pid)
ok 'its client is in the session' inside sh -c \
	'grep -q session-7.scope "/proc/$(pgrep -x sallyport)/cgroup"'
ok 'the session is killed' inside systemctl kill -s KILL session-7.scope
ok 'and the client with it' poll_until 5 no_client
wait "$client"
is "$(main_pid)" "$old" 'the guardian lives'
ok 'the change is in until the deadline' has_rule
ends_clean 'session killed' 10
like "$(sp log)" 'reverted' 'the history says that it was reverted'

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

# A reboot ends the trial: with the run directory goes the record, and the
# history is told by the boot.
inside mkdir /host/lib
sp --db /host/lib/db apply -t 60 --yes --detach -- -A INPUT -p tcp \
	--dport 7777 -j ACCEPT >/dev/null 2>&1
ok 'on trial as the machine is rebooted' has_rule
inside systemctl reboot --no-wall >/dev/null 2>&1
is_down() {
	! kill -0 "$pid1"
}
ok 'a reboot puts the old rules back' poll_until 20 lacks_rule
ok 'it goes down' poll_until 30 is_down
halt_systemd
boot_systemd
echo 11111111-2222-3333-4444-555555555555 >"$tmp/boot_id"
inside mount --bind /host/boot_id /proc/sys/kernel/random/boot_id
out=$(sp --db /host/lib/db log 2>&1)
like "$out" 'ended by reboot' 'the next boot knows that the trial is over'

# Where the run directory stays the history is told what the guardian did.
sp --run-dir /host/kept --db /host/lib/db apply -t 60 --yes --detach -- \
	-A INPUT -p tcp --dport 7777 -j ACCEPT >/dev/null 2>&1
ok 'on trial as the machine goes down' has_rule
inside systemctl poweroff --no-wall >/dev/null 2>&1
ok 'a shutdown puts the old rules back' poll_until 20 lacks_rule
ok 'it is off' poll_until 30 is_down
after() {
	unshare -m sh -c 'mount --bind "$tmp/boot_id" /proc/sys/kernel/random/boot_id
		exec "$SALLYPORT" --run-dir "$tmp/kept" --db "$tmp/lib/db" "$@"' sh "$@"
}
# For us it is another network: the revision before the first of ours.
number=$(after log | awk '{ print $1; exit }')
out=$(after show "$((number - 1))")
like "$out" '^state +reverted' 'the history says that it was reverted'
like "$out" '^reason +terminated' 'and why'
done_testing
