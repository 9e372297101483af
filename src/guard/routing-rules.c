/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_GETRULE over libnl. */
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include "routing-rules.h"

static int
on_rule(struct nl_msg *msg, void *arg)
{
	bool *by_mark = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *tb[FRA_MAX + 1];

	if (h->nlmsg_type == RTM_NEWRULE &&
	    nlmsg_parse(h, sizeof(struct fib_rule_hdr), tb, FRA_MAX,
			NULL) >= 0 &&
	    tb[FRA_FWMARK])
		*by_mark = true;
	return NL_OK;
}

bool
routing_by_mark(struct nl_sock *sk)
{
	struct fib_rule_hdr rule = { .family = AF_INET6 };
	bool by_mark = false;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_rule, &by_mark);
	if (nl_send_simple(sk, RTM_GETRULE, NLM_F_DUMP, &rule,
			   sizeof(rule)) >= 0)
		nl_recvmsgs_default(sk);
	return by_mark;
}
