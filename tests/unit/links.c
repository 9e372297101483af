/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels with other kinds of links would tell: messages made by hand, as
 * rtnetlink(7) and wireguard.h lay them out. */
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "../../src/guard/addresses.h"
#include "../../src/guard/links.h"
#include "../../src/guard/wireguard.h"
#include "../tap.h"

/* An attribute: an address, or a number of size bytes. */
struct attr {
	int type;
	const char *addr;
	unsigned size;
	uint32_t value;
};

#define ATTRS 8
#define ADDR(type, text) { type, text, 0, 0 }
#define NUM(type, size, value) { type, NULL, size, value }

static void
put_address(struct nl_msg *msg, int type, const char *text)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET6, text, addr) == 1)
		nla_put(msg, type, 16, addr);
	else if (inet_pton(AF_INET, text, addr) == 1)
		nla_put(msg, type, 4, addr);
	else
		bail_out("%s", text);
}

static void
put(struct nl_msg *msg, const struct attr *attr)
{
	uint16_t half = (uint16_t)attr->value;
	uint8_t byte = (uint8_t)attr->value;

	if (attr->addr)
		put_address(msg, attr->type, attr->addr);
	else if (attr->size == 1)
		nla_put(msg, attr->type, 1, &byte);
	else if (attr->size == 2)
		nla_put(msg, attr->type, 2, &half);
	else
		nla_put(msg, attr->type, 4, &attr->value);
}

static void
describe(const struct tunnel *t, struct str *out)
{
	str_addf(out, "%u%s ", t->proto, t->v4 ? " v4" : "");
	addr_format(out, &t->remote);
	str_addf(out, ":%u -> ", t->remote_port);
	addr_format(out, &t->local);
	str_addf(out, ":%u by %u mark %u%s", t->local_port, t->ifindex,
		 t->mark, t->wireguard ? " wireguard" : "");
}

/* --- Links --- */

static struct nl_msg *
link_message(const char *kind, unsigned flags, const struct attr *attrs)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct ifinfomsg ifi = { .ifi_index = 7, .ifi_flags = flags };
	struct nlattr *info, *data;

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, "tun0");
	if (!kind)
		return msg;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, kind);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	for (size_t i = 0; i < ATTRS && attrs[i].type; i++)
		put(msg, &attrs[i]);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return msg;
}

