#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# New logins, with real servers and a real client: what counts as one, what does
# not, and a confirm that waits for one.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1

# fetch NAME PACKAGES...: unpacked for this test alone, where the system has no
# such server; installing one would start it.
fetch() {
	mkdir "$tmp/$1"
	! command -v "$1" >/dev/null && command -v apt-get dpkg >/dev/null ||
		return 0
	(cd "$tmp/$1" && shift && apt-get -qq download "$@" &&
		for deb in *.deb; do dpkg -x "$deb" . || exit 1; done) \
		>/dev/null 2>&1 || :
}

if [ -z "${TEST_IN_NAMESPACE-}" ]; then
	fetch sshd openssh-server libwrap0
	fetch dropbear dropbear-bin libtomcrypt1 libtommath1
fi
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq ssh ssh-keygen nsenter
if [ -z "${OWN_MOUNTS-}" ]; then
	chown 0:1 "$tmp" 2>/dev/null || skip_all 'servers change to other users'
	OWN_MOUNTS=1 exec unshare -m "$0" "$@"
fi

far=2001:db8::77
host=2001:db8::1
client=

leave() {
	# shellcheck disable=SC2046	# pids
	[ -z "$client" ] || kill -KILL $(pids_of_client) 2>/dev/null
}

pids_of_client() {
	theirs=$(readlink "/proc/$client/ns/net")
	for dir in /proc/[0-9]*; do
		[ "$(readlink "$dir/ns/net" 2>/dev/null)" != "$theirs" ] ||
			printf '%s\n' "${dir#/proc/}"
	done
}
trap 'leave; cleanup' EXIT

# --- Users, keys and two hosts ---

# Accounts of this mount namespace alone, and a /run of its own.
make_users() {
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -m 755 /run/sshd /run/login /run/login/alice /run/login/root
	cp -p /etc/passwd /etc/shadow /run/login
	printf '%s\n' 'sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin' \
		'alice:x:64001:64001::/run/login/alice:/bin/sh' \
		'slow:x:64002:64002::/run/login/alice:/bin/sh' \
		'jail:x:64003:64003::/:/bin/sh' \
		>>/run/login/passwd
	sed -i 's|^root:.*|root:x:0:0::/run/login/root:/bin/sh|' \
		/run/login/passwd
	printf '%s:*:19000::::::\n' alice slow jail >>/run/login/shadow
	mkdir -m 755 /run/login/jail
	mount --bind /run/login/passwd /etc/passwd
	mount --bind /run/login/shadow /etc/shadow
	for key in host key other; do
		ssh-keygen -q -t ed25519 -N '' -f "/run/login/$key"
	done
	mkdir /run/login/alice/.ssh
	cp /run/login/key.pub /run/login/alice/.ssh/authorized_keys
	cp -r /run/login/alice/.ssh /run/login/root
	chown -R 64001:64001 /run/login/alice
}

make_hosts() {
	unshare -n sleep 1000 &
	client=$!
	poll_until 5 in_other_namespace
	ip link add host0 type veth peer name far0 netns "$client"
	ip address add "$host/64" dev host0 nodad
	ip address add 192.0.2.1/24 dev host0
	ip link set host0 up
	there ip link set lo up
	there ip address add "$far/64" dev far0 nodad
	there ip address add 192.0.2.77/24 dev far0
	there ip link set far0 up
}

in_other_namespace() {
	[ "$(readlink "/proc/$client/ns/net")" != \
		"$(readlink /proc/self/ns/net)" ]
}

there() {
	nsenter -n -t "$client" "$@"
}

# --- The servers ---

# find_server NAME: the program, in $server.
find_server() {
	server=$(command -v "$1") && return
	libraries=$(find "$tmp/$1" -name '*.so.*' -exec dirname '{}' + |
		sort -u | paste -s -d :)
	LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	export LD_LIBRARY_PATH
	server=$tmp/$1/usr/sbin/$1
	[ -x "$server" ] && ! ldd "$server" | grep -q 'not found'
}

start_sshd() {
	find_server sshd || return 1
	cat >/run/login/config <<-CONFIG
	HostKey /run/login/host
	UsePAM no
	UseDNS no
	PidFile none
	StrictModes no
	Subsystem sftp internal-sftp
	Match User slow
	AuthorizedKeysFile none
	AuthorizedKeysCommand /run/login/keys
	AuthorizedKeysCommandUser alice
	Match User jail
	ChrootDirectory /run/login/jail
	AuthorizedKeysFile /run/login/key.pub
	CONFIG
	printf '#!/bin/sh\n: >/run/login/alice/asked\nexec setsid -w sleep 1000\n' \
		>/run/login/keys
	chmod 755 /run/login/keys
	"$server" -D -e -f /run/login/config >"$tmp/server" 2>&1 &
	daemon=$!
}

start_dropbear() {
	find_server dropbear || return 1
	make=$(command -v dropbearkey ||
		find "$tmp/dropbear" -name dropbearkey -type f)
	"$make" -t ed25519 -f /run/login/dropbear_key >/dev/null 2>&1
	"$server" -F -E -p 22 -r /run/login/dropbear_key -P /run/login/pid \
		>"$tmp/server" 2>&1 &
	daemon=$!
}

# as KEY OPTIONS...: ssh, from whichever host.
as() {
	identity=$1
	shift
	ssh -i "/run/login/$identity" -o BatchMode=yes -o LogLevel=ERROR \
		-o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null "$@"
}

there_as() {
	identity=$1
	shift
	there ssh -i "/run/login/$identity" -o BatchMode=yes -o LogLevel=ERROR \
		-o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null "$@"
}

