/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the guardian that runs, and starting one that outlives us: not our
 * child, not of our session, with nothing of ours open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "client.h"
#include "internal.h"
#include "systemd.h"

#define GUARDIAN_OPTION "--guardian"
#define CONNECT_SECONDS 1	/* waited for a place in a full queue */

bool
guardian_asked(int argc, char **argv, struct guardian_options *opt, int *fd)
{
	if (argc != 5 || strcmp(argv[1], GUARDIAN_OPTION) != 0)
		return false;
	*opt = (struct guardian_options){
		.run_dir = argv[2],
		.lock_path = argv[3][0] ? argv[3] : NULL,
	};
	*fd = -1;
	if (strchr(argv[4], '.'))
		opt->service = argv[4];
	else
		*fd = (int)strtol(argv[4], NULL, 10);
	return true;
}

/* The lock is asked about, never tried: a trial that begins at the same moment
 * must not find it taken by the question. */
bool
guardian_running(const struct guardian_options *opt)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = xasprintf("%s/%s", opt->run_dir, TRIAL_LOCK);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool running;

	free(path);
	if (fd < 0)
		return false;
	running = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return running;
}

/* Who is stopped and goes on, or gets a signal, while it waits for a place, asks
 * again. */
static int
connect_to(int fd, const struct sockaddr_un *address)
{
	int rc;

	do
		rc = connect(fd, (const struct sockaddr *)address,
			     sizeof(*address));
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* A path of any length fits into a socket's address through /proc/self/fd. -1
 * with EAGAIN: somebody listens, but takes nobody. */
static int
connect_in_dir(const char *dir)
{
	const struct timeval patience = { .tv_sec = CONNECT_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW |
			  O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc, error;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/%s", dir_fd, TRIAL_SOCKET);
	rc = dir_fd < 0 || fd < 0 ? -1 : connect_to(fd, &address);
	error = errno;
	if (dir_fd >= 0)
		close(dir_fd);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

enum err
guardian_connect(const struct guardian_options *opt,
		 struct guardian_client *client)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000L };
	int fd = connect_in_dir(opt->run_dir);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	/* One that has the lock listens within the next moment. */
	for (int i = 0; i < 50 && fd < 0 && errno != EAGAIN &&
	     guardian_running(opt); i++) {
		nanosleep(&pause, NULL);
		fd = connect_in_dir(opt->run_dir);
	}

	client_init(client, -1);
	if (fd < 0 && errno == EAGAIN)
		return fail_errno(_("cannot speak to the guardian"));
	if (fd < 0)
		return fail(ERR_NOT_FOUND, _("no trial is running"));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	    (peer.uid != 0 && peer.uid != geteuid())) {
		close(fd);
		return fail(ERR_FAIL, _("the guardian's socket belongs to "
					"somebody else"));
	}
	client_init(client, fd);
	return OK;
}

/* In the child: a grandchild becomes the program. Nothing but system calls. */
static _Noreturn void
become_guardian(char **argv, int fd)
{
	static const char sorry[] = "{\"event\":\"failed\",\"err\":\"fail\","
		"\"text\":\"cannot run the guardian\"}\n";
	pid_t pid;

	setsid();
	pid = fork();
	if (pid > 0)
		_exit(0);
	if (pid == 0 && fcntl(fd, F_SETFD, 0) == 0)
		execv(PROC_SELF_EXE, argv);
	if (write(fd, sorry, sizeof(sorry) - 1) < 0)
		_exit(2);
	_exit(1);
}

