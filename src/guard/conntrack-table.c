/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conntrack's table by libnetfilter_conntrack: read whole, and single entries
 * deleted. It is not asked where the kernel has not loaded it: that alone would
 * load it, and it has no entry. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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
	bool (*each)(struct flow *flow, void *arg);
	void *arg;
	struct vec *kept;
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
		.packets = packets_of(ct),
	};

	if (nfct_attr_is_set(ct, ATTR_TIMEOUT) > 0)
		flow.timeout_s = nfct_get_attr_u32(ct, ATTR_TIMEOUT);
	if (flow.proto == IPPROTO_ICMPV6) {
		flow.icmp_type = nfct_get_attr_u8(ct, ATTR_ICMP_TYPE);
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
	if (!reading->each(&flow, reading->arg))
		return NFCT_CB_CONTINUE;
	flow.entry = nfct_clone(ct);
	if (!flow.entry)
		die(_("out of memory"));
	vec_push(reading->kept, xmemdup(&flow, sizeof(flow)));
	return NFCT_CB_CONTINUE;
}

static bool
is_loaded(void)
{
	return access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) == 0;
}

enum err
conntrack_each(bool (*each)(struct flow *flow, void *arg), void *arg,
	       struct vec *kept, size_t *seen)
{
	struct reading reading = { .each = each, .arg = arg, .kept = kept };
	uint32_t family = AF_INET6;
	struct nfct_handle *h;
	enum err err = OK;

	*seen = 0;
	if (!is_loaded())
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

enum err
conntrack_delete(const struct flow *flow)
{
	struct nfct_handle *h = nfct_open(CONNTRACK, 0);
	struct str what = { 0 };
	enum err err = OK;

	if (!h)
		return fail_errno(_("cannot ask for the connections"));
	if (nfct_query(h, NFCT_Q_DESTROY, flow->entry) < 0) {
		flow_describe(flow, &what);
		err = errno == ENOENT ?
			fail(ERR_NOT_FOUND, _("%s is gone"), str_text(&what)) :
			fail_errno(_("cannot delete %s"), str_text(&what));
		str_done(&what);
	}
	nfct_close(h);
	return err;
}

void
flow_free(struct flow *flow)
{
	if (flow->entry)
		nfct_destroy(flow->entry);
	free(flow);
}
