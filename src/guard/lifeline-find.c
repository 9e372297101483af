/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines are found as a union: one too many does no harm, one too few can
 * lock somebody out. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "ancestors.h"
#include "conntrack.h"
#include "finder.h"
#include "ingress.h"
#include "lifeline-links.h"
#include "sockets.h"
#include "sshd.h"

static bool
parse_port(const char *s, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	*port = (uint16_t)n;
	return *s >= '0' && *s <= '9' && !*end && n > 0 && n <= UINT16_MAX;
}

/* "peer port local port", an address perhaps with %zone. */
static bool
parse_ssh_connection(const char *text, struct lifeline *ll, unsigned *ifindex)
{
	size_t n = 0;
	char **words = words_split(text, &n);
	const char *zone;
	bool good = words && n == 4 && !addr_parse(words[0], &ll->peer) &&
		    parse_port(words[1], &ll->peer_port) &&
		    !addr_parse(words[2], &ll->local) &&
		    parse_port(words[3], &ll->local_port);

	*ifindex = 0;
	zone = good ? strchr(words[0], '%') : NULL;
	if (zone)
		*ifindex = if_nametoindex(zone + 1);
	words_free(words);
	return good;
}

static bool
same_lifeline(const struct lifeline *a, const struct lifeline *b)
{
	return a->way == b->way && a->proto == b->proto &&
	       a->any_peer == b->any_peer && a->local_port == b->local_port &&
	       a->peer_port == b->peer_port && a->peer_len == b->peer_len &&
	       addr_equal(&a->peer, &b->peer) &&
	       addr_equal(&a->local, &b->local);
}

/* Conntrack is loaded with the first rule that needs it, and takes up running
 * connections then unless this was set to 0. */
static bool
conntrack_is_strict(void)
{
	struct str text = { 0 };
	bool strict = !file_read(AT_FDCWD, "/proc/sys/net/netfilter/"
				 "nf_conntrack_tcp_loose", 16, &text) &&
		      text.len > 0 && text.s[0] == '0';

	str_done(&text);
	return strict;
}

static bool
listens(const struct finder *f, uint16_t port)
{
	for (size_t i = 0; i < f->listening.n; i++) {
		const struct ip_socket *s = f->listening.v[i];

		if (s->local_port == port)
			return true;
	}
	return false;
}

void
finder_add(struct finder *f, const struct lifeline *found, unsigned ifindex)
{
	struct lifeline *ll;

	for (size_t i = 0; i < f->out->n; i++)
		if (same_lifeline(f->out->v[i], found))
			return;
	ll = xmemdup(found, sizeof(*found));
	ll->v4 = addr_is_v4(&ll->peer);
	ll->strict = f->strict;
	ll->deserted = ll->running && !listens(f, ll->local_port);
	lifeline_learn_links(f->routes, ll, ifindex);
	conntrack_look_up(ll);
	vec_push(f->out, ll);
}

static struct lifeline
of_connection(const struct ip_socket *s, enum lifeline_origin origin)
{
	struct lifeline ll = {
		.origin = origin,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
		.running = true,
		.peer = s->peer,
		.local = s->local,
		.peer_port = s->peer_port,
		.local_port = s->local_port,
	};

	if (s->came_by)
		if_indextoname(s->came_by, ll.from.ifname);
	return ll;
}

static void
add_environment(struct finder *f, const char *text)
{
	struct lifeline ll = {
		.origin = LIFELINE_ENVIRONMENT,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.peer_len = 128,
	};
	unsigned ifindex;

	if (!text || !parse_ssh_connection(text, &ll, &ifindex))
		return;
	for (size_t i = 0; i < f->connections.n; i++) {
		struct lifeline running = of_connection(f->connections.v[i],
							ll.origin);

		if (same_lifeline(&running, &ll)) {
			ll.running = true;
			ll.from = running.from;
		}
	}
	ll.stale = !ll.running;
	ll.ours = ll.running;
	finder_add(f, &ll, ifindex);
}

