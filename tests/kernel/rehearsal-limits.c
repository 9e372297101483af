/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rehearsal does not do: it leaves nothing behind however it ends, does
 * not try what nobody could stop, and says in one sentence why it is not
 * possible. */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <sallyport/file.h>
#include "rehearsal.h"

#define LINK "play0"	/* of nobody else: it is looked for in the log */

static struct lifeline
play_login(void)
{
	struct lifeline ll = login();

	strcpy(ll.link.ifname, LINK);
	return ll;
}

static struct outcome
play(const char *candidate)
{
	struct lifeline ll = play_login();

	return rehearse_lifeline(&ll, GOOD, candidate);
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

static unsigned
count_links(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned n = 0;

	while (all && all[n].if_index)
		n++;
	if_freenameindex(all);
	return n;
}

/* How often the kernel's log names the link. */
static unsigned
count_log(void)
{
	int size = klogctl(10, NULL, 0);
	char *log = size > 0 ? xcalloc(1, (size_t)size + 1) : NULL;
	unsigned n = 0;

	if (log && klogctl(3, log, size) > 0)
		for (char *at = log; (at = strstr(at, LINK)) != NULL; at++)
			n++;
	free(log);
	return n;
}

static bool
has_child(pid_t pid)
{
	char *path = xasprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	struct str text = { 0 };
	bool has = file_read(AT_FDCWD, path, 4096, &text) == OK && text.len > 0;

	str_done(&text);
	free(path);
	return has;
}

static void
test_traces(void)
{
	unsigned fds = count_dir("/proc/self/fd"), links = count_links();
	unsigned log = count_log();
	struct str names = { 0 };
	struct outcome o;

	unlink(getenv("XTABLES_LOCKFILE"));	/* of another one of our pid */
	o = play(GOOD);
	is_int(o.candidate, REHEARSED_PASS, "a rehearsal passes");
	outcome_done(&o);
	o = play("-P INPUT DROP\n" "-A INPUT -j LOG\n");
	is_int(o.candidate, REHEARSED_FAIL, "and one fails");
	outcome_done(&o);
	is_int(count_dir("/proc/self/fd"), fds, "no descriptor is left");
	ok(!has_child(getpid()), "no process is left");
	is_int(count_links(), links, "no link is left");
	is_int(count_log(), log, "the kernel's log says nothing");
	ok(file_read(AT_FDCWD, "/proc/net/ip6_tables_names", 4096, &names) ==
	   OK && names.len == 0, "no table came to be in our namespace");
	ok(access(getenv("XTABLES_LOCKFILE"), F_OK) < 0, "no lock was taken");
	str_done(&names);
}

/* --- Killed --- */

/* A process that rehearses for ever. */
static pid_t
begin_rehearsals(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		struct outcome o = play(GOOD);

		outcome_done(&o);
	}
}

static void
wait_us(long us)
{
	const struct timespec pause = { .tv_nsec = us * 1000 };

	nanosleep(&pause, NULL);
}

/* Processes called as that of a rehearsal, in whatever namespace. */
static unsigned
count_players(void)
{
	DIR *dir = opendir("/proc");
	unsigned n = 0;

	for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
		char *path = xasprintf("/proc/%s/environ", e->d_name);
		struct str text = { 0 };

		if (*e->d_name > '0' && *e->d_name <= '9' &&
		    file_read(AT_FDCWD, path, 1 << 20, &text) == OK &&
		    memmem(text.s, text.len, "PLAYERS=here", 12))
			n++;
		str_done(&text);
		free(path);
	}
	if (dir)
		closedir(dir);
	return n;
}

static bool
poll_players_gone(unsigned but)
{
	for (int i = 0; i < 2000 && count_players() > but; i++)
		wait_us(5000);
	return count_players() <= but;
}

/* Namespaces go a moment after their last process: so many may be there that
 * one rehearsal finds room, but not two. One that finds none leaves another to
 * go, so it is tried at ever longer intervals. */
