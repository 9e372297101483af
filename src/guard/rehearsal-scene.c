/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scene: this host's links, built again in namespaces that nobody else sees.
 * The other end of each is in a second one, where the kernel has no part in it:
 * whoever answers there is us. */
#include <net/if.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

/* A locally administered address, for who plays a neighbour that has none. */
static const unsigned char any_mac[ETH_ALEN] = { 0x02, 0, 0x5e, 0, 0x53, 0xfe };

struct cable *
scene_cable(struct scene *scene, const char *ifname)
{
	for (size_t i = 0; i < scene->n; i++)
		if (strcmp(scene->cables[i].facts.ifname, ifname) == 0)
			return &scene->cables[i];
	return NULL;
}

struct yard *
scene_yard(struct scene *scene, const char *ifname)
{
	for (size_t i = 0; i < scene->n_yards; i++)
		if (strcmp(scene->yards[i].facts.ifname, ifname) == 0)
			return &scene->yards[i];
	return NULL;
}

/* A loopback link needs no scene, and no link can be built without its name. */
static void
plan_link(struct scene *scene, const struct lifeline_link *link,
	  const struct in6_addr *far)
{
	struct cable *cable = &scene->cables[scene->n];
	const struct in6_addr *hop = link->on_link ? far : &link->gateway;

	if (!link->ifname[0] || strcmp(link->ifname, "lo") == 0 ||
	    scene_cable(scene, link->ifname) ||
	    !live_link_read(link->ifname, &cable->facts))
		return;
	memcpy(cable->peer_mac, any_mac, ETH_ALEN);
	cable->mac_known = cable->facts.ethernet &&
			   neighbour_mac(link->ifname, hop, cable->peer_mac);
	cable->fd = -1;
	scene->n++;
}

static void
plan_yard(struct scene *scene, const struct lifeline_link *link)
{
	struct yard *yard = &scene->yards[scene->n_yards];

	if (!link->ifname[0] || scene_yard(scene, link->ifname) ||
	    scene_cable(scene, link->ifname) ||
	    !live_link_read(link->ifname, &yard->facts))
		return;
	yard->ns = -1;
	scene->n_yards++;
}

static void
plan(struct scene *scene, const struct vec *lifelines)
{
	scene->cables = xcalloc(lifelines->n + 1, sizeof(*scene->cables));
	scene->yards = xcalloc(lifelines->n + 1, sizeof(*scene->yards));
	for (size_t i = 0; i < lifelines->n; i++) {
		const struct lifeline *ll = lifelines->v[i];

		if (!ll->v4)
			plan_link(scene, &ll->link, &ll->peer);
	}
	for (size_t i = 0; i < lifelines->n; i++) {
		const struct lifeline *ll = lifelines->v[i];

		if (!ll->v4 && ll->way == LIFELINE_THROUGH)
			plan_yard(scene, &ll->inner);
	}
}

bool
scene_enter(int ns)
{
	return setns(ns, CLONE_NEWNET) == 0;
}

