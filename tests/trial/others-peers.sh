# SPDX-License-Identifier: GPL-2.0-or-later
# Who else works on the rules in tests/trial/others-real.sh, sourced there: each
# peer has three functions, before_PEER, during_PEER and after_PEER. All that
# they do to the table goes through the programs in $tmp/bin, which write it
# down in $tmp/theirs: a shell script that does the same once more.
# shellcheck shell=sh

# The stock tools under the names that others use, and some packets.
make_tools() {
	mkdir "$tmp/bin"
	PATH=$tmp/bin:$PATH
	cat >"$tmp/bin/ip6tables" <<-TOOL
	#!/bin/sh
	echo "ip6tables-legacy \$*" >>$tmp/theirs
	exec ip6tables-legacy "\$@"
	TOOL
	cat >"$tmp/bin/ip6tables-restore" <<-TOOL
	#!/bin/sh
	{ echo "ip6tables-legacy-restore \$* <<'RULES'"
	  tee $tmp/restored; echo RULES; } >>$tmp/theirs
	exec ip6tables-legacy-restore "\$@" <$tmp/restored
	TOOL
	cat >"$tmp/bin/packets" <<-'TOOL'
	#!/bin/bash
	for ((i = 0; i < $1; i++)); do
		echo x >"/dev/udp/$2/$3"
	done 2>/dev/null
	TOOL
	chmod +x "$tmp/bin/"*
}

ip6() { ip6tables -w 10 "$@"; }

# The rules count them, here and wherever the script is run again.
packets() {
	echo "packets $*" >>"$tmp/theirs"
	"$tmp/bin/packets" "$@"
}

# --- ip6tables, by hand ---

before_legacy() {
	ip6 -N theirs
	ip6 -A theirs -p tcp -m tcp --dport 9001 -j ACCEPT -c 21 2100
	ip6 -A theirs -p tcp -m tcp --dport 9002 -j ACCEPT -c 22 2200
	ip6 -N aside
	ip6 -A aside -c 23 2300 -j RETURN
	ip6 -I INPUT 1 -p udp -m udp --dport 4002 -j DROP
	ip6 -I INPUT 3 -p tcp -j theirs -c 24 2400
	ip6 -A OUTPUT -o lo -p udp -m udp --dport 4002 -j ACCEPT
	packets 3 ::1 4002
}

during_legacy() {
	ip6 -I INPUT 2 -s 2001:db8:bad::/48 -j DROP -c 31 3100
	ip6 -A INPUT -p sctp -m sctp --dport 9 -j DROP -c 32 3200
	ip6 -D theirs -p tcp -m tcp --dport 9001 -j ACCEPT
	ip6 -I theirs -p udp -m udp --dport 9003 -j ACCEPT -c 33 3300
	ip6 -R theirs 2 -p tcp -m tcp --dport 9004 -j ACCEPT -c 34 3400
	ip6 -F aside
	ip6 -X aside
	ip6 -N passing
	ip6 -A passing -p tcp -j RETURN -c 35 3500
	ip6 -E passing lasting
	ip6 -A FORWARD -p tcp -j lasting -c 36 3600
	ip6 -P OUTPUT DROP
	packets 4 ::1 4002
}

after_legacy() {
	packets 5 ::1 4002
	ip6 -D INPUT -p tcp -j theirs
	ip6 -F theirs
	ip6 -X theirs
	ip6 -A lasting -p udp -j RETURN
	ip6 -Z OUTPUT
	ip6 -P OUTPUT ACCEPT
	packets 1 ::1 4002
}

# --- ip6tables-restore --noflush, as scripts and cron jobs use it ---

noflush() { ip6tables-restore -w 10 -c --noflush; }

before_restore() {
	noflush <<-'RULES'
	*filter
	:list - [0:0]
	:pairs - [0:0]
	[41:4100] -A list -s 2001:db8:1::/48 -j DROP
	[42:4200] -A list -s 2001:db8:2::/48 -j DROP
	[43:4300] -A pairs -p tcp -m multiport --dports 1,2 -j RETURN
	[44:4400] -I INPUT 2 -j list
	[45:4500] -A FORWARD -j pairs
	COMMIT
	RULES
}

