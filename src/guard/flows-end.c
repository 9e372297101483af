/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of flows: a local TCP socket first, so that it does not take the
 * connection up again, then conntrack's entry; then a second look. */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "flows-internal.h"
#include "sockets.h"

/* The two ends, in one order whoever began. */
struct ends {
	uint8_t proto;
	uint16_t port[2];
	struct in6_addr addr[2];
};

static struct ends
ends_of(const struct flow *flow)
{
	struct ends e;
	int first = memcmp(&flow->src, &flow->end, sizeof(flow->src));
	int src = first > 0 || (first == 0 && flow->sport > flow->end_port);

	memset(&e, 0, sizeof(e));
	e.proto = flow->proto;
	e.addr[src] = flow->src;
	e.port[src] = flow->sport;
	e.addr[!src] = flow->end;
	e.port[!src] = flow->end_port;
	return e;
}

static int
compare_ends(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ends));
}

struct second_look {
	void *deleted;		/* a tree of struct ends * */
	size_t back;
};

static void
count_back(struct flow *flow, void *arg)
{
	struct second_look *look = arg;
	const struct ends e = ends_of(flow);

	look->back += tfind(&e, &look->deleted, compare_ends) != NULL;
}

/* The local end is known by trying: at most one of the two is a socket here. */
void
flow_close_socket(const struct flow *flow)
{
	const struct ip_socket at_end = {
		.family = AF_INET6,
		.local = flow->end, .local_port = flow->end_port,
		.peer = flow->src, .peer_port = flow->sport,
	};
	const struct ip_socket at_start = {
		.family = AF_INET6,
		.local = flow->src, .local_port = flow->sport,
		.peer = flow->dst, .peer_port = flow->dport,
	};

	if (flow->proto != IPPROTO_TCP || strcmp(flow->way, "FORWARD") == 0)
		return;
	socket_destroy(strcmp(flow->way, "INPUT") == 0 ? &at_end : &at_start);
}

static enum err
delete_one(const struct flow *flow, struct second_look *look,
	   struct flows_end *end)
{
	const struct ends e = ends_of(flow);
	struct ends *kept;
	enum err err;

	flow_close_socket(flow);
	err = conntrack_delete(flow);
	if (err == ERR_NOT_FOUND) {
		end->gone++;
		return OK;
	}
	if (err)
		return err;
	end->deleted++;
	kept = xmemdup(&e, sizeof(e));
	if (*(struct ends **)tsearch(kept, &look->deleted, compare_ends) !=
	    kept)
		free(kept);
	return OK;
}

enum err
flows_delete(const struct flows *flows, const struct flow *only,
	     struct flows_end *end)
{
	struct second_look look = { 0 };
	size_t seen;
	enum err err = OK;

	*end = (struct flows_end){ 0 };
	for (size_t i = 0; i < flows->v.n && !err; i++) {
		const struct flow *flow = flows->v.v[i];

		if (!flow->lifeline && (!only || only == flow))
			err = delete_one(flow, &look, end);
	}
	if (!err)
		err = conntrack_each(count_back, &look, &seen);
	end->back = look.back;
	tdestroy(look.deleted, free);
	return err;
}
