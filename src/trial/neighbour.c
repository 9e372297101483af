/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RTM_GETNEIGH and RTM_NEWNEIGH over libnl. */
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "neighbour.h"

static struct nl_msg *
message(int type, int flags, const struct trial_neighbour *n, uint16_t state)
{
	struct ndmsg ndm = {
		.ndm_family = AF_INET6,
		.ndm_ifindex = (int)if_nametoindex(n->ifname),
		.ndm_state = state,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (msg && ndm.ndm_ifindex &&
	    nlmsg_append(msg, &ndm, sizeof(ndm), NLMSG_ALIGNTO) >= 0 &&
	    nla_put(msg, NDA_DST, sizeof(n->addr), &n->addr) >= 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int
on_neighbour(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ndmsg *ndm = nlmsg_data(h);

	if (h->nlmsg_type == RTM_NEWNEIGH &&
	    nlmsg_datalen(h) >= (int)sizeof(*ndm))
		*(unsigned *)arg = ndm->ndm_state;
	return NL_OK;
}

/* Send msg, freed here, and take the answer. */
static bool
exchange(struct nl_msg *msg, bool answer, unsigned *state)
{
	struct nl_sock *sk = nl_socket_alloc();
	bool good = false;

	if (sk && msg && nl_connect(sk, NETLINK_ROUTE) >= 0) {
		if (answer)
			nl_socket_disable_auto_ack(sk);
		nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM,
				    on_neighbour, state);
		good = nl_send_auto(sk, msg) >= 0 &&
		       nl_recvmsgs_default(sk) >= 0;
	}
	nlmsg_free(msg);
	nl_socket_free(sk);
	return good;
}

enum neighbour
neighbour_state(const struct trial_neighbour *n)
{
	unsigned state = 0;

	if (!exchange(message(RTM_GETNEIGH, 0, n, 0), true, &state))
		return NEIGHBOUR_NONE;
	if (state & (NUD_PERMANENT | NUD_NOARP))
		return NEIGHBOUR_STATIC;
	if (state & NUD_REACHABLE)
		return NEIGHBOUR_REACHABLE;
	if (state & (NUD_STALE | NUD_DELAY))
		return NEIGHBOUR_STALE;
	if (state & (NUD_PROBE | NUD_INCOMPLETE))
		return NEIGHBOUR_PROBING;
	return state & NUD_FAILED ? NEIGHBOUR_FAILED : NEIGHBOUR_NONE;
}

bool
neighbour_probe(const struct trial_neighbour *n)
{
	enum neighbour state = neighbour_state(n);
	unsigned ignored;

	if (state != NEIGHBOUR_REACHABLE && state != NEIGHBOUR_STALE)
		return false;
	return exchange(message(RTM_NEWNEIGH, NLM_F_REPLACE | NLM_F_ACK, n,
				NUD_PROBE), false, &ignored);
}
