/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Supervisor and guardian look after each other: whichever is killed is
 * replaced by the other. The record says when the work is done, and where it
 * cannot be read the exit status. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sallyport/proc.h>
#include "internal.h"
#include "systemd.h"

#define BACKOFF_MAX_MS 1000
#define HEALTHY_MS 10000
#define LOOK_MS 1000
#define SILENT_MS 60000	/* a guardian that hangs, or a very slow revert */
#define TELL_MS 5000
#define BLIND_MS 60000	/* past the deadline, with no record to be read */
#define AWAIT_MS 1000	/* between two looks at it, at first; systemd is quick */
#define AWAIT_MAX_MS 5000	/* and later */
#define AWAIT_ALL_MS 3600000	/* then by another process, of a newer program
				 * perhaps */

struct supervisor {
	struct guardian *g;
	pid_t pid;		/* the guardian */
	int status;		/* how it ended; -1: that is not known */
	unsigned beats;		/* its pulse when it was looked at last */
	int silent_ms;		/* how long that has not changed */
	int patience_ms;	/* and how long that may be */
	int pid_fd;
	int signal_fd;
	int64_t blind_ms;	/* since then the record cannot be read; 0: it can */
	bool terminating;
};

int
process_watch(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

struct pulse *
pulse_new(void)
{
	struct pulse *pulse = mmap(NULL, sizeof(*pulse), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (pulse == MAP_FAILED)
		die("no memory to share");
	return pulse;
}

void
pulse_beat(const struct guardian *g)
{
	g->pulse->beats++;
	if (!g->opt->service || guardian_now(g) < g->pulse->told_ms + TELL_MS)
		return;
	g->pulse->told_ms = guardian_now(g);
	systemd_beat();
}

enum work
work_find(const struct guardian *g)
{
	struct trial *trial = NULL;
	enum err err = trial_load(g->run_dir, &trial);
	enum work work = err == ERR_NOT_FOUND ? WORK_NONE : WORK_UNKNOWN;

	if (!err)
		work = trial_is_ours(trial) &&
		       !trial_state_is_settled(trial->state) ? WORK_LEFT :
		       WORK_NONE;
	trial_free(trial);
	return work;
}

/* A record that cannot be read now is tried on with, but not for ever: unless
 * the guardian itself has found that there is nothing to do. */
static bool
work_may_be_left(struct supervisor *s)
{
	int64_t now = guardian_now(s->g);
	int64_t since;

	if (WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0)
		return false;
	if (!s->blind_ms)
		s->blind_ms = now;
	since = s->g->pulse->deadline_ms > s->blind_ms ?
		s->g->pulse->deadline_ms : s->blind_ms;
	return now < since + BLIND_MS;
}

static bool
work_is_left(struct supervisor *s)
{
	enum work work = work_find(s->g);

	if (work == WORK_UNKNOWN)
		return work_may_be_left(s);
	s->blind_ms = 0;
	return work == WORK_LEFT;
}

/* True when TERM was among them. */
static bool
take_signals(int signal_fd)
{
	bool term = false;

	for (int signo = process_next_signal(signal_fd); signo;
	     signo = process_next_signal(signal_fd))
		term = term || signo == SIGTERM;
	return term;
}

/* A guardian that is stopped would miss its deadline. */
static void
keep_going(const struct supervisor *s)
{
	if (!proc_is_stopped(s->pid))
		return;
	process_note("the guardian was stopped: it goes on");
	kill(s->pid, SIGCONT);
}

/* One that hangs would miss it, too. It may be only slow: the next one is given
 * more time. What is counted is time that we were awake. */
static void
end_hung(struct supervisor *s, int ms)
{
	unsigned beats = s->g->pulse->beats;

	s->silent_ms = beats == s->beats ? s->silent_ms + ms : 0;
	s->beats = beats;
	if (s->silent_ms < s->patience_ms)
		return;
	process_note("the guardian hangs: it is killed");
	kill(s->pid, SIGKILL);
	s->silent_ms = 0;
	if (s->patience_ms < SILENT_MS * 16)
		s->patience_ms *= 2;
}

/* Without a pidfd (out of descriptors) it is looked for now and then. */
static void
wait_for_guardian(struct supervisor *s)
{
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->pid_fd, .events = POLLIN },
	};

	s->status = -1;
	s->silent_ms = 0;
	while (process_lives(s->pid, &s->status)) {
		int ms = s->pid_fd < 0 ? 100 : LOOK_MS;

		keep_going(s);
		if (poll(fds, 2, ms) == 0)
			end_hung(s, ms);
		if (take_signals(s->signal_fd)) {
			s->terminating = true;
			kill(s->pid, SIGTERM);
		}
	}
	if (s->pid_fd >= 0)
		close(s->pid_fd);
}

