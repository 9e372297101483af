/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WG_CMD_GET_DEVICE over libnl. A peer whose endpoint is not known calls from
 * anywhere. */
#include <linux/wireguard.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/err.h>
#include "wireguard.h"

/* One allowed prefix: its length where it holds inside, else -1. */
static int
match_prefix(struct nlattr *attr, const struct in6_addr *inside)
{
	struct nlattr *tb[WGALLOWEDIP_A_MAX + 1];
	struct in6_addr prefix;
	int len;

	if (nla_parse_nested(tb, WGALLOWEDIP_A_MAX, attr, NULL) < 0 ||
	    !tb[WGALLOWEDIP_A_IPADDR] || !tb[WGALLOWEDIP_A_CIDR_MASK] ||
	    nla_len(tb[WGALLOWEDIP_A_IPADDR]) != 16)
		return -1;
	memcpy(&prefix, nla_data(tb[WGALLOWEDIP_A_IPADDR]), 16);
	len = nla_get_u8(tb[WGALLOWEDIP_A_CIDR_MASK]);
	return len <= 128 && addr_in_prefix(inside, &prefix, (unsigned)len) ?
	       len : -1;
}

static void
read_endpoint(const struct nlattr *attr, struct tunnel *t)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_UNSPEC };
	struct sockaddr_in sin;

	memset(&t->remote, 0, sizeof(t->remote));
	t->remote_port = 0;
	t->v4 = false;
	if (attr && nla_len(attr) >= (int)sizeof(sin6))
		memcpy(&sin6, nla_data(attr), sizeof(sin6));
	else if (attr && nla_len(attr) >= (int)sizeof(sin))
		memcpy(&sin6, nla_data(attr), sizeof(sin));
	if (sin6.sin6_family == AF_INET6) {
		t->remote = sin6.sin6_addr;
		t->remote_port = ntohs(sin6.sin6_port);
		t->v4 = addr_is_v4(&t->remote);
	} else if (sin6.sin6_family == AF_INET) {
		memcpy(&sin, &sin6, sizeof(sin));
		t->remote.s6_addr[10] = t->remote.s6_addr[11] = 0xff;
		memcpy(&t->remote.s6_addr[12], &sin.sin_addr, 4);
		t->remote_port = ntohs(sin.sin_port);
		t->v4 = true;
	}
}

static void
read_peer(struct nlattr *peer, struct wireguard_search *search)
{
	struct nlattr *tb[WGPEER_A_MAX + 1], *attr;
	int rest;

	if (nla_parse_nested(tb, WGPEER_A_MAX, peer, NULL) < 0 ||
	    !tb[WGPEER_A_ALLOWEDIPS])
		return;
	nla_for_each_nested(attr, tb[WGPEER_A_ALLOWEDIPS], rest) {
		int len = match_prefix(attr, &search->inside);

		if (len <= search->best)
			continue;
		search->best = len;
		read_endpoint(tb[WGPEER_A_ENDPOINT], search->tunnel);
	}
}

void
wireguard_read(const struct nlmsghdr *msg, struct wireguard_search *search)
{
	struct nlmsghdr *h = (struct nlmsghdr *)msg;
	struct nlattr *tb[WGDEVICE_A_MAX + 1], *attr;
	int rest;

	if (genlmsg_parse(h, 0, tb, WGDEVICE_A_MAX, NULL) < 0)
		return;
	if (tb[WGDEVICE_A_LISTEN_PORT])
		search->tunnel->local_port =
			nla_get_u16(tb[WGDEVICE_A_LISTEN_PORT]);
	if (tb[WGDEVICE_A_FWMARK])
		search->tunnel->mark = nla_get_u32(tb[WGDEVICE_A_FWMARK]);
	if (!tb[WGDEVICE_A_PEERS])
		return;
	nla_for_each_nested(attr, tb[WGDEVICE_A_PEERS], rest)
		read_peer(attr, search);
}

static int
on_device(struct nl_msg *msg, void *arg)
{
	wireguard_read(nlmsg_hdr(msg), arg);
	return NL_OK;
}

static void
ask(struct nl_sock *sk, unsigned ifindex, struct wireguard_search *search)
{
	int family = genl_ctrl_resolve(sk, WG_GENL_NAME);
	struct nl_msg *msg;

	if (family < 0)
		return;
	msg = nlmsg_alloc();
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
				 NLM_F_DUMP, WG_CMD_GET_DEVICE,
				 WG_GENL_VERSION) ||
	    nla_put_u32(msg, WGDEVICE_A_IFINDEX, ifindex) < 0)
		die(_("out of memory"));
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_device, search);
	if (nl_send_auto(sk, msg) >= 0)
		nl_recvmsgs_default(sk);
	nlmsg_free(msg);
}

void
wireguard_find(unsigned ifindex, const struct in6_addr *inside,
	       struct tunnel *tunnel)
{
	struct wireguard_search search = { *inside, -1, tunnel };
	struct nl_sock *sk = nl_socket_alloc();

	if (!sk)
		die(_("out of memory"));
	if (genl_connect(sk) >= 0)
		ask(sk, ifindex, &search);
	nl_socket_free(sk);
	if (!tunnel->local_port)
		tunnel->proto = 0;
}
