/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guardian's life from exec to exit: detach, be the only one, then the
 * supervisor forks the one that does the work. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"
#include "systemd.h"

/* The mutual exclusion and the sign of life: held as long as supervisor or
 * guardian lives, as both have the same open file description. */
static enum err
take_lock(struct guardian *g)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	g->lock_fd = openat(g->run_dir, TRIAL_LOCK, O_RDWR | O_CREAT |
			    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (g->lock_fd < 0)
		return fail_errno(_("cannot open '%s'"), TRIAL_LOCK);
	if (fcntl(g->lock_fd, F_OFD_SETLK, &lock) == 0)
		return OK;
	if (errno == EAGAIN || errno == EACCES)
		return fail(ERR_BUSY, _("another trial is running"));
	return fail_errno(_("cannot lock '%s'"), TRIAL_LOCK);
}

static enum err
listen_for_clients(struct guardian *g)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/%s", g->run_dir, TRIAL_SOCKET);
	unlinkat(g->run_dir, TRIAL_SOCKET, 0);
	g->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
			      SOCK_NONBLOCK, 0);
	if (g->listen_fd >= 0 &&
	    bind(g->listen_fd, (struct sockaddr *)&address,
		 sizeof(address)) == 0 && listen(g->listen_fd, 16) == 0)
		return OK;
	if (g->listen_fd >= 0)
		close(g->listen_fd);
	g->listen_fd = -1;
	return fail_errno(_("cannot listen on '%s'"), TRIAL_SOCKET);
}

/* A path that still holds after chdir("/"). */
static char *
absolute_path(const char *path)
{
	char *cwd, *absolute;

	if (!path || *path == '/')
		return xstrdup(path);
	cwd = get_current_dir_name();
	absolute = cwd ? xasprintf("%s/%s", cwd, path) : xstrdup(path);
	free(cwd);
	return absolute;
}

static enum err
guardian_open(struct guardian *g)
{
	enum err err = dir_open_private(g->opt->run_dir, &g->run_dir);

	if (!err)
		err = take_lock(g);
	if (!err && listen_for_clients(g) != OK)
		process_note("%s", err_message());
	return err;
}

/* Tell the client that nothing is done, and why. */
static void
say_failed(int fd, enum err err)
{
	const struct guardian_event event = {
		.kind = EVENT_FAILED,
		.err = err,
		.text = (char *)(uintptr_t)err_message(),
	};
	struct str line = { 0 };

	event_write(&event, &line);
	if (fd >= 0)
		send(fd, line.s, line.len, MSG_NOSIGNAL);
	str_done(&line);
}

void
guardian_close(struct guardian *g)
{
	const int fds[] = { g->signal_fd, g->timer_fd, g->supervisor_fd };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g->signal_fd = g->timer_fd = g->supervisor_fd = -1;
}

static void
begin(struct guardian *g, int fd)
{
	struct request request = { .kind = REQUEST_RESUME, .by.uid = -1 };
	enum err err = OK;

	if (fd >= 0)
		err = peer_first(peer_add(g, fd), &request);
	if (err) {
		outcome_fail(g, err);
	} else if (request.kind == REQUEST_TRIAL) {
		guardian_arm(g, request.trial);
		request.trial = NULL;
	} else {
		guardian_take_over(g);
	}
	request_done(&request);
}

/* What another has to go on with. A record that cannot be read may be that, but
 * not where it only stood in the way of a trial that was to begin. */
static bool
leaves_work(const struct guardian *g)
{
	enum work work = g->failure ? work_find(g) : WORK_NONE;

	return work == WORK_LEFT || (work == WORK_UNKNOWN && !g->trial);
}

/* Is the trial on record, to be gone on with? One that got no deadline never was,
 * whatever stands there that cannot be read. */
static bool
is_wanted(const struct guardian *g)
{
	struct trial *trial = NULL;
	enum err err;
	bool wanted;

	if (!g->failure)
		return false;
	err = trial_load(g->run_dir, &trial);
	wanted = err ? err != ERR_NOT_FOUND && g->trial->deadline_ms :
		 !trial_state_is_settled(trial->state) &&
		 strcmp(trial->id, g->trial->id) == 0;
	trial_free(trial);
	return wanted;
}

int
guardian_run(struct guardian *g, pid_t supervisor, int fd)
{
	bool left;

	process_name("sallyport-guard");
	g->signal_fd = process_signals();
	g->timer_fd = timerfd_create(CLOCK_BOOTTIME,
				     TFD_NONBLOCK | TFD_CLOEXEC);
	g->supervisor = supervisor;
	if (process_lives(supervisor, NULL))
		g->supervisor_fd = process_watch(supervisor);
	if (g->signal_fd < 0 || g->timer_fd < 0)
		die("no signalfd or timerfd");
	step(g, "start");
	begin(g, fd);
	guardian_serve(g);
	left = leaves_work(g);
	if (g->trial && !is_wanted(g) && systemd_is_here())
		systemd_disarm_timer(g->trial->id);
	supervisor_wake(g);
	peers_done(g);
	login_watch_free(g->logins);
	if (left && g->opt->service)
		work_await(g);
	trial_free(g->trial);
	free(g->failure);
	guardian_close(g);
	return left;
}

/* The client armed a timer for what it asks. One that resumes has the timer of
 * the trial that runs. */
static void
refuse(int fd, enum err err)
{
	struct request request = { .by.uid = -1 };
	struct peer peer = { .fd = fd };

	say_failed(fd, err);
	if (fd >= 0 && systemd_is_here() &&
	    peer_first(&peer, &request) == OK && request.trial)
		systemd_disarm_timer(request.trial->id);
	request_done(&request);
}

static int
run_supervised(struct guardian *g, int fd)
{
	pid_t self = getpid(), pid;

	/* Before there is a guardian: who sees one sees both. */
	process_name("sallyport-watch");
	pid = fork();
	if (pid == 0)
		exit(guardian_run(g, self, fd));
	if (pid < 0) {
		fail_errno(_("cannot start the guardian"));
		say_failed(fd, ERR_FAIL);
	}
	if (fd >= 0)
		close(fd);
	return pid < 0 ? 1 : supervise(g, pid);
}

int
guardian_main(const struct guardian_options *opt, int fd)
{
	char *lock_path = absolute_path(opt->lock_path);
	struct guardian g = {
		.opt = opt,
		.clock = opt->clock ? opt->clock : &clock_system,
		.be = opt->backend ? opt->backend : backend_ip6tc(lock_path),
		.pulse = pulse_new(),
		.run_dir = -1, .lock_fd = -1, .listen_fd = -1,
		.signal_fd = -1, .timer_fd = -1, .supervisor_fd = -1,
	};
	enum err err;
	int status = 1;

	process_detach(&fd);
	if (!opt->service)
		process_leave_cgroup();
	err = guardian_open(&g);
	if (!err && opt->service) {
		g.renew_ms = INT64_MAX;	/* systemd is the supervisor */
		fd = systemd_client(g.run_dir, opt->service);
	}
	if (chdir("/") < 0 && !err)
		err = fail_errno(_("cannot go to '/'"));
	if (err)
		refuse(fd, err);
	else if (opt->service)
		status = guardian_run(&g, 0, fd);
	else
		status = run_supervised(&g, fd);
	if (opt->service && err == ERR_BUSY)
		status = 0;	/* another one has it: not to be repeated */
	if (!opt->backend)
		backend_free(g.be);
	free(lock_path);
	return status;
}
