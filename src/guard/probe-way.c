/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way a packet takes, and by which interfaces where nobody names them. */
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include "probe-words.h"
#include "routes.h"

static bool
is_ours(const struct in6_addr *addr)
{
	struct ifaddrs *all, *at;
	bool found = addr_is_loopback(addr) || addr_is_multicast(addr);

	if (getifaddrs(&all) < 0)
		return found;
	for (at = all; at && !found; at = at->ifa_next) {
		const struct sockaddr_in6 *sin6 = (const void *)at->ifa_addr;

		found = sin6 && sin6->sin6_family == AF_INET6 &&
			addr_equal(&sin6->sin6_addr, addr);
	}
	freeifaddrs(all);
	return found;
}

/* Interfaces say which way it is; else whose the addresses are. */
static const char *
find_way(const struct probe_words *words, const struct packet *p)
{
	bool to_others = words->v[PROBE_TO] && p->dst_len == 128 &&
			 !is_ours(&p->dst);

	if (p->out[0])
		return p->in[0] ? "FORWARD" : "OUTPUT";
	if (p->in[0])
		return to_others ? "FORWARD" : "INPUT";
	if (!words->v[PROBE_FROM])
		return "OUTPUT";
	if (!to_others)
		return "INPUT";
	return p->src_len == 128 && is_ours(&p->src) ? "OUTPUT" : "FORWARD";
}

/* --- What the kernel would choose --- */

/* A link-local address may be on any link. */
static bool
route_names(struct routes *routes, const struct in6_addr *addr, unsigned len,
	    char ifname[IFNAMSIZ])
{
	const struct route_query query = { .dst = *addr };
	struct route route;

	if (len < 128 || addr_is_any(addr) || addr_is_link_local(addr) ||
	    addr_is_multicast(addr) || !routes_find(routes, &query, &route))
		return false;
	str_copy(ifname, IFNAMSIZ, route.link.ifname);
	return ifname[0] != '\0';
}

static void
choose_source(struct routes *routes, struct packet *p)
{
	const struct route_query query = {
		.dst = p->dst,
		.ifindex = if_nametoindex(p->out),
	};
	struct route route;

	if (!routes_find(routes, &query, &route))
		return;
	p->src = route.source;
	p->src_len = 128;
}

static bool
forwarding_is_off(void)
{
	static const char path[] = "/proc/sys/net/ipv6/conf/all/forwarding";
	struct str text = { 0 };
	bool off = !file_read(AT_FDCWD, path, 16, &text) && text.len > 0 &&
		   text.s[0] == '0';

	str_done(&text);
	return off;
}

static const char *
find_note(const struct probe_question *q)
{
	const struct packet *p = &q->packet;

	if (strcmp(q->way, "FORWARD") == 0 && forwarding_is_off())
		return _("this host forwards nothing: "
			 "net.ipv6.conf.all.forwarding is 0");
	if (strcmp(q->way, "INPUT") != 0 && !p->out[0] && p->dst_len == 128 &&
	    !addr_is_link_local(&p->dst) && !addr_is_multicast(&p->dst))
		return _("this host has no route to there");
	return NULL;
}

static bool
is_missing(const char *ifname)
{
	return ifname[0] && if_nametoindex(ifname) == 0;
}

void
probe_missing_links(const struct probe_question *q, struct str *out)
{
	const struct packet *p = &q->packet;

	if (q->in_missing && q->out_missing && strcmp(p->in, p->out) != 0)
		str_addf(out, _("this host has no interfaces '%s' and '%s' now: "
				"the rules are asked all the same"), p->in,
			 p->out);
	else if (q->in_missing || q->out_missing)
		str_addf(out, _("this host has no interface '%s' now: the rules "
				"are asked all the same"),
			 q->in_missing ? p->in : p->out);
}

static void
ask_routes(struct probe_question *q)
{
	struct routes *routes = routes_open();
	struct packet *p = &q->packet;

	q->in_missing = is_missing(p->in);
	q->out_missing = is_missing(p->out);
	if (strcmp(q->way, "OUTPUT") != 0 && !p->in[0])
		q->in_by_route = route_names(routes, &p->src, p->src_len,
					     p->in);
	if (strcmp(q->way, "INPUT") != 0 && !p->out[0])
		q->out_by_route = route_names(routes, &p->dst, p->dst_len,
					      p->out);
	if (strcmp(q->way, "OUTPUT") == 0 && p->src_len == 0 &&
	    p->dst_len == 128)
		choose_source(routes, p);
	routes_close(routes);
	q->note = find_note(q);
}

/* --- */

/* "" says nothing. */
static struct probe_words
said(const struct probe_words *words)
{
	struct probe_words said = *words;

	for (size_t i = 0; i < PROBE_FIELDS; i++)
		if (said.v[i] && !said.v[i][0])
			said.v[i] = NULL;
	return said;
}

enum err
probe_ask(const struct probe_words *words, bool here,
	  struct probe_question *q)
{
	const struct probe_words w = said(words);
	struct packet *p = &q->packet;
	enum err err;

	*q = (struct probe_question){ .way = "INPUT" };
	if (!w.v[PROBE_FROM] && !w.v[PROBE_TO] && !w.v[PROBE_IN] &&
	    !w.v[PROBE_OUT])
		return fail(ERR_USAGE, _("where does the packet come from, or "
			    "where does it go?"));
	err = probe_words_take(&w, p);
	if (err)
		return err;
	q->way = find_way(&w, p);
	if (here)
		ask_routes(q);
	p->in_unknown = !p->in[0] && strcmp(q->way, "OUTPUT") != 0;
	p->out_unknown = !p->out[0] && strcmp(q->way, "INPUT") != 0;
	p->dst_local = p->dst_len == 0 && strcmp(q->way, "INPUT") == 0;
	return OK;
}
