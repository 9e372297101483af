/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there a firewall in nf_tables? A read-only dump of its chains. */
#include <errno.h>
#include <arpa/inet.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sallyport/backend.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

/* A chain counts when packets of IPv6 meet it and it can decide about them: it
 * hangs on a hook and has a rule or drops by policy. What ip6tables-nft makes by
 * merely listing is no firewall. */
static bool
chain_counts(struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = nlmsg_data(nlh);
	struct nlattr *attrs[NFTA_CHAIN_MAX + 1];
	struct nlattr *policy, *use;

	if (nfg->nfgen_family != NFPROTO_IPV6 &&
	    nfg->nfgen_family != NFPROTO_INET &&
	    nfg->nfgen_family != NFPROTO_NETDEV)
		return false;
	if (nlmsg_parse(nlh, sizeof(*nfg), attrs, NFTA_CHAIN_MAX, NULL) < 0 ||
	    !attrs[NFTA_CHAIN_HOOK])
		return false;
	policy = attrs[NFTA_CHAIN_POLICY];
	use = attrs[NFTA_CHAIN_USE];
	return (use && ntohl(nla_get_u32(use)) > 0) ||
	       (policy && ntohl(nla_get_u32(policy)) == NF_DROP);
}

static int
on_chain(struct nl_msg *msg, void *arg)
{
	unsigned *n = arg;

	*n += chain_counts(nlmsg_hdr(msg));
	return NL_OK;
}

static int
dump_chains(struct nl_sock *sk, unsigned *n)
{
	struct nfgenmsg nfg = { .nfgen_family = NFPROTO_UNSPEC,
				.version = NFNETLINK_V0 };
	int err = nl_connect(sk, NETLINK_NETFILTER);

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_chain, n);
	if (err >= 0)
		err = nl_send_simple(sk, NFNL_SUBSYS_NFTABLES << 8 |
				     NFT_MSG_GETCHAIN, NLM_F_DUMP, &nfg,
				     sizeof(nfg));
	return err < 0 ? err : nl_recvmsgs_default(sk);
}

enum err
nft_count_hooked_chains(unsigned *n)
{
	struct nl_sock *sk = nl_socket_alloc();
	int err;

	*n = 0;
	if (!sk)
		die("out of memory");
	err = dump_chains(sk, n);
	nl_socket_free(sk);
	/* A kernel without nf_tables does not know the question. */
	if (err >= 0 || err == -NLE_OPNOTSUPP || err == -NLE_INVAL ||
	    err == -NLE_PROTO_MISMATCH || err == -NLE_OBJ_NOTFOUND)
		return OK;
	return fail(ERR_FAIL, _("cannot ask the kernel for nf_tables: %s"),
		    nl_geterror(err));
}
