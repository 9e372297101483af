/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is logged in is told of a trial, on a real terminal, and by nothing that
 * could control it. */
#include <utmpx.h>
#include "harness.h"

static int master;
static char utmp[96];

/* A terminal, and a login on it. */
static void
log_in(void)
{
	struct utmpx entry = { .ut_type = USER_PROCESS, .ut_user = "bob" };
	const char *name;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		bail_out("no terminal");
	name = ptsname(master);
	/* Held open: without a terminal's other end nothing is read. */
	if (open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
		bail_out("cannot open %s", name);
	strncpy(entry.ut_line, name + strlen("/dev/"),
		sizeof(entry.ut_line) - 1);
	strncpy(entry.ut_id, "t1", sizeof(entry.ut_id));
	snprintf(utmp, sizeof(utmp), "%s/utmp", dir);
	close(open(utmp, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	utmpxname(utmp);
	setutxent();
	if (!pututxline(&entry))
		bail_out("no utmp");
	endutxent();
}

/* What the terminal is told until it has this text; NULL: not in time. */
static char *
told(const char *text)
{
	struct str got = { 0 };
	int64_t until = now_ms() + PATIENCE_MS;
	char buf[512];

	while (!got.s || !strstr(got.s, text)) {
		ssize_t n = read(master, buf, sizeof(buf));

		if (n > 0)
			str_addn(&got, buf, (size_t)n);
		else if (now_ms() > until)
			break;
		else
			pause_ms(10);
	}
	if (got.s && strstr(got.s, text))
		return str_take(&got);
	diag("told: %s", got.s ? got.s : "nothing");
	str_done(&got);
	return NULL;
}

static void
begin(struct guardian_client *client, bool wall)
{
	struct trial *trial = make_trial(new_rules, 60000);

	free(trial->message);
	trial->message = xstrdup("open \033]0;pwned\a 8080");
	trial->wall = wall;
	if (guardian_start(&options, trial, client))
		bail_out("no guardian: %s", err_message());
	free(expect(client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
}

static void
test_told(void)
{
	struct guardian_client client;
	char *text;

	fresh();
	begin(&client, true);
	text = told("on trial for 60 s");
	ok(text && strstr(text, "alice from 2001:db8::77 changes the IPv6 "
				"rules: filter (3 changes)"),
	   "who is logged in is told who changes what");
	ok(text && !strchr(text, '\033'), "in harmless words");
	free(text);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "revert");
	free(expect(&client, EVENT_REVERTED, 5000, "reverted"));
	text = told("the change of alice: reverted by alice");
	ok(text, "and how it ends");
	free(text);
	ok(all_left(3000), "the guardian leaves");
	guardian_disconnect(&client);
}

/* Lock the file as who writes it does, until killed. */
static pid_t
hold_utmp(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(utmp, O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid == 0) {
		if (fcntl(fd, F_SETLK, &lock) == 0)
			pause();
		_exit(1);
	}
	while (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK &&
	       kill(pid, 0) == 0) {
		lock.l_type = F_WRLCK;
		pause_ms(5);
	}
	close(fd);
	return pid;
}

/* glibc would wait ten seconds for it. */
static void
test_locked(void)
{
	struct guardian_client client;
	pid_t holder = hold_utmp();
	int64_t begun;
	char *text;

	fresh();
	begun = now_ms();
	begin(&client, true);
	text = told("on trial for 60 s");
	ok(text && now_ms() - begun < 9000,
	   "who is logged in is told while utmp is locked");
	free(text);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "revert");
	free(expect(&client, EVENT_REVERTED, 5000, "reverted"));
	text = told("the change of alice: reverted by alice");
	ok(text, "and how it ends");
	free(text);
	ok(all_left(3000), "the guardian leaves");
	guardian_disconnect(&client);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

static void
test_quiet(void)
{
	struct guardian_client client;
	char buf[16];

	fresh();
	begin(&client, false);
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	free(expect(&client, EVENT_CONFIRMED, 5000, "confirmed"));
	ok(all_left(3000), "the guardian leaves");
	is_int(read(master, buf, sizeof(buf)), -1,
	       "nobody is told where that is turned off");
	guardian_disconnect(&client);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		opt.utmp = getenv("TEST_UTMP");
		return guardian_main(&opt, fd);
	}
	begin_tests();
	log_in();
	setenv("TEST_UTMP", utmp, 1);
	test_told();
	test_locked();
	test_quiet();
	return done_testing();
}
