/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of trouble, and to whom: a stuck lock, a kernel that refuses,
 * records of other times and places, clients that misbehave. What comes of each
 * is in the matrix. */
#include <sys/un.h>
#include <sallyport/file.h>
#include "harness.h"

/* A kernel that refuses: the guardian's commits from number `from` on (1 is
 * the change itself) fail `times` times with `code`. */
static struct refusal {
	int from;
	int times;
	enum err code;
	int seen;
	enum err (*commit)(struct backend *, const struct ruleset *,
			   const struct changeset *);
} refusal;

static enum err
refusing_commit(struct backend *be, const struct ruleset *rs,
		const struct changeset *cs)
{
	int n = ++refusal.seen;

	if (n >= refusal.from && n < refusal.from + refusal.times)
		return fail(refusal.code, "the kernel is told to refuse");
	return refusal.commit(be, rs, cs);
}

static int
run_guardian(struct guardian_options *opt, int fd)
{
	const char *plan = getenv("TRIAL_REFUSE");
	struct backend *real = backend_ip6tc(opt->lock_path);
	struct backend_ops ops = *real->ops;
	int code;

	if (plan && sscanf(plan, "%d %d %d", &refusal.from, &refusal.times,
			   &code) == 3) {
		refusal.code = (enum err)code;
		refusal.commit = ops.commit;
		ops.commit = refusing_commit;
		real->ops = &ops;
	}
	opt->backend = real;
	code = guardian_main(opt, fd);
	backend_free(real);
	return code;
}

static void
refuse(int from, int times, enum err code)
{
	char plan[64];

	snprintf(plan, sizeof(plan), "%d %d %d", from, times, (int)code);
	setenv("TRIAL_REFUSE", plan, 1);
}

static void
is_base(void)
{
	char *now = saved(true);

	is_str(now, base_rules, "the old rules, with their counters");
	free(now);
}

/* Start, and see it fail with nothing done. The message, yours. */
static char *
start_fails(enum err code)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial = make_trial(new_rules, 60000);
	char *text;

	is_int(guardian_start(&options, trial, &client), OK, "started");
	is_int(await(&client, &event, 10000 + PATIENCE_MS), EVENT_FAILED, "it fails");
	is_int(event.err, code, "as it should: %s", event.text);
	text = xstrdup(event.text);
	guardian_event_done(&event);
	guardian_disconnect(&client);
	trial_free(trial);
	ok(all_left(3000), "the guardian leaves");
	is_base();
	return text;
}

static void
test_kernel_refuses_long(void)
{
	struct guardian_client client, other;

	fresh();
	refuse(2, 5, ERR_FAIL);
	start(&client, new_rules, 300);
	free(expect(&client, EVENT_NOT_REVERTED, 3000, "NOT REVERTED is said"));
	is_record(TRIAL_NOT_REVERTED, "deadline");
	is_int(guardian_connect(&options, &other), OK, "another client");
	free(expect(&other, EVENT_NOT_REVERTED, 1000, "hears it too"));
	is_int(guardian_confirm(&other, &somebody), OK,
	       "its confirm comes too late");
	free(expect(&client, EVENT_REVERTED, 6000, "the retry reverts"));
	free(expect(&other, EVENT_REVERTED, 1000, "for both"));
	is_base();
	is_record(TRIAL_REVERTED, "deadline");
	unsetenv("TRIAL_REFUSE");
	guardian_disconnect(&client);
	guardian_disconnect(&other);
}

