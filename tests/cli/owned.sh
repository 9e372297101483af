#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Chains of other programs on the command line: what belongs to whom is said with
# the difference, before anybody is asked.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh" || exit 1
need ip6tables-legacy
in_namespace "$0" "$@"
[ -n "${TEST_IN_NAMESPACE-}" ] || exit 1	# never in the machine's own
# shellcheck source=tests/cli/cli.sh
. "$top_srcdir/tests/cli/cli.sh"
make_host
ip6tables-legacy -N f2b-sshd
ip6tables-legacy -N DOCKER-USER

status_is 0 'an edit of fail2ban'"'"'s chain' \
	sp apply --yes --no-trial -- -A f2b-sshd -s 2001:db8:bad::1 -j REJECT
like "$out" '^f2b-sshd belongs to fail2ban, which rewrites it at will$' \
	'says whose it is'
status_is 0 'an edit of the administrator'"'"'s' \
	sp apply --yes --no-trial -- -A DOCKER-USER -s 2001:db8:bad::1 -j DROP
unlike "$out" 'belongs to' 'says nothing'
done_testing
