/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who looks after the guardian: neither a kernel that gives no pidfds nor a record
 * that cannot be read for a while leaves a trial alone, and there is never more
 * than one of a kind. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sallyport/file.h>
#include "harness.h"

#define WINDOW 2000

/* From now on pidfd_open() says that there are no descriptors left. */
static void
deny_pidfds(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		bail_out("no seccomp");
}

/* A guardian that is gone in no time is seen by what it leaves. */
static void
at_step(const char *name)
{
	const char *once = getenv("WATCH_HANG");

	if (once && strcmp(name, "before revert commit") == 0 &&
	    unlink(once) == 0)
		for (;;)
			pause();
	if (getenv("WATCH_DIE") && strcmp(name, "revert plan") == 0)
		raise(SIGKILL);
	if (strcmp(name, "start") == 0)
		marker_make();
}

static bool
is_started(int ms)
{
	int64_t until = now_ms() + ms + PATIENCE_MS;

	while (access(marker, F_OK) < 0 && now_ms() < until)
		pause_ms(5);
	return unlink(marker) == 0;
}

struct count {
	const char *comm;
	int n;
};

static bool
count_one(pid_t pid, void *arg)
{
	struct count *count = arg;
	struct str name = { 0 };
	struct proc_status status;

	proc_comm(pid, &name);
	if (strcmp(str_text(&name), count->comm) == 0 &&
	    proc_same_netns(pid) && proc_status(pid, &status) &&
	    status.state != 'Z')
		count->n++;
	str_done(&name);
	return true;
}

static int
processes(const char *comm)
{
	struct count count = { .comm = comm };

	proc_each(count_one, &count);
	return count.n;
}

/* Another process of that name than pid; 0: none comes. */
static pid_t
await_other(const char *comm, pid_t pid)
{
	int64_t until = now_ms() + PATIENCE_MS;
	pid_t now = find_process(comm);

	while ((!now || now == pid) && now_ms() < until) {
		pause_ms(5);
		now = find_process(comm);
	}
	return now == pid ? 0 : now;
}

static void
kill_and_await(const char *comm)
{
	pid_t old = find_process(comm);

	kill_9(comm);
	ok(await_other(comm, old), "another one takes the place of %s", comm);
}

/* How many there are at most until ms have passed. */
static int
most(const char *comm, int ms)
{
	int64_t until = now_ms() + ms;
	int n = 0;

	while (now_ms() < until) {
		int now = processes(comm);

		n = now > n ? now : n;
		pause_ms(50);
	}
	return n;
}

static void
test_no_pidfds(void)
{
	struct guardian_client client;

	fresh();
	setenv("WATCH_DENY", "1", 1);
	start(&client, new_rules, 10000);
	unsetenv("WATCH_DENY");
	is_int(most(WATCH, 2200), 1, "one supervisor stays the only one");
	kill_and_await(GUARD);
	kill_and_await(WATCH);
	kill_and_await(GUARD);
	is_int(processes(WATCH), 1, "one supervisor");
	is_int(processes(GUARD), 1, "and one guardian");
	ok(await_live(base_rules, 10000) >= 0, "the deadline undoes the change");
	ok(all_left(3000), "all leave");
	guardian_disconnect(&client);
}

/* The record cannot be read; the same again: it can. */
static void
exchange_record(void)
{
	char *record = xasprintf("%s/%s", run_dir, TRIAL_FILE);
	char *other = xasprintf("%s/other", run_dir);

	if (mkdir(other, 0700) < 0 && errno != EEXIST)
		bail_out("no directory");
	if (renameat2(AT_FDCWD, record, AT_FDCWD, other, RENAME_EXCHANGE) < 0)
		bail_out("cannot exchange the record");
	free(record);
	free(other);
}

