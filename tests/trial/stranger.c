/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guardian speaks to root alone, also where a careless hand has opened its
 * directory and its socket to everybody. */
#include <sys/socket.h>
#include <sys/un.h>
#include "harness.h"
#include "../../src/trial/event.h"

#define STRANGER 65534

/* In the child: what the guardian says to who has sent this. The status is 0
 * where it hung up without a word. */
static _Noreturn void
ask_as_stranger(const struct request *request)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = TRIAL_SOCKET,
	};
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct str line = { 0 };
	char buf[4096];

	if (chdir(run_dir) < 0 ||
	    setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
	    setresuid(STRANGER, STRANGER, STRANGER) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(9);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	request_write(request, &line);
	send(fd, line.s, line.len, MSG_NOSIGNAL);
	if (recv(fd, buf, sizeof(buf), 0) > 0)
		_exit(1);
	_exit(errno == EAGAIN ? 2 : 0);
}

static void
test_request(enum request_kind kind, const char *what)
{
	const struct request request = { .kind = kind, .by.uid = 0, .ms = 60 };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		ask_as_stranger(&request);
	waitpid(pid, &status, 0);
	is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
	       "who is not root and asks to %s is not heard", what);
}

int
main(int argc, char **argv)
{
	struct guardian_options asked;
	struct guardian_client client;
	struct guardian_event event = { 0 };
	char *socket_path;
	int fd;

	if (guardian_asked(argc, argv, &asked, &fd))
		return guardian_main(&asked, fd);
	if (geteuid() != 0)
		skip_all("only root can be somebody else");
	begin_tests();
	start(&client, new_rules, 60000);
	socket_path = xasprintf("%s/%s", run_dir, TRIAL_SOCKET);
	if (chmod(dir, 0711) < 0 || chmod(run_dir, 0711) < 0 ||
	    chmod(socket_path, 0777) < 0)
		bail_out("cannot open the socket to everybody");
	free(socket_path);
	test_request(REQUEST_CONFIRM, "confirm");
	test_request(REQUEST_REVERT, "revert");
	test_request(REQUEST_EXTEND, "extend");
	test_request(REQUEST_RESUME, "resume");
	is_int(await(&client, &event, 100), EVENT_NONE, "nothing happened");
	ok(live_is(new_rules), "the new rules are on trial");
	chmod(run_dir, 0700);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "root is heard");
	free(expect(&client, EVENT_REVERTED, 5000, "and reverts"));
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	return done_testing();
}
