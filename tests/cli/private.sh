#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# State is root's alone: what others own, can write or planted is refused, with
# one sentence that names it; and nobody else confirms, reverts or reads.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
need ip6tables-legacy jq setpriv
[ "$(id -u)" -eq 0 ] || skip_all 'only root can give a file away'
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1
make_host
article_rows | restore
before=$(rules)
state=$tmp/state
db=$state/history.db
add='-A FORWARD -p tcp --dport 5001 -j ACCEPT'

# plant KIND PATH: what somebody could have put there.
plant() {
	rm -rf "$2"
	case $1 in
	symlink)	echo victim >"$tmp/victim"
			ln -s "$tmp/victim" "$2" ;;
	dangling)	ln -s "$tmp/nowhere" "$2" ;;
	pipe)		mkfifo -m 600 "$2" ;;
	directory)	mkdir -m 700 "$2" ;;
	foreign)	cp "$tmp/whole" "$2"
			chmod 600 "$2"
			chown 65534 "$2" ;;
	writable)	cp "$tmp/whole" "$2"
			chmod 666 "$2" ;;
	esac
}

says() {
	case $1 in
	symlink|dangling) echo 'symbolic link' ;;
	pipe)		echo 'no regular file' ;;
	directory)	echo 'directory|no regular file' ;;
	foreign)	echo 'belongs to user 65534' ;;
	writable)	echo 'may be written by others' ;;
	esac
}

kinds='symlink dangling pipe directory foreign writable'

# --- directories ---

# refused_dir PATH ARGUMENTS...: as a link, a file, another's and writable.
refused_dir() {
	path=$1
	shift
	mv "$path" "$path.real"
	ln -s "$path.real" "$path"
	status_is 1 "$path: a symbolic link" "$@"
	like "$out" "'$path'.*symbolic link" 'is refused by name'
	rm "$path"
	: >"$path"
	status_is 1 "$path: a file" "$@"
	like "$out" "'$path'.*(no directory|Not a directory|File exists)" \
		'is refused by name'
	rm "$path"
	mv "$path.real" "$path"
	chown 65534 "$path"
	status_is 1 "$path: of another user" "$@"
	like "$out" "'$path' belongs to user 65534" 'is refused by name'
	chown 0 "$path"
	for mode in 777 770 702; do
		chmod "$mode" "$path"
		status_is 1 "$path: mode $mode" "$@"
		like "$out" "'$path' may be written by others" \
			'is refused by name'
	done
	chmod 700 "$path"
}

# shellcheck disable=SC2086	# words
ok 'a change is confirmed' sp apply --yes --no-trial -- $add
is "$(stat -c %a "$run_dir" "$state" "$db" "$run_dir/trial.json" | xargs)" \
	'700 700 600 600' 'directories are 0700, files 0600'
refused_dir "$state" sp log
# shellcheck disable=SC2086	# words
refused_dir "$run_dir" sp apply --yes --detach -- $add
refused_dir "$run_dir" sp flows
is "$(find "$state" "$run_dir" ! -type d ! -type s -perm /077)" '' \
	'no file of it is for others'

# Where they are by themselves they are ours alone; another place that is named
# may have another use.
unshare -m sh -e -c '
	mount -t tmpfs none /run
	mount -t tmpfs none /var/lib
	mkdir -m 755 /run/sallyport /var/lib/sallyport
	"$0" --no-trial apply --yes -- -R FORWARD 5 -p tcp --dport 5001 \
		-m comment --comment here -j ACCEPT >&2
	stat -c %a /run/sallyport /var/lib/sallyport
' "$SALLYPORT" >"$tmp/modes" 2>"$tmp/out" || diag "$(cat "$tmp/out")"
is "$(xargs <"$tmp/modes")" '700 700' 'the usual directories are made 0700'
chmod 755 "$state" "$run_dir"
ok 'a change' sp apply --yes --no-trial -- -R FORWARD 5 -p tcp --dport 5001 \
	-m comment --comment there -j ACCEPT
is "$(stat -c %a "$state" "$run_dir" | xargs)" '755 755' \
	'named ones stay as they are'
