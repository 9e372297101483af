#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that no text of libxtables says, since their extension is not installed
# here or prints only a part, come through every text form byte for byte.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
in_namespace "$0" "$@"

# All plugins but a few, for us alone: the stock tools have them all.
make_plugins() {
	for real in /usr/lib/*/xtables /usr/lib/xtables /usr/lib64/xtables; do
		[ ! -e "$real/libxt_mark.so" ] || break
	done
	[ -e "$real/libxt_mark.so" ] || skip_all 'no plugins of libxtables'
	mkdir "$tmp/plugins"
	ln -s "$real"/*.so "$tmp/plugins"
	for name in libxt_mark libxt_AUDIT libip6t_REJECT; do
		rm "$tmp/plugins/$name.so"
	done
}

ours() {
	XTABLES_LIBDIR=$tmp/plugins sp "$@"
}

opaque_lines() {
	grep -c '^# opaque ' "$1"
}

make_plugins
cat >"$tmp/rules" <<'RULES'
*filter
:INPUT ACCEPT [7:700]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [9:900]
:mine - [0:0]
[1:60] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[2:120] -A INPUT -m mark --mark 0x5 -j mine
[3:180] -A INPUT -p tcp -m tcp --dport 80 -m mark ! --mark 0x5/0xff -j REJECT --reject-with icmp6-no-route
[4:240] -A INPUT -p udp -m udp --dport 53 -j ACCEPT
[5:300] -A mine -j AUDIT --type accept
[6:360] -A mine -m mark --mark 0x5 -g mine2
[7:420] -A mine -j REJECT --reject-with icmp6-no-route
COMMIT
RULES
sed -i 's/^:mine .*/&\n:mine2 - [0:0]/' "$tmp/rules"
ok 'rules are loaded' restore "$tmp/rules"
# All tcp, by stock's own save; none, by what the kernel has.
ok 'and one that stock prints in part' ip6tables-legacy -A mine2 \
	-p tcp -m tcp ! --dport 0:65535 -j DROP
saved -c >"$tmp/before"
kernel_is_as_before() {
	saved -c >"$tmp/now"
	ok "$1" cmp "$tmp/before" "$tmp/now" ||
		diag "$(diff "$tmp/before" "$tmp/now")"
}

status_is 0 'they are listed' ours list
like "$out" "UNKNOWN match \`mark'" 'by the name of what is unknown'
ours save -c >"$tmp/opaque"
is "$(opaque_lines "$tmp/opaque")" 6 'save writes them opaque'
is "$(grep -v '^# opaque' "$tmp/opaque" | grep -c -e ' -A ')" 2 \
	'and the others as ever'
like "$(sed -n 8p "$tmp/opaque")" '^# opaque INPUT \[2:120\] ' \
	'in their places'
status_is 0 'the text is read' ours check "$tmp/opaque"
status_is 0 'it differs in nothing' ours diff "$tmp/opaque"
is "$out" '' 'from what is live'
XTABLES_LIBDIR=$tmp/plugins "$SALLYPORT" --file "$tmp/opaque" save -c \
	>"$tmp/now"
ok 'it is a file to work on' cmp "$tmp/opaque" "$tmp/now"
is "$("$SALLYPORT" --file "$tmp/opaque" save -c | opaque_lines -)" 1 \
	'and where the plugins are, only one is opaque'

ok 'all is flushed' sh -c 'ip6tables-legacy -F && ip6tables-legacy -X'
status_is 0 'the text is applied' ours --no-trial apply --yes "$tmp/opaque"
kernel_is_as_before 'and the kernel has them again, counters and all'

revision=$(ours log | sed -n '1s/^ *\([0-9]*\).*/\1/p')
status_is 0 'a rule is put among them' ours --no-trial apply --yes -- \
	-I INPUT 3 -p tcp --dport 443 -j ACCEPT
status_is 0 'one of them is deleted' ours --no-trial apply --yes -- \
	-D INPUT 2
unlike "$(saved)" '^-A INPUT -m mark' 'it is gone'
status_is 0 'the first revision is restored' ours --no-trial restore --yes \
	"$revision"
is "$(rules)" "$(grep -v '^#' "$tmp/before" | sed 's/^\[[0-9:]*\] //
	s/ \[[0-9:]*\]$//')" 'and they are as they were'
status_is 0 'a revision is shown' ours show "$revision"
like "$out" '# opaque ' 'with them'

saved -c >"$tmp/before"
status_is 0 'a change is tried' ours apply -t 60 --yes --detach -- \
	-R INPUT 2 -p tcp --dport 99 -j ACCEPT
status_is 0 'and undone' ours revert
saved -c | sed 's/^\[[0-9:]*\] //; s/ \[[0-9:]*\]$//' >"$tmp/now"
is "$(cat "$tmp/now")" "$(sed 's/^\[[0-9:]*\] //; s/ \[[0-9:]*\]$//' \
	"$tmp/before")" 'out of its record'

cat >"$tmp/editor" <<'EDITOR'
#!/bin/sh
sed -i 's/^-A INPUT -p udp .*/&\n-A INPUT -p udp -m udp --dport 123 -j ACCEPT/' "$1"
EDITOR
chmod 755 "$tmp/editor"
status_is 0 'the text is edited' env EDITOR="$tmp/editor" VISUAL= \
	XTABLES_LIBDIR="$tmp/plugins" "$SALLYPORT" --run-dir "$run_dir" \
	--db "$db" --no-trial edit --yes
saved | sed 's/ \[[0-9:]*\]$//' | grep -v -e '--dport 123' >"$tmp/now"
is "$(cat "$tmp/now")" "$(sed 's/^\[[0-9:]*\] //; s/ \[[0-9:]*\]$//' \
	"$tmp/before")" 'around them'

# What leads nowhere is refused at its line.
sed 's/^:mine.*//' "$tmp/opaque" >"$tmp/nowhere"
status_is 2 'an opaque rule to a chain that is not there' ours diff \
	"$tmp/nowhere"
like "$out" "nowhere:8: there is no chain 'mine'" 'is refused'
printf '*filter\n-A FORWARD -j INPUT\nCOMMIT\n' >"$tmp/nowhere"
status_is 2 'a jump to a built-in chain' ours diff "$tmp/nowhere"
like "$out" "nowhere:2: .*'INPUT'" 'too'
printf '*filter\n# opaque INPUT AAAA\nCOMMIT\n' >"$tmp/nowhere"
status_is 2 'bytes that are no entry' ours diff "$tmp/nowhere"
like "$out" 'nowhere:2: ' 'too'
done_testing
