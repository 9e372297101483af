/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine and its other programs do to a trial: a kernel that refuses,
 * a lock that is held, clocks that jump, rules that somebody else puts in. */
#ifndef TESTS_TRIAL_MATRIX_MACHINE_H
#define TESTS_TRIAL_MATRIX_MACHINE_H

#include <sys/resource.h>
#include "matrix-kill.h"

#define YEAR_S (366 * 86400LL)

/* --- In the guardian --- */

/* Commits from number `from` on (1 is the change itself) fail with `code`,
 * `times` times, or for as long as the file "refuse" is there. */
static struct {
	int from, times, code, seen;
	enum err (*commit)(struct backend *, const struct ruleset *,
			   const struct changeset *);
} refusal;

static enum err
refusing_commit(struct backend *be, const struct ruleset *rs,
		const struct changeset *cs)
{
	int n = ++refusal.seen;

	if (n >= refusal.from && n < refusal.from + refusal.times &&
	    has_file("refuse"))
		return fail((enum err)refusal.code,
			    "the kernel is told to refuse");
	return refusal.commit(be, rs, cs);
}

static struct backend *
guardian_backend(const char *lock_path)
{
	static struct backend_ops ops;
	const char *text = getenv("MATRIX_REFUSE");
	struct backend *be = backend_ip6tc(lock_path);

	if (!text || sscanf(text, "%d %d %d", &refusal.from, &refusal.times,
			    &refusal.code) != 3)
		return be;
	ops = *be->ops;
	refusal.commit = ops.commit;
	ops.commit = refusing_commit;
	be->ops = &ops;
	return be;
}

/* A clock that the test moves: two numbers in a file of both. */
struct jump {
	int64_t boot_ms;
	int64_t wall_s;
};

static const struct jump *jump;

static int64_t
jumped_boot(const struct clock *clock)
{
	((struct clock *)(uintptr_t)clock)->offset_ms = jump->boot_ms;
	return clock_system.boot_ms(&clock_system) + jump->boot_ms;
}

static int64_t
jumped_wall(const struct clock *clock)
{
	(void)clock;
	return clock_system.wall_s(&clock_system) + jump->wall_s;
}

