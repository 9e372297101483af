/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guardian's one loop, the only place that waits: for the deadline, for
 * clients, for TERM and for the supervisor's death. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define EXTENT_MAX_MS 3600000	/* from the commit */
#define RENEW_MS 1000

enum { FD_SIGNAL, FD_TIMER, FD_LISTEN, FD_SUPERVISOR, FD_PEERS };

static void
deny(struct peer *peer, enum err err, const char *text)
{
	const struct guardian_event event = {
		.kind = EVENT_DENIED, .err = err,
		.text = (char *)(uintptr_t)text,
	};

	peer_say(peer, &event);
}

/* After the deadline the answer to everything is how the trial ended, which
 * comes by itself. */
static bool
is_open(const struct guardian *g)
{
	return g->phase == PHASE_WAIT &&
	       guardian_now(g) < g->trial->deadline_ms;
}

static void
on_status(struct guardian *g, struct peer *peer, const struct request *request)
{
	struct guardian_event event;

	(void)request;
	outcome_event(g, &event);
	peer_say(peer, &event);
}

static void
on_confirm(struct guardian *g, struct peer *peer, const struct request *request)
{
	enum err err;

	if (g->phase == PHASE_SETTLED)
		on_status(g, peer, request);
	if (!is_open(g))
		return;
	err = logins_prove(g);
	if (!err)
		err = outcome_confirm(g, &request->by);
	if (err)
		deny(peer, err, err_message());
}

static void
on_revert(struct guardian *g, struct peer *peer, const struct request *request)
{
	if (g->phase == PHASE_SETTLED)
		on_status(g, peer, request);
	if (g->phase == PHASE_WAIT)
		revert_begin(g, request->reason ? request->reason : "asked",
			     &request->by);
}

/* The window moves along: deadline - window stays the moment of the commit. */
static enum err
move_deadline(struct guardian *g, int64_t ms)
{
	enum err err;

	g->trial->deadline_ms += ms;
	g->trial->window_ms += ms;
	err = trial_save(g->trial, g->run_dir);
	if (err) {
		g->trial->deadline_ms -= ms;
		g->trial->window_ms -= ms;
	} else {
		rescue_move(g);
	}
	return err;
}

static void
on_extend(struct guardian *g, struct peer *peer, const struct request *request)
{
	struct guardian_event event;
	int64_t ms = request->ms;
	enum err err;

	if (!is_open(g))
		return;
	if (ms > EXTENT_MAX_MS - g->trial->window_ms)
		ms = EXTENT_MAX_MS - g->trial->window_ms;
	if (ms <= 0) {
		deny(peer, ERR_USAGE, N_("a trial takes an hour at most"));
		return;
	}
	err = move_deadline(g, ms);
	if (err) {
		deny(peer, err, err_message());
		return;
	}
	outcome_event(g, &event);
	event.kind = EVENT_EXTENDED;
	peer_say_all(g, &event);
}

static void
on_unexpected(struct guardian *g, struct peer *peer,
	      const struct request *request)
{
	(void)g;
	(void)request;
	deny(peer, ERR_BUSY, N_("another trial is running"));
}

static void (*const handlers[])(struct guardian *, struct peer *,
				const struct request *) = {
	[REQUEST_NONE] = on_unexpected,
	[REQUEST_STATUS] = on_status,
	[REQUEST_CONFIRM] = on_confirm,
	[REQUEST_REVERT] = on_revert,
	[REQUEST_EXTEND] = on_extend,
	[REQUEST_RESUME] = on_status,
	[REQUEST_TRIAL] = on_unexpected,
};

static void
on_request(struct guardian *g, struct peer *peer, const struct request *request)
{
	handlers[request->kind](g, peer, request);
}

