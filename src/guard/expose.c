/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a port needs to be reached: that its packets get in, that answers get
 * out, for a container that its subnet reaches out and hears answers, and
 * neighbour discovery on the links. The guard says what of it is dropped. */
#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/expose.h>
#include <sallyport/guard.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "checks.h"
#include "fix-rule.h"
#include "lifeline-links.h"
#include "place.h"

#define ANSWERS "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

static const struct range any_port = { 1, UINT16_MAX };
static const struct range client_ports = { CLIENT_PORT_MIN, UINT16_MAX };

/* --- Who talks to whom --- */

/* The packets cross these links; what else those live on, their leases and their
 * tunnels, is the lifelines' business. */
static void
learn_links(struct lifeline *way)
{
	const struct route_query query = { .dst = way->peer };
	struct routes *routes = routes_open();
	struct route route;

	if (way->way == LIFELINE_IN && routes_find(routes, &query, &route))
		way->local = route.source;
	lifeline_learn_links(routes, way, 0);
	routes_close(routes);
	way->link.by_ra = way->link.leased = false;
	lifeline_free(way->outer);
	way->outer = NULL;
}

static void
set_way(const struct exposure *what, const struct tables *tables,
	struct lifeline *way)
{
	*way = (struct lifeline){
		.origin = LIFELINE_CONFIGURED,
		.way = what->receiver ? LIFELINE_THROUGH : LIFELINE_IN,
		.proto = what->proto,
		.peer = place_stranger(tables, &what->from),
		.peer_len = 128,
		.local_port = what->port,
	};
	if (what->receiver)
		way->local = what->receiver->addr;
	learn_links(way);
	if (what->receiver && !way->inner.ifname[0])
		memcpy(way->inner.ifname, what->receiver->ifname, IFNAMSIZ);
}

static void
port_spec(const struct exposure *what, struct str *spec)
{
	const char *proto = what->proto == IPPROTO_UDP ? "udp" : "tcp";

	fix_add_prefix(spec, "-s", &what->from.addr, what->from.len);
	if (what->receiver)
		fix_add_prefix(spec, "-d", &what->receiver->addr, 128);
	str_addf(spec, "-p %s -m %s --dport %u -j ACCEPT", proto, proto,
		 what->port);
}

/* --- What the article tells of containers --- */

/* From the subnet, to whoever is far away. */
static struct packet
packet_out(const struct lifeline *way, const struct prefix *subnet)
{
	struct packet p = {
		.src = subnet->addr, .src_len = subnet->len,
		.dst = way->peer, .dst_len = 128,
		.proto = IPPROTO_TCP, .tcp_flags = TH_SYN,
		.sport = client_ports, .dport = any_port,
		.hop_limit = { 2, 255 }, .length = { 60, 120 }, .ct = CT_NEW,
	};

	memcpy(p.in, way->inner.ifname, IFNAMSIZ);
	memcpy(p.out, way->link.ifname, IFNAMSIZ);
	p.out_unknown = !p.out[0];
	return p;
}

/* And the answer to it. */
static struct packet
packet_back(const struct lifeline *way)
{
	struct packet p = {
		.src = way->peer, .src_len = 128,
		.dst = way->local, .dst_len = 128,
		.proto = IPPROTO_TCP, .tcp_flags = TH_ACK,
		.sport = any_port, .dport = client_ports,
		.hop_limit = { 2, 255 }, .length = { 60, 65535 },
		.ct = CT_ESTABLISHED, .ct_reply = true,
	};

	memcpy(p.in, way->link.ifname, IFNAMSIZ);
	memcpy(p.out, way->inner.ifname, IFNAMSIZ);
	p.in_unknown = !p.in[0];
	return p;
}

/* Nothing gets through, and nobody but the policy wanted that. */
static bool
is_missing(const struct tables *tables, const struct packet *packet)
{
	struct packet found;

	return walk_find(tables, "FORWARD", packet, &found) == VERDICT_DROP &&
	       place_is_closed(tables, "FORWARD", packet);
}

static enum err
open_subnet(struct tables *tables, const struct lifeline *way,
	    const struct prefix *subnet)
{
	struct packet out = packet_out(way, subnet), back = packet_back(way);
	struct walk_result found;
	struct str spec = { 0 };
	enum err err = OK;

	fix_add_prefix(&spec, "-s", &subnet->addr, subnet->len);
	str_add(&spec, "-i ");
	words_quote(&spec, way->inner.ifname);
	str_add(&spec, " -j ACCEPT");
	if (is_missing(tables, &out))
		err = place_accept(tables, "FORWARD", &out, str_text(&spec),
				   &found);
	if (!err && is_missing(tables, &back))
		err = place_accept(tables, "FORWARD", &back, ANSWERS, &found);
	str_done(&spec);
	return err;
}

static enum err
open_container(const struct exposure *what, const struct containers *containers,
	       struct exposed *exposed)
{
	const struct prefix alone = { what->receiver->addr, 128 };
	const struct prefix *subnet = container_subnet(containers,
						       what->receiver);

	return open_subnet(exposed->tables, &exposed->way,
			   subnet ? subnet : &alone);
}

/* --- The port, and what else it needs --- */

static enum err
open_port(const struct exposure *what, struct exposed *exposed)
{
	const struct lifeline *way = &exposed->way;
	struct packet packet = packet_new_connection(way);
	struct walk_result found;
	struct str spec = { 0 };
	enum err err = OK;

	port_spec(what, &spec);
	exposed->was_open = true;
	for (int i = 0; i < TABLE_COUNT; i++) {	/* each may drop it */
		err = place_accept(exposed->tables, lifeline_hook(way), &packet,
				   str_text(&spec), &found);
		if (err || found.verdict != VERDICT_DROP)
			break;
		exposed->was_open = false;
	}
	str_done(&spec);
	return err;
}