static void
pause_before_restart(struct supervisor *s, int ms)
{
	struct pollfd fd = { .fd = s->signal_fd, .events = POLLIN };

	if (ms && poll(&fd, 1, ms) > 0 && take_signals(s->signal_fd))
		s->terminating = true;
}

static void
restart(struct supervisor *s)
{
	pid_t self = getpid();

	process_note("the guardian died: restarted");
	s->pid = fork();
	if (s->pid == 0) {
		close(s->signal_fd);
		exit(guardian_run(s->g, self, -1));
	}
	s->pid_fd = s->pid > 0 ? process_watch(s->pid) : -1;
	if (s->terminating && s->pid > 0)
		kill(s->pid, SIGTERM);
}

int
supervise(struct guardian *g, pid_t pid)
{
	struct supervisor s = {
		.g = g, .pid = pid,
		.pid_fd = process_watch(pid),
		.signal_fd = process_signals(),
		.patience_ms = g->opt->patience_ms ? g->opt->patience_ms :
			       SILENT_MS,
	};
	int64_t born = guardian_now(g);
	int backoff = 0;

	process_name("sallyport-watch");
	for (;;) {
		wait_for_guardian(&s);
		if (!work_is_left(&s))
			break;
		if (guardian_now(g) - born > HEALTHY_MS)
			backoff = 0;
		pause_before_restart(&s, backoff);
		backoff = backoff ? backoff * 2 : 10;
		if (backoff > BACKOFF_MAX_MS)
			backoff = BACKOFF_MAX_MS;
		born = guardian_now(g);
		restart(&s);
	}
	close(s.signal_fd);
	unlinkat(g->run_dir, TRIAL_SOCKET, 0);
	return 0;
}

/* Who asks is told by the record, and another guardian may take it up. */
static void
leave_place(struct guardian *g)
{
	unlinkat(g->run_dir, TRIAL_SOCKET, 0);
	if (g->listen_fd >= 0)
		close(g->listen_fd);
	close(g->lock_fd);
	g->listen_fd = g->lock_fd = -1;
}

/* False: TERM came. */
static bool
sleep_on(struct guardian *g, int ms)
{
	struct pollfd fd = { .fd = g->signal_fd, .events = POLLIN };

	pulse_beat(g);
	return poll(&fd, 1, ms) <= 0 || !take_signals(g->signal_fd);
}

void
work_await(struct guardian *g)
{
	int64_t end = guardian_now(g) + AWAIT_ALL_MS;
	int ms = AWAIT_MS;

	leave_place(g);
	if (work_find(g) == WORK_UNKNOWN)
		process_note("%s; the change that is on trial is NOT undone at "
			     "its deadline unless the record can be read: it is "
			     "tried again every few seconds", g->failure);
	while (sleep_on(g, ms) && work_find(g) == WORK_UNKNOWN &&
	       guardian_now(g) < end)
		ms = ms * 2 < AWAIT_MAX_MS ? ms * 2 : AWAIT_MAX_MS;
}

/* In the new supervisor, a child of the guardian it looks after. */
static _Noreturn void
become_supervisor(struct guardian *g, pid_t guardian)
{
	peers_done(g);
	guardian_close(g);
	rescue_leave();
	trial_free(g->trial);
	g->trial = NULL;
	g->tried = g->whole = g->blind = g->leaving = false;
	exit(supervise(g, guardian));
}

void
supervisor_renew(struct guardian *g)
{
	pid_t self = getpid();

	if (!process_lives(g->supervisor, NULL)) {
		g->supervisor = fork();
		if (g->supervisor == 0)
			become_supervisor(g, self);
	}
	if (g->supervisor > 0)
		g->supervisor_fd = process_watch(g->supervisor);
}

void
supervisor_wake(const struct guardian *g)
{
	if (process_lives(g->supervisor, NULL))
		kill(g->supervisor, SIGCONT);
}
