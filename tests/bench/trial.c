/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial beside what the stock tools take for the same: from the request to
 * "on trial" beside -save and -restore of the new rules, from the deadline to
 * "reverted" beside -restore of the old ones. */
#include "../trial/harness.h"

#define WINDOW 2000

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* n rules, from port on; one more in front where extra is set. */
static char *
rules_text(unsigned n, unsigned port, bool extra)
{
	struct str text = { 0 };

	str_add(&text, "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
		":OUTPUT ACCEPT [0:0]\n");
	if (extra)
		str_add(&text, "-A INPUT -p udp -m udp --dport 9 -j DROP\n");
	for (unsigned i = 0; i < n; i++)
		str_addf(&text, "-A INPUT -s 2001:db8:%x:%x::/64 -p tcp -m tcp "
			 "--dport %u -j ACCEPT\n", i >> 16, i & 0xffff,
			 port + i % 1000);
	str_add(&text, "COMMIT\n");
	return str_take(&text);
}

static double
restore_ms(const char *text)
{
	double start = now_us();

	load(text);
	return (now_us() - start) / 1e3;
}

static double
save_ms(void)
{
	double start = now_us();

	run("ip6tables-legacy-save -t filter >/dev/null");
	return (now_us() - start) / 1e3;
}

struct times {
	double commit, revert;
};

static struct times
trial_ms(const char *before, const char *after)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	struct times t;
	double start;
	int64_t deadline;

	load(before);
	trial = make_trial(after, WINDOW);
	start = now_us();
	if (guardian_start(&options, trial, &client))
		bail_out("%s", err_message());
	await(&client, &event, 120000);
	t.commit = (now_us() - start) / 1e3;
	deadline = event.deadline_ms;
	is_int(event.kind, EVENT_ON_TRIAL, "on trial");
	guardian_event_done(&event);
	await(&client, &event, 120000);
	t.revert = now_us() / 1e3 - (double)deadline;
	is_int(event.kind, EVENT_REVERTED, "reverted");
	guardian_event_done(&event);
	guardian_disconnect(&client);
	trial_free(trial);
	all_left(5000);
	return t;
}

static void
bench(const char *what, unsigned n, unsigned port, bool extra)
{
	char *before = rules_text(n, 1000, false);
	char *after = rules_text(n, port, extra);
	double saving, restoring;
	struct times t;

	load(before);
	saving = save_ms();
	restoring = restore_ms(after);
	t = trial_ms(before, after);
	diag("%6u rules, %s: on trial after %.1f ms, %.2f of -save and "
	     "-restore; reverted %.1f ms after the deadline, %.2f of -restore",
	     n, what, t.commit, t.commit / (saving + restoring), t.revert,
	     t.revert / restoring);
	free(before);
	free(after);
}

int
main(int argc, char **argv)
{
	static const unsigned sizes[] = { 1000, 10000, 100000 };
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	begin_tests();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		bench("one is new", sizes[i], 1000, true);
		bench("each is another", sizes[i], 2000, false);
	}
	xt_done();
	return done_testing();
}