static void
test_links(void)
{
	static const struct {
		const char *kind;
		struct attr attrs[ATTRS];
		const char *expected;
	} rows[] = {
		{ "sit", { ADDR(IFLA_IPTUN_REMOTE, "192.0.2.1"),
			   ADDR(IFLA_IPTUN_LOCAL, "192.0.2.2") },
		  "41 v4 192.0.2.1:0 -> 192.0.2.2:0 by 0 mark 0" },
		{ "sit", { ADDR(IFLA_IPTUN_REMOTE, "0.0.0.0"),
			   ADDR(IFLA_IPTUN_LOCAL, "192.0.2.2") },
		  "41 v4 :::0 -> 192.0.2.2:0 by 0 mark 0" },
		{ "sit", { ADDR(IFLA_IPTUN_REMOTE, "192.0.2.1"),
			   NUM(IFLA_IPTUN_ENCAP_TYPE, 2, TUNNEL_ENCAP_FOU),
			   NUM(IFLA_IPTUN_ENCAP_DPORT, 2, 0xb315) },
		  "17 v4 192.0.2.1:5555 -> :::5555 by 0 mark 0" },
		{ "ip6tnl", { ADDR(IFLA_IPTUN_REMOTE, "2001:db8::9"),
			      ADDR(IFLA_IPTUN_LOCAL, "2001:db8::1"),
			      NUM(IFLA_IPTUN_LINK, 4, 3),
			      NUM(IFLA_IPTUN_FWMARK, 4, 51820),
			      NUM(IFLA_IPTUN_ENCAP_TYPE, 2, 0),
			      NUM(IFLA_IPTUN_ENCAP_DPORT, 2, 0) },
		  "41 2001:db8::9:0 -> 2001:db8::1:0 by 3 mark 51820" },
		{ "ip6gre", { ADDR(IFLA_GRE_REMOTE, "2001:db8::9"),
			      ADDR(IFLA_GRE_LOCAL, "2001:db8::1") },
		  "47 2001:db8::9:0 -> 2001:db8::1:0 by 0 mark 0" },
		{ "ip6gre", { ADDR(IFLA_GRE_REMOTE, "2001:db8::9"),
			      NUM(IFLA_GRE_ENCAP_TYPE, 2, TUNNEL_ENCAP_GUE),
			      NUM(IFLA_GRE_ENCAP_DPORT, 2, 0xc017) },
		  "17 2001:db8::9:6080 -> :::6080 by 0 mark 0" },
		{ "gretap", { ADDR(IFLA_GRE_REMOTE, "192.0.2.1") },
		  "47 v4 192.0.2.1:0 -> :::0 by 0 mark 0" },
		{ "vti6", { ADDR(IFLA_VTI_REMOTE, "2001:db8::9"),
			    ADDR(IFLA_VTI_LOCAL, "2001:db8::1") },
		  "50 2001:db8::9:0 -> 2001:db8::1:0 by 0 mark 0" },
		{ "vti", { ADDR(IFLA_VTI_REMOTE, "192.0.2.1") },
		  "50 v4 192.0.2.1:0 -> :::0 by 0 mark 0" },
		{ "xfrm", { NUM(IFLA_XFRM_LINK, 4, 2) },
		  "50 :::0 -> :::0 by 2 mark 0" },
		{ "vxlan", { ADDR(IFLA_VXLAN_GROUP6, "2001:db8::9"),
			     ADDR(IFLA_VXLAN_LOCAL6, "2001:db8::1"),
			     NUM(IFLA_VXLAN_PORT, 2, 0xb512) },
		  "17 2001:db8::9:4789 -> 2001:db8::1:4789 by 0 mark 0" },
		{ "geneve", { ADDR(IFLA_GENEVE_REMOTE, "192.0.2.1"),
			      NUM(IFLA_GENEVE_PORT, 2, 0xc117) },
		  "17 v4 192.0.2.1:6081 -> :::6081 by 0 mark 0" },
		{ "geneve", { ADDR(IFLA_GENEVE_REMOTE6, "2001:db8::9"),
			      NUM(IFLA_GENEVE_PORT, 2, 0xc117) },
		  "17 2001:db8::9:6081 -> :::6081 by 0 mark 0" },
		{ "wireguard", { NUM(0, 0, 0) },
		  "17 :::0 -> :::0 by 0 mark 0 wireguard" },
		/* Attributes that are too short say nothing. */
		{ "ip6tnl", { ADDR(IFLA_IPTUN_REMOTE, "192.0.2.1"),
			      NUM(IFLA_IPTUN_LINK, 2, 3) },
		  "41 :::0 -> :::0 by 0 mark 0" },
		{ "veth", { NUM(0, 0, 0) }, "0 :::0 -> :::0 by 0 mark 0" },
		{ NULL, { NUM(0, 0, 0) }, "0 :::0 -> :::0 by 0 mark 0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nl_msg *msg = link_message(rows[i].kind, 0,
						  rows[i].attrs);
		struct link_facts facts;
		struct str got = { 0 };

		ok(link_read(nlmsg_hdr(msg), &facts), "link %zu", i);
		describe(&facts.tunnel, &got);
		is_str(str_text(&got), rows[i].expected, "%s",
		       rows[i].kind ? rows[i].kind : "hardware");
		str_done(&got);
		nlmsg_free(msg);
	}
}

static void
test_flags(void)
{
	static const struct attr none[ATTRS] = { NUM(0, 0, 0) };
	static const struct attr asks[ATTRS] = {
		NUM(IFLA_BR_NF_CALL_IP6TABLES, 1, 1),
	};
	struct nl_msg *msg = link_message("tun", IFF_NOARP, none);
	struct link_facts facts;

	ok(link_read(nlmsg_hdr(msg), &facts) && facts.no_ndp &&
	   !strcmp(facts.ifname, "tun0") && !strcmp(facts.kind, "tun"),
	   "a link without neighbours");
	nlmsg_free(msg);
	msg = link_message("bridge", 0, asks);
	ok(link_read(nlmsg_hdr(msg), &facts) && facts.nf_call && !facts.no_ndp,
	   "a bridge that asks for rules");
	nlmsg_hdr(msg)->nlmsg_type = RTM_DELLINK;
	ok(!link_read(nlmsg_hdr(msg), &facts), "no link's message");
	nlmsg_free(msg);
}

/* --- WireGuard --- */

static void
put_endpoint(struct nl_msg *msg, const char *addr, uint16_t port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(port) };
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(port) };

	if (inet_pton(AF_INET6, addr, &sin6.sin6_addr) == 1)
		nla_put(msg, WGPEER_A_ENDPOINT, sizeof(sin6), &sin6);
	else if (inet_pton(AF_INET, addr, &sin.sin_addr) == 1)
		nla_put(msg, WGPEER_A_ENDPOINT, sizeof(sin), &sin);
}

static void
put_peer(struct nl_msg *msg, const char *endpoint, const char *allowed,
	 uint8_t len)
{
	struct nlattr *peer = nla_nest_start(msg, 0), *list, *ip;

	if (endpoint)
		put_endpoint(msg, endpoint, 51821);
	list = nla_nest_start(msg, WGPEER_A_ALLOWEDIPS);
	ip = nla_nest_start(msg, 0);
	nla_put_u16(msg, WGALLOWEDIP_A_FAMILY, AF_INET6);
	put_address(msg, WGALLOWEDIP_A_IPADDR, allowed);
	nla_put_u8(msg, WGALLOWEDIP_A_CIDR_MASK, len);
	nla_nest_end(msg, ip);
	nla_nest_end(msg, list);
	nla_nest_end(msg, peer);
}

