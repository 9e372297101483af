/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who plays whom: a lifeline's peer and our addresses, the routes between them,
 * and the socket at which it is listened. */
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "checks.h"
#include "rehearsal-internal.h"

#define PORT_FIRST 40000
#define BACKLOG 64

static const struct act_kind kinds[] = {
	{ false, IPPROTO_TCP, SOCK_STREAM, tcp_in_play, tcp_in_go_on },
	{ false, IPPROTO_UDP, SOCK_DGRAM, datagram_in_play, NULL },
	{ false, 0, SOCK_RAW, datagram_in_play, NULL },
	{ true, IPPROTO_TCP, 0, tcp_out_play, NULL },
	{ true, IPPROTO_UDP, 0, datagram_out_play, NULL },
	{ true, 0, 0, datagram_out_play, NULL },
};

static const struct act_kind tunnel_kinds[] = {
	{ false, IPPROTO_UDP, SOCK_DGRAM, tunnel_play, tunnel_go_on },
	{ false, 0, SOCK_RAW, tunnel_play, tunnel_go_on },
};

static const struct act_kind *
find_kind(const struct lifeline *ll, bool tunnel)
{
	bool out = ll->way == LIFELINE_OUT;
	size_t i = 0;

	if (tunnel && ll->way == LIFELINE_IN && ll->proto != IPPROTO_TCP)
		return &tunnel_kinds[ll->proto != IPPROTO_UDP];

	while (kinds[i].out != out ||
	       (kinds[i].proto && kinds[i].proto != ll->proto))
		i++;
	return &kinds[i];
}

/* --- Who is who --- */

/* Somebody who may get in: by the candidate, else by the live rules. */
static struct in6_addr
find_far(const struct lifeline *ll, const struct play *play)
{
	const struct tables *tables[] = { play->candidate, play->live };
	struct packet p = packet_new_connection(ll), one;

	for (size_t i = 0; i < 2 * SOMEWHERE; i++) {
		p.src = somewhere[i / 2].prefix;
		p.src_len = somewhere[i / 2].len;
		p.dst_len = addr_is_any(&p.dst) ? 0 : 128;
		if (walk_find(tables[i % 2], lifeline_hook(ll), &p, &one) !=
		    VERDICT_DROP)
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

/* Our own address on the link: a global one rather than one that is not. */
static bool
choose_host(const struct act *act, struct in6_addr *near)
{
	const struct live_link *facts = &act->cable->facts;
	bool found = false;

	*near = act->ll->way == LIFELINE_THROUGH ? act->ll->link.local :
						   act->ll->local;
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
has_address(const struct live_link *facts, const struct in6_addr *addr)
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
	struct link_addr own = { act->host, 128, false };
	struct nl_sock *sk;
	int rc = net_open(&sk);

	if (rc < 0)
		return rc;
	if (!has_address(&act->cable->facts, &act->host))
		rc = net_add_address(sk, (int)if_nametoindex("lo"), &own);
	if (rc == 0 && !addr_is_link_local(&act->far))
		rc = net_add_route(sk, act->cable->ifindex, &act->far, 128,
				   addr_is_any(&link->gateway) ? NULL :
								 &link->gateway);
	nl_socket_free(sk);
	return rc;
}

static int
bound_socket(const struct act *act)
{
	struct sockaddr_in6 sa = {
		.sin6_family = AF_INET6,
		.sin6_addr = act->near,
		.sin6_port = htons(act->ll->local_port),
	};
	int type = act->kind->socket, on = 1;
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			type == SOCK_RAW ? act->ll->proto : 0);

	if (type == SOCK_RAW)
		sa.sin6_port = 0;
	if (addr_is_link_local(&act->near))
		sa.sin6_scope_id = (uint32_t)act->cable->ifindex;
	if (fd < 0)
		return -1;
	if (type == SOCK_STREAM)
		talk_end_at_once(fd);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    (type != SOCK_STREAM || listen(fd, BACKLOG) == 0))
		return fd;
	close(fd);
	return -1;
}

