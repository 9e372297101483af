/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that outlive a rule: connections that were let in while a port was
 * open go on under ESTABLISHED after it is closed. Here are those that the old
 * rules let begin and the present ones do not, and their end. */
#ifndef SALLYPORT_FLOWS_H
#define SALLYPORT_FLOWS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/tables.h>

#define FLOWS_MAX 4096		/* that are listed at once */

/* One connection as conntrack has it. It owns nothing. */
struct flow {
	const char *way;	/* "INPUT", "OUTPUT" or "FORWARD"; static */
	uint8_t proto;
	struct in6_addr src;	/* who began it */
	struct in6_addr dst;	/* to whom, as it was addressed */
	struct in6_addr end;	/* where nat leads it; dst without nat */
	uint16_t sport;		/* tcp, udp, udplite, sctp, dccp; else 0 */
	uint16_t dport;
	uint16_t end_port;
	uint8_t icmp_type;	/* icmpv6 */
	uint8_t icmp_code;
	uint16_t icmp_id;
	bool expected;		/* it came with another one (RELATED) */
	const char *state;	/* of tcp: "ESTABLISHED" ...; else ""; static */
	uint32_t timeout_s;	/* until it goes by itself */
	uint64_t packets;	/* both ways; 0 where nobody counts them */
	bool lifeline;		/* a session stands on it: never deleted */
	char rule[64];		/* what would refuse it now: "INPUT policy" */
	uint32_t id;		/* conntrack's, for this entry alone */
	uint16_t zone;
};

struct flows {
	struct vec v;		/* of struct flow *, a lifeline's last */
	size_t lifelines;	/* how many of them are a lifeline's */
	size_t seen;		/* IPv6 connections that were looked at */
	size_t more;		/* beyond FLOWS_MAX: not listed yet */
	size_t unsure;		/* of which it is not certain that the rules of
				 * before let them begin and the present ones
				 * refuse them: they are not listed */
	size_t unlooked;	/* too many different ones: not judged */
};

/* The connections that before certainly let begin and that now certainly
 * refuses, but does not cut. lifelines, of struct lifeline *, may be NULL.
 * Nothing where the kernel tracks no connection. ERR_FAIL: conntrack cannot be
 * read (it needs CAP_NET_ADMIN), or not in time. */
enum err flows_find(const struct tables *before, const struct tables *now,
		    const struct vec *lifelines, struct flows *flows)
	must_check;

/* The same in the background, by a process that is killed with us. The
 * descriptor is readable when there is something to take. */
struct flow_search;
struct flow_search *flows_start(const struct tables *before,
				const struct tables *now,
				const struct vec *lifelines);
int flows_fd(const struct flow_search *search);	/* -1: none */
/* ERR_BUSY: it goes on still. Else the search is over, and NULL. */
enum err flows_take(struct flow_search **search, struct flows *flows)
	must_check;
void flows_stop(struct flow_search *search);
void flows_done(struct flows *flows);

/* What came of a deletion. */
struct flows_end {
	size_t deleted;
	size_t gone;		/* it had gone by itself */
	size_t back;		/* there again: an end that the rules let send
				 * went on, and conntrack took that for a
				 * beginning */
};

/* Delete only that one, or with NULL all, but never a lifeline's. The TCP socket
 * of an end that is on this host is closed first, which tells the other end
 * too. Then conntrack is asked for each again. ERR_FAIL: the kernel refuses one. */
enum err flows_delete(const struct flows *flows, const struct flow *only,
		      struct flows_end *end) must_check;

/* "tcp [2001:db8::77]:40000 -> [2001:db8::1]:8080", with nat's "=> ..." where
 * it is led elsewhere. */
void flow_describe(const struct flow *flow, struct str *out);

#endif
