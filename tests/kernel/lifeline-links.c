/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lifelines hang on: routes and addresses from real router advertisements,
 * leases, bridges, tunnels, and what the settings add. */
#include <netinet/icmp6.h>
#include <sallyport/mem.h>
#include "lifeline.h"

#define ROUTER "fe80::77"

static void
sshd(void)
{
	prctl(PR_SET_NAME, "sshd");
	listen_on("::", 22);
}

static void
expect(const char *ssh_connection, const char *conf, const char *expected,
       const char *what)
{
	struct settings *settings = NULL;
	struct str got = { 0 };

	if (settings_parse("conf", conf, &settings))
		bail_out("%s", err_message());
	account_of(&(struct lifeline_sources){
			.ssh_connection = ssh_connection, .self = getpid(),
			.settings = settings,
		   }, &got);
	is_str(str_text(&got), expected, "%s", what);
	str_done(&got);
	settings_free(settings);
}

/* --- Router advertisements (RFC 4861 4.2) --- */

struct advertisement {
	struct nd_router_advert ra;
	struct nd_opt_prefix_info prefix;
};

static struct advertisement
advertise(uint16_t router_lifetime, uint32_t prefix_lifetime)
{
	struct advertisement ad = { .ra = {
			.nd_ra_type = ND_ROUTER_ADVERT,
			.nd_ra_router_lifetime = htons(router_lifetime),
		}, .prefix = {
			.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION,
			.nd_opt_pi_len = 4,
			.nd_opt_pi_prefix_len = 64,
			.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK |
						    ND_OPT_PI_FLAG_AUTO,
			.nd_opt_pi_valid_time = htonl(prefix_lifetime),
			.nd_opt_pi_preferred_time = htonl(prefix_lifetime),
		} };

	inet_pton(AF_INET6, "2001:db8:a::", &ad.prefix.nd_opt_pi_prefix);
	return ad;
}

/* From the client's link-local address, in its namespace. */
static struct advertisement sent;

static void
router(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };
	char path[64];
	int hops = 255, fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)client_ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		_exit(1);
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	inet_pton(AF_INET6, ROUTER, &from.sin6_addr);
	to.sin6_scope_id = from.sin6_scope_id = if_nametoindex("cl0");
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) < 0)
		_exit(1);
	/* Not before the link has noticed that its other end is up. */
	for (int i = 0; i < 2000; i++) {
		if (sendto(fd, &sent, sizeof(sent), 0, (struct sockaddr *)&to,
			   sizeof(to)) == sizeof(sent))
			return;
		usleep(10000);
	}
	_exit(1);
}

/* Send it, now and then, until the host has taken the router or left it. That
 * some route changed would say nothing: the address that it made of the prefix
 * has one, too. */
static void
send_advertisement(struct advertisement ad)
{
	bool is_router = ad.ra.nd_ra_router_lifetime != 0;

	sent = ad;
	for (int i = 0; i < 200; i++) {
		if (i % 10 == 0)
			stop(child(router));
		if ((system("ip -6 route show default | grep -q .") == 0) ==
		    is_router)
			return;
		usleep(20000);
	}
	bail_out("no advertisement came");
}

static char slaac[INET6_ADDRSTRLEN];

/* The address that the host made of the prefix, once it is there. */
static void
find_slaac(void)
{
	for (int i = 0; i < 2000 && !slaac[0]; i++) {
		FILE *f = popen("ip -6 -o addr show dev up0 scope global | "
				"grep -o '2001:db8:a:[^/]*'", "r");

		if (!f || !fgets(slaac, sizeof(slaac), f))
			usleep(10000);
		if (f)
			pclose(f);
		slaac[strcspn(slaac, "\n")] = '\0';
	}
	if (!slaac[0])
		bail_out("the host made no address");
}

#define STALE " | SSH_CONNECTION, no such connection now | up0 stale"
#define LISTENS "ssh port 22 | the SSH server listens | up0"

