/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper of tryouts: it has nothing of ours, leaves nothing behind however we
 * end, is not waited for, and serves with little privilege, or it is said. */
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/file.h>
#include "tryout.h"

/* The child that this process has, or 0. */
static pid_t
child_of(pid_t parent)
{
	char *path = xasprintf("/proc/%d/task/%d/children", (int)parent,
			       (int)parent);
	struct str text = { 0 };
	pid_t pid = 0;

	if (file_read(AT_FDCWD, path, 4096, &text) == OK)
		pid = (pid_t)strtol(str_text(&text), NULL, 10);
	str_done(&text);
	free(path);
	return pid;
}

static unsigned
count_dir(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static char *
net_of(pid_t pid)
{
	char path[64], link[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (readlink(path, link, sizeof(link) - 1) < 0)
		link[0] = '\0';
	return xstrdup(link);
}

/* Neither running nor a zombie that nobody has waited for yet. */
static bool
is_gone(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", (int)pid);
	struct str text = { 0 };
	bool gone = file_read(AT_FDCWD, path, 4096, &text) != OK ||
		    strstr(str_text(&text), ") Z");

	str_done(&text);
	free(path);
	return gone;
}

static bool
poll_gone(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < 1000 && !is_gone(pid); i++)
		nanosleep(&pause, NULL);
	return is_gone(pid);
}

static enum tryout
try_plain(struct tryout_box *box)
{
	struct ruleset *rs = must_load("filter", "-A INPUT -p tcp -m tcp "
				       "--dport 22 -j ACCEPT\n");
	struct tryout_report report;
	enum tryout verdict;

	tryout_rules(box, NULL, rs, &report);
	verdict = report.verdict;
	if (report.reason)
		diag("%s", report.reason);
	tryout_report_done(&report);
	ruleset_free(rs);
	return verdict;
}

static void
test_traces(void)
{
	unsigned fds = count_dir("/proc/self/fd");
	struct tryout_box *box = tryout_box_new(LIMIT_MS);
	struct str names = { 0 };
	char path[64], *ours, *theirs;
	pid_t pid;

	is_int(child_of(getpid()), 0, "nothing is started before the first try");
	is_int(try_plain(box), TRYOUT_ACCEPTED, "a rule is tried");
	pid = child_of(getpid());
	ours = net_of(getpid());
	theirs = net_of(pid);
	ok(pid > 0 && *theirs && strcmp(ours, theirs) != 0,
	   "the helper is in another namespace");
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	is_int(count_dir(path), 2 + 4, "it has one descriptor besides 0, 1, 2");
	tryout_box_free(box);
	ok(kill(pid, 0) < 0 && errno == ESRCH, "it is gone");
	is_int(count_dir("/proc/self/fd"), fds, "no descriptor is left");
	ok(file_read(AT_FDCWD, "/proc/net/ip6_tables_names", 4096, &names) ==
	   OK && names.len == 0, "no table came to be in our namespace");
	str_done(&names);
	free(ours);
	free(theirs);
}

static void
test_killed(void)
{
	int ready[2];
	char byte;
	pid_t pid, helper;

	if (pipe(ready) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		struct tryout_box *box = tryout_box_new(LIMIT_MS);

		byte = try_plain(box) == TRYOUT_ACCEPTED;
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(ready[0], &byte, 1) == 1 && byte, "a process has a helper");
	helper = child_of(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(helper > 0 && poll_gone(helper), "it dies with the killed process");
	close(ready[0]);
	close(ready[1]);
}

static void
test_stuck(void)
{
	struct tryout_box *box = tryout_box_new(LIMIT_MS);
	struct tryout_box *hasty = tryout_box_new(0);
	struct vec untried = { 0 };
	struct tables *tables = tables_new();
	pid_t pid;

	is_int(try_plain(box), TRYOUT_ACCEPTED, "a helper runs");
	pid = child_of(getpid());
	kill(pid, SIGKILL);
	is_int(try_plain(box), TRYOUT_UNAVAILABLE, "who killed it is told so");
	is_int(try_plain(box), TRYOUT_ACCEPTED, "and the next one serves");
	tryout_box_free(box);
	tables_put_take(tables, must_load("filter", "-A INPUT -p tcp -m tcp "
					  "--dport 22 -j ACCEPT\n"));
	for (int i = 0; i < 5; i++)
		if (tryout_tables(hasty, NULL, tables, false, &untried) != OK)
			diag("%s", err_message());
	ok(untried.n == 3 && strstr(first_text(&untried), "in time"),
	   "what takes too long is told, and given up");
	is_int(child_of(getpid()), 0, "no helper is left of it");
	tryout_notes_done(&untried);
	tables_free(tables);
	tryout_box_free(hasty);
}

/* --- Less privilege --- */

static int
as_user(void)
{
	struct tryout_box *box;
	struct ruleset *rs;
	struct tryout_report report;
	bool good;

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 77;
	box = tryout_box_new(LIMIT_MS);
	if (try_plain(box) != TRYOUT_ACCEPTED)
		return 77;
	rs = must_load("filter", "-A OUTPUT -m owner --uid-owner 5\n"
		       "-A INPUT -m rpfilter\n");
	tryout_rules(box, NULL, rs, &report);
	good = report.verdict == TRYOUT_REFUSED && report.refused.n == 1 &&
	       report.untried.n == 1;
	tryout_report_done(&report);
	ruleset_free(rs);
	tryout_box_free(box);
	return good ? 0 : 1;
}

static int
without_namespaces(void)
{
	struct tryout_box *box = tryout_box_new(LIMIT_MS);
	struct tables *tables = tables_new();
	struct vec untried = { 0 };
	bool good;

	if (unshare(CLONE_NEWUSER) < 0 ||
	    ns_write("/proc/sys/user/max_net_namespaces", "0") < 0)
		return 77;
	tables_put_take(tables, must_load("filter", "-A INPUT -m rpfilter\n"));
	good = tryout_tables(box, NULL, tables, false, &untried) == OK;
	good = tryout_tables(box, NULL, tables, false, &untried) == OK && good;
	good = good && untried.n == 1 &&
	       strstr(first_text(&untried), "max_net_namespaces");
	tryout_notes_done(&untried);
	tables_free(tables);
	tryout_box_free(box);
	return good ? 0 : 1;
}

static void
test_privilege(void)
{
	int user = ns_answer_of(as_user), none = ns_answer_of(without_namespaces);

	if (user == 77)
		skip("an ordinary user makes no namespace here");
	else
		is_int(user, 0, "an ordinary user's rules are tried as well");
	if (none == 77)
		skip("no user namespace here");
	else
		is_int(none, 0, "where no namespace may be made it is told once");
}

int
main(void)
{
	ns_or_skip();
	if (xt_init(false))
		bail_out("%s", err_message());
	test_traces();
	test_killed();
	test_stuck();
	test_privilege();
	xt_done();
	return done_testing();
}