# Asked for a password, nobody answers.
hang_at_password() {
	printf '#!/bin/sh\n: >/run/login/asked\nexec sleep 1000\n' \
		>/run/login/askpass
	chmod 755 /run/login/askpass
	rm -f /run/login/asked
	SSH_ASKPASS=/run/login/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=none \
		there ssh -o PreferredAuthentications=password \
		-o PubkeyAuthentication=no -o LogLevel=ERROR \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		"alice@$host" true >/dev/null 2>&1 </dev/null &
}

# --- A trial ---

config=$tmp/config
try() {
	printf 'confirm = %s\n' "$1" >"$config"
	"$SALLYPORT" --run-dir "$run_dir" --db "$db" --config "$config" \
		apply --yes -t 300 -- -A FORWARD -p tcp --dport 5001 -j ACCEPT \
		>"$tmp/out" 2>&1 &
	editor=$!
	poll_until 10 on_trial || flunk "no trial: $(cat "$tmp/out")"
}

heard() {
	grep -q "$1" "$tmp/out"
}

logins() {
	jq -r '.logins[] | "\(.from) \(.uid) \(.proof)"' "$run_dir/trial.json"
}

ended() {
	wait "$editor" || :
	sp revert >/dev/null 2>&1 || :
	ip6tables-legacy -F
}

hear() {
	if poll_until 15 heard "$1"; then
		pass "$2"
	else
		flunk "$2"
		diag "$(cat "$tmp/out")"
	fi
}

try_server() {
	as_master="-S /run/login/master"
	# shellcheck disable=SC2086	# words
	there_as key -M -N -f $as_master "alice@$host" >/dev/null 2>&1 ||
		flunk "$1: no login: $(cat "$tmp/server")"
	try new-login
	hear 'Only after a new login over IPv6' "$1: the demand is told"
	like "$(sp status)" '^  *a new login over IPv6 is demanded' \
		"$1: by status, too"
	# shellcheck disable=SC2086	# words
	there ssh $as_master "alice@$host" 'echo in; exec sleep 1000' \
		>"$tmp/channel" 2>&1 &
	ok "$1: a channel of the old connection" \
		poll_until 10 test -s "$tmp/channel"
	hang_at_password
	ok "$1: a connection that is only opened" \
		poll_until 20 test -e /run/login/asked
	status_is 255 "$1: a login that fails" there_as other "alice@$host" true
	status_is 3 "$1: none of them is a new login" sp confirm
	like "$out" 'log in anew and run' "$1: and that is what is asked for"
	as key "alice@$host" 'exec sleep 1000' >/dev/null 2>&1 &
	hear "alice from $host, which is this host" "$1: nor is one from here"
	there_as key alice@192.0.2.1 'exec sleep 1000' >/dev/null 2>&1 &
	hear 'alice from 192.0.2.77, over IPv4' "$1: nor one over IPv4"
	status_is 3 "$1: which still keeps nothing" sp confirm
	there_as key "alice@$host" 'exec sleep 1000' >/dev/null 2>&1 &
	hear "New login: alice from $far\\.\$" "$1: a new login is told"
	status_is 0 "$1: then it is kept" sp confirm
	ended
	is "$(logins | tail -n 1)" "$far 64001 true" "$1: the record has it"
	number=$(sp log --grep confirmed | sed -n '1s/^ *\([0-9]*\).*/\1/p')
	like "$(sp show "$number")" "new login from $far" "$1: and history"
	# shellcheck disable=SC2086	# words
	[ "$1" = dropbear ] || try_no_command "$1"
	there ssh $as_master -O exit "alice@$host" >/dev/null 2>&1
}

# dropbear does nothing by which that could be told.
try_no_command() {
	try new-login
	there_as key "slow@$host" true >/dev/null 2>&1 &
	ok "$1: a program that looks for keys" \
		poll_until 20 test -e /run/login/alice/asked
	status_is 3 "$1: is nobody's login" sp confirm
	there_as key -N "alice@$host" >/dev/null 2>&1 &
	there=$!
	hear "New login: alice from $far" "$1: a login without any command is one"
	kill -KILL "$(guardian)"
	kill "$there" 2>/dev/null
	ok "$1: which is known to the next guardian, too" \
		poll_until 15 confirmed
	ended

	try new-login
	(sleep 1000 | there_as key -s "jail@$host" sftp) >/dev/null 2>&1 &
	hear "New login: jail from $far" "$1: sftp in a directory of its own"
	status_is 0 "$1: which is a login" sp confirm
	ended
}

guardian() {
	mine=$(readlink /proc/self/ns/net)
	for dir in /proc/[0-9]*; do
		[ "$(cat "$dir/comm" 2>/dev/null)" != sallyport-guard ] ||
			[ "$(readlink "$dir/ns/net")" != "$mine" ] ||
			printf '%s\n' "${dir#/proc/}"
	done
}

confirmed() {
	sp confirm || sp confirm | grep -q 'was confirmed'
}

# The session that confirms is the new login, and is believed rather than the
# SSH_CONNECTION of one that is over, as tmux keeps it.
try_root() {
	try new-login
	status_is 0 "$1: a new login confirms" there_as key "root@$host" \
		"SSH_CONNECTION='2001:db8::99 50000 $host 22' '$SALLYPORT'" \
		"--run-dir '$run_dir' --db '$db' confirm"
	like "$out" "^proof  *new login from $far\$" "$1: it proves itself"
	like "$out" "^kept by  *root from $far\$" "$1: and is known by itself"
	ended
}

make_users
make_hosts
for kind in sshd dropbear; do
	if "start_$kind"; then
		poll_until 10 there_as key "alice@$host" true ||
			flunk "$kind: $(cat "$tmp/server")"
		try_server "$kind"
		try_root "$kind"
		kill "$daemon"
		wait "$daemon" 2>/dev/null || :
	else
		skip "no $kind to be had"
	fi
done
done_testing
