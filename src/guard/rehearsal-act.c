/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lifeline in the scene: who plays its peer, and its packets in the order in
 * which a login sends them, with a cold neighbour cache. */
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks.h"
#include "rehearsal-internal.h"

#define TRIES 3		/* of each packet, within its time */
#define PORT_FIRST 40000
#define BACKLOG 64

bool
act_wait(struct act *act, int also_fd, bool (*done)(void *arg),
	 void (*again)(void *arg), void *arg)
{
	int64_t start = now_us(), took;
	bool came = false;

	for (int i = 1; i <= TRIES && !came; i++) {
		int64_t until = start + act->wait_us * i / TRIES;

		if (again && i > 1)
			again(arg);
		do
			came = done(arg);
		while (!came && peer_turn(&act->peer, also_fd, until));
	}
	took = now_us() - start;
	if (came && took > act->slowest_us)
		act->slowest_us = took;
	return came;
}

/* --- Who is who --- */

/* Somebody who may get in: by the candidate, else by the live rules. */
static struct in6_addr
find_far(const struct lifeline *ll, const struct play *play)
{
	static const struct {
		struct in6_addr prefix;
		unsigned len;
	} from[] = {
		{ { .s6_addr = { 0x20 } }, 3 },
		{ { .s6_addr = { 0xfc } }, 7 },
		{ { .s6_addr = { 0xfe, 0x80 } }, 64 },
	};
	const struct tables *tables[] = { play->candidate, play->live };
	struct packet p = packet_new_connection(ll), one;

	for (size_t i = 0; i < 2 * ARRAY_LEN(from); i++) {
		p.src = from[i / 2].prefix;
		p.src_len = from[i / 2].len;
		p.dst_len = addr_is_any(&p.dst) ? 0 : 128;
		if (walk_find(tables[i % 2], "INPUT", &p, &one) != VERDICT_DROP)
			return one.src;
	}
	return (struct in6_addr){ .s6_addr = { 0x20, 1, 0x0d, 0xb8, [15] = 1 } };
}

static struct in6_addr
choose_far(const struct lifeline *ll, const struct play *play)
{
	struct in6_addr far = ll->peer;

	if (ll->any_peer)
		return find_far(ll, play);
	if (ll->peer_len < 127)
		far.s6_addr[15] |= 1;
	return far;
}

/* A global address of the link rather than one that is not. */
static bool
choose_near(const struct act *act, struct in6_addr *near)
{
	const struct link_facts *facts = &act->cable->facts;
	bool found = false;

	*near = act->ll->local;
	if (!addr_is_any(near))
		return true;
	for (size_t i = 0; i < facts->n_addrs; i++) {
		const struct link_addr *a = &facts->addrs[i];
		bool global = !addr_is_link_local(&a->addr) && !a->deprecated;

		if (found && !global)
			continue;
		*near = a->addr;
		found = true;
		if (global)
			break;
	}
	return found;
}

static bool
has_address(const struct link_facts *facts, const struct in6_addr *addr)
{
	for (size_t i = 0; i < facts->n_addrs; i++)
		if (addr_equal(&facts->addrs[i].addr, addr))
			return true;
	return false;
}

/* --- Preparing --- */

static int
add_paths(struct act *act)
{
	const struct lifeline_link *link = &act->ll->link;
	struct link_addr own = { act->near, 128, false };
	struct nl_sock *sk;
	int rc = net_open(&sk);

	if (rc < 0)
		return rc;
	if (!has_address(&act->cable->facts, &act->near))
		rc = net_add_address(sk, (int)if_nametoindex("lo"), &own);
	if (rc == 0 && !addr_is_link_local(&act->far))
		rc = net_add_route(sk, act->cable->ifindex, &act->far,
				   link->on_link ? NULL : &link->gateway);
	nl_socket_free(sk);
	return rc;
}

static int
open_listener(const struct act *act)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = act->near,
		.sin6_port = htons(act->ll->local_port),
	};
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC |
				SOCK_NONBLOCK, 0);

	if (addr_is_link_local(&act->near))
		sa.sin6_scope_id = (uint32_t)act->cable->ifindex;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One that listens there already serves as well. */
