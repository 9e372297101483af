/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines are found as a union: one too many does no harm, one too few can
 * lock somebody out. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/lifeline.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "routes.h"
#include "sockets.h"
#include "sshd.h"

struct finder {
	struct vec listening;	/* all of this namespace */
	struct vec servers;	/* those that are an sshd's */
	struct vec connections;	/* established from a port of theirs */
	struct inodes ancestors;
	bool strict;
	struct vec *out;
};

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
	return a->any_peer == b->any_peer && a->local_port == b->local_port &&
	       a->peer_port == b->peer_port && addr_equal(&a->peer, &b->peer) &&
	       addr_equal(&a->local, &b->local);
}

static void
learn_link(struct lifeline *ll, unsigned ifindex)
{
	/* Where nobody is known: whoever is far away. */
	static const struct in6_addr anywhere = { .s6_addr = { 0x20 } };

	if (!ll->v4)
		route_lookup(ll->any_peer ? &anywhere : &ll->peer, ifindex,
			     &ll->link);
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

/* Origins come in the order of their certainty: the first one stays. */
static void
add(struct finder *f, const struct lifeline *found, unsigned ifindex)
{
	struct lifeline *ll;

	for (size_t i = 0; i < f->out->n; i++)
		if (same_lifeline(f->out->v[i], found))
			return;
	ll = xmemdup(found, sizeof(*found));
	ll->ssh = true;
	ll->proto = IPPROTO_TCP;
	ll->peer_len = 128;
	ll->v4 = addr_is_v4(&ll->peer);
	ll->strict = f->strict;
	learn_link(ll, ifindex);
	vec_push(f->out, ll);
}

static struct lifeline
of_connection(const struct tcp_socket *s, enum lifeline_origin origin)
{
	return (struct lifeline){
		.origin = origin,
		.running = true,
		.peer = s->peer,
		.local = s->local,
		.peer_port = s->peer_port,
		.local_port = s->local_port,
	};
}

static void
add_environment(struct finder *f, const char *text)
{
	struct lifeline ll = { .origin = LIFELINE_ENVIRONMENT };
	unsigned ifindex;

	if (!text || !parse_ssh_connection(text, &ll, &ifindex))
		return;
	for (size_t i = 0; i < f->connections.n; i++) {
		struct lifeline running = of_connection(f->connections.v[i],
							ll.origin);

		if (same_lifeline(&running, &ll))
			ll.running = true;
	}
	ll.stale = !ll.running;
	add(f, &ll, ifindex);
}

static void
add_connections(struct finder *f, enum lifeline_origin origin)
{
	for (size_t i = 0; i < f->connections.n; i++) {
		const struct tcp_socket *s = f->connections.v[i];
		struct lifeline ll = of_connection(s, origin);

		if (origin == LIFELINE_ESTABLISHED ||
		    inodes_has(&f->ancestors, s->inode))
			add(f, &ll, s->ifindex);
	}
}

/* What listens for IPv4 only, or for this host only, is no way in. */
static void
add_listening(struct finder *f)
{
	for (size_t i = 0; i < f->servers.n; i++) {
		const struct tcp_socket *s = f->servers.v[i];
		struct lifeline ll = {
			.origin = LIFELINE_LISTENING,
			.any_peer = true,
			.local = s->local,
			.local_port = s->local_port,
		};

		if (s->family == AF_INET6 && !addr_is_v4(&s->local) &&
		    !addr_is_loopback(&s->local))
			add(f, &ll, s->ifindex);
	}
}

static bool
is_asked_for(const struct vec *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if ((uintptr_t)ports->v[i] == port)
			return true;
	return false;
}

static enum err
find_connections(struct finder *f, const char *ssh_connection)
{
	struct vec ports = { 0 };
	struct lifeline ll;
	unsigned ifindex;
	enum err err = OK;

	if (ssh_connection &&
	    parse_ssh_connection(ssh_connection, &ll, &ifindex))
		vec_push(&ports, (void *)(uintptr_t)ll.local_port);
	for (size_t i = 0; i < f->servers.n; i++) {
		const struct tcp_socket *s = f->servers.v[i];

		if (!is_asked_for(&ports, s->local_port))
			vec_push(&ports, (void *)(uintptr_t)s->local_port);
	}
	for (size_t i = 0; i < ports.n && !err; i++)
		err = sockets_established((uint16_t)(uintptr_t)ports.v[i],
					  &f->connections);
	vec_done(&ports);
	return err;
}

enum err
lifelines_find(const struct lifeline_sources *src, struct vec *out)
{
	struct finder f = { .out = out, .strict = conntrack_is_strict() };
	enum err err = sockets_listening(&f.listening);

	if (!err)
		err = sshd_listeners(&f.listening, &f.servers);
	if (!err)
		err = find_connections(&f, src->ssh_connection);
	if (!err) {
		inodes_of_ancestors(src->self, &f.ancestors);
		add_environment(&f, src->ssh_connection);
		add_connections(&f, LIFELINE_ANCESTOR);
		add_connections(&f, LIFELINE_ESTABLISHED);
		add_listening(&f);
	}
	sockets_free(&f.listening);
	sockets_free(&f.connections);
	vec_done(&f.servers);
	inodes_done(&f.ancestors);
	return err;
}

void
lifelines_free(struct vec *lifelines)
{
	for (size_t i = 0; i < lifelines->n; i++) {
		struct lifeline *ll = lifelines->v[i];

		free(ll->outer);
		free(ll);
	}
	vec_done(lifelines);
}

void
lifeline_describe(const struct lifeline *ll, struct str *out)
{
	if (ll->any_peer) {
		str_addf(out, _("ssh port %u"), ll->local_port);
		return;
	}
	str_add(out, "ssh ");
	addr_format(out, &ll->peer);
	str_addf(out, " -> :%u", ll->local_port);
	if (ll->v4)
		str_add(out, " (IPv4)");
}

const char *
lifeline_origin_text(const struct lifeline *ll)
{
	switch (ll->origin) {
	case LIFELINE_ENVIRONMENT:
		return ll->stale ? _("SSH_CONNECTION, no such connection now") :
				   _("this session (SSH_CONNECTION)");
	case LIFELINE_ANCESTOR:
		return _("this session (a process above us)");
	case LIFELINE_ESTABLISHED:
		return _("a connection to the SSH server");
	case LIFELINE_LISTENING:
		return _("the SSH server listens");
	case LIFELINE_CONFIGURED:
		return _("the configuration");
	}
	return "";
}