static void
test_advertised(void)
{
	struct advertisement last = advertise(0, 3600);
	char connection[128];

	run(false, "ip -6 route del default");
	send_advertisement(advertise(1800, 3600));
	find_slaac();
	expect(NULL, "", LISTENS " by-ra via " ROUTER "\n",
	       "the default route came from an advertisement");
	expect(FAR " 40001 " HOST " 22", "",
	       "ssh " FAR " -> :22" STALE " by-ra via " ROUTER "\n"
	       LISTENS " by-ra via " ROUTER "\n",
	       "so did the one to a peer behind it, whatever our address is");
	expect(NEAR " 40001 " HOST " 22", "",
	       "ssh " NEAR " -> :22" STALE " on-link via ::\n"
	       LISTENS " by-ra via " ROUTER "\n",
	       "a peer on the link needs none");
	snprintf(connection, sizeof(connection), NEAR " 40001 %s 22", slaac);
	expect(connection, "",
	       "ssh " NEAR " -> :22" STALE " on-link by-ra via ::\n"
	       LISTENS " by-ra via " ROUTER "\n",
	       "but for our address, which goes without them");
	expect("2001:db8:a::9 40001 " HOST " 22", "",
	       "ssh 2001:db8:a::9 -> :22" STALE " on-link by-ra via ::\n"
	       LISTENS " by-ra via " ROUTER "\n",
	       "and for the route to the prefix, which the kernel calls its own");
	/* Once it is not tentative any more it could be what we answer from. */
	run(false, "ip -6 addr del %s/64 dev up0", slaac);
	last.prefix.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK;
	send_advertisement(last);
	run(false, "ip -6 route add default via " ROUTER " dev up0");
	expect(FAR " 40001 " HOST " 22", "",
	       "ssh " FAR " -> :22" STALE " via " ROUTER "\n"
	       LISTENS " via " ROUTER "\n", "a route of ours lasts");
	run(false, "ip -6 route replace default via " ROUTER
	    " dev up0 expires 600");
	expect(NULL, "", LISTENS " via " ROUTER "\n",
	       "advertisements do not renew one of ours that ends");
	run(false, "ip -6 route replace default via " ROUTER " dev up0");
}

static void
test_leased(void)
{
	run(false, "ip -6 addr add 2001:db8::1ea5/128 dev up0 valid_lft 3600"
	    " preferred_lft 3600 nodad");
	expect(FAR " 40001 2001:db8::1ea5 22", "",
	       "ssh " FAR " -> :22" STALE " leased via " ROUTER "\n"
	       LISTENS " leased via " ROUTER "\n",
	       "an address with an end, alone");
	run(false, "ip -6 addr del 2001:db8::1ea5/128 dev up0");
	run(false, "ip -6 addr add 2001:db8::1ea5/128 dev up0 nodad");
	expect(FAR " 40001 2001:db8::1ea5 22", "",
	       "ssh " FAR " -> :22" STALE " via " ROUTER "\n"
	       LISTENS " via " ROUTER "\n", "one without");
	run(false, "ip -6 addr del 2001:db8::1ea5/128 dev up0");
}

/* --- The settings --- */

static void
test_settings(void)
{
	expect(NULL, "lifelines = none", "", "none");
	expect(NULL, "port = 22", LISTENS " via " ROUTER "\n",
	       "a port that is found anyway");
	expect(NULL, "port = 2222", LISTENS " via " ROUTER "\n"
	       "ssh port 2222 | the settings | up0 via " ROUTER "\n",
	       "another one");
	expect(NULL, "source = " NEAR "\nsource = 2001:db8:77::/48",
	       LISTENS " via " ROUTER "\n"
	       "ssh " NEAR " -> :22 | the settings | up0 on-link via ::\n"
	       "ssh 2001:db8:77::/48 -> :22 | the settings | up0 via "
	       ROUTER "\n", "sources");
	expect(NULL, "source = " NEAR "\nport = 2222",
	       LISTENS " via " ROUTER "\n"
	       "ssh port 2222 | the settings | up0 via " ROUTER "\n"
	       "ssh " NEAR " -> :22 | the settings | up0 on-link via ::\n"
	       "ssh " NEAR " -> :2222 | the settings | up0 on-link via ::\n",
	       "a source at every port");
	expect(NULL, "lifeline = in udp 51820\n"
	       "lifeline = in tcp 9100 from " NEAR "\n"
	       "lifeline = in tcp 80 to " HOST "\n"
	       "lifeline = out udp 53 to " FAR "\n"
	       "lifeline = out tcp 636\n",
	       LISTENS " via " ROUTER "\n"
	       "udp ::/0 -> :51820 | the settings | up0 via " ROUTER "\n"
	       "tcp " NEAR " -> :9100 | the settings | up0 on-link via ::\n"
	       "tcp ::/0 -> :80 | the settings | up0 via " ROUTER "\n"
	       "udp -> [" FAR "]:53 | the settings | up0 via " ROUTER "\n"
	       "tcp -> :636 | the settings | up0 via " ROUTER "\n",
	       "other traffic, in and out");
}