/* Start one with the other end of *fd for its first client. */
static enum err
launch(const struct guardian_options *opt, int *fd)
{
	char number[16];
	char *argv[] = {
		(char *)"sallyport", (char *)GUARDIAN_OPTION,
		(char *)(uintptr_t)opt->run_dir,
		(char *)(uintptr_t)(opt->lock_path ? opt->lock_path : ""),
		number, NULL,
	};
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(_("cannot make a socket for the guardian"));
	snprintf(number, sizeof(number), "%d", pair[1]);
	pid = fork();
	if (pid == 0)
		become_guardian(argv, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return fail_errno(_("cannot start the guardian"));
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*fd = pair[0];
	return OK;
}

/* The timer first: it must be there before the kernel's table is touched. */
static bool
launch_service(const struct guardian_options *opt, const char *id, int64_t ms,
	       int *fd)
{
	int64_t begun = clock_system.boot_ms(&clock_system);
	bool armed, answers;

	if (!id || !systemd_is_here())
		return false;
	armed = systemd_arm_timer(opt, id, ms);
	/* One that does not answer is not asked twice. */
	answers = armed || clock_system.boot_ms(&clock_system) - begun <
		  SYSTEMD_PATIENCE_MS;
	if (!armed && !(answers && systemd_has_timer(id)))
		process_note("systemd gives no timer that undoes the change "
			     "should its guardian be gone");
	if (answers && systemd_start(opt, id, fd))
		return true;
	process_note("systemd does not start the guardian: it is started "
		     "without");
	return false;
}

/* Where we were stopped meanwhile the timer may have found neither record nor
 * guardian, and have ended. Now it finds the guardian. */
static void
renew_timer(const struct guardian_options *opt, const struct trial *trial,
	    int64_t begun)
{
	int64_t took = clock_system.boot_ms(&clock_system) - begun;

	if (took > trial->window_ms && systemd_is_here())
		systemd_arm_timer(opt, trial->id, trial->window_ms);
}

/* The trial is in the request or in the record. */
static enum err
launch_any(const struct guardian_options *opt, const struct trial *trial,
	   int *fd)
{
	int64_t begun = clock_system.boot_ms(&clock_system);
	struct trial *found = NULL;
	enum err err = OK;
	int dir = -1;

	if (!trial && dir_open_private(opt->run_dir, &dir) == OK) {
		if (trial_load(dir, &found) == OK && trial_is_ours(found))
			trial = found;
		close(dir);
	}
	if (!launch_service(opt, trial ? trial->id : NULL,
			    trial ? trial->window_ms : 0, fd))
		err = launch(opt, fd);
	if (!err && trial)
		renew_timer(opt, trial, begun);
	trial_free(found);
	return err;
}

static enum err
launch_with(const struct guardian_options *opt, const struct request *request,
	    struct guardian_client *client)
{
	int fd = -1;
	enum err err = launch_any(opt, request->trial, &fd);

	client_init(client, fd);
	if (!err)
		err = client_send(client, request);
	if (err)
		guardian_disconnect(client);
	return err;
}

/* The table as it is to become, so that the guardian need not print a rule for
 * the record. */
static enum err
part_complete(struct trial_part *part)
{
	enum err err;

	ruleset_free(part->after);
	part->after = ruleset_copy(part->before);
	err = changeset_apply(part->changes, part->after);
	if (!err) {
		ruleset_fingerprint(part->before, part->before_print);
		ruleset_fingerprint(part->after, part->after_print);
	}
	return err;
}

enum err
guardian_start(const struct guardian_options *opt, struct trial *trial,
	       struct guardian_client *client)
{
	const struct request request = {
		.kind = REQUEST_TRIAL, .by.uid = -1, .trial = trial,
	};
	enum err err = OK;

	client_init(client, -1);
	if (guardian_running(opt))
		return fail(ERR_BUSY, _("another trial is running"));
	for (size_t i = 0; i < trial->parts.n && !err; i++)
		err = part_complete(trial_part(trial, i));
	if (!err)
		err = launch_with(opt, &request, client);
	return err;
}

enum err
guardian_resume(const struct guardian_options *opt,
		struct guardian_client *client)
{
	const struct request request = { .kind = REQUEST_RESUME, .by.uid = -1 };

	if (guardian_connect(opt, client) == OK)
		return OK;
	return launch_with(opt, &request, client);
}
