/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network of the sandbox, as one table a side: a host with containers on a
 * bridge, and its gateway, which is the peer too. The containers are cables
 * whose other ends lie unused there. Addresses are of 2001:db8::/32, which RFC 3849 keeps for
 * documentation. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "sandbox-internal.h"

enum step_kind {
	STEP_END,
	STEP_LINK,	/* name, of which kind */
	STEP_CABLE,	/* name, to the peer, whose end is called so too */
	STEP_MASTER,	/* name, port of which bridge */
	STEP_UP,	/* name */
	STEP_ADDRESS,	/* on name, which; without duplicate detection */
	STEP_NEIGHBOUR,	/* on name, who; without an answer of his */
	STEP_ROUTE,	/* through name, where to, by which gateway */
	STEP_SETTING,	/* below /proc/sys/net/ipv6/conf/, value */
};

struct step {
	enum step_kind kind;
	const char *name;
	const char *value;
	const char *gateway;
};

static const struct step host_steps[] = {
	{ STEP_SETTING, "all/disable_ipv6", "0", NULL },
	{ STEP_SETTING, "default/disable_ipv6", "0", NULL },
	{ STEP_SETTING, "default/accept_dad", "0", NULL },
	{ STEP_SETTING, "all/forwarding", "1", NULL },
	{ STEP_UP, "lo", NULL, NULL },
	{ STEP_CABLE, "eth0", "eth0", NULL },
	{ STEP_UP, "eth0", NULL, NULL },
	{ STEP_ADDRESS, "eth0", SANDBOX_HOST "/64", NULL },
	{ STEP_ROUTE, "eth0", "default", "fe80::1" },
	{ STEP_LINK, "br0", "bridge", NULL },
	{ STEP_UP, "br0", NULL, NULL },
	{ STEP_ADDRESS, "br0", "2001:db8:1:c::1/64", NULL },
	{ STEP_CABLE, "web0", "web0", NULL },
	{ STEP_MASTER, "web0", "br0", NULL },
	{ STEP_UP, "web0", NULL, NULL },
	{ STEP_CABLE, "node0", "node0", NULL },
	{ STEP_MASTER, "node0", "br0", NULL },
	{ STEP_UP, "node0", NULL, NULL },
	{ STEP_NEIGHBOUR, "br0", "2001:db8:1:c::80", NULL },
	{ STEP_NEIGHBOUR, "br0", "2001:db8:1:c::4001", NULL },
	{ STEP_END, NULL, NULL, NULL },
};

static const struct step peer_steps[] = {
	{ STEP_SETTING, "all/disable_ipv6", "0", NULL },
	{ STEP_SETTING, "default/disable_ipv6", "0", NULL },
	{ STEP_SETTING, "default/accept_dad", "0", NULL },
	{ STEP_SETTING, "web0/disable_ipv6", "1", NULL },
	{ STEP_SETTING, "node0/disable_ipv6", "1", NULL },
	{ STEP_SETTING, "eth0/disable_ipv6", "0", NULL },
	{ STEP_SETTING, "eth0/accept_dad", "0", NULL },
	{ STEP_UP, "lo", NULL, NULL },
	{ STEP_UP, "eth0", NULL, NULL },
	{ STEP_ADDRESS, "eth0", "fe80::1/64", NULL },
	{ STEP_ADDRESS, "lo", SANDBOX_PEER "/128", NULL },
	{ STEP_ROUTE, "eth0", "2001:db8:1::/64", NULL },
	{ STEP_ROUTE, "eth0", "2001:db8:1:c::/64", SANDBOX_HOST },
	{ STEP_UP, "web0", NULL, NULL },
	{ STEP_UP, "node0", NULL, NULL },
	{ STEP_END, NULL, NULL, NULL },
};

static int
set(const struct step *step)
{
	char *path = xasprintf("/proc/sys/net/ipv6/conf/%s", step->name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = -NLE_FAILURE;

	free(path);
	if (fd == -1)
		return errno == ENOENT ? -NLE_OBJ_NOTFOUND : -NLE_PERM;
	if (fd_write_all(fd, step->value, strlen(step->value)) == OK)
		rc = 0;
	close(fd);
	return rc;
}

static int
add_link(struct nl_sock *sk, const struct step *step)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int rc;

	rtnl_link_set_name(link, step->name);
	rc = rtnl_link_set_type(link, step->value);
	if (rc == 0)
		rc = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	return rc;
}

