/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines of the settings: the SSH server's ports, who must be able to log in,
 * and other traffic. */
#include <sallyport/addr.h>
#include <sallyport/settings.h>
#include "finder.h"

#define SSH_PORT 22

/* A way in to SSH: a port, and the address it is bound to. */
static bool
is_ssh_port(const struct lifeline *ll)
{
	return ll->ssh && ll->any_peer && !ll->v4;
}

static bool
has_ssh_port(const struct finder *f, uint16_t port)
{
	for (size_t i = 0; i < f->out->n; i++) {
		const struct lifeline *ll = f->out->v[i];

		if (is_ssh_port(ll) && (!port || ll->local_port == port))
			return true;
	}
	return false;
}

static struct lifeline
ssh_port(uint16_t port)
{
	return (struct lifeline){
		.origin = LIFELINE_CONFIGURED,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.any_peer = true,
		.peer_len = 128,
		.local_port = port,
	};
}

static void
add_ports(struct finder *f)
{
	const struct settings *settings = f->src->settings;

	for (size_t i = 0; i < settings->ports.n; i++) {
		const struct settings_port *port = settings->ports.v[i];
		const struct lifeline ll = ssh_port(port->number);

		if (!has_ssh_port(f, port->number))
			finder_add(f, &ll, 0);
	}
}

static void
add_source(struct finder *f, const struct settings_prefix *source,
	   struct lifeline ll)
{
	ll.origin = LIFELINE_CONFIGURED;
	ll.any_peer = false;
	ll.peer = source->addr;
	ll.peer_len = source->len;
	finder_add(f, &ll, 0);
}

/* Every source at every port. Where no sshd is seen it is the usual one. */
static void
add_sources(struct finder *f)
{
	const struct vec *sources = &f->src->settings->sources;
	size_t found = f->out->n;

	for (size_t i = 0; i < sources->n && !has_ssh_port(f, 0); i++)
		add_source(f, sources->v[i], ssh_port(SSH_PORT));
	for (size_t at = 0; at < found; at++) {
		const struct lifeline *ll = f->out->v[at];

		for (size_t i = 0; i < sources->n && is_ssh_port(ll); i++)
			add_source(f, sources->v[i], (struct lifeline){
				.ssh = true,
				.proto = IPPROTO_TCP,
				.local = ll->local,
				.local_port = ll->local_port,
			});
	}
}

static void
add_lifeline(struct finder *f, const struct settings_lifeline *line)
{
	struct lifeline ll = {
		.origin = LIFELINE_CONFIGURED,
		.way = LIFELINE_IN,
		.proto = line->proto,
		.peer = line->far.addr,
		.peer_len = line->far.len,
		.local = line->near,
		.local_port = line->port,
	};

	if (line->out) {
		ll.way = LIFELINE_OUT;
		ll.local_port = 0;
		ll.peer_port = line->port;
	} else if (!addr_is_any(&line->near) &&
		   !routes_own(f->routes, &line->near)) {
		ll.way = LIFELINE_THROUGH;
	}
	finder_add(f, &ll, 0);
}

void
finder_add_settings(struct finder *f)
{
	const struct settings *settings = f->src->settings;

	if (!settings)
		return;
	add_ports(f);
	add_sources(f);
	for (size_t i = 0; i < settings->lifelines.n; i++)
		add_lifeline(f, settings->lifelines.v[i]);
}
