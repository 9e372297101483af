/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk along a way: a set of packets goes from table to table, where a
 * table has something to say, and what was asked about it is answered. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "walk-run.h"

/* The names of the links as the station shows them, padded. */
static void
see_links(struct packet *seen, const struct packet *p,
	  const struct station *station)
{
	bool no_in = station->no_in || (p->bridged && station->no_in_bridged);

	memset(seen->in, 0, IFNAMSIZ);
	memset(seen->out, 0, IFNAMSIZ);
	memcpy(seen->in, p->in, strnlen(p->in, IFNAMSIZ));
	memcpy(seen->out, p->out, strnlen(p->out, IFNAMSIZ));
	if (no_in)
		memset(seen->in, 0, IFNAMSIZ);
	if (station->no_out)
		memset(seen->out, 0, IFNAMSIZ);
	seen->in_unknown = station->in_lost || (p->in_unknown && !no_in);
	seen->out_unknown = p->out_unknown && !station->no_out;
}

/* A table without rules that lets all pass is not stopped at, save filter: it
 * is the one that is named. */
static bool
is_stop(const struct walk *w, const struct station *station,
	const struct chain *chain)
{
	if (!chain)
		return false;
	if (w->tracking)
		return station_is_before_conntrack(station);
	return chain->rules.n > 0 || chain->policy != POLICY_ACCEPT ||
	       strcmp(station->table, "filter") == 0;
}

static void
find_stops(struct walk *w, const struct tables *tables, const struct packet *p)
{
	for (const struct station *s = w->way->stations; s->table; s++) {
		const struct ruleset *rs = tables_get(tables, s->table);
		const struct chain *chain = rs ? ruleset_chain(rs, s->hook) :
						 NULL;
		struct stop *stop = &w->stops[w->n_stops];

		if (!is_stop(w, s, chain))
			continue;
		*stop = (struct stop){ s, rs, chain, *p };
		see_links(&stop->packet, p, s);
		w->n_stops++;
	}
}

/* What the host sends to itself leaves by lo, and nothing else does. */
static void
find_owners(struct walk *w, const struct packet *p)
{
	memcpy(w->own, w->way->own, sizeof(w->own));
	if (w->own[ADDR_DST] == OWN_UNKNOWN && p->out[0] && !p->out_unknown)
		w->own[ADDR_DST] = strcmp(p->out, "lo") == 0 ? OWN_YES : OWN_NO;
}

static void
first_piece(struct walk *w, const struct packet *p)
{
	struct piece_set *set = &w->now.set;

	addr_set_prefix(&set->addr[ADDR_SRC], &p->src, p->src_len);
	addr_set_prefix(&set->addr[ADDR_DST], &p->dst, p->dst_len);
	set->range[RANGE_SPORT] = p->sport;
	set->range[RANGE_DPORT] = p->dport;
	set->range[RANGE_HOP_LIMIT] = p->hop_limit;
	set->range[RANGE_LENGTH] = p->length;
	set->tcp_flags = p->tcp_flags;
	set->tcp_flags_any = p->tcp_flags_any;
	set->tracking = (struct tracking){ .known = true, .tracked = true };
	/* By lo comes what rules may have marked on its way out. */
	if (!p->mark_unknown && strcmp(p->in, "lo") != 0)
		set->mark.known = UINT32_MAX;
	ct_after(set, p);
	w->n_pieces = 1;
	w->now.frame = NO_FRAME;
	w->now.epoch = ++w->epochs;
}

unsigned
stop_next(const struct walk *w, unsigned stop)
{
	while (stop < w->n_stops &&
	       !station_asks(w->stops[stop].station, &w->stops[stop].packet,
			     w->now.set.ct))
		stop++;
	return stop;
}

/* The host forwards it (ip6_forward in net/ipv6/ip6_output.c); a bridge takes
 * no hop. */
void
count_hop(struct piece_set *set, const struct stop *stop)
{
	struct range *hops = &set->range[RANGE_HOP_LIMIT];

	if (set->forwarded || !stop->station->forwarded || stop->packet.bridged)
		return;
	set->forwarded = true;
	hops->lo -= hops->lo > 1;
	hops->hi -= hops->hi > 1;
}

/* To the first stop. False where there is none. */
static bool
start(struct walk *w, const struct packet *p)
{
	unsigned stop;

	first_piece(w, p);
	stop = stop_next(w, 0);
	if (stop == w->n_stops) {
		end_accepted(w);
		return false;
	}
	if (station_is_before_conntrack(w->stops[stop].station))
		ct_before(&w->now.set, p);
	count_hop(&w->now.set, &w->stops[stop]);
	w->now.at = (struct place){ w->stops[stop].chain, 0, 0, stop };
	return true;
}

static bool
take_piece(struct walk *w)
{
	if (w->over || !w->n_waiting)
		return false;
	w->now = w->waiting[--w->n_waiting];
	calls_rewind(&w->calls, &w->now.mark);
	return true;
}

/* Nothing is said against the packets yet. */
static void
clear(struct walk_result *result, const char *hook)
{
	memset(result, 0, sizeof(*result));
	result->table = "filter";
	result->hook = hook;
	strncpy(result->chain, hook, sizeof(result->chain) - 1);
}

/* The set of packets along the way; w says what is wanted. */
static void
run(struct walk *w, const struct tables *tables, const char *way,
    const struct packet *packet)
{
	w->way = way_find(way);
	if (!w->way)
		die("no way of packets is called '%s'", way);
	w->calls.tables = tables;
	clear(w->result, w->way->name);
	find_owners(w, packet);
	find_stops(w, tables, packet);
	if (!start(w, packet))
		return;
	do {
		while (walk_step(w))
			continue;
	} while (take_piece(w));
	end_walk(w);
	calls_done(&w->calls);
}

void
walk_path(const struct tables *tables, const char *way,
	  const struct packet *packet, struct walk_result *result,
	  void (*met)(const char *table, const char *chain, size_t rule,
		      void *arg), void *arg)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	w->result = result;
	w->met = met;
	w->arg = arg;
	run(w, tables, way, packet);
	free(w);
}

void
walk(const struct tables *tables, const char *way, const struct packet *packet,
     struct walk_result *result)
{
	walk_path(tables, way, packet, result, NULL, NULL);
}

enum verdict
walk_find(const struct tables *tables, const char *way,
	  const struct packet *packet, struct packet *found)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	struct walk_result result;
	enum verdict best;

	*found = *packet;
	w->result = &result;
	w->find = true;
	w->best = VERDICT_DROP;
	w->found = found;
	run(w, tables, way, packet);
	best = w->best;
	free(w);
	return best;
}

void
walk_tracking(const struct tables *tables, const char *way,
	      const struct packet *packet, struct tracking *tracking)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	struct walk_result result;

	*tracking = (struct tracking){ .known = true, .tracked = true };
	w->result = &result;
	w->tracking = tracking;
	run(w, tables, way, packet);
	free(w);
}