/* Hold the xtables lock in another process until told to let go. */
static int
hold_lock(void)
{
	int fd = open(ns_lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		bail_out("cannot take the xtables lock");
	return fd;
}

static void
test_lock_at_start(void)
{
	int fd;
	char *text;

	fresh();
	fd = hold_lock();
	text = start_fails(ERR_FAIL);
	ok(text && strstr(text, "pid"), "the holder is named: %s", text);
	ok(!record(), "there is no record");
	free(text);
	close(fd);
}

static void
test_lock_stuck(void)
{
	struct guardian_client client, other;
	struct trial *trial;
	int64_t took, deadline;
	char *text;
	int fd;

	fresh();
	start(&client, new_rules, 2000);
	fd = hold_lock();
	trial = record();
	deadline = trial ? trial->deadline_ms : 0;
	trial_free(trial);
	while (now_ms() < deadline + 100)
		pause_ms(10);
	is_int(guardian_connect(&options, &other), OK,
	       "meanwhile others are answered");
	free(expect(&other, EVENT_ON_TRIAL, 500, "how it stands"));
	guardian_disconnect(&other);
	text = expect(&client, EVENT_REVERTED, 8000,
		      "reverted without the lock");
	took = now_ms() - deadline;
	ok(took >= 5000 && took < 9000, "5 s past the deadline (%d ms)",
	   (int)took);
	ok(text && strstr(text, "lock"), "and that is said: %s", text);
	is_base();
	free(text);
	close(fd);
	guardian_disconnect(&client);
}

/* Change one number of the record, as if it were of another place. */
static void
edit_record(const char *key, json_t *value)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str text = { 0 };
	json_t *json;
	char *out;

	if (file_read(fd, TRIAL_FILE, 1 << 20, &text))
		bail_out("no record: %s", err_message());
	json = json_loadb(text.s, text.len, 0, NULL);
	json_object_set_new(json, key, value);
	out = json_dumps(json, 0);
	if (file_write_atomic(fd, TRIAL_FILE, out, strlen(out), 0600))
		bail_out("no record: %s", err_message());
	free(out);
	json_decref(json);
	str_done(&text);
	close(fd);
}

/* A record on trial whose guardian and supervisor are dead. */
static void
leave_record(int64_t window)
{
	struct guardian_client client;

	fresh();
	start(&client, new_rules, window);
	kill_all();
	ok(all_left(2000), "nobody guards it");
	guardian_disconnect(&client);
}

static void
test_foreign_netns(void)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	char *before, *after;

	leave_record(60000);
	edit_record("deadline_ms", json_integer(1));
	edit_record("netns_cookie", json_integer(1));
	before = record_text();
	is_int(guardian_resume(&options, &client), OK, "resumed");
	free(expect(&client, EVENT_FAILED, 3000,
		    "refused: another namespace's"));
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	trial = make_trial(base_rules, 1000);
	is_int(guardian_start(&options, trial, &client), OK, "a new trial");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_FAILED, "does not start");
	guardian_event_done(&event);
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	ok(live_is(new_rules), "the table was not touched");
	after = record_text();
	is_str(after, before, "nor the record");
	free(before);
	free(after);
	trial_free(trial);
}

static void
test_other_boot(void)
{
	struct guardian_client client;

	leave_record(60000);
	edit_record("deadline_ms", json_integer(1));
	edit_record("boot_id",
		    json_string("00000000-0000-0000-0000-000000000000"));
	is_int(guardian_resume(&options, &client), OK, "resumed");
	free(expect(&client, EVENT_FAILED, 3000, "refused: another boot's"));
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	ok(live_is(new_rules), "the table was not touched");
	start(&client, base_rules, 60000);
	is_int(guardian_confirm(&client, &somebody), OK,
	       "a new trial sets it aside");
	free(expect(&client, EVENT_CONFIRMED, 2000, "and is confirmed"));
	guardian_disconnect(&client);
}

