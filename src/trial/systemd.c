/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service has no descriptor of ours: it connects to a socket in the run
 * directory that we listen on, and hears the request there. One that systemd
 * starts too late, or again, finds nobody and goes by the record. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/vec.h>
#include "internal.h"
#include "systemd.h"
#include "systemd-run.h"

#define RUN "/usr/bin/systemd-run"
#define CTL "/usr/bin/systemctl"
#define START_MS SYSTEMD_PATIENCE_MS
#define STOP_MS 1000
#define GRACE_MS 5000	/* the timer's, past the deadline */

static bool
same_pidns(void)
{
	struct stat ours, theirs;

	return stat("/proc/self/ns/pid", &ours) == 0 &&
	       stat("/proc/1/ns/pid", &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

bool
systemd_is_here(void)
{
	struct stat st;

	return geteuid() == 0 && lstat("/run/systemd/system", &st) == 0 &&
	       S_ISDIR(st.st_mode) && access(RUN, X_OK) == 0 &&
	       proc_same_netns(1) && proc_same_mntns(1) && same_pidns();
}

/* The path of our program, for a unit; NULL where another program has it now,
 * or none, after an upgrade. Yours. */
static char *
program_path(void)
{
	struct stat running, named;
	char *path = realpath(PROC_SELF_EXE, NULL);

	if (path && stat(PROC_SELF_EXE, &running) == 0 &&
	    stat(path, &named) == 0 && running.st_ino == named.st_ino &&
	    running.st_dev == named.st_dev)
		return path;
	free(path);
	return NULL;
}

/* A unit's command is expanded: what has a $ or % in it is not for us. */
static bool
is_plain(const char *path)
{
	return !path || !strpbrk(path, "$%");
}

static void
add(struct vec *argv, const char *word)
{
	vec_push(argv, (void *)(uintptr_t)word);
}

static void
add_all(struct vec *argv, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(argv, words[i]);
}

static bool
run_limited(struct vec *argv, int ms)
{
	bool ended;

	add(argv, NULL);
	ended = program_end(program_start((char *const *)argv->v), ms);
	vec_done(argv);
	return ended;
}

static int
listen_in(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/%s", dir, name);
	unlinkat(dir, name, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address,
			    sizeof(address)) == 0 && listen(fd, 1) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
is_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       peer.uid == 0;
}

int
systemd_client(int run_dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/%s", run_dir, name);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
			       sizeof(address)) == 0 && is_root(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* sd_notify(3); the socket is systemd's that is PID 1. */
void
systemd_beat(void)
{
	static const char alive[] = "WATCHDOG=1";
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = "/run/systemd/notify",
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (sendto(fd, alive, strlen(alive), MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&address, sizeof(address)) < 0)
		errno = 0;	/* it is told again */
	close(fd);
}

/* -1 where nobody came in time. */
static int
accept_service(int listening, int ms)
{
	struct pollfd fd = { .fd = listening, .events = POLLIN };
	int got = poll(&fd, 1, ms) > 0 ?
		  accept4(listening, NULL, NULL, SOCK_CLOEXEC) : -1;

	if (got >= 0 && !is_root(got)) {
		close(got);
		got = -1;
	}
	return got;
}

static const char *const service_words[] = {
	"--quiet", "--collect",
	"--description=Keep or undo the IPv6 rules on trial (sallyport)",
	"--service-type=exec",
	"-p", "Restart=always", "-p", "RestartSec=100ms",
	"-p", "RestartPreventExitStatus=0", "-p", "StartLimitIntervalSec=0",
	"-p", "KillMode=mixed", "-p", "TimeoutStopSec=30s",
	"-p", "OOMScoreAdjust=-1000", "-p", "After=network.target",
	"-p", "WatchdogSec=2min",
};

/* systemd-run ends when the service runs, which is then about to connect. */
static int
run_service(const struct guardian_options *opt, const char *program,
	    const char *unit, const char *name, int listening)
{
	struct vec argv = { 0 };

	add(&argv, RUN);
	add(&argv, unit);
	add_all(&argv, service_words, ARRAY_LEN(service_words));
	add(&argv, "--");
	add(&argv, program);
	add(&argv, "--guardian");
	add(&argv, opt->run_dir);
	add(&argv, opt->lock_path ? opt->lock_path : "");
	add(&argv, name);
	if (!run_limited(&argv, START_MS))
		return -1;
	return accept_service(listening, START_MS);
}

static bool
ask_about(const char *option, const char *verb, const char *unit)
{
	struct vec argv = { 0 };

	add(&argv, CTL);
	add(&argv, "--quiet");
	add(&argv, option);
	add(&argv, verb);
	add(&argv, unit);
	return run_limited(&argv, STOP_MS);
}

static void
stop_unit(const char *unit)
{
	if (!ask_about("--no-block", "stop", unit))
		errno = 0;	/* it ends by itself, finding nothing to do */
}

static bool
start_from(const struct guardian_options *opt, int dir, const char *program,
	   const char *id, int *fd)
{
	char *name = xasprintf("start-%d.sock", (int)getpid());
	char *unit = xasprintf("--unit=sallyport-trial-%.8s-%d.service", id,
			       (int)getpid());
	int listening = listen_in(dir, name);

	*fd = listening < 0 ? -1 :
	      run_service(opt, program, unit, name, listening);
	if (listening >= 0)
		close(listening);
	unlinkat(dir, name, 0);
	if (*fd < 0)
		stop_unit(unit + strlen("--unit="));
	free(name);
	free(unit);
	return *fd >= 0;
}

bool
systemd_start(const struct guardian_options *opt, const char *id, int *fd)
{
	char *program = program_path();
	int dir = -1;
	bool started = program && opt->run_dir[0] == '/' &&
		       dir_open_private(opt->run_dir, &dir) == OK &&
		       is_plain(program) && is_plain(opt->run_dir) &&
		       is_plain(opt->lock_path) &&
		       start_from(opt, dir, program, id, fd);

	if (dir >= 0)
		close(dir);
	free(program);
	return started;
}

static const char *const timer_words[] = {
	"--quiet", "--collect",
	"--description=Undo the IPv6 rules on trial once due (sallyport)",
	"--on-unit-inactive=5s", "--timer-property=AccuracySec=100ms",
	"-p", "KillMode=process", "-p", "StartLimitIntervalSec=0",
	"-p", "LogLevelMax=notice",	/* not a line each time it starts */
};

bool
systemd_arm_timer(const struct guardian_options *opt, const char *id,
		  int64_t ms)
{
	char *program = program_path();
	char *unit = xasprintf("--unit=sallyport-due-%.8s", id);
	char *first = xasprintf("--on-active=%lldms",
				(long long)ms + GRACE_MS);
	char *lock = xasprintf("--setenv=XTABLES_LOCKFILE=%s",
			       opt->lock_path ? opt->lock_path : "");
	struct vec argv = { 0 };
	bool armed = false;

	add(&argv, RUN);
	add(&argv, unit);
	add(&argv, first);
	add_all(&argv, timer_words, ARRAY_LEN(timer_words));
	add(&argv, lock);
	add(&argv, "--");
	add(&argv, program);
	add(&argv, "--run-dir");
	add(&argv, opt->run_dir);
	add(&argv, "revert");
	add(&argv, "--if-due");
	add(&argv, "--timer");
	add(&argv, id);
	if (program && opt->run_dir[0] == '/' && is_plain(program) &&
	    is_plain(opt->run_dir) && is_plain(opt->lock_path))
		armed = run_limited(&argv, START_MS);
	vec_done(&argv);
	free(program);
	free(unit);
	free(first);
	free(lock);
	return armed;
}

bool
systemd_has_timer(const char *id)
{
	char *unit = xasprintf("sallyport-due-%.8s.timer", id);
	bool active = ask_about("--no-pager", "is-active", unit);

	free(unit);
	return active;
}

void
systemd_disarm_timer(const char *id)
{
	char *unit = xasprintf("sallyport-due-%.8s.timer", id);

	stop_unit(unit);
	free(unit);
}

void
guardian_end_timer(const char *id)
{
	systemd_disarm_timer(id);
}