# A chain that is named is emptied first; the others are left alone.
during_restore() {
	noflush <<-'RULES'
	*filter
	:list - [0:0]
	:later - [0:0]
	[51:5100] -A list -s 2001:db8:3::/48 -j DROP
	[52:5200] -A list -s 2001:db8:4::/48 -j DROP
	[53:5300] -I pairs 1 -p udp -j later
	[54:5400] -A later -m comment --comment "a b" -j RETURN
	[0:0] -D FORWARD -j pairs
	[55:5500] -I FORWARD 1 -j pairs
	[56:5600] -A INPUT -p udp -m udp --dport 4002 -j DROP
	COMMIT
	RULES
	packets 3 ::1 4002
}

after_restore() {
	packets 3 ::1 4002
	noflush <<-'RULES'
	*filter
	:pairs - [0:0]
	[61:6100] -A list -s 2001:db8:5::/48 -j DROP
	-D INPUT -j list
	-F later
	-X later
	COMMIT
	RULES
}

# --- fail2ban: its own server and its own actions, a log of ours ---

# find_fail2ban: where it is below $fail2ban; fetched where it is not installed,
# as installing it would start it.
find_fail2ban() {
	fail2ban=
	export fail2ban
	! command -v fail2ban-server >/dev/null || return 0
	fail2ban=$tmp/fail2ban
	mkdir "$fail2ban"
	(cd "$fail2ban" && apt-get -q download fail2ban &&
		dpkg -x fail2ban_*.deb .) >"$tmp/download" 2>&1
}

# fail2ban_run PROGRAM ARGUMENTS...: one of its programs, wherever it is.
fail2ban_run() {
	program=$fail2ban/usr/bin/fail2ban-$1
	shift
	PYTHONPATH=${fail2ban:+$fail2ban/usr/lib/python3/dist-packages} \
		"$program" "$@"
}

has_fail2ban() {
	fail2ban_run server --version >"$tmp/version" 2>&1
}

write_jails() {
	mkdir -p "$tmp/f2b/filter.d"
	ln -s "$fail2ban/etc/fail2ban/action.d" "$tmp/f2b"
	: >"$tmp/auth.log"
	cat >"$tmp/f2b/fail2ban.conf" <<-CONF
	[Definition]
	loglevel = INFO
	logtarget = $tmp/f2b.log
	syslogsocket = auto
	socket = $tmp/f2b.sock
	pidfile = $tmp/f2b.pid
	dbfile = None
	dbpurgeage = 1d
	allowipv6 = yes
	CONF
	cat >"$tmp/f2b/filter.d/failed.conf" <<-'CONF'
	[Definition]
	failregex = ^ failed from <ADDR>$
	CONF
	cat >"$tmp/f2b/jail.conf" <<-CONF
	[DEFAULT]
	enabled = true
	backend = polling
	filter = failed
	logpath = $tmp/auth.log
	maxretry = 1
	port = "22,4002"
	action = %(banaction)s[name=%(__name__)s, port=%(port)s, protocol="tcp,udp"]
	[steady]
	banaction = iptables-multiport
	[turned]
	banaction = iptables-allports
	logpath = $tmp/other.log
	CONF
	: >"$tmp/other.log"
}

f2b() {
	which=$1
	shift
	fail2ban_run "$which" -c "$tmp/f2b" -s "$tmp/f2b.sock" \
		-p "$tmp/f2b.pid" "$@"
}

# What never comes is told by the whole.
await() {
	poll_until 30 "$@" || echo "never: $*" >>"$found.faults"
}

# Its rules, whatever the block type.
bans() { ip6tables-legacy -S "f2b-$1" | grep -q -e "-s $2/128 "; }
bans_not() { ! bans "$1" "$2"; }
has_no_chain() { ! ip6tables-legacy -nL "f2b-$1"; }

# started JAIL TIMES: what its log says, as asking for a jail that is not there
# yet would be an error in that log.
started() {
	[ "$(grep -c "Jail '$1' started" "$tmp/f2b.log")" -ge "$2" ]
}

ban() {
	f2b client set "$1" banip "$2"
	await bans "$1" "$2"
}

unban() {
	f2b client set "$1" unbanip "$2"
	await bans_not "$1" "$2"
}

before_fail2ban() {
	write_jails
	f2b server -f start &
	await started turned 1
	date '+%Y-%m-%d %H:%M:%S failed from 2001:db8:bad::7' >>"$tmp/auth.log"
	await bans steady 2001:db8:bad::7
	ban turned 2001:db8:bad::8
	packets 3 2001:db8:bad::7 4002
}