static int
add_cable(struct nl_sock *sk, const struct step *step, pid_t pid)
{
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *peer = rtnl_link_veth_get_peer(link);
	int rc;

	rtnl_link_set_name(link, step->name);
	rtnl_link_set_name(peer, step->value);
	rtnl_link_set_ns_pid(peer, pid);
	rc = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(peer);
	rtnl_link_put(link);
	return rc;
}

static int
set_up(struct nl_sock *sk, const struct step *step)
{
	struct rtnl_link *link = rtnl_link_alloc(), *up = rtnl_link_alloc();
	int rc;

	rtnl_link_set_ifindex(link, (int)if_nametoindex(step->name));
	rtnl_link_set_flags(up, IFF_UP);
	rc = rtnl_link_change(sk, link, up, 0);
	rtnl_link_put(up);
	rtnl_link_put(link);
	return rc;
}

static int
add_address(struct nl_sock *sk, const struct step *step)
{
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local;
	int rc;

	rc = nl_addr_parse(step->value, AF_INET6, &local);
	if (rc == 0) {
		rtnl_addr_set_ifindex(addr, (int)if_nametoindex(step->name));
		rtnl_addr_set_flags(addr, IFA_F_NODAD);
		rtnl_addr_set_local(addr, local);
		rc = rtnl_addr_add(sk, addr, 0);
		nl_addr_put(local);
	}
	rtnl_addr_put(addr);
	return rc;
}

static int
add_neighbour(struct nl_sock *sk, const struct step *step)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *who = NULL, *link = NULL;
	int rc = nl_addr_parse(step->value, AF_INET6, &who);

	if (rc == 0)
		rc = nl_addr_parse("02:00:00:00:00:02", AF_LLC, &link);
	if (rc == 0) {
		rtnl_neigh_set_ifindex(neigh, (int)if_nametoindex(step->name));
		rtnl_neigh_set_state(neigh, NUD_PERMANENT);
		rtnl_neigh_set_dst(neigh, who);
		rtnl_neigh_set_lladdr(neigh, link);
		rc = rtnl_neigh_add(sk, neigh, NLM_F_CREATE);
	}
	nl_addr_put(who);
	nl_addr_put(link);
	rtnl_neigh_put(neigh);
	return rc;
}

static int
add_route(struct nl_sock *sk, const struct step *step)
{
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct rtnl_route *route = rtnl_route_alloc();
	struct nl_addr *to, *by;
	int rc;

	rtnl_route_nh_set_ifindex(hop, (int)if_nametoindex(step->name));
	if (step->gateway && nl_addr_parse(step->gateway, AF_INET6, &by) == 0) {
		rtnl_route_nh_set_gateway(hop, by);
		nl_addr_put(by);
	}
	rtnl_route_add_nexthop(route, hop);
	rc = nl_addr_parse(step->value, AF_INET6, &to);
	if (rc == 0) {
		rtnl_route_set_dst(route, to);
		rc = rtnl_route_add(sk, route, NLM_F_CREATE);
		nl_addr_put(to);
	}
	rtnl_route_put(route);
	return rc;
}

static int
take_step(struct nl_sock *sk, const struct step *step, pid_t pid)
{
	switch (step->kind) {
	case STEP_LINK:
		return add_link(sk, step);
	case STEP_CABLE:
		return add_cable(sk, step, pid);
	case STEP_MASTER:
		return rtnl_link_enslave_ifindex(sk,
				(int)if_nametoindex(step->value),
				(int)if_nametoindex(step->name));
	case STEP_UP:
		return set_up(sk, step);
	case STEP_ADDRESS:
		return add_address(sk, step);
	case STEP_NEIGHBOUR:
		return add_neighbour(sk, step);
	case STEP_ROUTE:
		return add_route(sk, step);
	case STEP_SETTING:
		return set(step);
	case STEP_END:
		break;
	}
	return 0;
}

static enum err
take_steps(const struct step *step, pid_t pid)
{
	struct nl_sock *sk = nl_socket_alloc();
	int rc;

	rc = nl_connect(sk, NETLINK_ROUTE);
	for (; rc == 0 && step->kind != STEP_END; step++) {
		rc = take_step(sk, step, pid);
		if (rc)
			break;
	}
	nl_socket_free(sk);
	if (rc)
		return fail(ERR_FAIL, _("cannot set up the sandbox's network (%s %s): %s"),
			    step->name, step->value ? step->value : "",
			    nl_geterror(rc));
	return OK;
}

enum err
sandbox_net_host(pid_t pid)
{
	return take_steps(host_steps, pid);
}

enum err
sandbox_net_peer(void)
{
	return take_steps(peer_steps, 0);
}
