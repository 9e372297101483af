/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill -9 at each named step, of each of the three and of several together; the
 * signals that terminals, sessions and shutdowns send; and being stopped. */
#ifndef TESTS_TRIAL_MATRIX_KILL_H
#define TESTS_TRIAL_MATRIX_KILL_H

#include "matrix-look.h"

#define NEVER_IN "failed (interrupted before the commit)"
#define UNDONE "reverted (deadline)"

/* What comes of it where the guardian itself dies at the step. Where it lives,
 * the wish is fulfilled. */
static const struct {
	const char *at;
	enum wish wish;
	const char *kernel;
	const char *record;
	const char *history;
	bool alarm;	/* the new rules stay while nobody is left */
} steps[] = {
	{ "start", WAIT, "old", "none", "none", false },
	{ "armed", WAIT, "old", "none", "none", false },
	{ "record written", WAIT, "old", NEVER_IN, "failed", true },
	{ "before commit", WAIT, "old", NEVER_IN, "failed", true },
	{ "after commit", WAIT, "old", UNDONE, "reverted", true },
	{ "before read back", WAIT, "old", UNDONE, "reverted", true },
	{ "on trial", WAIT, "old", UNDONE, "reverted", true },
	{ "confirm", CONFIRM, "old", UNDONE, "reverted", true },
	{ "confirmed", CONFIRM, "new", "confirmed", "confirmed", false },
	{ "revert", WAIT, "old", UNDONE, "reverted", true },
	{ "before revert commit", WAIT, "old", UNDONE, "reverted", true },
	{ "after revert commit", WAIT, "old", UNDONE, "reverted", true },
	{ "before outcome", WAIT, "old", UNDONE, "reverted", true },
	{ "outcome", WAIT, "old", UNDONE, "reverted", false },
};

static const unsigned victims[] = { G, S, C, G | S, G | S | C };

static struct cell
kill_cell(size_t s, unsigned who)
{
	bool dies = who & G, confirms = steps[s].wish == CONFIRM;
	struct cell cell = {
		.fault = "kill -9", .at = steps[s].at,
		.kernel = steps[s].kernel, .record = steps[s].record,
		.history = steps[s].history,
		.victims = who, .signo = SIGKILL, .wish = steps[s].wish,
		.window = confirms ? LONG_WINDOW : 0,
	};

	if (!dies) {
		cell.kernel = confirms ? "new" : "old";
		cell.record = confirms ? "confirmed" : UNDONE;
		cell.history = confirms ? "confirmed" : "reverted";
	}
	cell.told = who & C ? "killed" :
		    dies ? "lost" : confirms ? "confirmed" : "reverted";
	if (who & C && dies && steps[s].alarm)
		cell.told = "killed, status NOT REVERTED";
	else if (who & S && dies && steps[s].alarm)
		cell.told = "lost, status NOT REVERTED";
	/* Its request may have been on the way. */
	if (who == C && s == 0) {
		cell.kernel = "old";
		cell.record = "none|" UNDONE;
		cell.history = "none|reverted";
	}
	return cell;
}

/* A guardian that gave itself a new supervisor is replaced by that one. */
static void
kill_the_renewed(void)
{
	pid_t first = find_process(WATCH);
	int64_t until = now_ms() + PATIENCE_MS;

	kill(first, SIGKILL);
	while ((!find_process(WATCH) || find_process(WATCH) == first) &&
	       now_ms() < until)
		pause_ms(10);
	ok(find_process(WATCH) && find_process(WATCH) != first,
	   "another supervisor");
	kill_9(GUARD);
}

static const struct cell signal_cells[] = {
	{ "kill -9", "on trial", "guardian, its heir", "old", UNDONE,
	  "reverted", "lost", G, .signo = SIGKILL, .again = "resume" },
	{ "kill -9", "revert", "guardian, its heir", "old", UNDONE,
	  "reverted", "lost", G, .signo = SIGKILL, .again = "before revert commit" },
	{ "kill -9", "supervisor, renewed", "then the guardian", "old", UNDONE,
	  "reverted", "lost", .during = kill_the_renewed, .window = 8000 },
	{ "HUP", "on trial", NULL, "old", UNDONE, "reverted", "reverted",
	  G | S, .signo = SIGHUP },
	{ "INT", "on trial", NULL, "old", UNDONE, "reverted", "reverted",
	  G | S, .signo = SIGINT },
	{ "TSTP", "on trial", NULL, "old", UNDONE, "reverted", "reverted",
	  G | S, .signo = SIGTSTP },
	{ "HUP", "on trial", NULL, "old", UNDONE, "reverted", "killed",
	  C, .signo = SIGHUP },
	{ "INT", "on trial", NULL, "old", UNDONE, "reverted", "killed",
	  C, .signo = SIGINT },
	{ "TERM", "on trial", NULL, "old", UNDONE, "reverted", "killed",
	  C, .signo = SIGTERM },
	{ "TERM", "on trial", NULL, "old", "reverted (terminated)", "reverted",
	  "reverted", G, .signo = SIGTERM, .window = 60000 },
	{ "TERM", "on trial", NULL, "old", "reverted (terminated)", "reverted",
	  "reverted", S, .signo = SIGTERM, .window = 60000 },
	{ "TERM", "on trial", NULL, "old", "reverted (terminated)", "reverted",
	  "killed", G | S | C, .signo = SIGTERM, .window = 60000 },
	{ "TERM", "start", NULL, "old", "none", "none", "failed", G, .signo = SIGTERM },
	{ "TERM", "after commit", NULL, "old", "reverted (terminated)",
	  "reverted", "reverted", G, .signo = SIGTERM, .window = 60000 },
	{ "TERM", "confirm", NULL, "new", "confirmed", "confirmed",
	  "confirmed", G, .signo = SIGTERM, .wish = CONFIRM, .window = 60000 },
	{ "TERM", "revert", NULL, "old", UNDONE, "reverted", "reverted",
	  G, .signo = SIGTERM },
	{ "STOP", "on trial", NULL, "old", UNDONE, "reverted", "stopped",
	  C, .signo = SIGSTOP },
	{ "STOP", "record written", NULL, "old", UNDONE, "reverted",
	  "stopped", C, .signo = SIGSTOP },
};

#endif