static bool
poll_room(void)
{
	struct outcome o = { .candidate = REHEARSED_NOT };
	long pause = 5000;

	for (int i = 0; i < 25 && o.candidate != REHEARSED_PASS; i++) {
		outcome_done(&o);
		o = play(GOOD);
		wait_us(pause);
		pause = pause < 250000 ? 2 * pause : 500000;
	}
	if (o.account)
		diag("%s", o.account);
	outcome_done(&o);
	return o.candidate == REHEARSED_PASS;
}

/* In a user namespace of its own, whose network namespaces are counted. */
static int
kill_many(void)
{
	unsigned before;

	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	before = count_players();
	if (before == 0)
		return 3;
	for (long i = 0; i < 40; i++) {
		pid_t pid = begin_rehearsals();

		wait_us(1000 + i * 997);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (!poll_players_gone(before))
		return 1;
	if (ns_write("/proc/sys/user/max_net_namespaces", "3") < 0)
		return 77;
	return poll_room() ? 0 : 2;
}

static void
test_killed(void)
{
	int answer = ns_answer_of(kill_many);

	if (answer == 77)
		skip("no user namespace here");
	else
		is_int(answer, 0, "killed at any time, neither a process nor a "
		       "namespace is left (1: process, 2: namespace)");
}

/* The process of the rehearsal itself is killed. */
static void
test_child_killed(void)
{
	struct lifeline ll = play_login();
	struct vec lifelines = { 0 };
	struct tables *none = firewall(""), *drop = firewall("-P INPUT DROP\n");
	struct rehearsal_report *report = NULL;
	struct rehearsal *r;
	char text[16] = "";
	int fd = open("/proc/thread-self/children", O_RDONLY);

	vec_push(&lifelines, &ll);
	r = rehearsal_start(&lifelines, none, drop);
	ok(!rehearsal_take(&r), "no answer yet");
	if (fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0)
		kill(atoi(text), SIGKILL);
	while (!report) {
		struct pollfd p = { rehearsal_fd(r), POLLIN, 0 };

		poll(&p, 1, 10000);
		report = rehearsal_take(&r);
	}
	ok(!report->usable, "who kills it has no answer");
	is_str(report->reason, "the rehearsal was killed", "and is told so");
	rehearsal_report_free(report);
	rehearsal_free(r);
	r = rehearsal_start(&lifelines, none, drop);
	rehearsal_free(r);
	ok(!has_child(getpid()), "one that nobody wants any more is stopped");
	report = rehearsal_run(&lifelines, none, drop, 1);
	is_str(report->reason, "the rehearsal does not end in time",
	       "it is not waited for any longer than is said");
	rehearsal_report_free(report);
	vec_done(&lifelines);
	tables_free(none);
	tables_free(drop);
	close(fd);
}

/* --- Not possible --- */

static int
says(const char *account)
{
	struct outcome o = play(GOOD);
	bool good = o.candidate == REHEARSED_NOT && o.account &&
		    strcmp(o.account, account) == 0;

	if (!good)
		diag("%s", o.account);
	return good ? 0 : 1;
}

static int
without_namespaces(void)
{
	if (unshare(CLONE_NEWUSER) < 0 ||
	    ns_write("/proc/sys/user/max_net_namespaces", "0") < 0)
		return 77;
	return says("no more network namespaces may be made "
		    "(user.max_net_namespaces)");
}

/* EPERM for the call, with this first argument where that is not 0. */
static int
forbid(unsigned call, unsigned arg)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arg, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_LEN(f), f };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 :
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int
without_unshare(void)
{
	if (forbid(SYS_unshare, CLONE_NEWNET) < 0 ||
	    forbid(SYS_unshare, CLONE_NEWNET | CLONE_NEWUSER) < 0)
		return 77;
	return says("the kernel makes no network namespace: Operation not "
		    "permitted");
}

static int
without_packets(void)
{
	if (forbid(SYS_socket, AF_PACKET) < 0)
		return 77;
	return says("cannot open a packet socket in a scratch namespace: "
		    "Operation not permitted");
}

static int
as_user(void)
{
	struct outcome o;

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 77;
	o = play(GOOD);
	if (o.account && strstr(o.account, "makes no network namespace"))
		return 77;
	if (o.account)
		diag("%s", o.account);
	return o.candidate == REHEARSED_PASS ? 0 : 1;
}

