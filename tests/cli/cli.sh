# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the command line share, sourced after tests/lib.sh.
# shellcheck shell=sh

# sp ARGUMENTS...: sallyport with its state in $tmp.
sp() {
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" "$@"
}

restore() {
	ip6tables-legacy-restore -c "$@"
}

saved() {
	ip6tables-legacy-save "$@" -t filter | grep -v '^#'
}

# The same without counters.
rules() {
	saved | sed 's/ \[[0-9:]*\]$//'
}

# The protocol column of 1.8.9 has numbers, five wide; names stand nine wide
# or as wide as they are: brought to one form, all else must be equal.
numbers() {
	sed -E 's/ !?([0-9]+|[a-z][a-z0-9-]*) +(--|!f|-f) / PROT \2 /'
}

# The rows of the article that this project started from, with counters that
# must survive.
article_rows() {
	cat <<'ROWS'
*filter
:INPUT DROP [7:700]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [9:900]
[11:1100] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
[12:1200] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[13:1300] -A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
[14:1400] -A INPUT -p tcp -m tcp --dport 443 -j ACCEPT
[15:1500] -A INPUT -p udp -m udp --dport 443 -j ACCEPT
[16:1600] -A FORWARD -s 2030:abcd:ef::/64 -j ACCEPT
[17:1700] -A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT
[18:1800] -A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT
[19:1900] -A FORWARD -p udp -m udp --dport 4001 -j ACCEPT
COMMIT
ROWS
}

# A host with a global address on a link of its own.
make_host() {
	ip link add host0 type veth peer name peer0
	ip link set host0 up
	ip link set peer0 up
	ip address add 2001:db8:1::2/64 dev host0 nodad
	ip -6 route add default via 2001:db8:1::1 dev host0
}

# An administrator of that host who came from elsewhere.
log_in() {
	SSH_CONNECTION='2001:db8:77::10 50000 2001:db8:1::2 22'
	export SSH_CONNECTION
}

# Is a change on trial?
on_trial() {
	sp --read-only status | grep -q '^trial *on trial'
}

no_trial() {
	sp --read-only status | grep -q '^trial *none'
}

# ours NAME: the processes of our network namespace that go by this name. Not by
# pgrep, which misses some where others come and go all the time.
ours() {
	for each in /proc/[0-9]*; do
		read -r comm 2>/dev/null <"$each/comm" || continue
		[ "$comm" = "$1" ] || continue
		[ "$(readlink "$each/ns/net")" != \
			"$(readlink /proc/$$/ns/net)" ] || echo "${each#/proc/}"
	done
}

# Both at once: they are stopped first, as each replaces the other that dies.
kill_guards() {
	guards="$(ours sallyport-watch) $(ours sallyport-guard)"
	# shellcheck disable=SC2086	# words
	kill -STOP $guards
	# shellcheck disable=SC2086	# words
	kill -KILL $guards
}

# in_session ID: the processes of this session.
in_session() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v session="$1" '{
		pid = $1
		sub(/^.*\) /, "")
		if ($4 == session)
			print pid
	}'
}