chmod 700 "$state" "$run_dir"

# --- files ---

cp "$db" "$tmp/whole"
for kind in $kinds; do
	rm -f "$db-wal" "$db-shm"
	plant "$kind" "$db"
	status_is 1 "history: $kind" timeout 60 "$SALLYPORT" \
		--run-dir "$run_dir" --db "$db" log
	like "$out" "'$db'.*($(says "$kind"))" 'is refused by name'
	# shellcheck disable=SC2086	# words
	status_is 0 'a commit goes on without it' timeout 60 "$SALLYPORT" \
		--run-dir "$run_dir" --db "$db" apply --yes --no-trial -- \
		-R FORWARD 5 -p tcp --dport 5001 -m comment --comment "$kind" \
		-j ACCEPT
	like "$out" "$db.*($(says "$kind"))" 'and says so'
	is "$(printf '%s\n' "$out" | grep -c "$db")" 1 'once'
	for suffix in -wal -shm; do
		rm -rf "$db"
		cp "$tmp/whole" "$db"
		plant "$kind" "$db$suffix"
		status_is 1 "$suffix: $kind" timeout 60 "$SALLYPORT" \
			--run-dir "$run_dir" --db "$db" log
		like "$out" "'$db$suffix'.*($(says "$kind"))" \
			'is refused by name'
		rm -rf "$db$suffix"
	done
done
is "$(cat "$tmp/victim")" victim 'nothing was written through a link'
rm -rf "$db"

cp "$run_dir/trial.json" "$tmp/whole"
for kind in $kinds; do
	plant "$kind" "$run_dir/trial.json"
	status_is 0 "record: $kind" timeout 60 "$SALLYPORT" \
		--run-dir "$run_dir" --db "$db" status
	like "$out" "trial.*$run_dir/trial.json'?.*($(says "$kind"))" \
		'is refused by name'
	status_is 1 'flows' sp flows
	like "$out" "'$run_dir/trial.json'.*($(says "$kind"))" 'too'
done
rm -rf "$run_dir/trial.json"
for aside in trial.json.new trial.spare trial.lock; do
	for kind in symlink pipe; do
		plant "$kind" "$run_dir/$aside"
		# shellcheck disable=SC2086	# words
		timeout 60 "$SALLYPORT" --run-dir "$run_dir" --db "$db" \
			apply --yes --no-trial -- -R FORWARD 5 -p tcp \
			--dport 5001 -m comment --comment "$aside $kind" \
			-j ACCEPT >"$tmp/out" 2>&1
		is "$(test $? -lt 124 && echo ended)" ended \
			"$aside: a $kind makes nobody wait"
	done
	rm -f "$run_dir/$aside"
done
is "$(cat "$tmp/victim")" victim 'nothing was written through a link'

printf 'lifelines = none\n' >"$tmp/whole"
for kind in $kinds; do
	plant "$kind" "$tmp/conf"
	status_is 1 "settings: $kind" timeout 60 "$SALLYPORT" \
		--run-dir "$run_dir" --db "$db" --config "$tmp/conf" check x
	like "$out" "'$tmp/conf'.*($(says "$kind"))" 'are refused by name'
done

# --- other users ---

echo "$before" | ip6tables-legacy-restore
mkdir -m 755 "$tmp/bin"
chmod 711 "$tmp"
cp "$SALLYPORT" "$tmp/bin/sallyport"
chmod 755 "$tmp/bin/sallyport"

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$tmp/bin/sallyport" --run-dir "$run_dir" --db "$db" "$@"
}
# shellcheck disable=SC2086	# words
ok 'a trial' sp apply --yes --detach -t 300 -- $add
for command in confirm revert; do
	status_is 1 "$command by another user" as_nobody $command
	like "$out" "$run_dir" 'does not come near'
done
status_is 1 'nor can he read the history' as_nobody log
is "$out" "sallyport: directory '$(dirname "$db")' is root's: this needs root" \
	'as is said'
ok 'the trial goes on' on_trial
ok 'root ends it' sp revert
done_testing