/* The rule that lets such packets pass; false: that is none of our business. */
static bool
need_spec(const struct check *check, struct str *spec)
{
	const struct packet *p = &check->set;

	if (p->proto == IPPROTO_ICMPV6 &&
	    (p->icmp_type == ND_NEIGHBOR_SOLICIT ||
	     p->icmp_type == ND_NEIGHBOR_ADVERT)) {
		str_addf(spec, "-p ipv6-icmp -m icmp6 --icmpv6-type %u"
			 " -j ACCEPT", p->icmp_type);
		return true;
	}
	if (p->proto == IPPROTO_ICMPV6 || p->ct != CT_ESTABLISHED)
		return false;
	str_add(spec, ANSWERS);
	return true;
}

static enum err
mend(struct tables *tables, const struct check *check)
{
	struct walk_result found;
	struct str spec = { 0 };
	enum err err = OK;

	if (check->judgement == JUDGED_REFUSED && need_spec(check, &spec))
		err = place_accept(tables, check->hook, &check->set,
				   str_text(&spec), &found);
	str_done(&spec);
	return err == ERR_NOT_FOUND ? OK : err;	/* told as trouble */
}

static struct guard_report *
judge(const struct exposed *exposed, struct vec *lifelines)
{
	vec_push(lifelines, (void *)&exposed->way);
	return guard_judge(lifelines, exposed->tables, exposed->tables, false);
}

static enum err
open_rest(struct exposed *exposed)
{
	struct vec one = { 0 };
	struct guard_report *report = judge(exposed, &one);
	const struct lifeline_verdict *verdict = report->verdicts.v[0];
	enum err err = OK;

	for (size_t i = 0; i < verdict->checks.n && !err; i++)
		err = mend(exposed->tables, verdict->checks.v[i]);
	guard_report_free(report);
	vec_done(&one);
	return err;
}

static void
find_trouble(struct exposed *exposed)
{
	struct vec one = { 0 };
	struct guard_report *report = judge(exposed, &one);
	const struct lifeline_verdict *verdict;
	const struct check *check = guard_deciding_check(report, &verdict);
	struct str rule = { 0 };

	if (check && report->judgement == JUDGED_REFUSED) {
		walk_result_rule(&check->candidate, &rule);
		exposed->trouble = xasprintf(_("%s is still dropped: %s"),
					     check->packet, str_text(&rule));
	}
	str_done(&rule);
	guard_report_free(report);
	vec_done(&one);
}

/* --- The answer --- */

static enum err
ask(const struct exposure *what, const struct exposed *exposed,
    const struct prefix *from, struct probe_answer **answer)
{
	struct probe_words words = { 0 };
	struct probe_question question;
	struct str source = { 0 }, to = { 0 };
	char port[8];
	enum err err;

	addr_format(&source, &from->addr);
	str_addf(&source, "/%u", from->len);
	snprintf(port, sizeof(port), "%u", what->port);
	words.v[PROBE_FROM] = str_text(&source);
	words.v[PROBE_PROTOCOL] = what->proto == IPPROTO_UDP ? "udp" : "tcp";
	words.v[PROBE_DPORT] = port;
	words.v[PROBE_IN] = exposed->way.link.ifname;
	if (what->receiver) {
		addr_format(&to, &what->receiver->addr);
		words.v[PROBE_TO] = str_text(&to);
		words.v[PROBE_OUT] = exposed->way.inner.ifname;
	}
	err = probe_ask(&words, true, &question);
	if (!err)
		*answer = probe_walk(exposed->tables, &question);
	str_done(&source);
	str_done(&to);
	return err;
}

static enum err
answer_all(const struct exposure *what, struct exposed *exposed)
{
	const struct prefix stranger = { exposed->way.peer, 128 };
	enum err err = ask(what, exposed, &stranger, &exposed->answer);

	if (!err)
		err = ask(what, exposed, &what->from, &exposed->all);
	if (!err)
		find_trouble(exposed);
	return err;
}

static enum err
check_receiver(const struct container *receiver)
{
	struct str name = { 0 };
	enum err err = OK;

	if (!receiver || receiver->ifname[0])
		return OK;
	receiver_describe(receiver, true, &name);
	if (receiver->driver && strcmp(receiver->driver, "bridge"))
		err = fail(ERR_USAGE, _("packets to %s do not pass this host's "
			   "rules: its network is of the kind '%s'"),
			   str_text(&name), receiver->driver);
	else
		err = fail(ERR_USAGE, _("packets to %s do not pass this host's "
			   "rules: no bridge here leads to it"),
			   str_text(&name));
	str_done(&name);
	return err;
}

enum err
expose(const struct exposure *what, const struct containers *containers,
       const struct tables *candidate, struct exposed *exposed)
{
	enum err err = check_receiver(what->receiver);

	*exposed = (struct exposed){ 0 };
	if (err)
		return err;
	exposed->tables = tables_copy(candidate);
	set_way(what, candidate, &exposed->way);
	if (what->receiver)
		err = open_container(what, containers, exposed);
	if (!err)
		err = open_port(what, exposed);
	if (!err)
		err = open_rest(exposed);
	if (!err)
		err = answer_all(what, exposed);
	if (err)
		exposed_done(exposed);
	return err;
}

void
exposed_done(struct exposed *exposed)
{
	probe_answer_free(exposed->answer);
	probe_answer_free(exposed->all);
	tables_free(exposed->tables);
	free(exposed->trouble);
	*exposed = (struct exposed){ 0 };
}