during_fail2ban() {
	ban steady 2001:db8:bad::1
	packets 4 2001:db8:bad::1 4002
	unban steady 2001:db8:bad::7
	ban steady 2001:db8:bad::2
	f2b client stop turned
	await has_no_chain turned
	f2b client reload
	await started turned 2
	ban turned 2001:db8:bad::9
}

# It finds its chains as it left them: no "invariant check" mends anything.
after_fail2ban() {
	packets 5 2001:db8:bad::1 4002
	ban steady 2001:db8:bad::3
	unban steady 2001:db8:bad::2
	unban turned 2001:db8:bad::9
	grep -E 'ERROR|CRITICAL|nvariant' "$tmp/f2b.log" >>"$found.faults"
}

# --- Docker: what the daemon and its containers do, in its order ---

before_docker() {
	for chain in DOCKER DOCKER-FORWARD DOCKER-BRIDGE DOCKER-CT \
		DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2; do
		ip6 -N "$chain"
	done
	ip6 -I FORWARD -j DOCKER-FORWARD
	for chain in DOCKER-BRIDGE DOCKER-CT DOCKER-ISOLATION-STAGE-1; do
		ip6 -I DOCKER-FORWARD -j "$chain"
	done
	ip6 -N DOCKER-USER
	ip6 -I FORWARD -j DOCKER-USER
	ip6 -P FORWARD DROP
	network docker0
	publish docker0 fd00:d::2 80
}

# network LINK: a bridge of containers.
network() {
	ip6 -A DOCKER-FORWARD -i "$1" -j ACCEPT -c 71 7100
	ip6 -A DOCKER-BRIDGE -o "$1" -j DOCKER -c 72 7200
	ip6 -A DOCKER-CT -o "$1" -m conntrack --ctstate RELATED,ESTABLISHED \
		-j ACCEPT -c 73 7300
	ip6 -I DOCKER-ISOLATION-STAGE-1 -i "$1" ! -o "$1" \
		-j DOCKER-ISOLATION-STAGE-2 -c 74 7400
	ip6 -I DOCKER-ISOLATION-STAGE-2 -o "$1" -j DROP
	ip6 -A DOCKER ! -i "$1" -o "$1" -j DROP
}

# publish LINK ADDRESS PORT, unpublish ...: a container comes and goes.
publish() {
	ip6 -I DOCKER -d "$2/128" ! -i "$1" -o "$1" -p tcp -m tcp \
		--dport "$3" -j ACCEPT -c 75 7500
}
unpublish() {
	ip6 -D DOCKER -d "$2/128" ! -i "$1" -o "$1" -p tcp -m tcp \
		--dport "$3" -j ACCEPT
}

# A network, containers, and the jumps that a restart of the daemon puts first
# in FORWARD again.
during_docker() {
	publish docker0 fd00:d::3 443
	unpublish docker0 fd00:d::2 80
	network br-5b61f57c7a84
	publish br-5b61f57c7a84 fd00:e::2 8080
	for chain in DOCKER-FORWARD DOCKER-USER; do
		ip6 -D FORWARD -j "$chain"
		ip6 -I FORWARD -j "$chain" -c 76 7600
	done
	ip6 -A DOCKER-USER -s 2001:db8:bad::/48 -j DROP -c 77 7700
}

after_docker() {
	unpublish docker0 fd00:d::3 443
	publish docker0 fd00:d::4 25
	ip6 -D FORWARD -j DOCKER-USER
	ip6 -F DOCKER-USER
	ip6 -X DOCKER-USER
}

# --- One who never stops, not even while the rules are put back ---

before_busy() {
	ip6 -N busy
	ip6 -I INPUT 1 -j busy -c 81 8100
}

keep_busy() {
	n=0
	while [ -e "$tmp/busy" ]; do
		n=$((n + 1))
		ip6 -A INPUT -p sctp -m sctp --dport "$n" -j DROP -c "$n" 60
		ip6 -I busy -p sctp -m sctp --sport "$n" -j RETURN -c "$n" 70
		[ $((n % 3)) -eq 0 ] || ip6 -D INPUT -p sctp -m sctp \
			--dport "$n" -j DROP
	done
}

during_busy() {
	touch "$tmp/busy"
	keep_busy &
	keeps=$!
}

after_busy() {
	rm "$tmp/busy"
	wait "$keeps"
}
