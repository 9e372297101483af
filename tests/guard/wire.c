/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TAP interfaces, joined in user space. */
#include "wire.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "net.h"

static int
tap_open(const struct wire_end *end)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd;

	net_enter(end->ns);
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", end->link);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &req) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A link that is not up yet takes no frame: it is lost. */
static void
carry(int from, int to)
{
	char frame[65536];
	ssize_t n = read(from, frame, sizeof(frame));

	if (n > 0 && write(to, frame, (size_t)n) < 0)
		return;
}

_Noreturn static void
carry_for_ever(int a, int b)
{
	struct pollfd fds[2] = {
		{ .fd = a, .events = POLLIN },
		{ .fd = b, .events = POLLIN },
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			_exit(1);
		if (fds[0].revents)
			carry(a, b);
		if (fds[1].revents)
			carry(b, a);
	}
}

bool
wire_make(const struct wire_end *a, const struct wire_end *b)
{
	int one = tap_open(a), other = tap_open(b);
	pid_t pid = -1;

	if (one >= 0 && other >= 0)
		pid = fork();
	if (pid == 0)
		carry_for_ever(one, other);
	if (one >= 0)
		close(one);
	if (other >= 0)
		close(other);
	return pid > 0;
}
