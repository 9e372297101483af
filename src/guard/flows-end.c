/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of flows: a local TCP socket first, so that it does not take the
 * connection up again, then conntrack's entry; then a second look. */
#include <string.h>
#include "flows-internal.h"
#include "sockets.h"

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
delete_one(const struct flow *flow, struct vec *deleted, struct flows_end *end)
{
	enum err err;

	flow_close_socket(flow);
	err = conntrack_delete(flow);
	if (err == ERR_NOT_FOUND) {
		end->gone++;
		return OK;
	}
	if (!err)
		vec_push(deleted, (void *)flow);
	return err;
}

enum err
flows_delete(const struct flows *flows, const struct flow *only,
	     struct flows_end *end)
{
	struct vec deleted = { 0 };
	enum err err = OK;

	*end = (struct flows_end){ 0 };
	for (size_t i = 0; i < flows->v.n && !err; i++) {
		const struct flow *flow = flows->v.v[i];

		if (!flow->lifeline && (!only || only == flow))
			err = delete_one(flow, &deleted, end);
	}
	end->deleted = deleted.n;
	for (size_t i = 0; i < deleted.n; i++)
		end->back += conntrack_has(deleted.v[i]);
	vec_done(&deleted);
	return err;
}