/* Where who is spoken to sits. */
static int
open_listener(const struct act *act)
{
	int fd = -1;

	if (scene_enter(act->ns))
		fd = bound_socket(act);
	scene_enter(act->scene->inside);
	return fd;
}

static bool
listens_there(const struct act *other, const struct act *act)
{
	return other->listener >= 0 && other->ns == act->ns &&
	       other->ll->proto == act->ll->proto &&
	       other->ll->local_port == act->ll->local_port &&
	       addr_equal(&other->near, &act->near);
}

/* One that listens there already serves as well. */
static void
find_listener(struct act *act, size_t n_before)
{
	for (const struct act *other = act - n_before; other < act; other++)
		if (listens_there(other, act)) {
			act->listener = other->listener;
			return;
		}
	act->listener = open_listener(act);
	act->owns_listener = act->listener >= 0;
	if (act->listener < 0)
		act->not = xstrdup(_("nothing can listen there in a scratch "
				     "namespace"));
}

/* Why not, before anything is tried; or NULL. */
static const char *
why_not(const struct lifeline *ll)
{
	bool through = ll->way == LIFELINE_THROUGH;

	if (ll->v4)
		return _("IPv4: these rules do not touch it");
	if (strcmp(ll->link.ifname, "lo") == 0)
		return _("it stays on this host");
	if (ll->from.ifname[0])
		return _("its packets come in by another link than its answers "
			 "leave by");
	if (!ll->link.ifname[0] || (through && !ll->inner.ifname[0]))
		return _("it is not known by which link it comes");
	if (through && strcmp(ll->link.ifname, ll->inner.ifname) == 0)
		return _("what is bridged is not rehearsed");
	if (ll->link.bridged || (through && ll->inner.bridged))
		return _("bridged packets that the rules see "
			 "(bridge-nf-call-ip6tables) are not rehearsed");
	if (ll->dialled_port)
		return _("nat leads to it from elsewhere");
	if (ll->way == LIFELINE_OUT && ll->any_peer)
		return _("it is not known where it goes");
	return NULL;
}

static char *
cannot(const char *ifname)
{
	return xasprintf(_("its way over %s cannot be built in a scratch "
			   "namespace"), ifname);
}

/* Whoever is behind the host moves in. */
static void
prepare_yard(struct act *act)
{
	const struct lifeline_link *inner = &act->ll->inner;
	const struct in6_addr *gateway =
		addr_is_any(&inner->gateway) ? NULL : &inner->gateway;

	act->yard = scene_yard(act->scene, inner->ifname);
	if (!act->yard ||
	    yard_settle(act->scene, act->yard, &act->near, gateway) < 0)
		act->not = cannot(inner->ifname);
	else
		act->ns = act->yard->ns;
}

static void
prepare_ends(struct act *act, const struct play *play)
{
	const struct lifeline *ll = act->ll;

	act->cable = scene_cable(act->scene, ll->link.ifname);
	act->far = choose_far(ll, play);
	if (!act->cable || act->cable->facts.slave ||
	    !choose_host(act, &act->host)) {
		act->not = cannot(ll->link.ifname);
		return;
	}
	act->near = ll->way == LIFELINE_THROUGH ? ll->local : act->host;
	act->peer.cable = act->cable;
	act->peer.hop = addr_is_any(&ll->link.gateway) ? act->far :
							 ll->link.gateway;
	if (add_paths(act) < 0)
		act->not = cannot(ll->link.ifname);
	else if (ll->way == LIFELINE_THROUGH)
		prepare_yard(act);
}

void
act_prepare(struct act *act, struct scene *scene, const struct lifeline *ll,
	    bool tunnel, const struct play *play, size_t n_before)
{
	*act = (struct act){ .ll = ll, .scene = scene, .ns = scene->inside,
			     .first = act - n_before,
			     .kind = find_kind(ll, tunnel), .listener = -1,
			     .running_fd = -1, .port = PORT_FIRST,
			     .tunnel = tunnel };
	act->not = xstrdup(why_not(ll));
	if (!act->not)
		prepare_ends(act, play);
	if (!act->not && act->kind->socket)
		find_listener(act, n_before);
}
