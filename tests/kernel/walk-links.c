/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host between two links: packets come in frames on one of them, or are the
 * host's own, and connections are told to conntrack. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include "../ns.h"
#include "../unit/rules.h"
#include "walk-random.h"

#define PACKET_MAX 512

static int frame_fd;	/* the far end of veth0, where packets come from */
static int own_fd;	/* of the host's own packets, with their headers */
static unsigned char host_mac[6];
static struct nl_sock *netlink;

bool
command(const char *line)
{
	char words[256], *argv[32];
	int status, n = 0;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w && n < 31; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0 &&
	       waitpid(pid, &status, 0) == pid && status == 0;
}

static void
must(const char *line)
{
	if (!command(line))
		bail_out("cannot: %s", line);
}

static void
open_sockets(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq req = { .ifr_name = "veth0" };
	int off = 0;

	frame_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ll.sll_ifindex = (int)if_nametoindex("out0");
	if (frame_fd < 0 ||
	    bind(frame_fd, (struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    ioctl(frame_fd, SIOCGIFHWADDR, &req) < 0)
		bail_out("packet socket: %s", strerror(errno));
	memcpy(host_mac, req.ifr_hwaddr.sa_data, 6);
	own_fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (own_fd < 0 || setsockopt(own_fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP,
				     &off, sizeof(off)) < 0)
		bail_out("raw socket: %s", strerror(errno));
	netlink = nl_socket_alloc();
	if (!netlink || nl_connect(netlink, NETLINK_NETFILTER) < 0)
		bail_out("no netlink");
}

/* What the host would say by itself, it says before. */
static void
keep_quiet(void)
{
	static const char *const names[] = { "veth0", "veth1" };
	char path[96];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/"
			 "mldv2_unsolicited_report_interval", names[i]);
		ns_write(path, "100000000");
	}
	ns_write("/proc/sys/net/ipv6/conf/out0/disable_ipv6", "1");
	ns_write("/proc/sys/net/ipv6/conf/out1/disable_ipv6", "1");
	ns_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
}

void
links_up(void)
{
	static const char *const lines[] = {
		"ip link set veth0 addrgenmode none",
		"ip link set veth1 addrgenmode none",
		"ip link set out0 up", "ip link set veth0 up",
		"ip link set out1 up", "ip link set veth1 up",
		"ip -6 addr add 2001:db8::2/64 dev veth0 nodad",
		"ip -6 addr add 2001:db8:f::1/64 dev veth0 nodad",
		"ip -6 addr add " HOST "/64 dev veth0 nodad",
		"ip -6 addr add 2001:db8:e::fe/48 dev veth1 nodad",
		"ip -6 route add default via 2001:db8::fe dev veth0",
		"ip -6 neigh add 2001:db8::fe lladdr " GATEWAY_MAC " dev veth0",
		"ip -6 neigh add " BEHIND " lladdr 02:00:00:00:00:01 dev veth1",
		"ip -6 neigh add 2001:db8:e::2 lladdr 02:00:00:00:00:01"
		" dev veth1",
		"ip -6 neigh add 2001:db8:e:f::1 lladdr 02:00:00:00:00:01"
		" dev veth1",
	};

	if (!command("ip link add veth0 type veth peer name out0") ||
	    !command("ip link add veth1 type veth peer name out1"))
		skip_all("no veth");
	keep_quiet();
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		must(lines[i]);
	open_sockets();
	poll(NULL, 0, 100);
}

static uint32_t
sum(const void *data, size_t n, uint32_t acc)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		acc += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return acc;
}

static void
put16(unsigned char *at, uint32_t n)
{
	at[0] = (unsigned char)(n >> 8);
	at[1] = (unsigned char)n;
}

/* The connection that a packet belongs to, or that an error quotes. */
struct flow {
	struct in6_addr src;
	struct in6_addr dst;
	uint8_t proto;
	uint32_t sport;		/* ICMPv6: the identifier */
	uint32_t dport;
};

static uint32_t
next_id(void)
{
	static uint32_t id;

	return id = (id + 1) & 0xffff;
}

static struct flow
flow_of(const struct packet *p, bool error, uint32_t id)
{
	struct flow flow = { p->src, p->dst, p->proto, p->sport.lo,
			     p->dport.lo };

	if (p->proto == IPPROTO_ICMPV6)
		flow.sport = id;
	if (error) {	/* UDP from the one to whom the error goes */
		flow.proto = IPPROTO_UDP;
		flow.dport = 54;
	}
	if (error || p->ct_reply) {
		flow.src = p->dst;
		flow.dst = p->src;
	}
	if (!error && p->ct_reply && p->proto != IPPROTO_ICMPV6) {
		flow.sport = p->dport.lo;
		flow.dport = p->sport.lo;
	}
	return flow;
}

