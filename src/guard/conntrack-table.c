/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conntrack's table by libnetfilter_conntrack: read whole, and single entries
 * deleted. It is not asked where the kernel has not loaded it: that alone would
 * load it, and it has no entry. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "flows-internal.h"

static const char *const tcp_states[] = {
	[TCP_CONNTRACK_NONE] = "NONE",
	[TCP_CONNTRACK_SYN_SENT] = "SYN_SENT",
	[TCP_CONNTRACK_SYN_RECV] = "SYN_RECV",
	[TCP_CONNTRACK_ESTABLISHED] = "ESTABLISHED",
	[TCP_CONNTRACK_FIN_WAIT] = "FIN_WAIT",
	[TCP_CONNTRACK_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_CONNTRACK_LAST_ACK] = "LAST_ACK",
	[TCP_CONNTRACK_TIME_WAIT] = "TIME_WAIT",
	[TCP_CONNTRACK_CLOSE] = "CLOSE",
	[TCP_CONNTRACK_SYN_SENT2] = "SYN_SENT2",
};

struct reading {
	void (*each)(struct flow *flow, void *arg);
	void *arg;
	size_t seen;
};

static struct in6_addr
address(const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
	struct in6_addr addr = in6addr_any;

	if (nfct_attr_is_set(ct, attr) > 0)
		memcpy(&addr, nfct_get_attr(ct, attr), sizeof(addr));
	return addr;
}

static uint16_t
port(const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
	return nfct_attr_is_set(ct, attr) > 0 ?
		ntohs(nfct_get_attr_u16(ct, attr)) : 0;
}

static const char *
state_of(const struct nf_conntrack *ct)
{
	uint8_t state;

	if (nfct_attr_is_set(ct, ATTR_TCP_STATE) <= 0)
		return "";
	state = nfct_get_attr_u8(ct, ATTR_TCP_STATE);
	return state < ARRAY_LEN(tcp_states) ? tcp_states[state] : "";
}

static uint64_t
packets_of(const struct nf_conntrack *ct)
{
	uint64_t packets = 0;

	if (nfct_attr_is_set(ct, ATTR_ORIG_COUNTER_PACKETS) > 0)
		packets += nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_PACKETS);
	if (nfct_attr_is_set(ct, ATTR_REPL_COUNTER_PACKETS) > 0)
		packets += nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_PACKETS);
	return packets;
}

/* Answers come from where the flow ends. */
static struct flow
flow_of(const struct nf_conntrack *ct)
{
	struct flow flow = {
		.way = "",
		.proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO),
		.src = address(ct, ATTR_ORIG_IPV6_SRC),
		.dst = address(ct, ATTR_ORIG_IPV6_DST),
		.end = address(ct, ATTR_REPL_IPV6_SRC),
		.state = state_of(ct),
		.id = nfct_get_attr_u32(ct, ATTR_ID),
		.zone = nfct_attr_is_set(ct, ATTR_ZONE) > 0 ?
			nfct_get_attr_u16(ct, ATTR_ZONE) : 0,
		.expected = nfct_get_attr_u32(ct, ATTR_STATUS) & IPS_EXPECTED,
		.packets = packets_of(ct),
	};

	if (nfct_attr_is_set(ct, ATTR_TIMEOUT) > 0)
		flow.timeout_s = nfct_get_attr_u32(ct, ATTR_TIMEOUT);
	if (flow.proto == IPPROTO_ICMPV6) {
		flow.icmp_type = nfct_get_attr_u8(ct, ATTR_ICMP_TYPE);
		flow.icmp_code = nfct_get_attr_u8(ct, ATTR_ICMP_CODE);
		flow.icmp_id = nfct_get_attr_u16(ct, ATTR_ICMP_ID);
		return flow;
	}
	flow.sport = port(ct, ATTR_ORIG_PORT_SRC);
	flow.dport = port(ct, ATTR_ORIG_PORT_DST);
	flow.end_port = port(ct, ATTR_REPL_PORT_SRC);
	return flow;
}

static int
on_entry(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *arg)
{
	struct reading *reading = arg;
	struct flow flow;

	(void)type;
	if (nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO) != AF_INET6)
		return NFCT_CB_CONTINUE;
	reading->seen++;
	flow = flow_of(ct);
	reading->each(&flow, reading->arg);
	return NFCT_CB_CONTINUE;
}

bool
conntrack_has_any(void)
{
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
	unsigned n = 0;
	bool known = f && fscanf(f, "%u", &n) == 1;

	if (f)
		fclose(f);
	return known && n > 0;
}

