/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two links of this namespace, and random packets on them: to the host, from it
 * and through it. */
#ifndef TESTS_WALK_PACKETS_H
#define TESTS_WALK_PACKETS_H

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/wait.h>
#include <sallyport/walk.h>
#include "../ns.h"
#include "../unit/rules.h"
#include "walk-rules.h"

/* Run a command, text on its standard input. */
static bool
command(const char *text, const char *line)
{
	char words[256], *argv[32];
	int pipefd[2], status, n = 0;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w && n < 31; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	if (pipe(pipefd) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(pipefd[0], 0);
		close(pipefd[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pipefd[0]);
	if (write(pipefd[1], text, strlen(text)) != (ssize_t)strlen(text))
		bail_out("write: %s", strerror(errno));
	close(pipefd[1]);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static int out_fd;	/* the far end of veth0, where packets come from */
static unsigned char host_mac[6];

static void
must(const char *line)
{
	if (!command("", line))
		bail_out("cannot: %s", line);
}

static void
open_link(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq req = { .ifr_name = "veth0" };

	out_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ll.sll_ifindex = (int)if_nametoindex("out0");
	if (out_fd < 0 || bind(out_fd, (struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    ioctl(out_fd, SIOCGIFHWADDR, &req) < 0)
		bail_out("packet socket: %s", strerror(errno));
	memcpy(host_mac, req.ifr_hwaddr.sa_data, 6);
}

static TAP_UNUSED void
set_up(void)
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
		"ip -6 neigh add 2001:db8::fe lladdr 02:00:00:00:00:fe dev veth0",
		"ip -6 neigh add " BEHIND " lladdr 02:00:00:00:00:01 dev veth1",
		"ip -6 neigh add 2001:db8:e::2 lladdr 02:00:00:00:00:01"
		" dev veth1",
		"ip -6 neigh add 2001:db8:e:f::1 lladdr 02:00:00:00:00:01"
		" dev veth1",
	};

	if (!command("", "ip link add veth0 type veth peer name out0") ||
	    !command("", "ip link add veth1 type veth peer name out1"))
		skip_all("no veth");
	ns_write("/proc/sys/net/ipv6/conf/out0/disable_ipv6", "1");
	ns_write("/proc/sys/net/ipv6/conf/out1/disable_ipv6", "1");
	ns_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		must(lines[i]);
	open_link();
}

/* No connection twice. */
static uint32_t
next_port(void)
{
	static unsigned port;

	port = (port + 1) % 64000;
	return 1024 + (port * 7919) % 64000;
}

static struct range
just(uint32_t n)
{
	return (struct range){ n, n };
}

static void
random_tcp(struct packet *p)
{
	static const struct { uint8_t flags; enum ct_state ct; } tcp[] = {
		{ 2, CT_NEW }, { 2, CT_NEW }, { 16, CT_NEW }, { 24, CT_NEW },
		{ 4, CT_INVALID }, { 18, CT_INVALID }, { 1, CT_INVALID },
	};
	unsigned i = draw(ARRAY_LEN(tcp));

	p->proto = IPPROTO_TCP;
	p->tcp_flags = tcp[i].flags;
	p->ct = tcp[i].ct;
	p->length = just(60 + draw(30));
}

static void
random_udp(struct packet *p, bool forwarded)
{
	p->proto = IPPROTO_UDP;
	p->ct = draw(3) || forwarded ? CT_NEW : CT_ESTABLISHED;
	p->ct_reply = p->ct == CT_ESTABLISHED;
	p->length = just(49 + draw(40));
}

static void
random_icmp(struct packet *p)
{
	static const struct { uint8_t type, code; enum ct_state ct; } icmp[] = {
		{ 135, 0, CT_UNTRACKED }, { 136, 0, CT_UNTRACKED },
		{ 128, 0, CT_NEW }, { 129, 0, CT_INVALID },
		{ 1, 4, CT_INVALID }, { 134, 0, CT_UNTRACKED },
	};
	unsigned i = draw(ARRAY_LEN(icmp));

	p->proto = IPPROTO_ICMPV6;
	p->icmp_type = icmp[i].type;
	p->icmp_code = icmp[i].code;
	p->ct = icmp[i].ct;
	p->length = just(64 + draw(40));
	p->sport = p->dport = just(0);
}

/* From the host goes UDP, which it can be made to send. */
static TAP_UNUSED void
random_packet(struct packet *p, const char *way)
{
	static const char *const peers[] = {
		"2001:db8:a::1", "2001:db8:a::2", "2001:db8:b::1",
		"2001:db8:b::2", "2001:db8:c::3",
	};
	static const uint16_t ports[] = { 22, 53, 80, 443, 4001 };
	static const uint8_t hops[] = { 255, 64, 63, 4 };
	bool out = *way == 'O', forwarded = *way == 'F';

	memset(p, 0, sizeof(*p));
	strcpy(p->in, out ? "" : "veth0");
	strcpy(p->out, out ? "veth0" : forwarded ? "veth1" : "");
	p->routed_back = !out;
	p->src = address(out ? HOST : PICK(peers));
	p->dst = address(out ? PICK(peers) : forwarded ? BEHIND : HOST);
	p->src_len = p->dst_len = 128;
	p->hop_limit = just(PICK(hops));
	p->sport = just(next_port());
	p->dport = just(PICK(ports));
	switch (out ? 1 : draw(3)) {
	case 0:
		random_tcp(p);
		break;
	case 1:
		random_udp(p, forwarded);
		break;
	case 2:
		random_icmp(p);
		break;
	}
}

static uint32_t
sum(const void *data, size_t n, uint32_t acc)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		acc += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return acc;
}

/* The frame of a packet; its length. */
static TAP_UNUSED size_t
make_frame(const struct packet *p, unsigned char *f)
{
	unsigned char *ip = f + 14, *l4 = ip + 40;
	unsigned len = p->length.lo - 40, at = 2;
	uint32_t acc;

	memset(f, 0, 54 + len);
	memcpy(f, host_mac, 6);
	f[6] = 2;
	f[11] = 0xfe;
	f[12] = 0x86;
	f[13] = 0xdd;
	ip[0] = 0x60;
	ip[4] = (unsigned char)(len >> 8);
	ip[5] = (unsigned char)len;
	ip[6] = p->proto;
	ip[7] = (unsigned char)p->hop_limit.lo;
	memcpy(ip + 8, &p->src, 16);
	memcpy(ip + 24, &p->dst, 16);
	l4[0] = (unsigned char)(p->sport.lo >> 8);
	l4[1] = (unsigned char)p->sport.lo;
	l4[2] = (unsigned char)(p->dport.lo >> 8);
	l4[3] = (unsigned char)p->dport.lo;
	if (p->proto == IPPROTO_TCP) {
		l4[7] = 1;
		l4[12] = 0x50;
		l4[13] = p->tcp_flags;
		l4[14] = 0xff;
		at = 16;
	} else if (p->proto == IPPROTO_UDP) {
		l4[4] = (unsigned char)(len >> 8);
		l4[5] = (unsigned char)len;
		at = 6;
	} else {
		l4[0] = p->icmp_type;
		l4[1] = p->icmp_code;
		memcpy(l4 + 8, &p->dst, 16);	/* a target, if it has one */
		if (p->icmp_type >= 128 && p->icmp_type <= 129) {
			static uint16_t id;	/* no connection twice */

			l4[4] = (unsigned char)(++id >> 8);
			l4[5] = (unsigned char)id;
		}
	}
	acc = sum(ip + 8, 32, len + p->proto);
	acc = sum(l4, len, acc);
	acc = (acc & 0xffff) + (acc >> 16);
	acc = ~((acc & 0xffff) + (acc >> 16)) & 0xffff;
	if (!acc && p->proto == IPPROTO_UDP)
		acc = 0xffff;
	l4[at] = (unsigned char)(acc >> 8);
	l4[at + 1] = (unsigned char)acc;
	return 54 + len;
}

/* A socket of the host's own port. */
static int
host_socket(uint32_t port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_addr = address(HOST),
				   .sin6_port = htons((uint16_t)port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		bail_out("udp: %s", strerror(errno));
	return fd;
}

/* It may be dropped on its way: EPERM. */
static bool
host_send(int fd, const struct in6_addr *to, uint32_t port, size_t n, int hops)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_addr = *to,
				   .sin6_port = htons((uint16_t)port) };
	char data[512] = "";

	setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	return sendto(fd, data, n, 0, (struct sockaddr *)&sa, sizeof(sa)) ==
	       (ssize_t)n;
}

static void
send_frame(const struct packet *p)
{
	unsigned char frame[512];
	size_t n = make_frame(p, frame);

	if (send(out_fd, frame, n, 0) != (ssize_t)n)
		bail_out("send: %s", strerror(errno));
}

/* The host speaks first: what comes back is ESTABLISHED, a reply. */
static void
open_from_host(const struct packet *p)
{
	int fd = host_socket(p->dport.lo);

	if (!host_send(fd, &p->src, p->sport.lo, 1, 64))
		bail_out("udp: %s", strerror(errno));
	close(fd);
}

/* The peer speaks first, and is heard. */
static void
open_from_peer(int fd, const struct packet *p)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct packet first = *p;

	first.src = p->dst;
	first.dst = p->src;
	first.sport = p->dport;
	first.dport = p->sport;
	send_frame(&first);
	if (poll(&pfd, 1, 2000) != 1)
		bail_out("the peer is not heard");
}

/* What must be there before the packet, and a socket to send it from. */
static TAP_UNUSED int
prepare(const struct packet *p)
{
	bool out = !p->in[0];
	int fd = out ? host_socket(p->sport.lo) : -1;

	if (p->ct_reply && out)
		open_from_peer(fd, p);
	else if (p->ct_reply)
		open_from_host(p);
	return fd;
}

static TAP_UNUSED void
send_packet(int fd, const struct packet *p)
{
	if (fd < 0)
		send_frame(p);
	else
		host_send(fd, &p->dst, p->dport.lo, p->length.lo - 48,
			  (int)p->hop_limit.lo);
}

#endif
