/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A revert that finds no memory: the old tables, prepared at arming, go back all
 * the same, with their counters, even when nobody is left to try again; and what
 * is prepared never speaks for a trial that is over. */
#include <sys/resource.h>
#include "harness.h"

/* The address sanitizer's allocator ends the program where there is nothing. */
#ifdef __SANITIZE_ADDRESS__
#define AVARICIOUS true
#else
#define AVARICIOUS false
#endif

#define WINDOW 2000
#define RULES 3000
#define DEADLINE_AT 64	/* in the file */

static const char *starve_at;
static bool alone;

/* No more pages, and nothing left in those that there are. */
static void
eat_all_memory(void)
{
	const struct rlimit none = { .rlim_cur = 1, .rlim_max = 1 };

	setrlimit(RLIMIT_AS, &none);
	for (size_t size = 1 << 16; size >= 16; size /= 2)
		while (malloc(size))
			;
}

/* As a confirm is about to be written: it cannot be; and the same again. */
static void
exchange_record(const char *in)
{
	char *record = xasprintf("%s/%s", in, TRIAL_FILE);
	char *other = xasprintf("%s/other", in);

	mkdir(other, 0700);
	if (renameat2(AT_FDCWD, record, AT_FDCWD, other, RENAME_EXCHANGE) < 0)
		abort();
	free(record);
	free(other);
}

/* The supervisor is to look past the deadline, at more than it has memory
 * for. */
static void
outlast(const char *in)
{
	char *path = xasprintf("%s/%s", in, TRIAL_FILE);

	if (truncate(path, 256 << 20) < 0)
		abort();
	free(path);
	pause_ms(WINDOW + 100);
}

static void
at_step(const char *name)
{
	if (strcmp(name, "confirm") == 0 && strcmp(starve_at, "refuse") == 0)
		exchange_record(getenv("RESCUE_DIR"));
	if (strcmp(name, "confirmed") == 0 && strcmp(starve_at, "watch") == 0)
		outlast(getenv("RESCUE_DIR"));
	if (strcmp(name, "rescued") == 0)
		marker_make();
	if (strcmp(name, starve_at) != 0 || access(marker, F_OK) == 0)
		return;
	if (alone)
		kill(getppid(), SIGKILL);
	eat_all_memory();
}

static char *
many_rules(unsigned port)
{
	struct str text = { 0 };

	str_add(&text, "*filter\n:INPUT DROP [10:1000]\n:FORWARD DROP [0:0]\n"
		":OUTPUT ACCEPT [30:3000]\n:other - [0:0]\n");
	for (unsigned i = 0; i < RULES; i++)
		str_addf(&text, "[%u:%u] -A INPUT -s 2001:db8::%x/128 -p tcp "
			 "-m tcp --dport %u -j other\n", i, i * 60, i, port);
	str_add(&text, "[7:420] -A other -j ACCEPT\nCOMMIT\n");
	return str_take(&text);
}

static const struct cell {
	const char *what;
	const char *at;		/* where memory ends */
	bool alone;		/* the supervisor is killed there */
} cells[] = {
	{ "no memory when the revert begins", "revert", false },
	{ "none, and no supervisor", "revert", true },
	{ "none at its commit", "before revert commit", false },
	{ "none at its commit, and no supervisor", "before revert commit",
	  true },
};

static void
try_cell(const struct cell *cell)
{
	char *old = many_rules(1000), *new = many_rules(2000);
	struct guardian_client client;
	char *before, *after;

	diag("%s", cell->what);
	fresh();
	unlink(marker);
	load(old);
	before = saved(true);
	setenv("RESCUE_AT", cell->at, 1);
	setenv("RESCUE_ALONE", cell->alone ? "1" : "0", 1);
	start(&client, new, WINDOW);
	ok(run_dir_has(TRIAL_RESCUE), "the old table is prepared");
	hear_to_the_end(&client);
	ok(all_left(8000), "nobody is left");
	ok(access(marker, F_OK) == 0, "the prepared table was needed");
	after = saved(true);
	ok(strcmp(after, before) == 0, "the old rules, with their counters");
	free(after);
	setenv("RESCUE_AT", "never", 1);
	if (cell->alone && guardian_resume(&options, &client) == OK)
		hear_to_the_end(&client);
	ok(all_left(8000), "the next start settles it");
	is_record(TRIAL_REVERTED, "deadline");
	ok(!run_dir_has(TRIAL_RESCUE), "what was prepared is gone");
	after = saved(true);
	ok(strcmp(after, before) == 0, "and nothing was undone twice");
	free(after);
	free(before);
	free(old);
	free(new);
}

