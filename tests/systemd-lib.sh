# SPDX-License-Identifier: GPL-2.0-or-later
# A real systemd for tests, in namespaces of its own: its root is made of the
# host's /usr, read-only, and an /etc, /run, /dev and /var that are new. After
# . lib.sh and in_namespace:
#	boot_systemd		or the test is skipped
#	inside COMMAND...	run it there, in a cgroup of its own
#	halt_systemd
# Files in $tmp are there as /host.
# shellcheck shell=sh

find_cgroup2() {
	for cgroup2 in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ ! -e "$cgroup2/cgroup.procs" ] ||
			[ "$(stat -f -c %T "$cgroup2")" != cgroup2fs ] || return 0
	done
	skip_all 'no cgroup v2'
}

make_root() {
	root=$tmp/root
	mkdir -p "$root"
	cat >"$tmp/boot" <<'BOOT'
set -e
echo $$ >"$cg/cgroup.procs"
exec unshare -C -p -f -m -u -i --propagation private sh "$tmp/enter"
BOOT
	cat >"$tmp/enter" <<'ENTER'
set -e
mount -t tmpfs tmpfs "$root"
cd "$root"
mkdir -p usr etc/systemd/system dev proc sys run tmp var/lib var/log var/tmp \
	root old host build
mount --bind /usr usr
mount -o remount,bind,ro usr
for l in bin sbin lib lib64; do ln -s "usr/$l" $l; done
cp -a /etc/passwd /etc/group /etc/ld.so.cache /etc/alternatives \
	/etc/protocols /etc/services etc/ 2>/dev/null || :
: >etc/fstab
echo 11111111111111111111111111111111 >etc/machine-id
mount --bind "$tmp" host
mount --bind "$(dirname "$SALLYPORT")" build
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys 2>/dev/null || mount --rbind /sys sys
mount -t tmpfs cgroup sys/fs/cgroup 2>/dev/null || :
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for n in null zero full random urandom tty; do
	: >dev/$n && mount --bind /dev/$n dev/$n
done
mkdir -p dev/net
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
for unit in console-getty getty@ systemd-networkd systemd-resolved \
	systemd-timesyncd systemd-udevd systemd-logind ssh fail2ban docker \
	netfilter-persistent; do
	ln -sf /dev/null etc/systemd/system/$unit.service
done
printf '[Unit]\nDescription=test\nRequires=basic.target\nAfter=basic.target\n' \
	>etc/systemd/system/default.target
pivot_root . old
umount -l /old
exec env -i container=other PATH=/usr/sbin:/usr/bin /lib/systemd/systemd \
	--system --log-target=null --show-status=no
ENTER
}

is_up() {
	pid1=$(pgrep -P "$boot_pid" -x systemd) &&
		inside systemctl is-active -q basic.target
}

boot_systemd() {
	[ "$(id -u)" -eq 0 ] || skip_all 'needs root'
	[ -x /lib/systemd/systemd ] || skip_all 'no systemd'
	need nsenter unshare pgrep systemd-run
	find_cgroup2
	make_root
	cg=$cgroup2/sallyport-test-$$
	mkdir "$cg" 2>/dev/null || skip_all 'no cgroup of our own'
	trap 'halt_systemd; cleanup' EXIT
	export tmp root cg SALLYPORT
	setsid sh "$tmp/boot" >"$tmp/boot.log" 2>&1 </dev/null &
	boot_pid=$!
	poll_until 30 is_up || {
		cat "$tmp/boot.log" >&2
		skip_all 'systemd does not boot here'
	}
}

# In the network, mount and pid namespaces of that systemd.
inside() {
	nsenter -t "$pid1" -m -u -i -p -n -C env -i PATH=/usr/sbin:/usr/bin \
		XTABLES_LOCKFILE=/run/xtables.lock HOME=/root "$@" </dev/null
}

halt_systemd() {
	[ -d "${cg-}" ] || return 0
	echo 1 >"$cg/cgroup.kill" 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		find "$cg" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -d "$cg" ] || break
		sleep 0.2
	done
}
