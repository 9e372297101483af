/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper of a tryout: it sits in a network namespace of its own and says
 * what the kernel says to the tables that it is given. It has nothing of its
 * parent but one socket, and dies with it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/scratch.h>
#include "ip6tc.h"
#include "tryout-helper.h"

static bool
helper_read(int fd, void *to, size_t len)
{
	for (char *at = to; len > 0;) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static struct reply
helper_load(const struct request *ask, const void *items)
{
	struct reply reply = { 0 };
	bool opened;

	reply.error = ip6tc_load(ask->name, items, ask->len, &opened);
	reply.flag = opened;
	return reply;
}

/* IP6T_SO_GET_REVISION_*: loads the extension's module as a rule would. */
static struct reply
helper_has(const struct request *ask)
{
	struct xt_get_revision rev = { .revision = (uint8_t)ask->revision };
	socklen_t len = sizeof(rev);
	struct reply reply = { 0 };
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	str_copy(rev.name, sizeof(rev.name), ask->name);
	if (fd < 0 || getsockopt(fd, IPPROTO_IPV6, ask->kind == ASK_TARGET ?
				 IP6T_SO_GET_REVISION_TARGET :
				 IP6T_SO_GET_REVISION_MATCH, &rev, &len) < 0)
		reply.error = errno;
	if (fd >= 0)
		close(fd);
	return reply;
}

/* One request. A table that was accepted goes at once, behind the answer: what
 * it holds must not meet the next one. */
static bool
helper_serve(int fd)
{
	struct request ask;
	struct reply reply;
	bool opened, loads;
	void *items;

	if (!helper_read(fd, &ask, sizeof(ask)))
		return false;
	items = xmalloc(ask.len + 1);
	if (!helper_read(fd, items, ask.len))
		return false;
	loads = ask.kind == ASK_LOAD;
	reply = loads ? helper_load(&ask, items) : helper_has(&ask);
	free(items);
	if (write(fd, &reply, sizeof(reply)) != sizeof(reply))
		return false;
	return !loads || reply.error ||
	       ip6tc_load(ask.name, NULL, 0, &opened) == 0;
}

_Noreturn void
helper_main(int fd, pid_t parent)
{
	struct reply hello = { 0 };
	bool user_ns;

	fd = scratch_detach(fd, "sallyport-try");
	hello.error = scratch_enter(&user_ns);
	hello.flag = user_ns;
	if (scratch_follow(parent) &&
	    write(fd, &hello, sizeof(hello)) == sizeof(hello) && !hello.error)
		while (helper_serve(fd))
			;
	_exit(0);
}