static void
make_head(unsigned char *ip, const struct in6_addr *src,
	  const struct in6_addr *dst, uint8_t proto, uint32_t hops, size_t len)
{
	ip[0] = 0x60;
	put16(ip + 4, (uint32_t)len);
	ip[6] = proto;
	ip[7] = (unsigned char)hops;
	memcpy(ip + 8, src, 16);
	memcpy(ip + 24, dst, 16);
}

/* ICMPv6: a target, or an identifier, or the packet that an error is about. */
static void
make_icmp(const struct sending *s, uint32_t id, unsigned char *l4)
{
	const struct packet *p = &s->p;
	struct flow quoted = flow_of(p, true, id);

	l4[0] = p->icmp_type;
	l4[1] = p->icmp_code;
	memcpy(l4 + 8, &p->dst, 16);
	if (p->icmp_type >= ICMP6_ECHO_REQUEST &&
	    p->icmp_type <= ICMP6_ECHO_REPLY)
		put16(l4 + 4, id);
	if (p->icmp_type == ICMP6_PACKET_TOO_BIG)
		put16(l4 + 6, 1400);
	if (!s->error)
		return;
	make_head(l4 + 8, &quoted.src, &quoted.dst, quoted.proto, 60, 8);
	put16(l4 + 48, quoted.sport);
	put16(l4 + 50, quoted.dport);
	put16(l4 + 52, 8);
}

/* The packet from its IPv6 header on; its length. */
static size_t
make_packet(const struct sending *s, uint32_t id, unsigned char *ip)
{
	const struct packet *p = &s->p;
	unsigned char *l4 = ip + 40;
	size_t len = p->length.lo - 40, at = 2;
	uint32_t acc;

	memset(ip, 0, 40 + len);
	make_head(ip, &p->src, &p->dst, p->proto, p->hop_limit.lo, len);
	put16(l4, p->sport.lo);
	put16(l4 + 2, p->dport.lo);
	if (p->proto == IPPROTO_TCP) {
		l4[7] = 1;
		l4[11] = p->tcp_flags & 16 ? 1 : 0;
		l4[12] = 0x50;
		l4[13] = p->tcp_flags;
		l4[14] = 0xff;
		at = 16;
	} else if (p->proto == IPPROTO_UDP) {
		put16(l4 + 4, (uint32_t)len);
		at = 6;
	} else if (p->proto == IPPROTO_ICMPV6) {
		make_icmp(s, id, l4);
	} else {
		return 40 + len;
	}
	acc = sum(ip + 8, 32, (uint32_t)len + p->proto);
	acc = sum(l4, len, acc);
	acc = (acc & 0xffff) + (acc >> 16);
	acc = ~((acc & 0xffff) + (acc >> 16)) & 0xffff;
	put16(l4 + at, !acc && p->proto == IPPROTO_UDP ? 0xffff : acc);
	return 40 + len;
}

static void
put_tuple(struct nl_msg *msg, int type, const struct flow *flow, bool reply)
{
	const struct in6_addr *src = reply ? &flow->dst : &flow->src;
	const struct in6_addr *dst = reply ? &flow->src : &flow->dst;
	uint16_t sport = htons((uint16_t)(reply ? flow->dport : flow->sport));
	uint16_t dport = htons((uint16_t)(reply ? flow->sport : flow->dport));
	uint16_t id = htons((uint16_t)flow->sport);
	struct nlattr *tuple = nla_nest_start(msg, type), *part;

	part = nla_nest_start(msg, CTA_TUPLE_IP);
	nla_put(msg, CTA_IP_V6_SRC, 16, src);
	nla_put(msg, CTA_IP_V6_DST, 16, dst);
	nla_nest_end(msg, part);
	part = nla_nest_start(msg, CTA_TUPLE_PROTO);
	nla_put_u8(msg, CTA_PROTO_NUM, flow->proto);
	if (flow->proto == IPPROTO_ICMPV6) {
		nla_put_u16(msg, CTA_PROTO_ICMPV6_ID, id);
		nla_put_u8(msg, CTA_PROTO_ICMPV6_TYPE,
			   reply ? ICMP6_ECHO_REPLY : ICMP6_ECHO_REQUEST);
		nla_put_u8(msg, CTA_PROTO_ICMPV6_CODE, 0);
	} else {
		nla_put_u16(msg, CTA_PROTO_SRC_PORT, sport);
		nla_put_u16(msg, CTA_PROTO_DST_PORT, dport);
	}
	nla_nest_end(msg, part);
	nla_nest_end(msg, tuple);
}