static void
test_not_possible(void)
{
	static const struct {
		const char *name;
		int (*what)(void);
	} ways[] = {
		{ "an ordinary user rehearses as well", as_user },
		{ "no namespace may be made", without_namespaces },
		{ "unshare(2) is forbidden", without_unshare },
		{ "packet sockets are forbidden", without_packets },
	};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		int answer = ns_answer_of(ways[i].what);

		if (answer == 77)
			skip("%s: not here", ways[i].name);
		else
			is_int(answer, 0, "%s", ways[i].name);
	}
}

/* --- Not tried --- */

static void
is_account(const char *candidate, const char *account, const char *name)
{
	struct outcome o = play(candidate);

	is_int(o.candidate, REHEARSED_NOT, "%s", name);
	is_str(o.account, account, "and it is said");
	outcome_done(&o);
}

/* n chains that each jump twice to the next. */
static char *
deep(unsigned n)
{
	struct str text = { 0 };

	for (unsigned i = 0; i <= n; i++)
		str_addf(&text, "-N deep%u\n", i);
	for (unsigned i = 0; i < n; i++)
		for (int j = 0; j < 2; j++)
			str_addf(&text, "-A deep%u -j deep%u\n", i, i + 1);
	str_addf(&text, "-A deep%u -p udp\n-A INPUT -j deep0\n", n);
	return str_take(&text);
}

static void
test_not_tried(void)
{
	char *much = deep(40), *less = deep(10);
	struct outcome o = play(less);

	is_int(o.candidate, REHEARSED_PASS, "a deep ruleset is tried");
	outcome_done(&o);
	is_account(much, "a packet may meet more than 2000000 rules, which is "
		   "not tried", "what would hold up the kernel is not");
	free(much);
	free(less);
	is_account("-A INPUT -m rpfilter -j ACCEPT\n", "the kernel refuses "
		   "INPUT 1: rpfilter works only in PREROUTING of mangle, raw",
		   "what the kernel refuses is no candidate");
}

/* /proc shows the environment with which a program began. */
static void
mark_players(char **argv)
{
	if (getenv("PLAYERS"))
		return;
	setenv("PLAYERS", "here", 1);
	execv("/proc/self/exe", argv);
	bail_out("execv: %s", strerror(errno));
}

#define MARKS "*mangle\n-A PREROUTING -p tcp -j MARK --set-mark 7\n"
#define RPFILTER "*raw\n-A PREROUTING -m rpfilter --invert -j DROP\n"

/* Policy routing: told where it may matter. */
static void
test_policy(void)
{
	struct outcome o;

	run("ip -6 rule add from 2001:db8:9::/64 lookup 9");
	o = play(GOOD MARKS);
	is_int(o.candidate, REHEARSED_PASS, "rules by address hide nothing");
	outcome_done(&o);
	is_account(GOOD RPFILTER, "raw PREROUTING 1 (rpfilter) cannot be "
		   "tried there", "but from rpfilter");
	run("ip -6 rule add fwmark 7 lookup 7");
	is_account(GOOD MARKS, "rules set marks, and marks choose routes "
		   "(ip -6 rule)", "a route by a mark is not tried");
	o = play(GOOD);
	is_int(o.candidate, REHEARSED_PASS, "where nobody sets one it is");
	outcome_done(&o);
	run("ip -6 rule del fwmark 7 lookup 7");
	run("ip -6 rule del from 2001:db8:9::/64 lookup 9");
}

int
main(int argc, char **argv)
{
	(void)argc;
	mark_players(argv);
	rehearsal_set_up();
	run("ip link set eth0 down");
	run("ip link set eth0 name " LINK);
	run("ip link set " LINK " up");
	run("ip -6 addr replace fe80::2/64 dev " LINK " nodad");
	run("ip -6 addr replace 2001:db8:1::2/64 dev " LINK " nodad");
	test_traces();
	test_child_killed();
	test_killed();
	test_not_possible();
	test_not_tried();
	test_policy();
	xt_done();
	return done_testing();
}
