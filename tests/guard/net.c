/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces, sockets and stand-ins for the tests of the guard. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void
net_die(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	printf("cannot set up: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (%s)\n", strerror(error));
	exit(2);
}

int64_t
net_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		net_die("namespace");
	return fd;
}

void
net_enter(int ns)
{
	if (setns(ns, CLONE_NEWNET) < 0)
		net_die("setns");
}

int
net_new(void)
{
	int before = current(), made;

	if (unshare(CLONE_NEWNET) < 0)
		net_die("unshare");
	made = current();
	net_enter(before);
	close(before);
	return made;
}

void
net_sysctl(int ns, const char *path, const char *value)
{
	int before = current(), fd;
	char whole[128];

	net_enter(ns);
	snprintf(whole, sizeof(whole), "/proc/sys/%s", path);
	fd = open(whole, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		net_die("%s", whole);
	close(fd);
	net_enter(before);
	close(before);
}

static int
file_of(const char *text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET) < 0)
		net_die("input");
	return fd;
}

static void
become(int ns, const char *const argv[], int in, int out)
{
	int none = open("/dev/null", O_RDWR | O_CLOEXEC);

	net_enter(ns);
	if (dup2(in < 0 ? none : in, 0) < 0 ||
	    dup2(out < 0 ? none : out, 1) < 0 || dup2(1, 2) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

int
net_run(int ns, const char *const argv[], const char *text, int out)
{
	int in = text ? file_of(text) : -1, status;
	pid_t pid = fork();

	if (pid == 0)
		become(ns, argv, in, out);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		net_die("%s", argv[0]);
	if (in >= 0)
		close(in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
net_hear(int ns, const char *const argv[], struct str *said)
{
	int fd = memfd_create("output", MFD_CLOEXEC), status;
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		net_die("output");
	status = net_run(ns, argv, NULL, fd);
	if (lseek(fd, 0, SEEK_SET) < 0)
		net_die("output");
	for (n = 1; n > 0;) {
		n = read(fd, buf, sizeof(buf));
		str_addn(said, buf, n > 0 ? (size_t)n : 0);
	}
	close(fd);
	return status;
}

void
net_ip(int ns, const char *batch)
{
	static const char *const ip[] = { "ip", "-batch", "-", NULL };

	if (net_run(ns, ip, batch, STDOUT_FILENO))
		net_die("ip -batch:\n%s", batch);
}

static int
socket_in(int ns, int type)
{
	int before = current(), on = 1, fd;

	net_enter(ns);
	fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		net_die("socket");
	net_enter(before);
	close(before);
	return fd;
}

static struct sockaddr_in6
address(const char *text, uint16_t port)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};

	if (*text && inet_pton(AF_INET6, text, &sa.sin6_addr) != 1)
		net_die("address %s", text);
	return sa;
}

int
net_listen(int ns, int type, const char *at, uint16_t port)
{
	struct sockaddr_in6 sa = address(at, port);
	int fd = socket_in(ns, type);

	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) < 0))
		net_die("port %u", port);
	return fd;
}

int
net_connect(int ns, const char *from, const char *to, uint16_t port,
	    int timeout_ms)
{
	struct sockaddr_in6 ours = address(from, 0), theirs = address(to, port);
	int fd = socket_in(ns, SOCK_STREAM | SOCK_NONBLOCK), error = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(error);

	if (bind(fd, (struct sockaddr *)&ours, sizeof(ours)) < 0)
		net_die("bind to %s", from);
	if (connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)) == 0)
		return fd;
	if (errno == EINPROGRESS && poll(&p, 1, timeout_ms) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error)
		return fd;
	close(fd);
	return -1;
}

int
net_udp(int ns, const char *to, uint16_t port)
{
	struct sockaddr_in6 theirs = address(to, port);
	int fd = socket_in(ns, SOCK_DGRAM | SOCK_NONBLOCK);

	if (connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0)
		net_die("udp to %s", to);
	return fd;
}

#define ECHO_MAX 16

static bool
is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
	       yes;
}

/* False where that socket is at its end. */
static bool
echo_once(int fd)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	char buf[2048];
	ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
			     &len);

	if (n > 0)
		n = sendto(fd, buf, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
			   (struct sockaddr *)&from, len);
	return n > 0 || (n < 0 && (errno == EPERM || errno == EAGAIN));
}

_Noreturn static void
echo_for_ever(struct pollfd *fds, unsigned n)
{
	for (;;) {
		if (poll(fds, n, -1) < 0)
			_exit(1);
		for (unsigned i = n; i-- > 0;) {
			if (!fds[i].revents)
				continue;
			if (is_listening(fds[i].fd) && n < ECHO_MAX)
				fds[n++] = (struct pollfd){
					.fd = accept(fds[i].fd, NULL, NULL),
					.events = POLLIN,
				};
			else if (!echo_once(fds[i].fd))
				fds[i].fd = -1;
		}
	}
}

pid_t
net_echo(const char *name, int fd)
{
	struct pollfd fds[ECHO_MAX] = { { .fd = fd, .events = POLLIN } };
	pid_t pid = fork();

	if (pid < 0)
		net_die("fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	echo_for_ever(fds, 1);
}

/* What comes until then; true where it is the nonce. */
static bool
answer_is(int fd, const char *nonce, size_t len, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[64];

	return poll(&p, 1, timeout_ms) == 1 &&
	       recv(fd, buf, sizeof(buf), 0) == (ssize_t)len &&
	       memcmp(buf, nonce, len) == 0;
}

bool
net_ask(int fd, int timeout_ms)
{
	int64_t end = net_now_ms() + timeout_ms, left = timeout_ms;
	int type = SOCK_STREAM;
	socklen_t size = sizeof(type);
	char nonce[32];
	size_t len = (size_t)snprintf(nonce, sizeof(nonce), "SSH-2.0-nonce%lld\n",
				      (long long)end);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	for (; left > 0; left = end - net_now_ms()) {
		int wait = type == SOCK_DGRAM && left > 200 ? 200 : (int)left;

		if (send(fd, nonce, len, MSG_NOSIGNAL) < 0 && errno != EPERM &&
		    type == SOCK_STREAM)
			return false;
		if (answer_is(fd, nonce, len, wait))
			return true;
	}
	return false;
}
