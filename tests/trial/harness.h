/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the trial tests share: a real table in a private network namespace, real
 * guardians (this very program, run again), and the stock tools as the judge of
 * what the kernel has. Nothing sleeps a fixed time: it polls with a limit. */
#ifndef TESTS_TRIAL_HARNESS_H
#define TESTS_TRIAL_HARNESS_H

#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/file.h>
#include <sallyport/guardian.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/xt.h>
#include "../ns.h"

#define GUARD "sallyport-guard"
#define WATCH "sallyport-watch"

/* What must come is waited for longer than it should take, for the sake of
 * slow machines. Where the time itself matters it is measured. */
#define PATIENCE_MS 15000

static const char base_rules[] =
	"*filter\n"
	":INPUT DROP [10:1000]\n"
	":FORWARD DROP [20:2000]\n"
	":OUTPUT ACCEPT [30:3000]\n"
	":other - [0:0]\n"
	"[1:60] -A INPUT -i lo -j ACCEPT\n"
	"[2:120] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"[3:180] -A INPUT -p udp -m udp --dport 443 -m comment "
		"--comment \"a b\" -j ACCEPT\n"
	"[4:240] -A FORWARD -s 2001:db8::/64 -j other\n"
	"[5:300] -A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"COMMIT\n";

/* The same with 8080 opened, udp 443 gone, and a policy changed. */
static const char new_rules[] =
	"*filter\n"
	":INPUT DROP [0:0]\n"
	":FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	":other - [0:0]\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A FORWARD -s 2001:db8::/64 -j other\n"
	"-A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"COMMIT\n";

