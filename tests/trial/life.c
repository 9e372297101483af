/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial's life on a real table: confirmed it stays, unconfirmed it goes,
 * whatever is asked of its guardian meanwhile. */
#include "harness.h"

static void
test_confirm(void)
{
	struct guardian_client client;
	struct trial *trial;

	fresh();
	start(&client, new_rules, 60000);
	ok(live_is(new_rules), "the change is in the kernel");
	ok(guardian_running(&options), "a guardian runs");
	is_int(guardian_confirm(&client, &somebody), OK, "confirm is sent");
	free(expect(&client, EVENT_CONFIRMED, 2000, "confirmed"));
	ok(all_left(3000), "the guardian leaves");
	ok(live_is(new_rules), "the change stays");
	free(expect(&client, EVENT_LOST, 1000, "the conversation ends"));
	trial = record();
	ok(trial && trial->state == TRIAL_CONFIRMED, "the record says so");
	is_str(trial ? trial->settled_by.from : NULL, "2001:db8::77",
	       "and who it was");
	ok(trial && trial->committed_wall_s && trial->settled_wall_s,
	   "and when");
	trial_free(trial);
}

/* Whether it took as long as it should: within a second of the deadline, not
 * before. */
static bool
run_out(void)
{
	struct guardian_client client;
	char *before, *after, *text;
	int64_t begin, took;

	fresh();
	before = saved(true);
	start(&client, new_rules, 1200);
	begin = now_ms();
	ok(live_is(new_rules), "the change is in the kernel");
	text = expect(&client, EVENT_REVERTED, 3000, "reverted");
	is_str(text, "deadline", "for the deadline");
	took = now_ms() - begin;
	free(text);
	diag("%d ms from on trial to reverted", (int)took);
	after = saved(true);
	is_str(after, before, "rule by rule and counter by counter");
	ok(all_left(3000), "the guardian leaves");
	is_record(TRIAL_REVERTED, "deadline");
	free(before);
	free(after);
	guardian_disconnect(&client);
	return took > 900 && took < 2200;
}

/* A machine that was busy elsewhere is asked again. */
static void
test_deadline(void)
{
	bool in_time = false;

	for (int i = 0; i < 3 && !in_time; i++)
		in_time = run_out();
	ok(in_time, "within a second of the deadline, not before");
}

static void
test_revert_asked(void)
{
	struct guardian_client client, other;
	struct guardian_event event;

	fresh();
	start(&client, new_rules, 60000);
	is_int(guardian_connect(&options, &other), OK,
	       "another client connects");
	is_int(await(&other, &event, PATIENCE_MS), EVENT_ON_TRIAL,
	       "and hears how it is");
	ok(event.deadline_ms > now_ms() + 50000 &&
	   event.deadline_ms < now_ms() + 60000, "and until when");
	guardian_event_done(&event);
	is_int(guardian_revert(&other, &somebody, NULL), OK, "it asks");
	free(expect(&other, EVENT_REVERTED, 2000, "reverted, it hears"));
	free(expect(&client, EVENT_REVERTED, 2000,
		    "reverted, the first hears"));
	ok(live_is(base_rules), "the old rules are back");
	ok(all_left(3000), "the guardian leaves");
	is_record(TRIAL_REVERTED, "asked");
	guardian_disconnect(&client);
	guardian_disconnect(&other);
	is_int(guardian_connect(&options, &other), ERR_NOT_FOUND,
	       "then there is nobody to speak to");
}

static void
test_extend(void)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	int64_t deadline;

	fresh();
	start(&client, new_rules, 3000);
	is_int(guardian_extend(&client, 1000), OK, "more time is asked for");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_EXTENDED,
	       "and given");
	deadline = event.deadline_ms;
	guardian_event_done(&event);
	trial = record();
	is_int(trial ? trial->deadline_ms : 0, deadline, "the record knows");
	trial_free(trial);
	is_int(guardian_extend(&client, -5000), OK, "less time is asked for");
	free(expect(&client, EVENT_DENIED, 2000, "and denied"));
	is_int(await(&client, &event, (int)(deadline - now_ms()) - 100),
	       EVENT_NONE, "nothing happens before the new deadline");
	free(expect(&client, EVENT_REVERTED, 1500, "then it is reverted"));
	guardian_disconnect(&client);

	fresh();
	start(&client, new_rules, 60000);
	is_int(guardian_extend(&client, 7200000), OK,
	       "two hours are asked for");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_EXTENDED,
	       "some are given");
	ok(event.deadline_ms < now_ms() + 3600000, "an hour from the commit");
	guardian_event_done(&event);
	is_int(guardian_extend(&client, 1000), OK, "more is asked for");
	free(expect(&client, EVENT_DENIED, 2000, "and denied"));
	guardian_disconnect(&client);
}

