/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mistake that everybody makes once: a container's port is opened in INPUT,
 * which its packets never meet. Told, not refused. */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/expose.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "sockets.h"

/* What an accept rule of INPUT is for. */
struct opened {
	struct in6_addr dst;
	bool one_dst;		/* exactly that address */
	uint8_t proto;		/* 0: any, or neither TCP nor UDP */
	uint16_t ports[XT_MULTI_PORTS];
	size_t n_ports;		/* 0: none is named by itself */
};

static void
add_port(struct opened *opened, uint16_t port)
{
	if (port && opened->n_ports < XT_MULTI_PORTS)
		opened->ports[opened->n_ports++] = port;
}

static void
add_range(struct opened *opened, const uint16_t ports[2], bool inverted)
{
	if (!inverted && ports[0] == ports[1])
		add_port(opened, ports[0]);
}

static void
add_multiport(struct opened *opened, const struct xt_multiport_v1 *multi)
{
	if (multi->invert || multi->flags == XT_MULTIPORT_SOURCE)
		return;
	for (size_t i = 0; i < multi->count && i < XT_MULTI_PORTS; i++)
		if (!multi->pflags[i] && (i == 0 || !multi->pflags[i - 1]))
			add_port(opened, multi->ports[i]);
}

static bool
has_size(const struct xt_entry_match *match, size_t size)
{
	return match->u.match_size >= sizeof(*match) + size;
}

static void
read_match(struct opened *opened, const struct xt_entry_match *match)
{
	const char *name = match->u.user.name;
	const void *data = match->data;

	if (strcmp(name, "tcp") == 0 && has_size(match, sizeof(struct xt_tcp)))
		add_range(opened, ((const struct xt_tcp *)data)->dpts,
			  ((const struct xt_tcp *)data)->invflags &
			  XT_TCP_INV_DSTPT);
	if (strcmp(name, "udp") == 0 && has_size(match, sizeof(struct xt_udp)))
		add_range(opened, ((const struct xt_udp *)data)->dpts,
			  ((const struct xt_udp *)data)->invflags &
			  XT_UDP_INV_DSTPT);
	if (strcmp(name, "multiport") == 0 && match->u.user.revision == 1 &&
	    has_size(match, sizeof(struct xt_multiport_v1)))
		add_multiport(opened, data);
}

/* False for a rule that accepts nothing of that kind. */
static bool
read_rule(const struct rule *rule, struct opened *opened)
{
	const struct ip6t_entry *entry = (const void *)rule->entry;
	const struct xt_entry_match *match = NULL;
	const struct in6_addr one = addr_mask(128);

	*opened = (struct opened){ .dst = entry->ipv6.dst };
	if (strcmp(rule_target(rule), "ACCEPT") ||
	    entry->ipv6.invflags & (IP6T_INV_DSTIP | IP6T_INV_PROTO))
		return false;
	opened->one_dst = addr_equal(&entry->ipv6.dmsk, &one);
	if (!opened->one_dst && !addr_is_any(&entry->ipv6.dmsk))
		return false;
	if (entry->ipv6.proto == IPPROTO_TCP ||
	    entry->ipv6.proto == IPPROTO_UDP)
		opened->proto = (uint8_t)entry->ipv6.proto;
	while ((match = rule_next_match(rule, match)) != NULL)
		read_match(opened, match);
	return opened->one_dst || (opened->proto && opened->n_ports > 0);
}

/* --- Who gets it? --- */

static bool
host_listens(uint8_t proto, uint16_t port)
{
	struct vec sockets = { 0 };
	enum err err = proto == IPPROTO_UDP ? sockets_udp(&sockets) :
					      sockets_listening(&sockets);
	bool listens = err != OK;	/* who cannot look does not blame */

	for (size_t i = 0; i < sockets.n; i++)
		if (((const struct ip_socket *)sockets.v[i])->local_port ==
		    port)
			listens = true;
	sockets_free(&sockets);
	return listens;
}

static const struct container *
only_server(const struct containers *containers, const struct opened *opened,
	    uint16_t port)
{
	for (size_t i = 0; i < containers->v.n; i++) {
		const struct container *one = containers->v.v[i];

		if (!container_serves(one, opened->proto, port))
			continue;
		return host_listens(opened->proto, port) ? NULL : one;
	}
	return NULL;
}

static bool
explain_address(const struct opened *opened, const struct containers *containers,
		bool utf8, struct exposure *what, struct str *why)
{
	struct str name = { 0 };

	what->receiver = containers_at(containers, &opened->dst);
	what->proto = opened->proto ? opened->proto : IPPROTO_TCP;
	what->port = opened->n_ports ? opened->ports[0] : 0;
	if (!what->receiver)
		return false;
	receiver_describe(what->receiver, utf8, &name);
	str_addf(why, _("INPUT never sees packets to the container %s: they "
			"pass FORWARD; x opens the port there, u undoes this"),
		 str_text(&name));
	str_done(&name);
	return true;
}

static bool
explain_port(const struct opened *opened, const struct containers *containers,
	     bool utf8, struct exposure *what, struct str *why)
{
	const char *proto = opened->proto == IPPROTO_UDP ? "udp" : "tcp";
	struct str name = { 0 };

	for (size_t i = 0; i < opened->n_ports && !what->receiver; i++) {
		what->port = opened->ports[i];
		what->receiver = only_server(containers, opened, what->port);
	}
	if (!what->receiver)
		return false;
	what->proto = opened->proto;
	receiver_describe(what->receiver, utf8, &name);
	str_addf(why, _("nobody on this host listens on %s %u, but the "
			"container %s does: its packets pass FORWARD, not "
			"INPUT; x opens the port there, u undoes this"),
		 proto, what->port, str_text(&name));
	str_done(&name);
	return true;
}

/* The rule that a change brings to INPUT, if it is one of those. */
static bool
read_change(const struct changeset *cs, const struct change *change,
	    struct opened *opened)
{
	return strcmp(cs->table, "filter") == 0 &&
	       strcmp(change->chain, "INPUT") == 0 &&
	       (change->kind == CHANGE_INSERT ||
		change->kind == CHANGE_REPLACE) &&
	       read_rule(change->rule, opened);
}

/* The first change from *at on, counted over all changesets. */
static bool
next_opened(const struct vec *changesets, size_t *at, struct opened *opened)
{
	size_t n = 0;

	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];

		for (size_t j = 0; j < cs->changes.n; j++, n++) {
			if (n < *at || !read_change(cs, cs->changes.v[j],
						    opened))
				continue;
			*at = n + 1;
			return true;
		}
	}
	return false;
}

bool
expose_may_be_mistaken(const struct vec *changesets)
{
	struct opened opened;
	size_t at = 0;

	return next_opened(changesets, &at, &opened);
}

bool
expose_mistake(const struct vec *changesets,
	       const struct containers *containers, bool utf8,
	       struct exposure *what, struct str *why)
{
	struct opened opened;
	size_t at = 0;

	while (next_opened(changesets, &at, &opened)) {
		*what = (struct exposure){ 0 };
		if (opened.one_dst ?
		    explain_address(&opened, containers, utf8, what, why) :
		    explain_port(&opened, containers, utf8, what, why))
			return true;
	}
	return false;
}