int
scene_here(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void
say_namespace(int error, struct str *reason)
{
	if (error == ENOSPC)
		str_add(reason, _("no more network namespaces may be made "
				  "(user.max_net_namespaces)"));
	else
		str_addf(reason, _("the kernel makes no network namespace: %s"),
			 strerror(error));
}

/* Both namespaces; we are inside then. */
static bool
make_namespaces(struct scene *scene, struct str *reason)
{
	int error = scratch_enter(&scene->user_ns);

	if (error) {
		say_namespace(error, reason);
		return false;
	}
	scene->outside = scene_here();
	sysctl_put("ipv6/conf/default/disable_ipv6", "1");
	if (unshare(CLONE_NEWNET) < 0) {
		say_namespace(errno, reason);
		return false;
	}
	scene->inside = scene_here();
	if (scene->inside < 0 || scene->outside < 0) {
		str_addf(reason, _("cannot open /proc/self/ns/net: %s"),
			 strerror(errno));
		return false;
	}
	return true;
}

/* Takes all that the inside sends, once the namespace is entered. */
static int
open_outer_end(const char *name)
{
	struct sockaddr_ll sa = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	sa.sll_protocol = htons(ETH_P_IPV6);
	sa.sll_ifindex = (int)if_nametoindex(name);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The outer end first, so that the inner one has its carrier at once. */
static int
connect_cable(struct scene *scene, struct cable *cable, const char *outer_name,
	      struct str *reason)
{
	struct nl_sock *sk;
	int rc = -NLE_FAILURE;

	if (!scene_enter(scene->outside) || net_open(&sk) < 0)
		return rc;
	rc = net_bring_up(sk, (int)if_nametoindex(outer_name), true);
	nl_socket_free(sk);
	cable->fd = open_outer_end(outer_name);
	if (cable->fd < 0)
		str_addf(reason, _("cannot open a packet socket in a scratch "
				   "namespace: %s"), strerror(errno));
	if (!scene_enter(scene->inside) || cable->fd < 0)
		return -NLE_FAILURE;
	return rc;
}

static void
read_own_mac(int ifindex, struct live_link *facts)
{
	struct live_link built = { .ifname = "" };
	char name[IFNAMSIZ];

	if (if_indextoname((unsigned)ifindex, name) &&
	    live_link_read(name, &built))
		memcpy(facts->mac, built.mac, ETH_ALEN);
}

static int
build_cable(struct scene *scene, struct nl_sock *sk, struct cable *cable,
	    struct str *reason)
{
	struct live_link *facts = &cable->facts;
	char outer_name[IFNAMSIZ];
	int rc;

	snprintf(outer_name, sizeof(outer_name), "out%zu",
		 (size_t)(cable - scene->cables));
	rc = net_add_cable(sk, facts, outer_name, scene->outside);
	cable->ifindex = (int)if_nametoindex(facts->ifname);
	sysctls_hurry(facts->ifname);
	if (rc == 0)
		rc = connect_cable(scene, cable, outer_name, reason);
	if (rc == 0)
		rc = net_dress(sk, cable->ifindex, facts);
	if (!facts->ethernet)
		read_own_mac(cable->ifindex, facts);
	return rc;
}

static bool
build_cables(struct scene *scene, struct str *reason)
{
	struct nl_sock *sk;
	int rc = net_open(&sk);

	if (rc == 0)
		rc = net_bring_up(sk, (int)if_nametoindex("lo"), false);
	for (size_t i = 0; rc == 0 && i < scene->n; i++)
		rc = build_cable(scene, sk, &scene->cables[i], reason);
	for (size_t i = 0; rc == 0 && i < scene->n_yards; i++)
		rc = yard_build(scene, sk, &scene->yards[i]);
	if (rc && !reason->len)
		str_addf(reason, _("cannot build a private link (veth): %s"),
			 nl_geterror(rc));
	nl_socket_free(sk);
	return rc == 0;
}

static struct sysctls *
read_sysctls(const struct scene *scene)
{
	size_t n = 0, most = scene->n + scene->n_yards;
	const char **names = xcalloc(most + 1, sizeof(*names));
	struct sysctls *sysctls;

	for (size_t i = 0; i < scene->n; i++)
		names[n++] = scene->cables[i].facts.ifname;
	for (size_t i = 0; i < scene->n_yards; i++)
		names[n++] = scene->yards[i].facts.ifname;
	sysctls = sysctls_read(names, n);
	free(names);
	return sysctls;
}

bool
scene_build(struct scene *scene, const struct vec *lifelines,
	    struct str *reason)
{
	struct sysctls *sysctls;
	bool good;

	memset(scene, 0, sizeof(*scene));
	policy_read(&scene->policy);
	plan(scene, lifelines);
	sysctls = read_sysctls(scene);
	good = make_namespaces(scene, reason) && build_cables(scene, reason) &&
	       sysctls_write(sysctls, reason);
	sysctls_free(sysctls);
	return good;
}
