#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The runner of the tests: what it counts, what it calls a failure, and that
# nothing that goes wrong in a test is taken for a pass.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# fake NAME: a test made of the lines on standard input.
fake() {
	mkdir -p "$tmp/$(dirname "$1")"
	{ echo '#!/bin/sh'; cat; } >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# run NAME...: the closing line and the status in $closing, all of it in $out.
run() {
	status=0
	out=$(cd "$tmp" && CI="${ci-}" TEST_TIMEOUT=1 \
		"$top_srcdir/tests/run" "$@" 2>&1) || status=$?
	closing="$(printf '%s\n' "$out" | tail -n 1), status $status"
}

fake tests/unit/good <<'FAKE'
echo 'ok 1 - a'; echo '# noise'; echo 'ok 2 - b'; echo 1..2
FAKE
fake tests/unit/bad <<'FAKE'
echo 'ok 1 - a'; echo 'not ok 2 - the reason'; echo 1..2; exit 1
FAKE
fake tests/unit/short <<'FAKE'
echo 'ok 1 - a'; echo 1..3
FAKE
fake tests/unit/planless <<'FAKE'
echo 'ok 1 - a'
FAKE
fake tests/unit/crash <<'FAKE'
echo 'ok 1 - a'; echo 1..1; kill -SEGV $$
FAKE
fake tests/unit/empty <<'FAKE'
exit 0
FAKE
fake tests/unit/slow <<'FAKE'
sleep 30
FAKE
fake tests/kernel/skips <<'FAKE'
echo 'ok 1 - a'; echo 'ok 2 # SKIP no such kernel'; echo 1..2
FAKE
fake tests/kernel/whole <<'FAKE'
echo '1..0 # SKIP nothing here'
FAKE

run tests/unit/good
is "$closing" '2 passed, 0 failed, 0 skipped, status 0' 'assertions are counted'
run tests/unit/good tests/unit/bad
is "$closing" '3 passed, 1 failed, 0 skipped, status 1' 'a failure fails'
like "$out" 'not ok 2 - the reason' 'and is shown'
run tests/unit/short tests/unit/planless
is "$closing" '2 passed, 2 failed, 0 skipped, status 1' 'a plan is kept'
run tests/unit/crash tests/unit/empty tests/unit/missing
is "$closing" '1 passed, 3 failed, 0 skipped, status 1' \
	'a crash, silence and a missing test fail'
run tests/unit/slow
is "$closing" '0 passed, 1 failed, 0 skipped, status 1' 'a hanging test is stopped'
like "$out" 'it took too long' 'and says so'
run tests/kernel/skips tests/kernel/whole
is "$closing" '1 passed, 0 failed, 2 skipped, status 0' 'skips are counted'
like "$out" 'skipped: nothing here' 'with their reasons'
ci=true
run tests/kernel/skips tests/kernel/whole
is "$closing" '1 passed, 2 failed, 0 skipped, status 1' \
	'with CI=true a kernel test must not skip'
run
is "$closing" '0 passed, 0 failed, 0 skipped, status 1' 'no test is no pass'
done_testing