static void
test_confirm_too_late(void)
{
	struct guardian_client client;
	pid_t guard;

	fresh();
	start(&client, new_rules, 2000);
	guard = find_process(GUARD);
	kill(guard, SIGSTOP);
	pause_ms(2100);
	is_int(guardian_confirm(&client, &somebody), OK,
	       "a confirm after the deadline is sent");
	kill(guard, SIGCONT);
	free(expect(&client, EVENT_REVERTED, 2000, "and answered: reverted"));
	ok(live_is(base_rules), "the old rules are back");
	guardian_disconnect(&client);
}

static void
test_busy(void)
{
	struct guardian_client client, second;
	struct trial *trial;

	fresh();
	start(&client, new_rules, 60000);
	trial = make_trial(base_rules, 1000);
	is_int(guardian_start(&options, trial, &second), ERR_BUSY,
	       "a second trial is refused");
	trial_free(trial);
	ok(live_is(new_rules), "the first goes on");
	is_int(guardian_revert(&client, &somebody, "asked"), OK,
	       "until reverted");
	free(expect(&client, EVENT_REVERTED, 2000, "reverted"));
	guardian_disconnect(&client);
}

static void
test_conflict(void)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	char *before, *after;

	fresh();
	trial = make_trial(new_rules, 60000);
	run("ip6tables-legacy -A FORWARD -p udp --dport 53 -j ACCEPT");
	before = saved(true);
	is_int(guardian_start(&options, trial, &client), OK, "started");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_FAILED, "it fails");
	is_int(event.err, ERR_CONFLICT, "as a conflict");
	guardian_event_done(&event);
	ok(all_left(3000), "the guardian leaves");
	after = saved(true);
	is_str(after, before, "the table was not touched");
	ok(!record(), "there is no record");
	free(before);
	free(after);
	trial_free(trial);
	guardian_disconnect(&client);
}

static void
test_refused(void)
{
	static const char loop[] =
		"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
		":OUTPUT ACCEPT [0:0]\n:a - [0:0]\n:b - [0:0]\n"
		"-A INPUT -j a\n-A a -j b\n-A b -j a\nCOMMIT\n";
	struct guardian_client client;
	struct trial *trial;
	char *before, *after, *text;

	fresh();
	before = saved(true);
	trial = make_trial(loop, 60000);
	is_int(guardian_start(&options, trial, &client), OK, "started");
	text = expect(&client, EVENT_FAILED, 5000,
		      "the kernel refuses a circle");
	ok(text && strstr(text, "circle"), "and it is said why: %s", text);
	ok(all_left(3000), "the guardian leaves");
	after = saved(true);
	is_str(after, before, "the table was not touched");
	is_record(TRIAL_FAILED, text);
	free(text);
	free(before);
	free(after);
	trial_free(trial);
	guardian_disconnect(&client);
}

static void
test_no_trial(void)
{
	struct guardian_client client;
	struct trial *trial;

	fresh();
	trial = make_trial(new_rules, 0);
	trial->no_trial = true;
	is_int(guardian_start(&options, trial, &client), OK, "started");
	free(expect(&client, EVENT_CONFIRMED, 5000, "confirmed at once"));
	ok(all_left(3000), "the guardian leaves");
	ok(live_is(new_rules), "the change stays");
	is_record(TRIAL_CONFIRMED, NULL);
	trial_free(trial);
	guardian_disconnect(&client);
}

static bool
count_aside(const struct trial *trial, void *arg)
{
	int *n = arg;

	(void)trial;
	++*n;
	return true;
}

/* A record that no history took is not lost to the next trial. */
static void
test_set_aside(void)
{
	struct guardian_client client;
	int fd, n = 0;

	fresh();
	for (int i = 0; i < 2; i++) {
		start(&client, i ? base_rules : new_rules, 60000);
		is_int(guardian_confirm(&client, &somebody), OK, "confirmed");
		free(expect(&client, EVENT_CONFIRMED, 2000, "confirmed"));
		ok(all_left(3000), "the guardian leaves");
		guardian_disconnect(&client);
	}
	fd = open(run_dir, O_RDONLY | O_DIRECTORY);
	trial_each_aside(fd, count_aside, &n);
	is_int(n, 1, "the first trial's record was set aside");
	n = 0;
	trial_each_aside(fd, count_aside, &n);
	is_int(n, 0, "and is gone once it was taken");
	close(fd);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	begin_tests();
	test_confirm();
	test_deadline();
	test_revert_asked();
	test_extend();
	test_confirm_too_late();
	test_busy();
	test_conflict();
	test_refused();
	test_no_trial();
	test_set_aside();
	xt_done();
	return done_testing();
}
