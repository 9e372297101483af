/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill -9 of the guardian at each named step, alone and together with its
 * supervisor, and of everybody else: each ends in the new rules confirmed or in
 * the old ones, counter by counter, and the record says which. */
#include "harness.h"

#define WINDOW 700

/* The step to die at, once, and whether the supervisor dies with us. */
static const char *die_at;
static bool die_both;
static char marker[112];

static void
die_here(const char *name)
{
	if (strcmp(name, die_at) != 0 || unlink(marker) < 0)
		return;
	if (die_both)
		kill(getppid(), SIGKILL);
	raise(SIGKILL);
}

enum wish { WISH_WAIT, WISH_CONFIRM };

static const struct cell {
	const char *at;
	enum wish wish;
	bool has_record;
	enum trial_state state;
	const char *reason;
} cells[] = {
	{ "start", WISH_WAIT, false, 0, NULL },
	{ "armed", WISH_WAIT, false, 0, NULL },
	{ "record written", WISH_WAIT, true, TRIAL_FAILED,
	  "interrupted before the commit" },
	{ "before commit", WISH_WAIT, true, TRIAL_FAILED,
	  "interrupted before the commit" },
	{ "after commit", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "before read back", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "on trial", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "confirm", WISH_CONFIRM, true, TRIAL_REVERTED, "deadline" },
	{ "confirmed", WISH_CONFIRM, true, TRIAL_CONFIRMED, NULL },
	{ "revert", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "before revert commit", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "after revert commit", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "before outcome", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
	{ "outcome", WISH_WAIT, true, TRIAL_REVERTED, "deadline" },
};

static void
arm_death(const char *at, bool both)
{
	int fd = open(marker, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || setenv("TRIAL_DIE_AT", at, 1) < 0)
		bail_out("cannot arm");
	close(fd);
	setenv("TRIAL_DIE_BOTH", both ? "1" : "0", 1);
	setenv("TRIAL_MARKER", marker, 1);
}

/* Events until the conversation ends, confirming when asked for. */
static void
converse(struct guardian_client *client, enum wish wish)
{
	struct guardian_event event;
	enum guardian_event_kind kind;

	do {
		kind = await(client, &event, 5000);
		guardian_event_done(&event);
		if (kind == EVENT_ON_TRIAL && wish == WISH_CONFIRM &&
		    guardian_confirm(client, &somebody) != OK)
			diag("not confirmed: %s", err_message());
	} while (client->fd >= 0 && kind != EVENT_NONE);
	guardian_disconnect(client);
}

/* Nobody is left: what the next start does. */
static void
resume(void)
{
	struct guardian_client client;

	if (guardian_resume(&options, &client) == OK)
		converse(&client, WISH_WAIT);
}

static void
try_cell(const struct cell *cell, bool both)
{
	struct guardian_client client;
	struct trial *trial;
	char *before, *after;

	diag("killed at '%s'%s", cell->at, both ? " with the supervisor" : "");
	fresh();
	arm_death(cell->at, both);
	before = saved(true);
	trial = make_trial(new_rules, WINDOW);
	/* One that dies at once may not even hear the request. */
	if (guardian_start(&options, trial, &client) == OK)
		converse(&client, cell->wish);
	else
		ok(!cell->has_record, "it died before the request: %s",
		   err_message());
	trial_free(trial);
	if (both) {
		ok(all_left(5000), "nobody is left");
		resume();
	}
	ok(access(marker, F_OK) < 0, "it was killed");
	ok(all_left(5000), "the last guardian leaves");
	if (cell->state == TRIAL_CONFIRMED) {
		ok(live_is(new_rules), "the new rules stay");
	} else {
		after = saved(true);
		is_str(after, before, "the old rules, with their counters");
		free(after);
	}
	if (cell->has_record)
		is_record(cell->state, cell->reason);
	else
		ok(!record(), "there is no record");
	free(before);
}

static void
test_guardian_killed_twice(void)
{
	struct guardian_client client, again;
	pid_t first;

	fresh();
	start(&client, new_rules, 1500);
	first = find_process(GUARD);
	kill_9(GUARD);
	free(expect(&client, EVENT_LOST, 1000, "the client notices at once"));
	is_int(guardian_connect(&options, &again), OK, "another one is there");
	free(expect(&again, EVENT_ON_TRIAL, 2000, "and knows the trial"));
	ok(find_process(GUARD) != first, "it is another process");
	kill_9(GUARD);
	guardian_disconnect(&again);
	is_int(guardian_connect(&options, &again), OK, "and a third");
	free(expect(&again, EVENT_ON_TRIAL, 2000, "knows the trial too"));
	free(expect(&again, EVENT_REVERTED, 3000, "and reverts"));
	ok(live_is(base_rules), "the old rules are back");
	guardian_disconnect(&again);
}

static void
test_supervisor_killed(void)
{
	struct guardian_client client, again;
	int64_t until;
	pid_t first;

	fresh();
	start(&client, new_rules, 7000);
	first = find_process(WATCH);
	kill_9(WATCH);
	until = now_ms() + 5000;
	while ((!find_process(WATCH) || find_process(WATCH) == first) &&
	       now_ms() < until)
		pause_ms(10);
	ok(find_process(WATCH) && find_process(WATCH) != first,
	   "the guardian gave itself another supervisor");
	kill_9(GUARD);
	free(expect(&client, EVENT_LOST, 3000, "the client notices"));
	is_int(guardian_connect(&options, &again), OK,
	       "which gave itself another guardian");
	free(expect(&again, EVENT_ON_TRIAL, 2000, "that knows the trial"));
	free(expect(&again, EVENT_REVERTED, 10000, "and reverts"));
	ok(all_left(3000), "all leave");
	ok(live_is(base_rules), "the old rules are back");
	guardian_disconnect(&again);
}

static void
test_both_killed(void)
{
	struct guardian_client client, again;

	fresh();
	start(&client, new_rules, 300);
	kill_all();
	free(expect(&client, EVENT_LOST, 1000, "the client notices at once"));
	ok(all_left(1000), "no guardian runs");
	is_int(guardian_connect(&options, &again), ERR_NOT_FOUND,
	       "there is nobody to speak to");
	pause_ms(400);
	ok(live_is(new_rules), "nobody reverts: the stated limit");
	is_int(guardian_resume(&options, &again), OK, "the next start resumes");
	free(expect(&again, EVENT_REVERTED, 3000, "and reverts at once"));
	ok(live_is(base_rules), "the old rules are back");
	guardian_disconnect(&again);
}

/* The editor dies, by kill -9 and with its whole session hung up. */
static void
test_client_killed(int signo)
{
	struct guardian_client client;
	pid_t pid;

	fresh();
	pid = fork();
	if (pid == 0) {
		setsid();
		start(&client, new_rules, 1000);
		fflush(stdout);
		kill(0, signo);
		pause_ms(10000);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	tap_count++;	/* the child's */
	ok(live_is(new_rules), "signal %d: the client is gone, the trial not",
	   signo);
	ok(await_live(base_rules, 3000) >= 0, "the old rules come back");
	ok(all_left(3000), "the guardian leaves");
	is_record(TRIAL_REVERTED, "deadline");
}

/* What a hang-up and ^C send reaches nobody; TERM is heard at once. */
static void
test_signals(const char *who)
{
	struct guardian_client client;
	struct guardian_event event;
	char *text;

	fresh();
	start(&client, new_rules, 60000);
	kill(find_process(who), SIGHUP);
	kill(find_process(who), SIGINT);
	kill(find_process(who), SIGTSTP);
	is_int(await(&client, &event, 300), EVENT_NONE,
	       "%s does not mind HUP, INT and TSTP", who);
	kill(find_process(who), SIGTERM);
	text = expect(&client, EVENT_REVERTED, 1000, "TERM reverts now");
	is_str(text, "terminated", "and says why");
	free(text);
	ok(all_left(3000), "and leaves");
	ok(live_is(base_rules), "the old rules are back");
	is_record(TRIAL_REVERTED, "terminated");
	guardian_disconnect(&client);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		die_at = getenv("TRIAL_DIE_AT");
		die_both = strcmp(getenv("TRIAL_DIE_BOTH"), "1") == 0;
		snprintf(marker, sizeof(marker), "%s", getenv("TRIAL_MARKER"));
		opt.step = die_here;
		return guardian_main(&opt, fd);
	}
	begin_tests();
	snprintf(marker, sizeof(marker), "%s/die", dir);
	arm_death("never", false);
	test_guardian_killed_twice();
	test_supervisor_killed();
	test_both_killed();
	test_client_killed(SIGKILL);
	test_client_killed(SIGHUP);
	test_signals(GUARD);
	test_signals(WATCH);
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		try_cell(&cells[i], false);
		try_cell(&cells[i], true);
	}
	xt_done();
	return done_testing();
}
