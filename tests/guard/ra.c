/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 4861 4.2: what a router tells. The kernel fills in the checksum. */
#include "ra.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

#define SLAAC_FLAGS (ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO)

struct advertisement {
	struct nd_router_advert ra;
	struct nd_opt_prefix_info prefix;
};

static struct advertisement
advertisement(uint16_t lifetime, const char *prefix)
{
	struct advertisement ad = { .ra.nd_ra_type = ND_ROUTER_ADVERT };

	ad.ra.nd_ra_curhoplimit = 64;
	ad.ra.nd_ra_router_lifetime = htons(lifetime);
	if (!prefix)
		return ad;
	ad.prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
	ad.prefix.nd_opt_pi_len = 4;
	ad.prefix.nd_opt_pi_prefix_len = 64;
	ad.prefix.nd_opt_pi_flags_reserved = SLAAC_FLAGS;
	ad.prefix.nd_opt_pi_valid_time = htonl(7200);
	ad.prefix.nd_opt_pi_preferred_time = htonl(7200);
	if (inet_pton(AF_INET6, prefix, &ad.prefix.nd_opt_pi_prefix) != 1)
		net_die("prefix %s", prefix);
	return ad;
}

static void
send_one(int ns, const char *link, const void *ad, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	int hops = 255, fd;

	net_enter(ns);
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	to.sin6_scope_id = if_nametoindex(link);
	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) < 0 ||
	    sendto(fd, ad, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		net_die("router advertisement");
	close(fd);
}

/* RTF_DEFAULT and RTF_ADDRCONF of linux/ipv6_route.h. */
static bool
has_route(int ns)
{
	char line[256];
	unsigned flags;
	bool found = false;
	FILE *f;

	net_enter(ns);
	f = fopen("/proc/thread-self/net/ipv6_route", "re");
	if (!f)
		net_die("routes");
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %x",
			       &flags) == 1 && (flags & 0x50000) == 0x50000;
	fclose(f);
	return found;
}

void
ra_learn(int ns, int router, const char *link, uint16_t lifetime,
	 const char *prefix)
{
	struct advertisement ad = advertisement(lifetime, prefix);
	int64_t end = net_now_ms() + 20000;

	while (!has_route(ns)) {
		if (net_now_ms() > end)
			net_die("the router advertisement made no route");
		send_one(router, link, &ad,
			 prefix ? sizeof(ad) : sizeof(ad.ra));
		usleep(10000);
	}
}