enum err
conntrack_each(void (*each)(struct flow *flow, void *arg), void *arg,
	       size_t *seen)
{
	struct reading reading = { .each = each, .arg = arg };
	uint32_t family = AF_INET6;
	struct nfct_handle *h;
	enum err err = OK;

	*seen = 0;
	if (!conntrack_has_any())
		return OK;
	h = nfct_open(CONNTRACK, 0);
	if (!h)
		return fail_errno(_("cannot ask for the connections"));
	nfct_callback_register(h, NFCT_T_ALL, on_entry, &reading);
	if (nfct_query(h, NFCT_Q_DUMP, &family) < 0)
		err = fail_errno(_("cannot read the connections"));
	nfct_close(h);
	*seen = reading.seen;
	return err;
}

/* --- Deleting --- */

/* A handle that questions are asked by, and the last answer. A handle that is
 * given a callback twice loses the first (seen by ASan). */
struct asker {
	struct nfct_handle *h;
	bool found;
	uint32_t id;
};

static int
on_answer(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *arg)
{
	struct asker *asker = arg;

	(void)type;
	asker->found = true;
	asker->id = nfct_get_attr_u32(ct, ATTR_ID);
	return NFCT_CB_CONTINUE;
}

static enum err
asker_open(struct asker *asker)
{
	*asker = (struct asker){ .h = nfct_open(CONNTRACK, 0) };
	if (!asker->h)
		return fail_errno(_("cannot ask for the connections"));
	nfct_callback_register(asker->h, NFCT_T_ALL, on_answer, asker);
	return OK;
}

/* What its first packet had. Yours: nfct_destroy(). */
static struct nf_conntrack *
tuple_of(const struct flow *flow)
{
	struct nf_conntrack *ct = nfct_new();

	if (!ct)
		die(_("out of memory"));
	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET6);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, flow->proto);
	nfct_set_attr(ct, ATTR_ORIG_IPV6_SRC, &flow->src);
	nfct_set_attr(ct, ATTR_ORIG_IPV6_DST, &flow->dst);
	if (flow->proto == IPPROTO_ICMPV6) {
		nfct_set_attr_u8(ct, ATTR_ICMP_TYPE, flow->icmp_type);
		nfct_set_attr_u8(ct, ATTR_ICMP_CODE, flow->icmp_code);
		nfct_set_attr_u16(ct, ATTR_ICMP_ID, flow->icmp_id);
	} else {
		nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(flow->sport));
		nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(flow->dport));
	}
	if (flow->zone)
		nfct_set_attr_u16(ct, ATTR_ZONE, flow->zone);
	return ct;
}

static bool
is_there(struct asker *asker, const struct nf_conntrack *ct)
{
	asker->found = false;
	return nfct_query(asker->h, NFCT_Q_GET, ct) == 0 && asker->found;
}

/* The kernel finds an entry by the tuple of either direction; where nat leads,
 * the answers have another one. */
bool
conntrack_has(const struct flow *flow)
{
	struct flow behind = *flow;
	struct nf_conntrack *ct, *led;
	struct asker asker;
	bool there;

	if (asker_open(&asker))
		return false;
	behind.dst = flow->end;
	behind.dport = flow->end_port;
	ct = tuple_of(flow);
	led = tuple_of(&behind);
	there = is_there(&asker, ct) || is_there(&asker, led);
	nfct_destroy(ct);
	nfct_destroy(led);
	nfct_close(asker.h);
	return there;
}

static enum err
cannot(int code, const struct flow *flow)
{
	struct str what = { 0 };
	enum err err;

	flow_describe(flow, &what);
	errno = code;
	err = code == ENOENT ?
		fail(ERR_NOT_FOUND, _("%s is gone"), str_text(&what)) :
		fail_errno(_("cannot delete %s"), str_text(&what));
	str_done(&what);
	return err;
}

/* The number is compared by us, as the library does not send it. */
static enum err
delete_by(struct asker *asker, const struct nf_conntrack *ct,
	  const struct flow *flow)
{
	if (nfct_query(asker->h, NFCT_Q_GET, ct) < 0)
		return cannot(errno, flow);
	if (!asker->found || asker->id != flow->id)
		return cannot(ENOENT, flow);
	if (nfct_query(asker->h, NFCT_Q_DESTROY, ct) < 0)
		return cannot(errno, flow);
	return OK;
}

enum err
conntrack_delete(const struct flow *flow)
{
	struct nf_conntrack *ct;
	struct asker asker;
	enum err err = asker_open(&asker);

	if (err)
		return err;
	ct = tuple_of(flow);
	err = delete_by(&asker, ct, flow);
	nfct_destroy(ct);
	nfct_close(asker.h);
	return err;
}
