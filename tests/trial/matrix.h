/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fault matrix's cells. Each is one fault at one moment, with what must come
 * of it written beside it, and is lived through in network, mount and process
 * namespaces of its own, so that many are at once and none leaves anything
 * behind. Process 1 of a cell reaps nobody, as in many containers. */
#ifndef TESTS_TRIAL_MATRIX_H
#define TESTS_TRIAL_MATRIX_H

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sallyport/apply.h>
#include <sallyport/file.h>
#include "harness.h"

enum { G = 1, S = 2, C = 4 };	/* guardian, supervisor, client */

enum wish { WAIT, CONFIRM, REVERT, EXTEND };

struct cell {
	const char *fault;
	const char *at;		/* the step, or words for the moment */
	const char *who;	/* NULL: as victims says */

	/* What comes of it. "a|b": either; "a*": what begins so. */
	const char *kernel;	/* old: byte for byte, with its counters */
	const char *record;
	const char *history;	/* the revision's state after the next start */
	const char *told;	/* the client's last word, and status' */

	unsigned victims;	/* they get signo when the guardian is at `at` */
	int signo;
	const char *again;	/* the guardian is killed at this step, too */
	enum wish wish;
	int window;		/* 0: WINDOW */
	void (*before)(void);	/* before the trial */
	void (*during)(void);	/* on trial; the wish comes after it */
	void (*later)(void);	/* once the wish is spoken */
	void (*orphaned)(void);	/* nobody is left, before the next start */
	void (*run)(const struct cell *cell);	/* instead of the usual story */
	int offset;		/* for run */
};

struct found {
	char kernel[32];
	char record[160];
	char history[32];
	char told[128];
	int ms;			/* from the deadline to the old rules; -1 */
	int failed;		/* assertions within the cell */
};

#define WINDOW 500
#define LONG_WINDOW 3000	/* where something must be done within it */

static const char *old_text = base_rules;
static const char *new_text = new_rules;
static char db_path[112];
static struct found found;

/* The old rules and one that somebody else added. */
static const char others_rules[] =
	"*filter\n"
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":other - [0:0]\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -p udp -m udp --dport 443 -m comment "
		"--comment \"a b\" -j ACCEPT\n"
	"-A FORWARD -s 2001:db8::/64 -j other\n"
	"-A OUTPUT -p udp -m udp --dport 9 -j DROP\n"
	"-A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"COMMIT\n";

static void TAP_UNUSED
others_add(void)
{
	run("ip6tables-legacy -A OUTPUT -p udp -m udp --dport 9 -j DROP");
}

static const char *
in_dir(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put_file(const char *name, const void *data, size_t len)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		bail_out("cannot write %s", name);
	close(fd);
}

