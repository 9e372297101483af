/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to ctnetlink, which changes nothing. It is asked only where
 * conntrack is there: else that would be loaded, and has no entry. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "conntrack.h"

#define CT_MESSAGE(type) ((NFNL_SUBSYS_CTNETLINK << 8) | (type))

/* To what the peer's packets are addressed, if it began and nat leads them to
 * our socket. */
static void
learn_dialled(struct nlattr *original, struct lifeline *ll)
{
	struct nlattr *tuple[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1];
	struct nlattr *proto[CTA_PROTO_MAX + 1];
	struct in6_addr src, dst;
	uint16_t port;

	if (!original ||
	    nla_parse_nested(tuple, CTA_TUPLE_MAX, original, NULL) < 0 ||
	    !tuple[CTA_TUPLE_IP] || !tuple[CTA_TUPLE_PROTO] ||
	    nla_parse_nested(ip, CTA_IP_MAX, tuple[CTA_TUPLE_IP], NULL) < 0 ||
	    nla_parse_nested(proto, CTA_PROTO_MAX, tuple[CTA_TUPLE_PROTO],
			     NULL) < 0 ||
	    nla_memcpy(&src, ip[CTA_IP_V6_SRC], sizeof(src)) != sizeof(src) ||
	    nla_memcpy(&dst, ip[CTA_IP_V6_DST], sizeof(dst)) != sizeof(dst) ||
	    !proto[CTA_PROTO_DST_PORT])
		return;
	port = ntohs(nla_get_u16(proto[CTA_PROTO_DST_PORT]));
	if (!addr_equal(&src, &ll->peer) ||
	    (addr_equal(&dst, &ll->local) && port == ll->local_port))
		return;
	ll->dialled = dst;
	ll->dialled_port = port;
}

/* The answer claims to be one of many (ctnetlink_fill_info): none follows. */
static int
on_entry(struct nl_msg *msg, void *arg)
{
	struct lifeline *ll = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *tb[CTA_MAX + 1];

	if (h->nlmsg_type != CT_MESSAGE(IPCTNL_MSG_CT_NEW))
		return NL_STOP;
	ll->entry = ENTRY_FOUND;
	if (nlmsg_parse(h, sizeof(struct nfgenmsg), tb, CTA_MAX, NULL) >= 0)
		learn_dialled(tb[CTA_TUPLE_ORIG], ll);
	return NL_STOP;
}

/* The tuple that the peer's packets have, as those of the host's own. */
static void
put_tuple(struct nl_msg *msg, const struct lifeline *ll)
{
	struct nlattr *tuple = nla_nest_start(msg, CTA_TUPLE_ORIG);
	struct nlattr *part = nla_nest_start(msg, CTA_TUPLE_IP);

	nla_put(msg, CTA_IP_V6_SRC, sizeof(ll->local), &ll->local);
	nla_put(msg, CTA_IP_V6_DST, sizeof(ll->peer), &ll->peer);
	nla_nest_end(msg, part);
	part = nla_nest_start(msg, CTA_TUPLE_PROTO);
	nla_put_u8(msg, CTA_PROTO_NUM, ll->proto);
	nla_put_u16(msg, CTA_PROTO_SRC_PORT, htons(ll->local_port));
	nla_put_u16(msg, CTA_PROTO_DST_PORT, htons(ll->peer_port));
	nla_nest_end(msg, part);
	nla_nest_end(msg, tuple);
}

static void
ask(struct nl_sock *sk, struct lifeline *ll)
{
	struct nfgenmsg family = { .nfgen_family = AF_INET6 };
	struct nl_msg *msg = nlmsg_alloc_simple(
		CT_MESSAGE(IPCTNL_MSG_CT_GET), NLM_F_REQUEST);
	int rc;

	if (!msg || nlmsg_append(msg, &family, sizeof(family),
				 NLMSG_ALIGNTO) < 0)
		die(_("out of memory"));
	put_tuple(msg, ll);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_entry, ll);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	if (rc == -NLE_OBJ_NOTFOUND)
		ll->entry = ENTRY_NONE;
}

void
conntrack_look_up(struct lifeline *ll)
{
	struct nl_sock *sk;

	ll->entry = ENTRY_UNKNOWN;
	ll->dialled_port = 0;
	if (!ll->running || ll->v4 ||
	    access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) < 0)
		return;
	sk = nl_socket_alloc();
	if (!sk)
		die(_("out of memory"));
	nl_socket_disable_auto_ack(sk);
	if (nl_connect(sk, NETLINK_NETFILTER) >= 0)
		ask(sk, ll);
	nl_socket_free(sk);
}
