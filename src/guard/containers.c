/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The union of what the kernel shows and what Docker tells, by address. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "containers-internal.h"

#define CONTAINERS_MAX 4096

bool
subnet_is_useful(const struct in6_addr *addr, unsigned len)
{
	return len > 0 && !addr_is_link_local(addr) &&
	       !addr_is_multicast(addr) && !addr_is_loopback(addr);
}

void
bridge_add_subnet(struct bridge *bridge, const struct in6_addr *addr,
		  unsigned len)
{
	struct in6_addr mask = addr_mask(len);
	struct prefix *subnet = xcalloc(1, sizeof(*subnet));

	subnet->len = len;
	for (size_t i = 0; i < sizeof(mask); i++)
		subnet->addr.s6_addr[i] = addr->s6_addr[i] & mask.s6_addr[i];
	for (size_t i = 0; i < bridge->subnets.n; i++) {
		const struct prefix *old = bridge->subnets.v[i];

		if (old->len == len && addr_equal(&old->addr, &subnet->addr)) {
			free(subnet);
			return;
		}
	}
	vec_push(&bridge->subnets, subnet);
}

const struct container *
containers_at(const struct containers *containers, const struct in6_addr *addr)
{
	for (size_t i = 0; i < containers->v.n; i++) {
		const struct container *one = containers->v.v[i];

		if (addr_equal(&one->addr, addr))
			return one;
	}
	return NULL;
}

struct container *
containers_take(struct containers *containers, const struct in6_addr *addr)
{
	struct container *one = (struct container *)
		containers_at(containers, addr);

	if (one || containers->v.n == CONTAINERS_MAX)
		return one;
	one = xcalloc(1, sizeof(*one));
	one->addr = *addr;
	vec_push(&containers->v, one);
	return one;
}

const struct bridge *
containers_bridge(const struct containers *containers, const char *ifname)
{
	for (size_t i = 0; i < containers->bridges.n; i++) {
		const struct bridge *bridge = containers->bridges.v[i];

		if (strcmp(bridge->ifname, ifname) == 0)
			return bridge;
	}
	return NULL;
}

const struct prefix *
container_subnet(const struct containers *containers,
		 const struct container *container)
{
	const struct bridge *bridge = containers_bridge(containers,
							container->ifname);
	const struct prefix *best = NULL;

	for (size_t i = 0; bridge && i < bridge->subnets.n; i++) {
		const struct prefix *subnet = bridge->subnets.v[i];

		if ((!best || subnet->len > best->len) &&
		    addr_in_prefix(&container->addr, &subnet->addr,
				   subnet->len))
			best = subnet;
	}
	return best;
}

bool
container_serves(const struct container *container, uint8_t proto,
		 uint16_t port)
{
	for (size_t i = 0; i < container->services.n; i++) {
		const struct service *service = container->services.v[i];

		if (service->proto == proto && service->port == port)
			return true;
	}
	return false;
}

/* What Docker names comes first, by name; then by address. */
static int
compare(const void *a, const void *b)
{
	const struct container *one = *(void *const *)a;
	const struct container *two = *(void *const *)b;
	int by = 0;

	if (!one->name != !two->name)
		return one->name ? -1 : 1;
	if (one->name)
		by = strcmp(one->name, two->name);
	return by ? by : memcmp(&one->addr, &two->addr, sizeof(one->addr));
}

struct containers *
containers_find(const char *docker)
{
	struct containers *containers = xcalloc(1, sizeof(*containers));

	containers_from_kernel(containers);
	if (docker && docker_runs(docker)) {
		containers->docker = containers_from_docker(docker, containers)
				     == OK;
		if (!containers->docker)
			containers->note = xstrdup(err_message());
	}
	if (containers->v.n > 1)
		qsort(containers->v.v, containers->v.n, sizeof(void *),
		      compare);
	return containers;
}

static void
free_all(struct vec *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->v[i]);
	vec_done(all);
}

static void
bridge_free(struct bridge *bridge)
{
	free_all(&bridge->subnets);
	free(bridge->network);
	free(bridge->gateway_mode);
	free(bridge);
}

static void
container_free(struct container *container)
{
	free_all(&container->services);
	free(container->name);
	free(container->driver);
	free(container->network);
	free(container);
}

void
containers_free(struct containers *containers)
{
	if (!containers)
		return;
	for (size_t i = 0; i < containers->bridges.n; i++)
		bridge_free(containers->bridges.v[i]);
	vec_done(&containers->bridges);
	for (size_t i = 0; i < containers->v.n; i++)
		container_free(containers->v.v[i]);
	vec_done(&containers->v);
	free(containers->note);
	free(containers);
}