static const struct clock *
jumping_clock(void)
{
	static struct clock clock = {
		.boot_ms = jumped_boot, .wall_s = jumped_wall,
	};
	int fd = open(in_dir("clock"), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return &clock_system;
	jump = mmap(NULL, sizeof(*jump), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return jump == MAP_FAILED ? &clock_system : &clock;
}

static void
set_limits(void)
{
	struct rlimit few, small;

	if (!getenv("MATRIX_LIMITS"))
		return;
	getrlimit(RLIMIT_NOFILE, &few);
	getrlimit(RLIMIT_FSIZE, &small);
	few.rlim_cur = 12;
	small.rlim_cur = 1000;
	setrlimit(RLIMIT_NOFILE, &few);
	setrlimit(RLIMIT_FSIZE, &small);
}

/* --- In the cell: the kernel --- */

static void
refuse(const char *text)
{
	setenv("MATRIX_REFUSE", text, 1);
	put_file("refuse", "", 0);
}

static void
refuse_conflict_once(void)
{
	char text[32];

	snprintf(text, sizeof(text), "2 1 %d", ERR_CONFLICT);
	refuse(text);
}

static void
refuse_once(void)
{
	char text[32];

	snprintf(text, sizeof(text), "2 1 %d", ERR_FAIL);
	refuse(text);
}

static void
refuse_for_ever(void)
{
	char text[32];

	snprintf(text, sizeof(text), "2 1000000 %d", ERR_FAIL);
	refuse(text);
}

/* Also of a guardian that has not committed anything itself. */
static void
refuse_change(void)
{
	char text[32];

	snprintf(text, sizeof(text), "1 1 %d", ERR_FAIL);
	refuse(text);
}

static void
await_state(enum trial_state state)
{
	int64_t until = now_ms() + PATIENCE_MS;
	bool there = false;

	while (!there && now_ms() < until) {
		struct trial *trial = record();

		there = trial && trial->state == state;
		trial_free(trial);
		pause_ms(10);
	}
	ok(there, "the record comes to say '%s'", trial_state_name(state));
}

static void
kernel_relents(void)
{
	await_state(TRIAL_NOT_REVERTED);
	ok(live_is(new_text), "the new rules stand");
	ok(status_alarms(), "and status says so");
	unlink(in_dir("refuse"));
}

static void
refused_and_killed(void)
{
	await_state(TRIAL_NOT_REVERTED);
	kill_all();
}

static void
relents(void)
{
	ok(live_is(new_text), "the new rules stand");
	unlink(in_dir("refuse"));
}

/* --- The lock --- */

static int lock_fd = -1;

static void
hold_lock(void)
{
	lock_fd = open(ns_lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) < 0)
		bail_out("cannot take the xtables lock");
}

static void
let_go_late(void)
{
	pause_ms(LONG_WINDOW + 1000);
	ok(live_is(new_text), "the lock is waited for");
	close(lock_fd);
}

/* --- The clocks --- */

static void
set_clock(int64_t boot_ms, int64_t wall_s)
{
	const struct jump now = { boot_ms, wall_s };
	int fd = open(in_dir("clock"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (pwrite(fd, &now, sizeof(now), 0) != sizeof(now))
		bail_out("no clock");
	close(fd);
}

static void
clock_as_is(void)
{
	set_clock(0, 0);
}

static void
wall_forward(void)
{
	set_clock(0, YEAR_S);
}

static void
wall_back(void)
{
	set_clock(0, -YEAR_S);
}

/* The kernel's own timer would fire; here the guardian is spoken to. */
static void
suspend(void)
{
	struct guardian_client client;

	set_clock(60000, 0);
	if (guardian_connect(&options, &client) == OK)
		guardian_disconnect(&client);
}

/* Everything stands still over the deadline. */
static void
freeze(void)
{
	pid_t watch = find_process(WATCH), guard = find_process(GUARD);

	kill(watch, SIGSTOP);
	kill(guard, SIGSTOP);
	pause_ms(LONG_WINDOW + 300);
	ok(live_is(new_text), "nobody is there to revert");
	kill(guard, SIGCONT);
	kill(watch, SIGCONT);
}

/* --- Others --- */

static void
others_restore(void)
{
	load(old_text);
}

static const char whole_rules[] =
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n:theirs - [0:0]\n"
	"-A INPUT -j theirs\n-A theirs -p tcp -m tcp --dport 2222 -j ACCEPT\n"
	"COMMIT\n";

static void
others_replace(void)
{
	load(whole_rules);
}

static void
flood(void)
{
	for (int i = 0; i < 200; i++) {
		struct guardian_client client;

		if (guardian_connect(&options, &client) == OK)
			send(client.fd, "{\"do\":\"status\"}\n", 16,
			     MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

static void
limited_shell(void)
{
	setenv("MATRIX_LIMITS", "yes", 1);
}

#define REVERTS "old", "reverted (deadline)", "reverted", "reverted"

static const struct cell machine_cells[] = {
	{ "the kernel refuses", "the change", "kernel", "old",
	  "failed (the kernel is told to refuse)", "failed", "failed",
	  .before = refuse_change },
	{ "the kernel refuses", "the revert, once: conflict", "kernel",
	  REVERTS, .before = refuse_conflict_once },
	{ "the kernel refuses", "the revert, once", "kernel", REVERTS,
	  .before = refuse_once },
	{ "the kernel refuses", "the revert, for long", "kernel", "old",
	  "reverted (deadline)", "reverted", "not reverted, reverted",
	  .before = refuse_for_ever, .later = kernel_relents },
	{ "the kernel refuses", "the revert, and kill -9",
	  "guardian, supervisor", "old", "reverted (deadline)", "reverted",
	  "not reverted, status NOT REVERTED", .before = refuse_for_ever,
	  .later = refused_and_killed, .orphaned = relents },
	{ "the lock is held", "at the start", "lock", "old", "none", "none",
	  "failed", .before = hold_lock },
	{ "the lock is held", "1 s past the deadline", "lock", REVERTS,
	  .during = hold_lock, .later = let_go_late, .window = LONG_WINDOW },
	{ "the lock is held", "for ever", "lock", "old",
	  "reverted (deadline, without the xtables lock*", "reverted",
	  "reverted", .during = hold_lock, .window = LONG_WINDOW },
	{ "the wall clock jumps", "a year forward", "clock", REVERTS,
	  .before = clock_as_is, .during = wall_forward },
	{ "the wall clock jumps", "a year back", "clock", REVERTS,
	  .before = clock_as_is, .during = wall_back },
	{ "suspended", "over the deadline", "clock", REVERTS, .window = 60000,
	  .before = clock_as_is, .during = suspend },
	{ "frozen", "over the deadline", "guardian, supervisor", REVERTS,
	  .during = freeze, .window = LONG_WINDOW },
	{ "STOP", "on trial", NULL, REVERTS, G, .signo = SIGSTOP },
	{ "STOP", "before revert commit", NULL, REVERTS, G, .signo = SIGSTOP },
	{ "STOP", "on trial", NULL, REVERTS, S, .signo = SIGSTOP },
	{ "others", "restore the old rules", "iptables", "old",
	  "reverted (deadline)", "reverted", "reverted",
	  .during = others_restore },
	{ "others", "put in a table of theirs", "iptables", "something else",
	  "reverted (deadline)", "reverted", "reverted",
	  .during = others_replace },
	{ "others", "add a rule", "iptables", "old + others",
	  "reverted (deadline)", "reverted", "reverted",
	  .during = others_add },
	{ "kill -9", "after revert commit", "both, then others add a rule",
	  "old + others", "reverted (deadline)", "reverted",
	  "lost, status NOT REVERTED", G | S, .signo = SIGKILL,
	  .orphaned = others_add },
	{ "clients", "200 at once", "guardian", "old", "reverted (deadline)",
	  "reverted", "lost", .window = LONG_WINDOW, .during = flood },
	{ "ulimit", "12 files of 1000 bytes", "guardian", REVERTS,
	  .before = limited_shell },
	{ "ulimit", "the same and 200 clients", "guardian", "old",
	  "reverted (deadline)", "reverted", "lost", .window = LONG_WINDOW,
	  .before = limited_shell, .during = flood },
};

#endif