static void
add_connections(struct finder *f, enum lifeline_origin origin)
{
	for (size_t i = 0; i < f->connections.n; i++) {
		const struct ip_socket *s = f->connections.v[i];
		struct lifeline ll = of_connection(s, origin);

		ll.ours = origin == LIFELINE_ANCESTOR;
		if (origin == LIFELINE_ESTABLISHED ||
		    inodes_has(&f->ancestors, s->inode))
			finder_add(f, &ll, s->ifindex);
	}
}

/* What listens for IPv4 only, or for this host only, is no way in. */
static void
add_listening(struct finder *f)
{
	for (size_t i = 0; i < f->servers.n; i++) {
		const struct ip_socket *s = f->servers.v[i];
		struct lifeline ll = {
			.origin = LIFELINE_LISTENING,
			.ssh = true,
			.proto = IPPROTO_TCP,
			.peer_len = 128,
			.any_peer = true,
			.local = s->local,
			.local_port = s->local_port,
		};

		if (s->family == AF_INET6 && !addr_is_v4(&s->local) &&
		    !addr_is_loopback(&s->local))
			finder_add(f, &ll, s->ifindex);
	}
}

static void
ask_for(struct vec *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if ((uintptr_t)ports->v[i] == port)
			return;
	vec_push(ports, (void *)(uintptr_t)port);
}

/* The ports that may have somebody logged in. */
static void
ask_for_all(struct finder *f, struct vec *ports)
{
	const struct settings *settings = f->src->settings;
	const char *text = f->src->ssh_connection;
	struct lifeline ll;
	unsigned ifindex;

	if (text && parse_ssh_connection(text, &ll, &ifindex))
		ask_for(ports, ll.local_port);
	for (size_t i = 0; i < f->servers.n; i++) {
		const struct ip_socket *s = f->servers.v[i];

		ask_for(ports, s->local_port);
	}
	for (size_t i = 0; settings && i < settings->ports.n; i++) {
		const struct settings_port *port = settings->ports.v[i];

		ask_for(ports, port->number);
	}
}

static enum err
find_connections(struct finder *f)
{
	struct vec ports = { 0 };
	enum err err = OK;

	ask_for_all(f, &ports);
	for (size_t i = 0; i < ports.n && !err; i++)
		err = sockets_established((uint16_t)(uintptr_t)ports.v[i],
					  &f->connections);
	vec_done(&ports);
	if (!err)
		ingress_learn(&f->connections);
	return err;
}

static void
add_all(struct finder *f)
{
	ancestors_sockets(f->src->self, &f->ancestors);
	f->routes = routes_open();
	add_environment(f, f->src->ssh_connection);
	add_connections(f, LIFELINE_ANCESTOR);
	add_connections(f, LIFELINE_ESTABLISHED);
	finder_add_mosh(f);
	add_listening(f);
	if (f->daemon)
		finder_add_announced(f);
	finder_add_settings(f);
	routes_close(f->routes);
	inodes_done(&f->ancestors);
}

enum err
lifelines_find(const struct lifeline_sources *src, struct vec *out)
{
	struct finder f = { .src = src, .out = out,
			    .strict = conntrack_is_strict() };
	enum err err;

	if (src->settings && src->settings->no_lifelines)
		return OK;
	err = sockets_listening(&f.listening);
	if (!err)
		err = sshd_listeners(&f.listening, &f.servers, &f.daemon);
	if (!err)
		err = find_connections(&f);
	if (!err)
		err = finder_find_orphans(&f);
	if (!err)
		err = sockets_udp(&f.udp);
	if (!err)
		add_all(&f);
	sockets_free(&f.listening);
	sockets_free(&f.connections);
	sockets_free(&f.udp);
	vec_done(&f.servers);
	return err;
}

bool
lifeline_runs(const char *ssh_connection)
{
	struct vec connections = { 0 };
	struct lifeline ll = { 0 };
	unsigned ifindex;
	bool runs = false;

	if (!parse_ssh_connection(ssh_connection, &ll, &ifindex) ||
	    sockets_established(ll.local_port, &connections) != OK)
		return false;
	for (size_t i = 0; i < connections.n && !runs; i++) {
		const struct ip_socket *s = connections.v[i];

		runs = s->peer_port == ll.peer_port &&
		       addr_equal(&s->peer, &ll.peer) &&
		       addr_equal(&s->local, &ll.local);
	}
	sockets_free(&connections);
	return runs;
}
