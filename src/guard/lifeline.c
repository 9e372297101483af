/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lifeline in words. */
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/lifeline.h>
#include <sallyport/mem.h>
#include "lifeline-links.h"

void
lifelines_free(struct vec *lifelines)
{
	for (size_t i = 0; i < lifelines->n; i++)
		lifeline_free(lifelines->v[i]);
	vec_done(lifelines);
}

/* As /etc/protocols has them. */
static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_IPIP, "ipv4" },
	{ IPPROTO_IPV6, "ipv6" },
	{ IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" },
};

static const char *
name_of(const struct lifeline *ll)
{
	if (ll->ssh)
		return "ssh";
	if (ll->origin == LIFELINE_MOSH)
		return "mosh";
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].number == ll->proto)
			return protocols[i].name;
	return "?";
}

static void
add_peer(struct str *out, const struct lifeline *ll)
{
	addr_format(out, &ll->peer);
	if (ll->peer_len < 128)
		str_addf(out, "/%u", ll->peer_len);
}

/* The end that is asked for: ":22", "[2001:db8::1]:22", "2001:db8::1". */
static void
add_end(struct str *out, const struct in6_addr *addr, unsigned len,
	uint16_t port)
{
	bool any = addr_is_any(addr) && (port || len == 0);

	if (!any && port)
		str_addc(out, '[');
	if (!any)
		addr_format(out, addr);
	if (!any && len < 128)
		str_addf(out, "/%u", len);
	if (!any && port)
		str_addc(out, ']');
	if (port)
		str_addf(out, ":%u", port);
}

void
lifeline_describe(const struct lifeline *ll, struct str *out)
{
	/* An address of ours goes without saying in front of a port. */
	bool behind = ll->way == LIFELINE_THROUGH || !ll->local_port;

	str_add(out, name_of(ll));
	if (ll->way == LIFELINE_OUT) {
		str_add(out, " -> ");
		add_end(out, &ll->peer, ll->peer_len, ll->peer_port);
	} else if (ll->any_peer) {
		if (ll->local_port)
			str_addf(out, _(" port %u"), ll->local_port);
	} else {
		str_addc(out, ' ');
		add_peer(out, ll);
		str_add(out, " -> ");
		add_end(out, behind ? &ll->local : &in6addr_any, 128,
			ll->local_port);
	}
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
		return ll->deserted ? _("a connection to an SSH server that "
					"listens there no more") :
				      _("a connection to the SSH server");
	case LIFELINE_MOSH:
		return _("a mosh session, from where it logged in");
	case LIFELINE_LISTENING:
		return _("the SSH server listens");
	case LIFELINE_ANNOUNCED:
		return _("the SSH server is set to listen (sshd -T)");
	case LIFELINE_CONFIGURED:
		return _("the settings");
	case LIFELINE_OUTER:
		return _("the packets of its tunnel");
	}
	return "";
}
