/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links by RTM_GETLINK over libnl. Kinds of tunnels stand in one table: which
 * attribute is what, and what their outer packets are. */
#include <net/if.h>	/* before linux/if.h, which makes way for it */
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "links.h"

#define DATA_MAX 64	/* attributes that a kind of link may have */

/* Attributes of IFLA_INFO_DATA by number; 0 where the kind has none. */
struct kind {
	const char *name;
	uint8_t proto;
	bool v4;		/* of remote and local */
	uint8_t remote;
	uint8_t local;
	uint8_t remote6;	/* where it may be either */
	uint8_t local6;
	uint8_t port;		/* UDP at the far end, big endian */
	uint8_t link;
	uint8_t mark;
	uint8_t encap;		/* 1, 2: FOU, GUE: UDP around it, */
	uint8_t encap_port;	/* to this port */
};

static const struct kind kinds[] = {
	{ "sit", IPPROTO_IPV6, true,
	  .remote = IFLA_IPTUN_REMOTE, .local = IFLA_IPTUN_LOCAL,
	  .link = IFLA_IPTUN_LINK, .mark = IFLA_IPTUN_FWMARK,
	  .encap = IFLA_IPTUN_ENCAP_TYPE,
	  .encap_port = IFLA_IPTUN_ENCAP_DPORT },
	{ "ip6tnl", IPPROTO_IPV6, false,
	  .remote = IFLA_IPTUN_REMOTE, .local = IFLA_IPTUN_LOCAL,
	  .link = IFLA_IPTUN_LINK, .mark = IFLA_IPTUN_FWMARK,
	  .encap = IFLA_IPTUN_ENCAP_TYPE,
	  .encap_port = IFLA_IPTUN_ENCAP_DPORT },
	{ "gre", IPPROTO_GRE, true,
	  .remote = IFLA_GRE_REMOTE, .local = IFLA_GRE_LOCAL,
	  .link = IFLA_GRE_LINK, .mark = IFLA_GRE_FWMARK,
	  .encap = IFLA_GRE_ENCAP_TYPE, .encap_port = IFLA_GRE_ENCAP_DPORT },
	{ "gretap", IPPROTO_GRE, true,
	  .remote = IFLA_GRE_REMOTE, .local = IFLA_GRE_LOCAL,
	  .link = IFLA_GRE_LINK, .mark = IFLA_GRE_FWMARK,
	  .encap = IFLA_GRE_ENCAP_TYPE, .encap_port = IFLA_GRE_ENCAP_DPORT },
	{ "ip6gre", IPPROTO_GRE, false,
	  .remote = IFLA_GRE_REMOTE, .local = IFLA_GRE_LOCAL,
	  .link = IFLA_GRE_LINK, .mark = IFLA_GRE_FWMARK,
	  .encap = IFLA_GRE_ENCAP_TYPE, .encap_port = IFLA_GRE_ENCAP_DPORT },
	{ "ip6gretap", IPPROTO_GRE, false,
	  .remote = IFLA_GRE_REMOTE, .local = IFLA_GRE_LOCAL,
	  .link = IFLA_GRE_LINK, .mark = IFLA_GRE_FWMARK,
	  .encap = IFLA_GRE_ENCAP_TYPE, .encap_port = IFLA_GRE_ENCAP_DPORT },
	{ "vti", IPPROTO_ESP, true,
	  .remote = IFLA_VTI_REMOTE, .local = IFLA_VTI_LOCAL,
	  .link = IFLA_VTI_LINK, .mark = IFLA_VTI_FWMARK },
	{ "vti6", IPPROTO_ESP, false,
	  .remote = IFLA_VTI_REMOTE, .local = IFLA_VTI_LOCAL,
	  .link = IFLA_VTI_LINK, .mark = IFLA_VTI_FWMARK },
	{ "wireguard", IPPROTO_UDP, .v4 = false },
	{ "xfrm", IPPROTO_ESP, false, .link = IFLA_XFRM_LINK },
	{ "vxlan", IPPROTO_UDP, true,
	  .remote = IFLA_VXLAN_GROUP, .local = IFLA_VXLAN_LOCAL,
	  .remote6 = IFLA_VXLAN_GROUP6, .local6 = IFLA_VXLAN_LOCAL6,
	  .port = IFLA_VXLAN_PORT, .link = IFLA_VXLAN_LINK },
	{ "geneve", IPPROTO_UDP, true,
	  .remote = IFLA_GENEVE_REMOTE, .remote6 = IFLA_GENEVE_REMOTE6,
	  .port = IFLA_GENEVE_PORT },
};

static const struct nlattr *
attr_of(struct nlattr *const tb[], uint8_t number, size_t size)
{
	return number && tb[number] && nla_len(tb[number]) >= (int)size ?
	       tb[number] : NULL;
}

static void
read_u32(struct nlattr *const tb[], uint8_t number, uint32_t *value)
{
	const struct nlattr *attr = attr_of(tb, number, 4);

	if (attr)
		memcpy(value, nla_data(attr), 4);
}