static struct nl_msg *
wireguard_message(void)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlattr *peers;

	genlmsg_put(msg, 0, 0, 30, 0, 0, WG_CMD_GET_DEVICE, WG_GENL_VERSION);
	nla_put_u16(msg, WGDEVICE_A_LISTEN_PORT, 51820);
	nla_put_u32(msg, WGDEVICE_A_FWMARK, 5);
	peers = nla_nest_start(msg, WGDEVICE_A_PEERS);
	put_peer(msg, "2001:db8::9", "2001:db8:e::", 48);
	put_peer(msg, NULL, "2001:db8:e:1::", 64);
	put_peer(msg, "192.0.2.9", "2001:db8:e:2::", 64);
	put_peer(msg, "2001:db8::bad", "192.0.2.0", 24);
	nla_nest_end(msg, peers);
	return msg;
}

static void
test_wireguard(void)
{
	static const struct {
		const char *inside;
		const char *expected;
	} rows[] = {
		{ "2001:db8:e::7",
		  "17 2001:db8::9:51821 -> :::51820 by 0 mark 5 wireguard" },
		{ "2001:db8:e:1::7",
		  "17 :::0 -> :::51820 by 0 mark 5 wireguard" },
		{ "2001:db8:e:2::7",
		  "17 v4 192.0.2.9:51821 -> :::51820 by 0 mark 5 wireguard" },
		{ "2001:db8:f::7",
		  "17 :::0 -> :::51820 by 0 mark 5 wireguard" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tunnel tunnel = { .proto = IPPROTO_UDP,
					 .wireguard = true };
		struct wireguard_search search = { .best = -1,
						   .tunnel = &tunnel };
		struct nl_msg *msg = wireguard_message();
		struct str got = { 0 };

		inet_pton(AF_INET6, rows[i].inside, &search.inside);
		wireguard_read(nlmsg_hdr(msg), &search);
		describe(&tunnel, &got);
		is_str(str_text(&got), rows[i].expected, "WireGuard to %s",
		       rows[i].inside);
		str_done(&got);
		nlmsg_free(msg);
	}
}

/* --- Addresses --- */

static void
test_addresses(void)
{
	static const struct {
		const char *what;
		uint8_t len;
		uint32_t flags;
		uint32_t valid;
		int proto;	/* -1: not told */
		enum lasts expected;
	} rows[] = {
		{ "static", 64, 0, 0xffffffff, -1, LASTS },
		{ "SLAAC, for ever", 64, 0, 0xffffffff, 2, LASTS },
		{ "SLAAC", 64, 0, 3600, 2, LASTS_BY_RA },
		{ "SLAAC before Linux 5.18", 64, 0, 3600, -1, LASTS_BY_RA },
		{ "temporary", 64, IFA_F_TEMPORARY, 600, -1, LASTS_BY_RA },
		{ "temporary, alone", 128, IFA_F_TEMPORARY, 600, -1,
		  LASTS_BY_RA },
		{ "a manager's SLAAC", 64, IFA_F_MANAGETEMPADDR |
		  IFA_F_NOPREFIXROUTE, 3600, 0, LASTS_BY_RA },
		{ "DHCPv6", 128, IFA_F_NOPREFIXROUTE, 3600, 0,
		  LASTS_BY_LEASE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWADDR, 0);
		struct ifaddrmsg ifa = { .ifa_family = AF_INET6,
					 .ifa_prefixlen = rows[i].len,
					 .ifa_index = 3 };
		struct ifa_cacheinfo cache = { .ifa_valid = rows[i].valid };
		struct own_address own = { .lasts = LASTS };

		nlmsg_append(msg, &ifa, sizeof(ifa), NLMSG_ALIGNTO);
		put_address(msg, IFA_ADDRESS, "2001:db8::1");
		nla_put(msg, IFA_CACHEINFO, sizeof(cache), &cache);
		nla_put_u32(msg, IFA_FLAGS, rows[i].flags);
		if (rows[i].proto >= 0)
			nla_put_u8(msg, 11, (uint8_t)rows[i].proto);
		ok(address_read(nlmsg_hdr(msg), &own) && own.ifindex == 3,
		   "an address");
		is_int(own.lasts, rows[i].expected, "%s", rows[i].what);
		nlmsg_free(msg);
	}
}

int
main(void)
{
	test_links();
	test_flags();
	test_wireguard();
	test_addresses();
	return done_testing();
}