static void
test_unsettled(void)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;

	leave_record(60000);
	trial = make_trial(base_rules, 1000);
	is_int(guardian_start(&options, trial, &client), OK, "a new trial");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_FAILED,
	       "does not start beside an unsettled one");
	is_int(event.err, ERR_BUSY, "busy");
	guardian_event_done(&event);
	guardian_disconnect(&client);
	is_int(guardian_resume(&options, &client), OK,
	       "that has a guardian now");
	free(expect(&client, EVENT_ON_TRIAL, 3000, "and goes on"));
	is_int(guardian_confirm(&client, &somebody), OK, "and is");
	free(expect(&client, EVENT_CONFIRMED, 2000, "confirmed"));
	ok(live_is(new_rules), "the new rules stay");
	trial_free(trial);
	guardian_disconnect(&client);
}

static void
test_unreadable(void)
{
	char *text;
	int fd;

	fresh();
	if (dir_open_private(run_dir, &fd) ||
	    file_write_atomic(fd, TRIAL_FILE, "{\"format\":99}", 13, 0600))
		bail_out("no record");
	close(fd);
	text = start_fails(ERR_FAIL);
	ok(text && strstr(text, "newer"), "a newer record is named: %s", text);
	free(text);
	text = record_text();
	is_str(text, "{\"format\":99}", "and kept");
	free(text);
}

static int
raw_connect(void)
{
	struct guardian_client client;

	if (guardian_connect(&options, &client))
		bail_out("not connected: %s", err_message());
	return client.fd;
}

static void
test_hostile_clients(void)
{
	static char junk[200000];
	struct guardian_client client, other;
	struct pollfd poll_fd;
	int fds[100];

	fresh();
	start(&client, new_rules, 60000);
	memset(junk, 'x', sizeof(junk));
	fds[0] = raw_connect();
	send(fds[0], junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT);
	fds[1] = raw_connect();
	send(fds[1], "\n\n{}\n[1,2\n{\"do\":\"trial\"}\n", 26, MSG_NOSIGNAL);
	shutdown(fds[1], SHUT_WR);
	for (int i = 2; i < 100; i++)
		fds[i] = raw_connect();
	for (int i = 0; i < 20000; i++)
		if (send(fds[99], "{\"do\":\"status\"}\n", 16,
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	is_int(guardian_connect(&options, &other), OK, "one more comes");
	is_int(guardian_confirm(&other, &somebody), OK, "it confirms");
	free(expect(&other, EVENT_ON_TRIAL, 2000, "it hears how it was"));
	free(expect(&other, EVENT_CONFIRMED, 3000, "and that it is confirmed"));
	poll_fd = (struct pollfd){ .fd = fds[1], .events = POLLIN };
	ok(poll(&poll_fd, 1, 0) == 1, "those that only listen hear it too");
	ok(all_left(4000), "the guardian leaves");
	is_record(TRIAL_CONFIRMED, NULL);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	guardian_disconnect(&client);
	guardian_disconnect(&other);
}

/* A guardian that accepts nobody any more is not waited for without end. */
static void
test_full_queue(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct guardian_client client;
	int fds[8], listening, dir_fd;
	size_t n = 0;

	fresh();
	if (dir_open_private(run_dir, &dir_fd))
		bail_out("no run directory");
	close(dir_fd);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%s",
		 run_dir, TRIAL_SOCKET);
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listening, 1))
		bail_out("cannot listen");
	for (; n < ARRAY_LEN(fds); n++) {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				SOCK_NONBLOCK, 0);
		if (connect(fds[n], (struct sockaddr *)&address,
			    sizeof(address)) < 0)
			break;
	}
	ok(n < ARRAY_LEN(fds), "the queue is full");
	alarm(20);
	is_int(guardian_connect(&options, &client), ERR_FAIL,
	       "one that takes nobody: %s", err_message());
	alarm(0);
	for (size_t i = 0; i <= n && i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	close(listening);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return run_guardian(&opt, fd);
	begin_tests();
	test_kernel_refuses_long();
	test_lock_at_start();
	test_lock_stuck();
	test_foreign_netns();
	test_other_boot();
	test_unsettled();
	test_unreadable();
	test_hostile_clients();
	test_full_queue();
	xt_done();
	return done_testing();
}
