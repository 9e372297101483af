/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A descriptor of our own for the socket tells all at once (pidfd_getfd(2)).
 * Where that is forbidden, as by kernel.yama.ptrace_scope = 3, the kernel's list
 * of connections has it by its inode. */
#include <net/if.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/proc.h>
#include "login-socket.h"
#include "sockets.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71	/* asm-generic/socket.h, Linux 5.14 */
#endif

struct search {
	pid_t pid;
	struct login_socket *found;
	struct vec connections;	/* where descriptors are not to be had */
	bool listed;
};

static bool
is_established(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state == TCP_ESTABLISHED;
}

static bool
is_of_ours(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie,
			  &len) < 0 || cookie == proc_netns_cookie();
}

static void
take_address(const struct sockaddr_storage *sa, struct in6_addr *addr,
	     uint16_t *port)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;

	if (sa->ss_family == AF_INET6) {
		*addr = in6->sin6_addr;
		*port = ntohs(in6->sin6_port);
		return;
	}
	*addr = (struct in6_addr){ 0 };
	addr->s6_addr[10] = addr->s6_addr[11] = 0xff;
	memcpy(&addr->s6_addr[12], &in->sin_addr, 4);
	*port = ntohs(in->sin_port);
}

/* An accepted socket remembers by which link its peer came (ingress.c). */
static bool
came_by_lo(int fd)
{
	int ifindex = 0;
	socklen_t len = sizeof(ifindex);

	return getsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex,
			  &len) == 0 &&
	       ifindex > 0 && (unsigned)ifindex == if_nametoindex("lo");
}

static bool
ask_socket(int fd, struct login_socket *found)
{
	struct sockaddr_storage peer = { 0 }, local = { 0 };
	socklen_t peer_len = sizeof(peer), local_len = sizeof(local);
	struct in6_addr own;
	uint16_t port;

	if (!is_established(fd) || !is_of_ours(fd) ||
	    getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&local, &local_len) < 0 ||
	    (peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
		return false;
	take_address(&peer, &found->peer, &found->port);
	take_address(&local, &own, &port);
	found->local = came_by_lo(fd) || addr_is_loopback(&found->peer) ||
		       addr_equal(&found->peer, &own);
	return true;
}

static bool
ask_list(struct search *search, uint64_t inode)
{
	if (!search->listed &&
	    sockets_established(0, &search->connections) != OK)
		return false;
	search->listed = true;
	for (size_t i = 0; i < search->connections.n; i++) {
		const struct ip_socket *s = search->connections.v[i];

		if (s->inode != inode)
			continue;
		search->found->peer = s->peer;
		search->found->port = s->peer_port;
		search->found->local = addr_is_loopback(&s->peer) ||
				       addr_equal(&s->peer, &s->local);
		return true;
	}
	return false;
}

static bool
on_socket(uint64_t inode, int fd, void *arg)
{
	struct search *search = arg;
	int taken = proc_take_fd(search->pid, fd);
	bool good = taken < 0 ? ask_list(search, inode) :
				ask_socket(taken, search->found);

	if (taken >= 0)
		close(taken);
	if (good)
		search->found->inode = inode;
	return !good;
}

void
login_socket_find(pid_t pid, struct login_socket *found)
{
	struct search search = { .pid = pid, .found = found };

	*found = (struct login_socket){ 0 };
	proc_each_socket_fd(pid, on_socket, &search);
	sockets_free(&search.connections);
}
