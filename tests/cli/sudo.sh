#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Behind sudo: nothing of the caller's environment chooses what root loads or
# reads, and no message tells what stands in a file that only root may read.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy
[ "$(id -u)" -eq 0 ] || skip_all 'only root can be asked by somebody else'
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
article_rows | restore
chmod 711 "$tmp"

# As sudo has it for user 65534, who may run this program.
by_sudo() {
	env SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody \
		SUDO_COMMAND="${sudo_command-$SALLYPORT $*}" \
		"$SALLYPORT" --run-dir "$run_dir" --db "$db" "$@"
}

# --- the environment ---

cat >"$tmp/show" <<SHOW
#!/bin/sh
env | LC_ALL=C sort >"$tmp/env"
SHOW
chmod 755 "$tmp/show"

# Every variable that could lead root astray, on top of what the test has.
planted() {
	(
		for name in XTABLES_LIBDIR IPTABLES_LIB_DIR TEXTDOMAINDIR \
			TEXTDOMAIN NLSPATH LOCPATH TERMINFO TERMINFO_DIRS \
			TERMCAP TMPDIR GCONV_PATH SQLITE_TMPDIR \
			OUTPUT_CHARSET NCURSES_GPM_TERMS LD_PRELOAD_NOT \
			MALLOC_TRACE RES_OPTIONS LOCALDOMAIN HOSTALIASES \
			VIMINIT BASH_ENV ENV
		do
			export "$name=$tmp/planted"
		done
		export LANGUAGE=../../planted LC_MESSAGES=../planted
		export TERM=/planted TZ=/planted
		export EDITOR="$tmp/show" NO_COLOR=1 LANG=C.UTF-8
		unset VISUAL
		"$@"
	)
}
planted sp edit --yes >"$tmp/out" 2>&1 </dev/null
unlike "$(cat "$tmp/out")" '^$' 'without sudo'
rm -f "$tmp/env"
XTABLES_LIBDIR=$(find /usr/lib -name libip6t_REJECT.so | head -n 1 | xargs dirname)
export XTABLES_LIBDIR
planted by_sudo edit --yes >"$tmp/out" 2>&1 </dev/null
ok 'behind sudo the editor is started' test -s "$tmp/env"
unlike "$(cat "$tmp/env")" planted 'and nothing planted is left'
unlike "$(cat "$tmp/env")" '^XTABLES' 'nor another lock'
is "$(sed -n 's/^NO_COLOR=//p' "$tmp/env")" 1 'what harms nobody is kept'
is "$(sed -n 's/^LANG=//p' "$tmp/env")" C.UTF-8 'and the language'
is "$(sed -n 's/^HOME=//p' "$tmp/env")" \
	"$(getent passwd 0 | cut -d : -f 6)" 'the home is that of root'
like "$(cat "$tmp/env")" '^PATH=/usr/local/sbin:' 'and so is the path'
unset XTABLES_LIBDIR

mkdir "$tmp/empty"
saved | sed 's/^COMMIT/-A FORWARD -p tcp --dport 5001 -j ACCEPT\n&/' \
	>"$tmp/more"
out=$(XTABLES_LIBDIR=$tmp/empty sp diff live "$tmp/more" 2>&1)
unlike "$out" 'FORWARD 5' 'a directory of plugins is used'
out=$(XTABLES_LIBDIR=$tmp/empty by_sudo diff live "$tmp/more" 2>&1)
like "$out" '\+ FORWARD 5: .*5001' 'behind sudo it is not'
for variable in PKEXEC_UID=65534 DOAS_USER=nobody; do
	out=$(env "$variable" XTABLES_LIBDIR="$tmp/empty" "$SALLYPORT" \
		--run-dir "$run_dir" --db "$db" diff live "$tmp/more" 2>&1)
	like "$out" '\+ FORWARD 5: .*5001' "and not with $variable"
done

# --- files ---

secret='root:$6$tellnobody:19000'
echo "$secret" >"$tmp/shadow"
chmod 600 "$tmp/shadow"
cp "$tmp/shadow" "$tmp/open"
chmod 644 "$tmp/open"

# not_told STATUS "what" ARGUMENTS...
not_told() {
	expected=$1
	what=$2
	shift 2
	status_is "$expected" "$what" by_sudo "$@"
	unlike "$out" tellnobody 'is not told what stands there'
	like "$out" "'$tmp/shadow'.*65534" 'but why'
}
not_told 2 'check of a file of root' check "$tmp/shadow"
not_told 2 'check on top' check --noflush "$tmp/shadow"
not_told 2 'diff' diff "$tmp/shadow"
not_told 2 'apply' apply --yes "$tmp/shadow"
# Its leak check never ends where a PID namespace has no process 1 yet.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
not_told 2 'sandbox' sandbox "$tmp/shadow"
unset ASAN_OPTIONS
not_told 2 '--file' --file "$tmp/shadow" list
not_told 2 '--config' --config "$tmp/shadow" check x
not_told 0 '--config that is only warned of' --config "$tmp/shadow" list
ln -s "$tmp/shadow" "$tmp/link"
status_is 2 'through a symbolic link' by_sudo check "$tmp/link"
unlike "$out" tellnobody 'neither'
status_is 2 'a file that the caller may read' by_sudo check "$tmp/open"
like "$out" tellnobody 'is told of'
status_is 2 'without sudo' sp check "$tmp/shadow"
like "$out" tellnobody 'root is told'
sudo_command=/bin/bash
status_is 2 'in a root shell that sudo began' by_sudo check "$tmp/shadow"
like "$out" tellnobody 'too'
unset sudo_command
is "$(id -u)" 0 'who asks stays root'
saved >"$tmp/good"
status_is 0 'good rules that only root may read' by_sudo diff "$tmp/good"
is "$out" '' 'are read'

# --- --read-only and --no-editor ---

export EDITOR="$tmp/show"
rm -f "$tmp/env"
status_is 2 'edit with --no-editor' by_sudo --no-editor edit --yes
status_is 2 'edit with --read-only' by_sudo --read-only edit --yes
ok 'starts none' test ! -e "$tmp/env"
for command in confirm revert 'apply --yes -- -F' 'restore 1'; do
	# shellcheck disable=SC2086	# words
	status_is 2 "$command with --read-only" by_sudo --read-only $command
done
is "$(rules)" "$(article_rows | sed 's/^\[[0-9:]*\] //; s/ \[[0-9:]*\]$//')" \
	'nothing was changed by all this'
done_testing