static void
find_listener(struct act *act, const struct act *before, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (before[i].listener >= 0 &&
		    before[i].ll->local_port == act->ll->local_port &&
		    addr_equal(&before[i].near, &act->near)) {
			act->listener = before[i].listener;
			return;
		}
	act->listener = open_listener(act);
	act->owns_listener = act->listener >= 0;
	if (act->listener < 0)
		act->not = xasprintf(_("cannot listen on port %u of a private "
				       "link"), act->ll->local_port);
}

/* Why not, before anything is tried; or NULL. */
static const char *
why_not(const struct lifeline *ll)
{
	if (ll->v4)
		return _("IPv4: these rules do not touch it");
	if (strcmp(ll->link.ifname, "lo") == 0)
		return _("it stays on this host");
	if (!ll->link.ifname[0])
		return _("it is not known by which link it comes");
	if (ll->way != LIFELINE_IN || ll->proto != IPPROTO_TCP)
		return _("such traffic is not rehearsed");
	return NULL;
}

void
act_prepare(struct act *act, struct scene *scene, const struct lifeline *ll,
	    const struct play *play, const struct act *before, size_t n_before)
{
	const char *not = why_not(ll);

	*act = (struct act){ .ll = ll, .scene = scene, .listener = -1,
			     .running_fd = -1, .not = xstrdup(not) };
	if (not)
		return;
	act->cable = scene_cable(scene, ll->link.ifname);
	act->far = choose_far(ll, play);
	if (!act->cable) {
		act->not = xasprintf(_("there is no link %s"), ll->link.ifname);
		return;
	}
	if (!choose_near(act, &act->near)) {
		act->not = xasprintf(_("link %s has no address"),
				     ll->link.ifname);
		return;
	}
	act->peer.cable = act->cable;
	act->peer.hop = ll->link.on_link ? act->far : ll->link.gateway;
	if (add_paths(act) < 0)
		act->not = xasprintf(_("its route over %s cannot be built in a "
				       "scratch namespace"), ll->link.ifname);
	else
		find_listener(act, before, n_before);
}

void
act_done(struct act *act)
{
	if (act->owns_listener)
		close(act->listener);
	if (act->running_fd >= 0)
		close(act->running_fd);
	free(act->not);
}

/* --- Playing --- */

static void
hang_up(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* The running connection has the ports of the real one, a new one never. */
static uint16_t
choose_port(const struct act *act, bool running)
{
	static uint16_t next = PORT_FIRST;

	if (running && act->ll->peer_port)
		return act->ll->peer_port;
	if (++next == act->ll->peer_port)
		next++;
	return next;
}

static enum lost
play_tcp_in(struct act *act, bool keep)
{
	struct tcp_end end = {
		.peer = &act->peer,
		.way = { act->far, act->near },
		.port = choose_port(act, keep),
		.host_port = act->ll->local_port,
		.seq = (uint32_t)now_us(),
	};
	int fd = -1;
	int64_t start = now_us();
	enum lost lost = tcp_in_open(act, &end, &fd);

	act->answer_us = now_us() - start;
	if (!lost)
		lost = tcp_in_exchange(act, &end, fd);
	if (lost || !keep) {
		hang_up(fd);
		return lost;
	}
	act->running = end;
	act->running_fd = fd;
	return LOST_NOTHING;
}

enum lost
act_play(struct act *act, bool keep)
{
	bool ndp = !act->cable->facts.noarp && !act->ll->link.no_ndp;
	enum lost lost;

	net_forget_neighbours(act->cable->ifindex);
	act->peer.asked = act->peer.answered = false;
	lost = play_tcp_in(act, keep);
	if (!lost && ndp)
		lost = ndp_play(act);
	if (!lost && ndp)
		lost = ndp_probe(act);
	return lost;
}

enum lost
act_go_on(struct act *act)
{
	enum lost lost = tcp_in_exchange(act, &act->running, act->running_fd);

	if (lost == LOST_DATA_IN)
		return LOST_RUNNING_IN;
	return lost ? LOST_RUNNING_OUT : LOST_NOTHING;
}
