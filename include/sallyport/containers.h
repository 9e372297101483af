/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who listens behind this host: what bridges, their routes and their neighbours
 * show, and what Docker's Engine tells of its containers, merged by address. All
 * text in here is from elsewhere: show it through text_visible(). */
#ifndef SALLYPORT_CONTAINERS_H
#define SALLYPORT_CONTAINERS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/vec.h>

struct prefix {
	struct in6_addr addr;
	unsigned len;
};

/* A network behind this host. The bridge that leads to the default route is
 * none: what is on it does not pass these rules. */
struct bridge {
	char ifname[IFNAMSIZ];
	unsigned ifindex;
	char *network;		/* Docker's name for it, or NULL */
	char *gateway_mode;	/* of Docker's, "" where it says none, or NULL */
	struct vec subnets;	/* of struct prefix * */
};

/* What Docker says that a container listens on. */
struct service {
	uint8_t proto;		/* IPPROTO_TCP, IPPROTO_UDP */
	uint16_t port;
};

/* One address of one container; with two networks it is there twice. */
struct container {
	char *name;		/* Docker's, or NULL */
	char *driver;		/* of Docker's network: "bridge", "macvlan" ...;
				 * NULL where only the kernel shows it */
	char *network;		/* Docker's name of it, or NULL */
	struct in6_addr addr;
	char ifname[IFNAMSIZ];	/* of the bridge; "" where there is none */
	char port[IFNAMSIZ];	/* its port of the bridge; "" where the kernel
				 * has not learnt it */
	struct vec services;	/* of struct service * */
};

struct containers {
	struct vec bridges;	/* of struct bridge * */
	struct vec v;		/* of struct container *, named ones first */
	bool docker;		/* the Engine answered */
	char *note;		/* why not, where it runs; translated, or NULL */
};

#define CONTAINERS_DOCKER "/var/run/docker.sock"

/* Look for them. docker is the Engine's socket, NULL to leave it alone. It is
 * asked only where a process in this network namespace serves it: one that is
 * stopped is not started by our asking, and none costs no time. It has a second
 * to answer. Never fails. Yours. */
struct containers *containers_find(const char *docker);
void containers_free(struct containers *containers);

const struct bridge *containers_bridge(const struct containers *containers,
				       const char *ifname); /* or NULL */
/* The container with this address, or NULL. */
const struct container *containers_at(const struct containers *containers,
				      const struct in6_addr *addr);

/* The smallest subnet of its bridge that holds it; NULL: none is known. */
const struct prefix *container_subnet(const struct containers *containers,
				      const struct container *container);

bool container_serves(const struct container *container, uint8_t proto,
		      uint16_t port);

#endif
