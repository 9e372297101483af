/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sock_diag does not tell by which link a peer's packets come in, and the route
 * to him tells only where answers leave. A socket that was accepted remembers:
 * its IPV6_MULTICAST_IF is the link of the packet that completed the handshake
 * (tcp_v6_syn_recv_sock() in net/ipv6/tcp_ipv6.c). It is asked on a descriptor
 * of our own, and nothing of the connection changes. */
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/proc.h>
#include "ingress.h"
#include "sockets.h"

struct search {
	struct vec *connections;
	pid_t pid;
};

static unsigned
link_of(pid_t pid, int fd)
{
	int taken = proc_take_fd(pid, fd), ifindex = 0;
	socklen_t len = sizeof(ifindex);

	if (taken < 0)
		return 0;
	if (getsockopt(taken, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex,
		       &len) < 0)
		ifindex = 0;
	close(taken);
	return (unsigned)ifindex;
}

static bool
is_open_question(const struct ip_socket *s)
{
	return !s->came_by && s->inode && !addr_is_v4(&s->peer) &&
	       !addr_is_loopback(&s->peer);
}

static bool
on_socket(uint64_t inode, int fd, void *arg)
{
	const struct search *search = arg;

	for (size_t i = 0; i < search->connections->n; i++) {
		struct ip_socket *s = search->connections->v[i];

		if (s->inode == inode && is_open_question(s))
			s->came_by = link_of(search->pid, fd);
	}
	return true;
}

static bool
on_process(pid_t pid, void *arg)
{
	struct search *search = arg;
	bool more = false;

	search->pid = pid;
	proc_each_socket_fd(pid, on_socket, search);
	for (size_t i = 0; i < search->connections->n && !more; i++)
		more = is_open_question(search->connections->v[i]);
	return more;
}

/* With lo and one more there is nothing to tell apart. */
static bool
has_two_links(void)
{
	struct if_nameindex *links = if_nameindex();
	size_t n = 0;

	while (links && links[n].if_index)
		n++;
	if_freenameindex(links);
	return n > 2;
}

void
ingress_learn_of(pid_t pid, struct vec *connections)
{
	struct search search = { .connections = connections, .pid = pid };

	proc_each_socket_fd(pid, on_socket, &search);
}

void
ingress_learn(struct vec *connections)
{
	struct search search = { .connections = connections };

	if (connections->n > 0 && has_two_links())
		proc_each(on_process, &search);
}