static void
test_unreadable(void)
{
	struct guardian_client client;

	fresh();
	start(&client, new_rules, WINDOW);
	unlink(marker);
	exchange_record();
	kill_9(GUARD);
	ok(is_started(3000), "another guardian starts, and finds no record");
	exchange_record();
	ok(await_live(base_rules, WINDOW + 3000) >= 0,
	   "a record that could not be read is gone on with");
	ok(all_left(3000), "all leave");
	is_record(TRIAL_REVERTED, "deadline");
	guardian_disconnect(&client);
}

/* It neither ends nor is it stopped: its supervisor alone can help. */
static void
test_hangs(void)
{
	struct guardian_client client;
	char once[112];
	pid_t guardian;

	fresh();
	snprintf(once, sizeof(once), "%s/hang", dir);
	close(open(once, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	setenv("WATCH_HANG", once, 1);
	start(&client, new_rules, 500);
	guardian = find_process(GUARD);
	unlink(marker);
	ok(is_started(8000), "a guardian that hangs has a successor");
	unsetenv("WATCH_HANG");
	ok(kill(guardian, 0) < 0, "and is no more");
	ok(await_live(base_rules, 5000) >= 0, "the change is undone");
	ok(all_left(3000), "all leave");
	is_record(TRIAL_REVERTED, "deadline");
	guardian_disconnect(&client);
}

/* Stopped, though no signal can make it go on: SIGCONT does not reach who is
 * under a debugger. */
static void
hold(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
	    waitpid(pid, NULL, __WALL) != pid)
		bail_out("cannot hold %d", (int)pid);
}

/* Until the client has lost its guardian, or ms have passed. */
static bool
mend(struct guardian_client *client, int ms)
{
	int64_t until = now_ms() + ms;
	struct guardian_event event;

	while (client->fd >= 0 && now_ms() < until) {
		guardian_mend_waiting(&options, client, now_ms());
		await(client, &event, 50);
		guardian_event_done(&event);
	}
	return client->fd < 0;
}

/* What the commit takes is not taken from the window. */
static void
test_window(void)
{
	struct guardian_client client;
	struct trial *trial;

	fresh();
	start(&client, new_rules, WINDOW);
	trial = record();
	ok(trial && trial->deadline_ms >= trial->committed_ms + WINDOW,
	   "the window begins when the change is on trial");
	ok(trial && client.deadline_ms == trial->deadline_ms,
	   "as the client is told");
	ok(await_live(base_rules, WINDOW + 3000) >= 0, "the change is undone");
	ok(trial && now_ms() >= trial->deadline_ms, "not before its deadline");
	trial_free(trial);
	ok(all_left(3000), "all leave");
	guardian_disconnect(&client);
}

/* Both stopped, the client that waits has the deadline kept. */
static void
test_stopped(void)
{
	struct guardian_client client;

	fresh();
	start(&client, new_rules, WINDOW);
	kill(find_process(WATCH), SIGSTOP);
	kill(find_process(GUARD), SIGSTOP);
	ok(mend(&client, WINDOW + PATIENCE_MS), "the guardian has ended");
	ok(live_is(base_rules), "and has undone the change");
	ok(all_left(3000), "all leave");
	is_record(TRIAL_REVERTED, "deadline");
}

/* Where nothing helps both are killed, but not before the time of a supervisor
 * and some more is over. */
static void
test_stuck(void)
{
	struct guardian_client client;
	pid_t guard, watch;

	fresh();
	options.patience_ms = 1000;
	start(&client, new_rules, WINDOW);
	guard = find_process(GUARD);
	watch = find_process(WATCH);
	hold(watch);
	hold(guard);
	ok(!mend(&client, WINDOW + 8000), "it is waited for at first");
	ok(kill(guard, 0) == 0 && kill(watch, 0) == 0, "with both alive");
	ok(mend(&client, 8000 + PATIENCE_MS), "in the end they are killed");
	options.patience_ms = 0;
	waitpid(guard, NULL, __WALL);
	waitpid(watch, NULL, __WALL);
	ok(guardian_resume(&options, &client) == OK, "another one goes on");
	ok(await_live(base_rules, 5000) >= 0, "the change is undone");
	ok(all_left(3000), "all leave");
	is_record(TRIAL_REVERTED, "deadline");
	guardian_disconnect(&client);
}

/* Who only has the lock's file open is none of them. */
static void
test_stranger(void)
{
	struct guardian_client client;
	char *path = xasprintf("%s/%s", run_dir, TRIAL_LOCK);
	pid_t stranger;

	fresh();
	start(&client, new_rules, WINDOW);
	stranger = fork();
	if (stranger == 0) {
		if (open(path, O_RDWR | O_CLOEXEC) < 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(stranger, NULL, WUNTRACED);
	kill(find_process(WATCH), SIGSTOP);
	kill(find_process(GUARD), SIGSTOP);
	ok(mend(&client, WINDOW + PATIENCE_MS), "the guardian has ended");
	ok(waitpid(stranger, NULL, WNOHANG | WCONTINUED) == 0,
	   "a stranger with the file open gets no signal");
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	ok(all_left(3000), "all leave");
	free(path);
}

/* Something in the rules of others kills whoever weighs them. */
static void
test_dies(void)
{
	struct guardian_client client;

	fresh();
	setenv("WATCH_DIE", "1", 1);
	start(&client, new_rules, 3000);
	run("ip6tables-legacy -A INPUT -p sctp -j DROP");
	ok(await_live(base_rules, 15000) >= 0,
	   "in the end the old rules go in whole");
	unsetenv("WATCH_DIE");
	ok(all_left(3000), "all leave");
	is_record(TRIAL_REVERTED, "deadline");
	ok(!run_dir_has(TRIAL_TRIES), "nothing is counted any more");
	guardian_disconnect(&client);
}

static int
listen_as_client(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%s",
		 run_dir, name);
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		bail_out("cannot listen");
	return fd;
}

/* A guardian as systemd starts it. */
static pid_t
start_service(const char *name)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(PROC_SELF_EXE, "sallyport", "--guardian", run_dir,
		      ns_lock_path, name, NULL);
		_exit(127);
	}
	return pid;
}

