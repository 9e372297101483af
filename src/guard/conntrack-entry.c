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
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "conntrack.h"

#define CT_MESSAGE(type) ((NFNL_SUBSYS_CTNETLINK << 8) | (type))

/* The answer claims to be one of many (ctnetlink_fill_info): none follows. */
static int
on_entry(struct nl_msg *msg, void *arg)
{
	bool *found = arg;

	if (nlmsg_hdr(msg)->nlmsg_type == CT_MESSAGE(IPCTNL_MSG_CT_NEW))
		*found = true;
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

static enum lifeline_entry
ask(struct nl_sock *sk, const struct lifeline *ll)
{
	struct nfgenmsg family = { .nfgen_family = AF_INET6 };
	struct nl_msg *msg = nlmsg_alloc_simple(
		CT_MESSAGE(IPCTNL_MSG_CT_GET), NLM_F_REQUEST);
	bool found = false;
	int rc;

	if (!msg || nlmsg_append(msg, &family, sizeof(family),
				 NLMSG_ALIGNTO) < 0)
		die(_("out of memory"));
	put_tuple(msg, ll);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_entry, &found);
	rc = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	if (rc == -NLE_OBJ_NOTFOUND)
		return ENTRY_NONE;
	return rc >= 0 && found ? ENTRY_FOUND : ENTRY_UNKNOWN;
}

void
conntrack_look_up(struct lifeline *ll)
{
	struct nl_sock *sk;

	ll->entry = ENTRY_UNKNOWN;
	if (!ll->running || ll->v4 ||
	    access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) < 0)
		return;
	sk = nl_socket_alloc();
	if (!sk)
		die(_("out of memory"));
	nl_socket_disable_auto_ack(sk);
	if (nl_connect(sk, NETLINK_NETFILTER) >= 0)
		ll->entry = ask(sk, ll);
	nl_socket_free(sk);
}