static void
test_bridge(void)
{
	static const char sysctl[] =
		"/proc/sys/net/bridge/bridge-nf-call-ip6tables";
	static const char conf[] =
		"lifeline = in tcp 4001 to 2001:db8:c::2 from " FAR;
	bool rules = access(sysctl, F_OK) == 0;

	run(false, "ip link add br0 type bridge");
	run(false, "ip -6 addr add 2001:db8:c::1/64 dev br0 nodad");
	run(false, "ip link set br0 up");
	if (rules)
		ns_write(sysctl, "0");
	expect(NULL, conf, LISTENS " via " ROUTER "\n"
	       "tcp " FAR " -> [2001:db8:c::2]:4001 | the settings | up0 via "
	       ROUTER " to br0 on-link\n", "through this host");
	if (rules && ns_write(sysctl, "1") == 0)
		expect(NULL, conf, LISTENS " via " ROUTER "\n"
		       "tcp " FAR " -> [2001:db8:c::2]:4001 | the settings |"
		       " up0 via " ROUTER " to br0 on-link bridged\n",
		       "where these rules see bridged packets");
	if (rules && ns_write(sysctl, "0") == 0) {
		run(false, "ip link set br0 type bridge nf_call_ip6tables 1");
		expect(NULL, conf, LISTENS " via " ROUTER "\n"
		       "tcp " FAR " -> [2001:db8:c::2]:4001 | the settings |"
		       " up0 via " ROUTER " to br0 on-link bridged\n",
		       "where this bridge asks for it");
	}
	run(false, "ip link del br0");
}

/* VXLAN is a tunnel that every kernel has. */
static void
test_tunnel(void)
{
	run(false, "ip link add vx0 type vxlan id 7 local " HOST " remote " FAR
	    " dstport 4789");
	run(false, "ip -6 addr add 2001:db8:e::1/64 dev vx0 nodad");
	run(false, "ip link set vx0 up");
	expect("2001:db8:e::2 40001 2001:db8:e::1 22", "",
	       "ssh 2001:db8:e::2 -> :22 | SSH_CONNECTION, no such connection"
	       " now | vx0 stale on-link via ::\n"
	       "  in udp " FAR " -> :4789 | the packets of its tunnel |"
	       " up0 via " ROUTER "\n" LISTENS " via " ROUTER "\n",
	       "a tunnel's outer packets");
	run(false, "ip link del vx0");
	run(false, "ip link add vx0 type vxlan id 7 local 192.0.2.1 remote"
	    " 192.0.2.77 dstport 4789");
	run(false, "ip -6 addr add 2001:db8:e::1/64 dev vx0 nodad");
	run(false, "ip link set vx0 up");
	expect("2001:db8:e::2 40001 2001:db8:e::1 22", "",
	       "ssh 2001:db8:e::2 -> :22 | SSH_CONNECTION, no such connection"
	       " now | vx0 stale on-link via ::\n"
	       "  in udp 192.0.2.77 -> :4789 (IPv4) | the packets of its"
	       " tunnel |  via ::\n" LISTENS " via " ROUTER "\n",
	       "over IPv4");
	run(false, "ip link del vx0");
	/* The far end is said to be reached through the tunnel itself. */
	run(false, "ip link add vx0 type vxlan id 7 remote 2001:db8:e::9"
	    " dstport 4789");
	run(false, "ip -6 addr add 2001:db8:e::1/64 dev vx0 nodad");
	run(false, "ip link set vx0 up");
	expect("2001:db8:e::2 40001 2001:db8:e::1 22", "",
	       "ssh 2001:db8:e::2 -> :22 | SSH_CONNECTION, no such connection"
	       " now | vx0 stale on-link via ::\n"
	       "  in udp 2001:db8:e::9 -> :4789 | the packets of its"
	       " tunnel |  via ::\n" LISTENS " via " ROUTER "\n",
	       "a tunnel that leads into itself");
	run(false, "ip link del vx0");
}

/* Where the routes hang on the source address, that of the session counts. */
static void
test_policy(void)
{
	run(false, "ip link add up1 type veth peer name cl1 netns %d",
	    (int)client_ns);
	run(false, "ip -6 addr add 2001:db8:b::1/64 dev up1 nodad");
	run(false, "ip link set up1 up");
	run(false, "ip -6 rule add from 2001:db8:b::1 table 7");
	run(false, "ip -6 route add default via 2001:db8:b::77 dev up1 table 7");
	expect(FAR " 40001 2001:db8:b::1 22", "",
	       "ssh " FAR " -> :22 | SSH_CONNECTION, no such connection now |"
	       " up1 stale via 2001:db8:b::77\n" LISTENS " via " ROUTER "\n",
	       "routed by the source address");
	run(false, "ip -6 rule del from 2001:db8:b::1 table 7");
	run(false, "ip link del up1");
}

int
main(void)
{
	pid_t server;

	ns_or_skip();
	set_up();
	server = child(sshd);
	test_settings();
	test_bridge();
	test_tunnel();
	test_policy();
	test_leased();
	test_advertised();
	stop(server);
	stop(client_ns);
	return done_testing();
}
