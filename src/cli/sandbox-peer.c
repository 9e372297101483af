/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox's sshd and who is logged in to it. It speaks no SSH: a connection
 * lives as long as a heartbeat gets through both ways, which is what the rules
 * decide about. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "sandbox-internal.h"

#define HEARTBEAT_MS 1000
#define CONNECT_MS 5000
#define LOGIN_EVERY_S 10
#define LOGIN_FOR_S 3
#define CONNECTIONS 32

static struct sockaddr_in6
address_of(const char *address, uint16_t port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(port) };

	if (inet_pton(AF_INET6, address, &sin6.sin6_addr) != 1)
		die("bad address %s", address);
	return sin6;
}

static int
tcp_socket(const struct sockaddr_in6 *local)
{
	int one = 1, fd;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)local, sizeof(*local)) == 0)
		return fd;
	close(fd);
	return -1;
}

enum err
sandbox_listen(int *fd)
{
	struct sockaddr_in6 local = address_of("::", SANDBOX_SSH_PORT);

	*fd = tcp_socket(&local);
	if (*fd == -1 || listen(*fd, CONNECTIONS) == -1)
		return fail_errno(_("cannot listen on port %d in the sandbox"),
				  SANDBOX_SSH_PORT);
	return OK;
}

/* Read what came; false when the connection is over. */
static bool
drain(int fd)
{
	char buf[256];
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	return n == -1 && (errno == EAGAIN || errno == EINTR);
}

static void
drop_connection(struct pollfd *fds, nfds_t *n, nfds_t at)
{
	close(fds[at].fd);
	fds[at] = fds[--*n];
}

static void
accept_one(struct pollfd *fds, nfds_t *n)
{
	int fd = accept4(fds[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return;
	if (*n == CONNECTIONS)
		drop_connection(fds, n, 1);
	fds[(*n)++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

_Noreturn void
sandbox_sshd(int fd)
{
	struct pollfd fds[CONNECTIONS] = { { .fd = fd, .events = POLLIN } };
	nfds_t n = 1, i;
	bool quiet;

	prctl(PR_SET_NAME, "sshd");
	for (;;) {
		quiet = poll(fds, n, HEARTBEAT_MS) == 0;
		for (i = n - 1; i > 0; i--) {
			if (quiet)
				send(fds[i].fd, ".", 1,
				     MSG_NOSIGNAL | MSG_DONTWAIT);
			if (fds[i].revents && !drain(fds[i].fd))
				drop_connection(fds, &n, i);
		}
		if (fds[0].revents)
			accept_one(fds, &n);
	}
}

static bool
wait_connected(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error;

	if (poll(&pfd, 1, CONNECT_MS) != 1) {
		errno = ETIMEDOUT;
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return false;
	errno = error;
	return error == 0;
}

/* Connect from port, 0 for any. -1 with errno. */
static int
connect_from(uint16_t port)
{
	struct sockaddr_in6 local = address_of(SANDBOX_PEER, port);
	struct sockaddr_in6 host = address_of(SANDBOX_HOST, SANDBOX_SSH_PORT);
	int fd = tcp_socket(&local);

	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&host, sizeof(host)) == 0 ||
	    (errno == EINPROGRESS && wait_connected(fd)))
		return fd;
	close(fd);
	return -1;
}

enum err
sandbox_log_in(int *fd, uint16_t *port)
{
	struct sockaddr_in6 local;
	socklen_t len = sizeof(local);

	*fd = connect_from(0);
	if (*fd == -1 ||
	    getsockname(*fd, (struct sockaddr *)&local, &len) == -1)
		return fail_errno(_("cannot connect in the sandbox"));
	*port = ntohs(local.sin6_port);
	return OK;
}

/* Answer each heartbeat until the connection is over. */
static void
answer(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (poll(&pfd, 1, -1) == 1 && drain(fd))
		send(fd, ".", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

_Noreturn void
sandbox_stay_logged_in(int fd, uint16_t port)
{
	prctl(PR_SET_NAME, "ssh");
	for (;;) {
		answer(fd);
		close(fd);
		do {
			sleep(1);
			fd = connect_from(port);
		} while (fd == -1);
	}
}

_Noreturn void
sandbox_new_logins(void)
{
	int fd;

	prctl(PR_SET_NAME, "ssh-new");
	for (;;) {
		sleep(LOGIN_EVERY_S);
		fd = connect_from(0);
		if (fd == -1)
			continue;
		sleep(LOGIN_FOR_S);
		close(fd);
	}
}