static int
status_of(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
leave_record(int ms)
{
	struct guardian_client client;

	fresh();
	start(&client, new_rules, ms);
	kill_all();
	ok(all_left(2000), "nobody guards it");
	guardian_disconnect(&client);
}

/* It lives, and is in nobody's way. */
static bool
makes_room(int ms)
{
	int64_t until = now_ms() + ms + PATIENCE_MS;

	while (guardian_running(&options) && now_ms() < until)
		pause_ms(10);
	return find_process(GUARD) && !guardian_running(&options);
}

/* systemd starts again what does not end with 0. */
static void
test_service(void)
{
	int listening, fd;
	pid_t pid;

	leave_record(WINDOW);
	listening = listen_as_client("x.sock");
	pid = start_service("x.sock");
	fd = accept(listening, NULL, NULL);
	close(fd);
	close(listening);
	is_int(status_of(pid), 1, "its client dies: it is to be started again");
	exchange_record();
	unlink(marker);
	pid = start_service("x.sock");
	ok(is_started(3000) && makes_room(3000),
	   "no record can be read: it makes room");
	exchange_record();
	is_int(status_of(pid), 1, "and once it can: it is to be started again");
	is_int(status_of(start_service("x.sock")), 0, "it goes on, and is done");
	ok(live_is(base_rules), "the old rules are back");
	is_int(status_of(start_service("x.sock")), 0, "nothing is left to do");
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		if (getenv("WATCH_DENY"))
			deny_pidfds();
		marker_inherit();
		opt.step = at_step;
		opt.patience_ms = getenv("WATCH_HANG") ? 2000 : 0;
		return guardian_main(&opt, fd);
	}
	begin_tests();
	marker_begin();
	test_no_pidfds();
	test_unreadable();
	test_window();
	test_hangs();
	test_stopped();
	test_stuck();
	test_stranger();
	test_dies();
	test_service();
	xt_done();
	return done_testing();
}