static void
take_signals(struct guardian *g)
{
	for (int signo = process_next_signal(g->signal_fd); signo;
	     signo = process_next_signal(g->signal_fd)) {
		g->leaving = g->leaving || signo == SIGTERM;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void
tick_settled(struct guardian *g)
{
	int64_t now = guardian_now(g);

	if (g->unsaved) {
		if (now >= g->next_ms)
			outcome_save(g);
	} else if (peers_are_told(g) || now >= g->leave_ms) {
		g->phase = PHASE_GONE;
	}
}

/* A record that somebody removed is there again: without it nobody else knows of
 * the trial. Not where the lock went with it, as another guardian may have the
 * directory then. */
static void
keep_record(struct guardian *g)
{
	struct stat ours, named;

	if (faccessat(g->run_dir, TRIAL_FILE, F_OK, 0) == 0 ||
	    errno != ENOENT || fstat(g->lock_fd, &ours) < 0 ||
	    fstatat(g->run_dir, TRIAL_LOCK, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)
		return;
	process_note("the trial record was removed: it is written again");
	if (trial_save(g->trial, g->run_dir) != OK)
		process_note("%s", err_message());
}

static void
tick(struct guardian *g)
{
	pulse_beat(g);
	if (g->trial)
		g->pulse->deadline_ms = g->trial->deadline_ms;
	if (g->phase == PHASE_WAIT && g->leaving)
		revert_begin(g, "terminated", NULL);
	if (g->phase == PHASE_WAIT &&
	    guardian_now(g) >= g->trial->deadline_ms)
		revert_begin(g, "deadline", NULL);
	if (g->phase == PHASE_WAIT && g->probing &&
	    guardian_now(g) >= g->life_ms)
		life_tick(g);
	if (g->phase == PHASE_WAIT && guardian_now(g) >= g->logins_ms) {
		keep_record(g);
		logins_look(g);
	}
	if (g->phase == PHASE_REVERT && guardian_now(g) >= g->next_ms)
		revert_try(g);
	if (g->phase == PHASE_SETTLED)
		tick_settled(g);
	if (g->supervisor_fd < 0 && g->phase != PHASE_GONE &&
	    guardian_now(g) >= g->renew_ms) {
		g->renew_ms = guardian_now(g) + RENEW_MS;
		supervisor_renew(g);
	}
	peers_sweep(g);
}

/* When tick() has something to do next. */
static int64_t
wake_ms(const struct guardian *g)
{
	int64_t wake = g->phase == PHASE_WAIT ? g->trial->deadline_ms :
		       g->phase == PHASE_REVERT || g->unsaved ? g->next_ms :
		       g->leave_ms;

	if (g->phase == PHASE_WAIT && g->probing && g->life_ms < wake)
		wake = g->life_ms;
	if (g->phase == PHASE_WAIT && g->logins_ms < wake)
		wake = g->logins_ms;
	return g->supervisor_fd < 0 && g->renew_ms < wake ? g->renew_ms : wake;
}

static void
set_timer(const struct guardian *g)
{
	int64_t ms = wake_ms(g) - g->clock->offset_ms;
	struct itimerspec at = { 0 };

	if (ms < 1)
		ms = 1;
	at.it_value.tv_sec = ms / 1000;
	at.it_value.tv_nsec = ms % 1000 * 1000000;
	timerfd_settime(g->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static struct pollfd *
poll_set(const struct guardian *g)
{
	struct pollfd *fds = xcalloc(FD_PEERS + g->peers.n, sizeof(*fds));

	fds[FD_SIGNAL].fd = g->signal_fd;
	fds[FD_TIMER].fd = g->timer_fd;
	fds[FD_LISTEN].fd = g->listen_fd;
	fds[FD_SUPERVISOR].fd = g->supervisor_fd;
	for (size_t i = 0; i < FD_PEERS + g->peers.n; i++)
		fds[i].events = POLLIN;
	for (size_t i = 0; i < g->peers.n; i++) {
		const struct peer *peer = g->peers.v[i];

		fds[FD_PEERS + i].fd = peer->fd;
		if (peer->out.len)
			fds[FD_PEERS + i].events |= POLLOUT;
	}
	return fds;
}

/* The peers first: accepting one may move them. */
static void
dispatch(struct guardian *g, const struct pollfd *fds, size_t peers)
{
	uint64_t expirations;

	for (size_t i = 0; i < peers; i++) {
		struct peer *peer = g->peers.v[i];

		if (fds[FD_PEERS + i].revents & POLLOUT)
			peer_flush(peer);
		if (fds[FD_PEERS + i].revents & ~POLLOUT)
			peer_take(g, peer, on_request);
	}
	if (fds[FD_SIGNAL].revents)
		take_signals(g);
	if (fds[FD_TIMER].revents &&
	    read(g->timer_fd, &expirations, sizeof(expirations)) < 0)
		return;
	if (fds[FD_LISTEN].revents)
		peer_accept(g);
	if (fds[FD_SUPERVISOR].revents) {
		close(g->supervisor_fd);
		g->supervisor_fd = -1;
	}
}

void
guardian_serve(struct guardian *g)
{
	struct pollfd *fds;
	size_t peers;

	for (tick(g); g->phase != PHASE_GONE; tick(g)) {
		set_timer(g);
		fds = poll_set(g);
		peers = g->peers.n;
		if (poll(fds, FD_PEERS + peers, -1) > 0)
			dispatch(g, fds, peers);
		free(fds);
	}
}
