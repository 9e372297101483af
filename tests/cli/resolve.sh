#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of hosts are looked up only with --resolve, and then in a time that does
# not depend on who fails to answer; inside of plugins too.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy ip
in_namespace "$0" "$@"

# Two name servers on a link where nobody is: what is sent there is lost.
ip link add nobody0 type veth peer name nobody1
ip link set nobody0 up
ip link set nobody1 up
ip address add 192.0.2.1/24 dev nobody0
for server in 53 54; do
	ip neighbour add "192.0.2.$server" lladdr 02:00:00:00:00:01 dev nobody0
done
printf 'nameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch a.example b.example\n' \
	>"$tmp/resolv.conf"
printf 'hosts: files dns\nservices: files\nprotocols: files\n' \
	>"$tmp/nsswitch.conf"
printf '::1 localhost\n2001:db8::5 host.example\n2001:db8::6 host.example\n2001:db8::7 one.example\n192.0.2.9 four.example\n' \
	>"$tmp/hosts"

# sallyport ARGUMENTS... where these are the system's files.
there() {
	# shellcheck disable=SC2016	# the inner shell's
	unshare -m sh -c '
		dir=$1
		shift
		for name in resolv.conf nsswitch.conf hosts; do
			mount --bind "$dir/$name" "/etc/$name" || exit 77
		done
		exec "$@"' - "$tmp" "$SALLYPORT" --run-dir "$run_dir" \
		--db "$db" "$@"
}

# rule TABLE SPEC: a file with that rule alone.
rule() {
	printf '*%s\n-A OUTPUT %s\nCOMMIT\n' "$1" "$2" >"$tmp/rules"
}

# How many datagrams were ever sent here, be it in vain.
asked() {
	awk '/^Udp: [0-9]/ { print $5 }' /proc/net/snmp
}

# took FROM TO "what": the time since $began lies between, in milliseconds. The
# resolver by itself gives up after 20 seconds for each name that it tries.
took() {
	time=$((($(date +%s%N) - began) / 1000000))
	ok "$3: $time ms" test "$time" -ge "$1" -a "$time" -lt "$2"
}

rule filter '-s 2001:db8::1 -j ACCEPT'
there check "$tmp/rules" >/dev/null 2>&1
[ $? -ne 77 ] || skip_all 'no private mount namespace'

for spec in 'filter -s dead.example' 'filter ! -d ::1,dead.example' \
	'mangle -j TEE --gateway dead.example' \
	'filter -m conntrack --ctorigsrc dead.example' \
	'mangle -p tcp -j TPROXY --on-port 5 --on-ip dead.example'; do
	rule "${spec%% *}" "${spec#* }"
	before=$(asked)
	status_is 2 "$spec" there -T "${spec%% *}" check "$tmp/rules"
	like "$out" "'dead.example' .* only with --resolve" 'is refused'
	is "$(asked)" "$before" 'and nobody is asked'
done

for spec in 'filter -s dead.example' 'mangle -j TEE --gateway dead.example'; do
	rule "${spec%% *}" "${spec#* }"
	before=$(asked)
	began=$(date +%s%N)
	status_is 2 "$spec is looked up" there -T "${spec%% *}" --resolve \
		check "$tmp/rules"
	like "$out" "'dead.example' .* no name server answers" 'to no avail'
	took 1500 15000 'not for long'
	ok 'and somebody was asked' test "$(asked)" -gt "$before"
done

rule filter '-s host.example -j ACCEPT'
status_is 0 'a host of two addresses' there --resolve --file "$tmp/rules" save
is "$(printf '%s\n' "$out" | grep -c -e '-s 2001:db8::[56]/128 -j ACCEPT')" 2 \
	'makes two rules'
status_is 2 'but not by itself' there check "$tmp/rules"
rule mangle '-j TEE --gateway one.example'
status_is 0 'a plugin takes it' there -T mangle --resolve --file "$tmp/rules" \
	save
like "$out" '--gateway 2001:db8::7$' 'for its address'
rule filter '-s four.example'
status_is 2 'a host without IPv6' there --resolve check "$tmp/rules"
like "$out" "'four.example'" 'is named'
done_testing