static bool
read_port(struct nlattr *const tb[], uint8_t number, uint16_t *port)
{
	const struct nlattr *attr = attr_of(tb, number, 2);
	uint16_t value;

	if (!attr)
		return false;
	memcpy(&value, nla_data(attr), 2);
	*port = ntohs(value);
	return true;
}

/* An IPv4 address as ::ffff:a.b.c.d, but 0.0.0.0 as ::. */
static bool
read_address(struct nlattr *const tb[], uint8_t number, bool v4,
	     struct in6_addr *addr)
{
	const struct nlattr *attr = attr_of(tb, number, v4 ? 4 : 16);
	static const uint8_t zero[4];

	if (!attr)
		return false;
	memset(addr, 0, sizeof(*addr));
	if (!v4) {
		memcpy(addr, nla_data(attr), 16);
	} else if (memcmp(nla_data(attr), zero, 4) != 0) {
		addr->s6_addr[10] = addr->s6_addr[11] = 0xff;
		memcpy(&addr->s6_addr[12], nla_data(attr), 4);
	}
	return true;
}

/* Each end sends to the other's port, from any: the guard is told of that port
 * at both ends, as what rules name is where a packet goes. */
static void
set_ports(struct tunnel *t, uint16_t port)
{
	t->proto = IPPROTO_UDP;
	t->remote_port = t->local_port = port;
}

static void
read_tunnel(const struct kind *kind, struct nlattr *data, struct tunnel *t)
{
	struct nlattr *tb[DATA_MAX + 1];
	const struct nlattr *encap;
	uint16_t port;

	t->proto = kind->proto;
	t->v4 = kind->v4;
	t->wireguard = strcmp(kind->name, "wireguard") == 0;
	if (!data || nla_parse_nested(tb, DATA_MAX, data, NULL) < 0)
		return;
	read_address(tb, kind->remote, kind->v4, &t->remote);
	read_address(tb, kind->local, kind->v4, &t->local);
	if (read_address(tb, kind->remote6, false, &t->remote))
		t->v4 = false;
	if (read_address(tb, kind->local6, false, &t->local))
		t->v4 = false;
	read_u32(tb, kind->link, &t->ifindex);
	read_u32(tb, kind->mark, &t->mark);
	if (read_port(tb, kind->port, &port))
		set_ports(t, port);
	encap = attr_of(tb, kind->encap, 2);
	if (encap && nla_get_u16(encap) != TUNNEL_ENCAP_NONE &&
	    read_port(tb, kind->encap_port, &port))
		set_ports(t, port);
}

static bool
asks_for_rules(struct nlattr *data)
{
	struct nlattr *tb[IFLA_BR_MAX + 1];

	return data && nla_parse_nested(tb, IFLA_BR_MAX, data, NULL) >= 0 &&
	       tb[IFLA_BR_NF_CALL_IP6TABLES] &&
	       nla_get_u8(tb[IFLA_BR_NF_CALL_IP6TABLES]);
}

static void
read_info(struct nlattr *info, struct link_facts *facts)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) < 0 ||
	    !tb[IFLA_INFO_KIND])
		return;
	str_copy(facts->kind, sizeof(facts->kind),
		 nla_get_string(tb[IFLA_INFO_KIND]));
	if (strcmp(facts->kind, "bridge") == 0)
		facts->nf_call = asks_for_rules(tb[IFLA_INFO_DATA]);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(facts->kind, kinds[i].name) == 0)
			read_tunnel(&kinds[i], tb[IFLA_INFO_DATA],
				    &facts->tunnel);
}

bool
link_read(const struct nlmsghdr *msg, struct link_facts *facts)
{
	struct nlmsghdr *h = (struct nlmsghdr *)msg;
	const struct ifinfomsg *ifi = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1];

	*facts = (struct link_facts){ .ifname = "" };
	if (h->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(h, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 ||
	    !tb[IFLA_IFNAME])
		return false;
	str_copy(facts->ifname, sizeof(facts->ifname),
		 nla_get_string(tb[IFLA_IFNAME]));
	facts->no_ndp = ifi->ifi_flags & (IFF_NOARP | IFF_LOOPBACK);
	if (tb[IFLA_LINKINFO])
		read_info(tb[IFLA_LINKINFO], facts);
	return true;
}

struct answer {
	struct link_facts *facts;
	bool found;
};

static int
on_link(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;

	answer->found = link_read(nlmsg_hdr(msg), answer->facts) ||
			answer->found;
	return NL_OK;
}

bool
link_find(struct nl_sock *sk, unsigned ifindex, struct link_facts *facts)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct answer answer = { facts, false };
	int rc;

	*facts = (struct link_facts){ .ifname = "" };
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_link, &answer);
	rc = nl_send_simple(sk, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	return rc >= 0 && answer.found;
}