static bool
has_file(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

static bool
await_file(const char *name, int ms)
{
	int64_t until = now_ms() + ms;

	while (!has_file(name)) {
		if (now_ms() > until)
			return false;
		pause_ms(5);
	}
	return true;
}

/* --- In the guardian: the fault is done to whoever it is for --- */

static void
strike(unsigned victims, int signo)
{
	const char *client = getenv("MATRIX_CLIENT");

	if (victims & C && client)
		kill((pid_t)strtol(client, NULL, 10), signo);
	if (victims & S)
		kill(getppid(), signo);
	if (victims & G)
		kill(getpid(), signo);
}

static const struct clock *guardian_clock = &clock_system;

/* Each plan is carried out once: whoever removes its file does it. */
static void
at_step(const char *name)
{
	int64_t now;
	char step[64];
	unsigned victims;
	int signo;

	if (strcmp(name, "before outcome") == 0) {
		now = guardian_clock->boot_ms(guardian_clock);
		put_file("when", &now, sizeof(now));
	}
	for (int i = 0; i < 2; i++) {
		const char *plan = getenv(i ? "MATRIX_PLAN2" : "MATRIX_PLAN");

		if (plan && sscanf(plan, "%u %d %63[^\n]", &victims, &signo,
				   step) == 3 && strcmp(step, name) == 0 &&
		    unlink(in_dir(i ? "plan2" : "plan")) == 0)
			strike(victims, signo);
	}
}

static void
plan(bool second, unsigned victims, int signo, const char *step)
{
	char text[96];

	snprintf(text, sizeof(text), "%u %d %s", victims, signo, step);
	setenv(second ? "MATRIX_PLAN2" : "MATRIX_PLAN", text, 1);
	put_file(second ? "plan2" : "plan", "", 0);
}

/* --- The client --- */

static const char *const event_words[] = {
	[EVENT_NONE] = "nothing", [EVENT_ON_TRIAL] = "on trial",
	[EVENT_EXTENDED] = "extended", [EVENT_CONFIRMED] = "confirmed",
	[EVENT_REVERTED] = "reverted", [EVENT_FAILED] = "failed",
	[EVENT_ASKED] = "asked", [EVENT_LOGIN] = "login",
	[EVENT_ANSWERED] = "answered", [EVENT_NOT_REVERTED] = "not reverted",
	[EVENT_DENIED] = "denied", [EVENT_LOST] = "lost",
};

static void
speak(struct guardian_client *client, enum wish wish)
{
	enum err err = OK;

	switch (wish) {
	case WAIT:
		break;
	case CONFIRM:
		err = guardian_confirm(client, &somebody);
		break;
	case REVERT:
		err = guardian_revert(client, &somebody, NULL);
		break;
	case EXTEND:
		err = guardian_extend(client, 300);
		break;
	}
	if (err)
		diag("not said: %s", err_message());
}

/* Until the conversation ends. What was heard goes to `told`, each word once. */
static void
converse(struct guardian_client *client, const struct cell *cell,
	 struct str *told)
{
	struct guardian_event event;
	enum guardian_event_kind kind;
	bool spoken = false;

	for (;;) {
		kind = await(client, &event, 15000);
		if (kind == EVENT_FAILED && event.err == ERR_BUSY)
			str_add(told, "busy");
		else if (kind != EVENT_ON_TRIAL && kind != EVENT_LOST &&
			 kind != EVENT_ANSWERED &&
			 kind != EVENT_ASKED && kind != EVENT_LOGIN)
			str_addf(told, "%s%s", told->len ? ", " : "",
				 event_words[kind]);
		else if (kind == EVENT_LOST && !told->len)
			str_add(told, "lost");
		diag("told: %s (%s)", event_words[kind],
		     event.text ? event.text : "");
		guardian_event_done(&event);
		if (client->fd < 0 || kind == EVENT_NONE)
			break;
		if (kind == EVENT_ON_TRIAL && !spoken) {
			put_file("on-trial", "", 0);
			if (cell->during && !await_file("go", 15000))
				bail_out("never told to go on");
			speak(client, cell->wish);
			put_file("spoken", "", 0);
			spoken = true;
		}
	}
	guardian_disconnect(client);
}

static int64_t
window_of(const struct cell *cell)
{
	return cell->window ? cell->window : WINDOW;
}

/* A client that starts the trial, in a process and session of its own. */
static pid_t
client_start(const struct cell *cell, const char *told_name)
{
	struct guardian_client client;
	struct trial *trial;
	struct str told = { 0 };
	char pid_text[16];
	enum err err;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	setsid();
	snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	setenv("MATRIX_CLIENT", pid_text, 1);
	trial = make_trial(new_text, window_of(cell));
	err = guardian_start(&options, trial, &client);
	if (err)
		str_add(&told, err == ERR_BUSY ? "busy" : "not started");
	else
		converse(&client, cell, &told);
	put_file(told_name, str_text(&told), told.len);
	_exit(0);
}

/* Until it has left, or was stopped. */
static void
client_wait(pid_t pid)
{
	int64_t until = now_ms() + 25000;
	int status = 0;
	pid_t got = 0;

	while (got == 0 && now_ms() < until) {
		got = waitpid(pid, &status, WNOHANG | WUNTRACED);
		if (!got)
			pause_ms(5);
	}
	if (!ok(got == pid, "the client comes to an end"))
		kill(pid, SIGKILL);
	if (got == pid && WIFSIGNALED(status))
		snprintf(found.told, sizeof(found.told), "killed");
	if (got == pid && WIFSTOPPED(status))
		snprintf(found.told, sizeof(found.told), "stopped");
}

#endif
