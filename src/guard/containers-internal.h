/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What containers.c merges: each of its two sources adds what it sees. */
#ifndef GUARD_CONTAINERS_INTERNAL_H
#define GUARD_CONTAINERS_INTERNAL_H

#include <sallyport/containers.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

/* Bridges, their subnets and who was seen on them, over netlink. */
void containers_from_kernel(struct containers *containers);

/* What the Engine at this socket tells of its networks and containers. ERR_FAIL
 * where its answer is of no use; containers is as before then. */
enum err containers_from_docker(const char *socket,
				struct containers *containers) must_check;

/* The two lists as the Engine gives them (JSON). */
enum err containers_from_json(const char *networks, size_t networks_len,
			      const char *list, size_t list_len,
			      struct containers *containers) must_check;

/* One GET of path, answered with 200; *ms, what is left of the time, gets less.
 * The body is appended to out. */
enum err docker_get(const char *socket, const char *path, long *ms,
		    struct str *out) must_check;

/* Is it served in this network namespace, by more than systemd's listening? */
bool docker_runs(const char *socket);

/* The one with this address, added where there is none; NULL where there are
 * too many already. */
struct container *containers_take(struct containers *containers,
				  const struct in6_addr *addr);
void bridge_add_subnet(struct bridge *bridge, const struct in6_addr *addr,
		       unsigned len);
bool subnet_is_useful(const struct in6_addr *addr, unsigned len);

#endif
