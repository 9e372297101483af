/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program that does not know our lock replaces the table after our own
 * replacement and before libip6tc hands the old counters on: that step fails,
 * and the commit is in all the same. A tracer holds the committing process at
 * that very call. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "commit.h"

static _Noreturn void
commit_traced(const struct ruleset *live, const struct changeset *cs)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	_exit(be->ops->commit(be, live, cs) == OK ? 0 : 1);
}

static bool
adds_counters(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       info.entry.nr == SYS_setsockopt &&
	       info.entry.args[1] == IPPROTO_IPV6 &&
	       info.entry.args[2] == IP6T_SO_SET_ADD_COUNTERS;
}

static void
meddle(void)
{
	if (system("ip6tables-legacy -A FORWARD -p sctp -j DROP") != 0)
		bail_out("the other program fails");
}

/* The status that the committing process leaves with, or -1. */
static int
run_to_the_end(pid_t pid)
{
	bool meddled = false;
	int status;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (!meddled && adds_counters(pid)) {
			meddle();
			meddled = true;
		}
		ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
	ok(meddled, "somebody came in between");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
main(void)
{
	struct ruleset *live, *want;
	struct changeset *cs;
	pid_t pid;

	ns_or_skip();
	if (system("command -v ip6tables-legacy >/dev/null") != 0)
		skip_all("no ip6tables-legacy");
	be = backend_ip6tc(ns_lock_path);
	live = must_read();
	want = ruleset_copy(live);
	chain_push_take(ruleset_chain(want, "INPUT"), random_rule(1, "DROP"));
	cs = changeset_diff(live, want, true);
	pid = fork();
	if (pid == 0)
		commit_traced(live, cs);
	is_int(run_to_the_end(pid), 0, "the commit is not called refused");
	ruleset_free(live);
	live = must_read();
	is_int(ruleset_chain(live, "INPUT")->rules.n, 1, "it is in");
	is_int(ruleset_chain(live, "FORWARD")->rules.n, 1, "and so is theirs");
	changeset_free(cs);
	ruleset_free(want);
	ruleset_free(live);
	backend_free(be);
	return done_testing();
}