/* The windows are not looked at. */
static void
put_tcp(struct nl_msg *msg, bool half_open)
{
	static const struct nf_ct_tcp_flags liberal = {
		IP_CT_TCP_FLAG_BE_LIBERAL, IP_CT_TCP_FLAG_BE_LIBERAL,
	};
	struct nlattr *info = nla_nest_start(msg, CTA_PROTOINFO);
	struct nlattr *tcp = nla_nest_start(msg, CTA_PROTOINFO_TCP);

	nla_put_u8(msg, CTA_PROTOINFO_TCP_STATE,
		   half_open ? TCP_CONNTRACK_SYN_SENT :
			       TCP_CONNTRACK_ESTABLISHED);
	nla_put(msg, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(liberal),
		&liberal);
	nla_put(msg, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(liberal), &liberal);
	nla_nest_end(msg, tcp);
	nla_nest_end(msg, info);
}

static uint32_t last_id;	/* of the entry, and of its packet */

bool
entry_make(const struct sending *s)
{
	static const struct nfgenmsg family = { .nfgen_family = AF_INET6 };
	struct nl_msg *msg = nlmsg_alloc_simple(NFNL_SUBSYS_CTNETLINK << 8 |
						IPCTNL_MSG_CT_NEW,
						NLM_F_CREATE | NLM_F_EXCL);
	struct flow flow;
	uint32_t status = IPS_CONFIRMED;
	int err;

	last_id = next_id();
	flow = flow_of(&s->p, s->error, last_id);
	if (!s->half_open)
		status |= IPS_SEEN_REPLY | IPS_ASSURED;
	nlmsg_append(msg, (void *)&family, sizeof(family), NLMSG_ALIGNTO);
	put_tuple(msg, CTA_TUPLE_ORIG, &flow, false);
	put_tuple(msg, CTA_TUPLE_REPLY, &flow, true);
	nla_put_u32(msg, CTA_STATUS, htonl(status));
	nla_put_u32(msg, CTA_TIMEOUT, htonl(5));
	if (flow.proto == IPPROTO_TCP)
		put_tcp(msg, s->half_open);
	err = nl_send_sync(netlink, msg);
	if (err < 0 && err != -NLE_EXIST)
		bail_out("conntrack does not take an entry: %s",
			 nl_geterror(err));
	return err >= 0;
}

void
entries_flush(void)
{
	static const struct nfgenmsg family = { .nfgen_family = AF_INET6 };
	struct nl_msg *msg = nlmsg_alloc_simple(NFNL_SUBSYS_CTNETLINK << 8 |
						IPCTNL_MSG_CT_DELETE, 0);

	nlmsg_append(msg, (void *)&family, sizeof(family), NLMSG_ALIGNTO);
	if (nl_send_sync(netlink, msg) < 0)
		bail_out("conntrack is not emptied");
}

static void
send_own(const struct packet *p, const unsigned char *ip, size_t n)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_addr = p->dst };

	if (sa.sin6_addr.s6_addr[0] == 0xff)
		sa.sin6_scope_id = if_nametoindex("veth0");
	/* It may be dropped on its way: EPERM. */
	if (sendto(own_fd, ip, n, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0 &&
	    errno != EPERM)
		diag("send: %s", strerror(errno));
}

static void
send_frame(const struct packet *p, unsigned char *frame, size_t n)
{
	static const unsigned char from[6] = { 2, 0, 0, 0, 0, 0xfe };

	memcpy(frame, host_mac, 6);
	if (p->dst.s6_addr[0] == 0xff) {
		frame[0] = frame[1] = 0x33;
		memcpy(frame + 2, p->dst.s6_addr + 12, 4);
	}
	memcpy(frame + 6, from, 6);
	put16(frame + 12, ETHERTYPE_IPV6);
	if (send(frame_fd, frame, n + 14, 0) != (ssize_t)n + 14)
		bail_out("send: %s", strerror(errno));
}

void
packet_send(const struct sending *s)
{
	unsigned char frame[PACKET_MAX];
	uint32_t id = s->entry ? last_id : next_id();
	size_t n = make_packet(s, id, frame + 14);

	if (s->p.in[0])
		send_frame(&s->p, frame, n);
	else
		send_own(&s->p, frame + 14, n);
}