static char dir[64];
static char run_dir[96];
static struct guardian_options options = { .run_dir = run_dir };
static struct actor somebody = {
	.uid = 0,
	.user = (char *)"alice",
	.from = (char *)"2001:db8::77",
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* A file by which a test and its guardians tell each other something. */
static char marker[112];

/* In main(), after begin_tests(); in a guardian, which inherits it. */
static void TAP_UNUSED
marker_begin(void)
{
	snprintf(marker, sizeof(marker), "%s/marker", dir);
	setenv("TRIAL_MARKER", marker, 1);
}

static void TAP_UNUSED
marker_inherit(void)
{
	snprintf(marker, sizeof(marker), "%s", getenv("TRIAL_MARKER"));
}

static void TAP_UNUSED
marker_make(void)
{
	close(open(marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* Processes of ours whose name is comm (GUARD, WATCH); the first one's pid. */
static pid_t
find_process(const char *comm)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	if (!proc)
		return 0;
	for (entry = readdir(proc); entry && !found; entry = readdir(proc)) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct str name = { 0 };

		if (pid <= 0 || !proc_same_netns(pid))
			continue;
		proc_comm(pid, &name);
		if (strcmp(str_text(&name), comm) == 0)
			found = pid;
		str_done(&name);
	}
	closedir(proc);
	return found;
}

static void TAP_UNUSED
kill_9(const char *comm)
{
	pid_t pid = find_process(comm);

	if (!ok(pid > 0, "%s is there to be killed", comm))
		return;
	kill(pid, SIGKILL);
}

/* Both at once, as far as that goes: neither gets to replace the other. */
static void TAP_UNUSED
kill_all(void)
{
	pid_t watch = find_process(WATCH), guard = find_process(GUARD);

	if (watch)
		kill(watch, SIGSTOP);
	if (guard)
		kill(guard, SIGKILL);
	if (watch)
		kill(watch, SIGKILL);
}

static void
cleanup(void)
{
	kill_all();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
pause_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static int64_t
now_ms(void)
{
	return clock_system.boot_ms(&clock_system);
}

/* The table as the stock tool saves it, comments aside. Yours. */
static TAP_UNUSED char *
saved(bool counters)
{
	FILE *p = popen(counters ?
			"ip6tables-legacy-save -c -t filter | grep -v '^#'" :
			"ip6tables-legacy-save -t filter | grep -v '^#' | "
			"sed 's/ \\[.*\\]$//'", "r");
	struct str text = { 0 };
	char line[1024];

	while (p && fgets(line, sizeof(line), p))
		str_add(&text, line);
	if (!p || pclose(p) != 0)
		bail_out("no ip6tables-legacy-save");
	return str_take(&text);
}

static void TAP_UNUSED
run(const char *command)
{
	if (system(command) != 0)
		bail_out("failed: %s", command);
}

static void
load(const char *text)
{
	FILE *p = popen("ip6tables-legacy-restore -c", "w");

	if (!p || fputs(text, p) < 0 || pclose(p) != 0)
		bail_out("ip6tables-legacy-restore does not take the rules");
}

static struct ruleset *
live(void)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct ruleset *rs = NULL;

	if (be->ops->read(be, "filter", &rs))
		bail_out("cannot read the table: %s", err_message());
	backend_free(be);
	return rs;
}

static bool TAP_UNUSED
live_is(const char *text)
{
	struct ruleset *rs = live(), *want = NULL;
	bool same;

	if (ruleset_load(text, strlen(text), "test", "filter", &want))
		bail_out("bad rules: %s", err_message());
	same = ruleset_equal(rs, want);
	ruleset_free(rs);
	ruleset_free(want);
	return same;
}

/* A trial of ms that makes the live table into text. Yours. */
static struct trial *
make_trial(const char *text, int64_t ms)
{
	struct trial *trial = trial_new();
	struct trial_part *part = trial_add_part(trial);
	struct ruleset *target = NULL;

	if (ruleset_load(text, strlen(text), "test", "filter", &target))
		bail_out("bad rules: %s", err_message());
	part->before = live();
	part->changes = changeset_diff(part->before, target, false);
	trial->window_ms = ms;
	trial->message = xstrdup("a test");
	trial->origin = xstrdup("edit");
	actor_copy(&trial->actor, &somebody);
	ruleset_free(target);
	return trial;
}

/* The next event within ms; EVENT_NONE when none came. */
static enum guardian_event_kind TAP_UNUSED
await(struct guardian_client *client, struct guardian_event *event, int ms)
{
	int64_t until = now_ms() + ms;

	for (;;) {
		struct pollfd fd = { .fd = client->fd, .events = POLLIN };
		int64_t left = until - now_ms();

		guardian_next(client, event);
		if (event->kind != EVENT_NONE || client->fd < 0 || left <= 0)
			return event->kind;
		poll(&fd, 1, (int)left);
	}
}

/* The next event, which should come within ms, is this one. Its text, yours,
 * may be NULL. */
static char * TAP_UNUSED
expect(struct guardian_client *client, enum guardian_event_kind kind, int ms,
       const char *what)
{
	struct guardian_event event;
	char *text;

	await(client, &event, ms + PATIENCE_MS);
	is_int(event.kind, kind, "%s", what);
	if (event.kind != kind)
		diag("text: %s", event.text ? event.text : "none");
	text = xstrdup(event.text);
	guardian_event_done(&event);
	return text;
}

/* Start a trial of text and see it on trial. */
static void TAP_UNUSED
start(struct guardian_client *client, const char *text, int64_t ms)
{
	struct trial *trial = make_trial(text, ms);

	if (guardian_start(&options, trial, client))
		bail_out("no guardian: %s", err_message());
	free(expect(client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
}

/* No guardian and no supervisor is left, which should be so within ms. */
static bool
all_left(int ms)
{
	int64_t until = now_ms() + ms + PATIENCE_MS;

	while (guardian_running(&options) || find_process(GUARD) ||
	       find_process(WATCH)) {
		if (now_ms() > until)
			return false;
		pause_ms(10);
	}
	return true;
}

/* Until the guardian has no more to say. */
static TAP_UNUSED void
hear_to_the_end(struct guardian_client *client)
{
	struct guardian_event event;
	enum guardian_event_kind kind;

	do {
		kind = await(client, &event, PATIENCE_MS);
		guardian_event_done(&event);
	} while (client->fd >= 0 && kind != EVENT_NONE);
	guardian_disconnect(client);
}

static TAP_UNUSED bool
run_dir_has(const char *name)
{
	char *path = xasprintf("%s/%s", run_dir, name);
	bool found = access(path, F_OK) == 0;

	free(path);
	return found;
}

/* The record. Yours; NULL without one. */
static struct trial *
record(void)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct trial *trial = NULL;

	if (fd < 0)
		return NULL;
	if (trial_load(fd, &trial))
		trial = NULL;
	close(fd);
	return trial;
}

/* The same as it is stored. Yours; "none" without one. */
static TAP_UNUSED char *
record_text(void)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct str text = { 0 };

	if (file_read(fd, TRIAL_FILE, 1 << 20, &text))
		str_add(&text, "none");
	close(fd);
	return str_take(&text);
}

static void TAP_UNUSED
is_record(enum trial_state state, const char *reason)
{
	struct trial *trial = record();

	if (!ok(trial, "there is a record"))
		return;
	is_str(trial_state_name(trial->state), trial_state_name(state),
	       "the record's state");
	is_str(trial->reason, reason, "the record's reason");
	trial_free(trial);
}

/* Until the live table is text, which should be within ms; the time it took,
 * or -1. */
static int TAP_UNUSED
await_live(const char *text, int ms)
{
	int64_t begin = now_ms();

	while (!live_is(text)) {
		if (now_ms() > begin + ms + PATIENCE_MS)
			return -1;
		pause_ms(5);
	}
	return (int)(now_ms() - begin);
}

/* Who is left, and what each waits for. */
static void
show_processes(void)
{
	if (system("ps -eo pid,ppid,stat,wchan:24,etimes,comm,args | "
		   "grep '[s]allyport' | sed 's/^/# /'"))
		diag("no processes to be seen");
}

/* A fresh table and an empty run directory. */
static void
fresh(void)
{
	kill_all();
	if (!all_left(5000)) {
		show_processes();
		bail_out("a guardian does not go away");
	}
	nftw(run_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	load(base_rules);
}

/* In main() after guardian_asked(). */
static void
begin_tests(void)
{
	const char *tmp = getenv("TMPDIR");

	ns_or_skip();
	if (system("command -v ip6tables-legacy-restore >/dev/null") != 0)
		skip_all("no ip6tables-legacy");
	snprintf(dir, sizeof(dir), "%.40s/trial-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		bail_out("no temporary directory");
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	options.lock_path = ns_lock_path;
	atexit(cleanup);
	if (xt_init(false))
		bail_out("no libxtables: %s", err_message());
	/* Nothing is ignored that the guardian would inherit, nor SIGPIPE,
	 * which the client side never raises. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
	fresh();
}

#endif
