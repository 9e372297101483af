#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine of its own boots under a real systemd, on a copy of this one's files
# that is thrown away: what was confirmed is there before the network is, a file
# with a fault leaves nothing half loaded and is told, stopping flushes nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"

# become_machine DIR: in namespaces of its own, PID 1 of a machine whose units are
# DIR/units, whose boot file is DIR/rules.v6 and which leaves DIR/result.
become_machine() {
	set -e
	dir=$1
	root=$dir/over/root
	mount --make-rprivate /
	mount -t tmpfs tmpfs "$dir/over"
	mkdir "$dir/over/upper" "$dir/over/work" "$root"
	mount -t overlay overlay -o \
		"lowerdir=/,upperdir=$dir/over/upper,workdir=$dir/over/work" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	for name in run dev tmp etc/systemd/system; do
		mount -t tmpfs tmpfs "$root/$name"
	done
	for name in null zero full random urandom tty; do
		: >"$root/dev/$name"
		mount --bind "/dev/$name" "$root/dev/$name"
	done
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s fd/0 "$root/dev/stdin"
	mkdir -p "$root/result" "$root/etc/sallyport"
	mount --bind "$dir/result" "$root/result"
	cp "$dir"/units/* "$root/etc/systemd/system/"
	cp "$dir/rules.v6" "$root/etc/sallyport/rules.v6"
	rm -f "$root/etc/machine-id"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	cd "$root"
	mkdir -p .old
	pivot_root . .old
	umount -l /.old
	exec env -i container=other PATH="$PATH" /lib/systemd/systemd \
		--unit=check.target --show-status=false
}

if [ "${1-}" = machine ]; then
	trap - EXIT
	become_machine "$2"
	exit 1
fi

need ip6tables-legacy unshare pivot_root timeout
[ "$(id -u)" -eq 0 ] || skip_all 'only root boots a machine'
[ -x /lib/systemd/systemd ] || skip_all 'no systemd'
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup=$cgroups/sallyport-test.$$
[ -n "$cgroups" ] && mkdir "$cgroup" 2>/dev/null ||
	skip_all 'no cgroups to give away'

mkdir "$tmp/over" "$tmp/units" "$tmp/result"
why=$(unshare -m sh -c 'mount --make-rprivate / && cd "$1" &&
	mount -t tmpfs tmpfs . && mkdir a b c && mount -t overlay overlay \
	-o lowerdir=/,upperdir=a,workdir=b c' - "$tmp/over" 2>&1) || {
	rmdir "$cgroup"
	skip_all "no overlay of /: $why"
}

leave_cgroup() {
	find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
	[ ! -e "$cgroup" ]
}
trap 'poll_until 5 leave_cgroup; cleanup' EXIT

cp "$top_srcdir/doc/sallyport-boot-failed.service" "$tmp/units"
sed 's|@sysconfdir@|/etc|g' "$top_srcdir/doc/sallyport-boot.service.in" \
	>"$tmp/units/sallyport-boot.service"
cat >"$tmp/units/check.target" <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=systemd-journald.socket sallyport-boot.service net.service end.service
UNIT
# What brings the network up.
cat >"$tmp/units/net.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=network-pre.target
After=network-pre.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'ip6tables-legacy-save >/result/network'
UNIT
cat >"$tmp/units/end.service" <<'UNIT'
[Unit]
DefaultDependencies=no
After=net.service sallyport-boot-failed.service
[Service]
Type=oneshot
ExecStart=/bin/sh /result/end
UNIT

# boot: the machine, from its start to its end; what it left is in $tmp/result.
boot() {
	rm -f "$tmp"/result/*
	cat >"$tmp/result/end" <<'END'
cd /result
systemctl is-active sallyport-boot >state
cp /run/motd.d/sallyport-boot motd
cp good /etc/sallyport/rules.v6 && systemctl restart sallyport-boot &&
	ls /run/motd.d >motd-after
systemctl stop sallyport-boot
ip6tables-legacy-save >stopped
journalctl -p emerg --no-pager -o cat >emerg
touch done
systemctl exit 0
END
	cp "$tmp/good" "$tmp/result/good"
	# shellcheck disable=SC2016	# for that shell
	sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$cgroup" \
		timeout -k 1 60 unshare -p -f -m -n -u -i -C --kill-child \
		sh "$top_srcdir/tests/cli/boot-systemd.sh" machine "$tmp" \
		>"$tmp/log" 2>&1
	ok 'the machine boots and ends' test -e "$tmp/result/done" ||
		diag "$(tail -n 20 "$tmp/log")"
}

# The rules of a save text, table by table in one order, without counters.
plain() {
	grep -v '^#' "$1" | sed 's/ \[[0-9:]*\]//' |
		awk '/^\*/ { table = $1 } { print table, $0 }' | sort -s -k 1,1
}

# What is confirmed here is what boots there.
article_rows | restore
ip6tables-legacy -A INPUT -p ipv6-icmp -j ACCEPT
ip6tables-legacy -t mangle -A PREROUTING -p tcp -j MARK --set-mark 1
ip6tables-legacy -N f2b-sshd
ip6tables-legacy -I INPUT -p tcp --dport 22 -j f2b-sshd
mkdir -p "$tmp/host/etc"
make_host
status_is 0 'a change is confirmed' sp --boot-root "$tmp/host" apply --yes \
	--no-trial -- -A FORWARD -p tcp -m tcp --dport 5001 -j ACCEPT
good=$(find "$tmp/host" -name rules.v6)
cp "$good" "$tmp/good"
cp "$good" "$tmp/rules.v6"
boot
is "$(cat "$tmp/result/state")" active 'the unit is active'
is "$(plain "$tmp/result/network")" "$(plain "$tmp/good")" \
	'what was confirmed is loaded before the network comes'
like "$(cat "$tmp/result/network")" 'dport 5001 -j ACCEPT' 'the change with it'
unlike "$(cat "$tmp/result/network")" f2b 'but nothing of fail2ban'
is "$(plain "$tmp/result/stopped")" "$(plain "$tmp/good")" \
	'stopping the unit flushes nothing'
is "$(cat "$tmp/result/emerg")" '' 'and nobody is alarmed'
ok 'nor when they log in' test ! -s "$tmp/result/motd"

# The first table is sound, and would be committed before the fault is met.
printf '%s\n' '*mangle' ':PREROUTING DROP [0:0]' COMMIT '*filter' \
	':INPUT DROP [0:0]' '-A INPUT -j f2b-sshd' COMMIT >"$tmp/rules.v6"
boot
is "$(cat "$tmp/result/state")" failed 'with a fault in the file the unit fails'
unlike "$(cat "$tmp/result/network")" ' DROP|^-A' 'and nothing is half loaded'
like "$(cat "$tmp/result/emerg")" 'boot rules NOT loaded' 'everybody is alarmed'
like "$(cat "$tmp/result/motd")" 'boot rules NOT loaded' \
	'and who logs in later, too'
is "$(cat "$tmp/result/motd-after")" '' 'until it is mended'
is "$(plain "$tmp/result/stopped")" "$(plain "$tmp/good")" 'which loads the rules'
done_testing