/* Confirmed: nothing is prepared for it any more. */
static void
test_confirmed(void)
{
	struct guardian_client client;

	fresh();
	unlink(marker);
	setenv("RESCUE_AT", "never", 1);
	start(&client, new_rules, 60000);
	ok(run_dir_has(TRIAL_RESCUE), "the old table is prepared");
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	free(expect(&client, EVENT_CONFIRMED, 3000, "confirmed"));
	ok(!run_dir_has(TRIAL_RESCUE), "and not any more");
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	ok(live_is(new_rules), "the new rules stay");
}

/* When what is prepared may be put back; 0: never, or it is gone. */
static int64_t
prepared_for(void)
{
	char *path = xasprintf("%s/%s", run_dir, TRIAL_RESCUE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t ms = 0;

	if (fd >= 0 && pread(fd, &ms, sizeof(ms), DEADLINE_AT) != sizeof(ms))
		ms = 0;
	if (fd >= 0)
		close(fd);
	free(path);
	return ms == INT64_MAX ? 0 : ms;
}

static void
is_prepared(const char *what)
{
	struct trial *trial = record();

	is_int(prepared_for(), trial ? trial->deadline_ms : -1, "%s", what);
	trial_free(trial);
}

/* What was prepared is there still. */
static void
test_not_confirmed(void)
{
	struct guardian_client client;

	fresh();
	setenv("RESCUE_AT", "refuse", 1);
	setenv("RESCUE_DIR", run_dir, 1);
	start(&client, new_rules, 60000);
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	free(expect(&client, EVENT_DENIED, 3000, "it cannot be written"));
	exchange_record(run_dir);
	is_prepared("the old table is prepared still");
	setenv("RESCUE_AT", "never", 1);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "revert");
	free(expect(&client, EVENT_REVERTED, 3000, "reverted"));
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
}

/* Killed between the record of an extension and what is prepared. */
static void
test_extended(void)
{
	struct guardian_client client;
	const int64_t early = 1;
	char *path = xasprintf("%s/%s", run_dir, TRIAL_RESCUE);
	int64_t until = now_ms() + PATIENCE_MS;
	int fd;

	fresh();
	setenv("RESCUE_AT", "never", 1);
	start(&client, new_rules, 60000);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, &early, sizeof(early), DEADLINE_AT) != sizeof(early))
		bail_out("cannot write %s", path);
	close(fd);
	kill_9(GUARD);
	while (prepared_for() == early && now_ms() < until)
		pause_ms(10);
	is_prepared("whoever resumes sets the record's deadline");
	guardian_disconnect(&client);
	free(path);
}

/* The supervisor that a guardian gave itself runs out of memory, past the
 * deadline of a trial that was confirmed. */
static void
test_heir(void)
{
	const struct rlimit none = { .rlim_cur = 1, .rlim_max = 1 };
	char *old = many_rules(1000), *new = many_rules(2000);
	struct guardian_client client;
	int64_t until = now_ms() + PATIENCE_MS;
	pid_t watch;

	fresh();
	unlink(marker);
	load(old);
	setenv("RESCUE_AT", "watch", 1);
	setenv("RESCUE_DIR", run_dir, 1);
	start(&client, new, WINDOW);
	watch = find_process(WATCH);
	kill(watch, SIGKILL);
	while ((!find_process(WATCH) || find_process(WATCH) == watch) &&
	       now_ms() < until)
		pause_ms(5);
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	ok(!prlimit(find_process(WATCH), RLIMIT_AS, &none, NULL),
	   "the new supervisor gets no memory");
	hear_to_the_end(&client);
	ok(all_left(8000), "all leave");
	ok(access(marker, F_OK) < 0, "nothing is put back");
	ok(live_is(new), "the new rules stay");
	free(old);
	free(new);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		starve_at = getenv("RESCUE_AT");
		alone = strcmp(getenv("RESCUE_ALONE"), "1") == 0;
		marker_inherit();
		opt.step = at_step;
		return guardian_main(&opt, fd);
	}
	begin_tests();
	marker_begin();
	setenv("RESCUE_ALONE", "0", 1);
	for (size_t i = 0; i < ARRAY_LEN(cells) && !AVARICIOUS; i++)
		try_cell(&cells[i]);
	test_confirmed();
	test_not_confirmed();
	test_extended();
	if (!AVARICIOUS)
		test_heir();
	xt_done();
	return done_testing();
}
