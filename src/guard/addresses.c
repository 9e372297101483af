/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_GETADDR over libnl. Who made an address is told by IFA_PROTO since Linux
 * 5.18, before and for network managers by its shape: DHCPv6 leases single
 * addresses (/128), router advertisements give prefixes. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "addresses.h"

#ifndef IFAPROT_KERNEL_RA
#define IFAPROT_KERNEL_RA 2	/* linux/if_addr.h, Linux 5.18 */
#endif
#define IFA_PROTO_NUMBER 11	/* IFA_PROTO, the same */
#define FOR_EVER 0xffffffffu	/* ifa_valid */

static enum lasts
who_renews(const struct ifaddrmsg *ifa, struct nlattr *const tb[])
{
	const struct ifa_cacheinfo *cache;
	unsigned flags = ifa->ifa_flags;

	if (!tb[IFA_CACHEINFO] ||
	    nla_len(tb[IFA_CACHEINFO]) < (int)sizeof(*cache))
		return LASTS;
	cache = nla_data(tb[IFA_CACHEINFO]);
	if (cache->ifa_valid == FOR_EVER)
		return LASTS;
	if (tb[IFA_FLAGS])
		flags = nla_get_u32(tb[IFA_FLAGS]);
	if (flags & (IFA_F_TEMPORARY | IFA_F_MANAGETEMPADDR) ||
	    (tb[IFA_PROTO_NUMBER] &&
	     nla_get_u8(tb[IFA_PROTO_NUMBER]) == IFAPROT_KERNEL_RA))
		return LASTS_BY_RA;
	return ifa->ifa_prefixlen == 128 ? LASTS_BY_LEASE : LASTS_BY_RA;
}

bool
address_read(const struct nlmsghdr *msg, struct own_address *own)
{
	struct nlmsghdr *h = (struct nlmsghdr *)msg;
	const struct ifaddrmsg *ifa = nlmsg_data(h);
	struct nlattr *tb[IFA_PROTO_NUMBER + 1], *addr;

	if (h->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse(h, sizeof(*ifa), tb, IFA_PROTO_NUMBER, NULL) < 0)
		return false;
	/* With a peer (point to point) IFA_ADDRESS is the peer's. */
	addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (ifa->ifa_family != AF_INET6 || !addr || nla_len(addr) != 16)
		return false;
	memcpy(&own->addr, nla_data(addr), 16);
	own->ifindex = ifa->ifa_index;
	own->lasts = who_renews(ifa, tb);
	return true;
}

static int
on_address(struct nl_msg *msg, void *arg)
{
	struct own_address own;

	if (address_read(nlmsg_hdr(msg), &own))
		vec_push(arg, xmemdup(&own, sizeof(own)));
	return NL_OK;
}

void
addresses_list(struct nl_sock *sk, struct vec *out)
{
	struct ifaddrmsg ifa = { .ifa_family = AF_INET6 };

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_address, out);
	if (nl_send_simple(sk, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa)) >= 0)
		nl_recvmsgs_default(sk);
}

const struct own_address *
addresses_find(const struct vec *addresses, const struct in6_addr *addr)
{
	for (size_t i = 0; i < addresses->n; i++) {
		const struct own_address *own = addresses->v[i];

		if (addr_equal(&own->addr, addr))
			return own;
	}
	return NULL;
}
