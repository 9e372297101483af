/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The yard: what is behind this host, as a container is, in a namespace of its
 * own. The kernel plays there by itself; it answers for each address that
 * settles. */
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

#define FAR_NAME "yard"

/* Its own link-local address, of which nobody else hears. */
static const struct link_addr far_addr = {
	.addr = { .s6_addr = { 0xfe, 0x80, [13] = 0x53, [15] = 0xcc } },
	.len = 64,
};

static int
bring_up_far_end(struct yard *yard)
{
	struct nl_sock *sk = NULL;
	int rc = net_open(&sk);

	if (rc < 0)
		return rc;
	yard->far_ifindex = (int)if_nametoindex(FAR_NAME);
	sysctls_hurry(FAR_NAME);
	rc = net_bring_up(sk, yard->far_ifindex, yard->facts.noarp);
	if (rc == 0)
		rc = net_add_address(sk, yard->far_ifindex, &far_addr);
	nl_socket_free(sk);
	return rc;
}

int
yard_build(struct scene *scene, struct nl_sock *sk, struct yard *yard)
{
	int rc;

	if (unshare(CLONE_NEWNET) < 0)
		return -NLE_PERM;
	yard->ns = scene_here();
	if (!scene_enter(scene->inside))
		return -NLE_FAILURE;
	rc = net_add_cable(sk, &yard->facts, FAR_NAME, yard->ns);
	yard->ifindex = (int)if_nametoindex(yard->facts.ifname);
	sysctls_hurry(yard->facts.ifname);
	if (rc == 0 && scene_enter(yard->ns))
		rc = bring_up_far_end(yard);
	if (!scene_enter(scene->inside))
		return -NLE_FAILURE;
	return rc ? rc : net_dress(sk, yard->ifindex, &yard->facts);
}

/* A link-local one rather than another. */
const struct in6_addr *
yard_host(const struct yard *yard)
{
	const struct in6_addr *found = NULL;

	for (size_t i = 0; i < yard->facts.n_addrs; i++) {
		const struct in6_addr *addr = &yard->facts.addrs[i].addr;

		if (!found || addr_is_link_local(addr))
			found = addr;
	}
	return found;
}

static int
settle_far(const struct yard *yard, struct link_addr live,
	   const struct in6_addr *gateway, const struct in6_addr *host)
{
	static const struct in6_addr anywhere;
	struct link_addr way = { .len = 128 };
	struct nl_sock *sk = NULL;
	int rc = net_open(&sk);

	if (rc < 0)
		return rc;
	if (gateway)
		way.addr = *gateway;
	if (gateway)
		rc = net_add_address(sk, yard->far_ifindex, &way);
	if (rc == 0)
		rc = net_add_address(sk, yard->far_ifindex, &live);
	if (rc == 0)
		rc = net_add_route(sk, yard->far_ifindex, &anywhere, 0, host);
	nl_socket_free(sk);
	return rc;
}

int
yard_settle(struct scene *scene, struct yard *yard, const struct in6_addr *addr,
	    const struct in6_addr *gateway)
{
	const struct link_addr live = { *addr, 128, false };
	const struct in6_addr *host = yard_host(yard);
	struct nl_sock *sk = NULL;
	int rc = -NLE_FAILURE;

	if (!host || !scene_enter(yard->ns))
		return rc;
	rc = settle_far(yard, live, gateway, host);
	if (!scene_enter(scene->inside))
		return -NLE_FAILURE;
	if (rc == 0)
		rc = net_open(&sk);
	if (rc < 0)
		return rc;
	rc = net_add_route(sk, yard->ifindex, addr, 128, gateway);
	nl_socket_free(sk);
	return rc;
}
