/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet that probe asks about, from its options, and the way that it takes:
 * to this host, from it, or through it. */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "probe-packet.h"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	{ "icmpv6", IPPROTO_ICMPV6 }, { "ipv6-icmp", IPPROTO_ICMPV6 },
	{ "sctp", IPPROTO_SCTP }, { "udplite", IPPROTO_UDPLITE },
	{ "dccp", IPPROTO_DCCP }, { "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
	{ "gre", IPPROTO_GRE },
};

static const struct {
	const char *name;
	enum ct_state state;
} states[] = {
	{ "NEW", CT_NEW }, { "ESTABLISHED", CT_ESTABLISHED },
	{ "RELATED", CT_RELATED }, { "INVALID", CT_INVALID },
	{ "UNTRACKED", CT_UNTRACKED },
};

/* A number of at most max. */
static enum err
take_number(const char *option, const char *word, unsigned long max,
	    unsigned *number)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (word[0] < '0' || word[0] > '9' || *end || n > max)
		return fail(ERR_USAGE, _("'%s' is no value for --%s: 0 to %lu"),
			    word, option, max);
	*number = (unsigned)n;
	return OK;
}

static enum err
take_port(const char *option, const char *word, unsigned lowest,
	  struct range *range)
{
	unsigned port;
	enum err err;

	*range = (struct range){ lowest, UINT16_MAX };
	if (!word)
		return OK;
	err = take_number(option, word, UINT16_MAX, &port);
	if (!err)
		*range = (struct range){ port, port };
	return err;
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_DCCP;
}

static enum err
take_protocol(const struct cli_options *opt, struct packet *p)
{
	const char *word = opt->protocol ? opt->protocol :
			   opt->icmp_type ? "icmpv6" : "tcp";
	unsigned number = 0;
	enum err err = OK;
	size_t i = 0;

	while (i < ARRAY_LEN(protocols) && strcmp(protocols[i].name, word))
		i++;
	if (i < ARRAY_LEN(protocols))
		number = protocols[i].number;
	else
		err = take_number("protocol", word, UINT8_MAX, &number);
	p->proto = (uint8_t)number;
	if (!err && !has_ports(p->proto) && (opt->dport || opt->sport))
		err = fail(ERR_USAGE, _("protocol '%s' has no ports"), word);
	if (!err && p->proto != IPPROTO_ICMPV6 && opt->icmp_type)
		err = fail(ERR_USAGE, _("protocol '%s' has no ICMPv6 type"),
			   word);
	return err;
}

/* Echo request where nothing is said. */
static enum err
take_icmp(const struct cli_options *opt, struct packet *p)
{
	unsigned type = 128;
	enum err err = OK;

	if (opt->icmp_type)
		err = take_number("icmpv6-type", opt->icmp_type, UINT8_MAX,
				  &type);
	p->icmp_type = (uint8_t)type;
	return err;
}

/* Neighbour discovery and the like are not tracked (facts: 130-136, 143, 151,
 * 152). */
static bool
is_untracked(const struct packet *p)
{
	return p->proto == IPPROTO_ICMPV6 &&
	       ((p->icmp_type >= 130 && p->icmp_type <= 136) ||
		p->icmp_type == 143 || p->icmp_type == 151 ||
		p->icmp_type == 152);
}

static enum err
take_state(const struct cli_options *opt, struct packet *p)
{
	p->ct = is_untracked(p) ? CT_UNTRACKED : CT_NEW;
	for (size_t i = 0; opt->state && i < ARRAY_LEN(states); i++) {
		if (strcasecmp(states[i].name, opt->state))
			continue;
		p->ct = states[i].state;
		return OK;
	}
	if (opt->state)
		return fail(ERR_USAGE, _("'%s' is no state: NEW, ESTABLISHED, "
			    "RELATED, INVALID or UNTRACKED"), opt->state);
	return OK;
}

static enum err
take_address(const char *option, const char *word, struct in6_addr *addr,
	     unsigned *len)
{
	enum err err = addr_parse_prefix(word, addr, len);

	if (err)
		return fail(ERR_USAGE, _("'%s' is no IPv6 address for --%s"),
			    word, option);
	if (addr_is_v4(addr))
		return fail(ERR_USAGE, _("'%s' is IPv4: these rules do not see "
			    "it"), word);
	return OK;
}

static enum err
take_interface(const char *option, const char *word, char name[IFNAMSIZ])
{
	if (strlen(word) >= IFNAMSIZ)
		return fail(ERR_USAGE, _("'%s' is no interface name for --%s"),
			    word, option);
	str_copy(name, IFNAMSIZ, word);
	return OK;
}

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
find_way(const struct cli_options *opt, const struct packet *p)
{
	if (opt->in && opt->out)
		return "FORWARD";
	if (opt->out)
		return "OUTPUT";
	if (opt->to && !is_ours(&p->dst) && p->dst_len == 128)
		return p->src_len == 128 && is_ours(&p->src) ? "OUTPUT" :
							     "FORWARD";
	return "INPUT";
}

static enum err
take_ends(const struct cli_options *opt, struct packet *p)
{
	enum err err = take_address("from", opt->from, &p->src, &p->src_len);

	if (!err && opt->to)
		err = take_address("to", opt->to, &p->dst, &p->dst_len);
	if (!err && opt->in)
		err = take_interface("in", opt->in, p->in);
	if (!err && opt->out)
		err = take_interface("out", opt->out, p->out);
	return err;
}

enum err
probe_packet(const struct cli_options *opt, struct packet *p, const char **way)
{
	enum err err;

	*p = (struct packet){
		.hop_limit = { 1, 255 },
		.length = { 40, 65535 },
	};
	if (!opt->from)
		return fail(ERR_USAGE, _("probe needs --from ADDR: where the "
					 "packet comes from"));
	err = take_ends(opt, p);
	if (!err)
		err = take_protocol(opt, p);
	if (!err)
		err = take_port("sport", opt->sport, 1024, &p->sport);
	if (!err)
		err = take_port("dport", opt->dport, 0, &p->dport);
	if (!err)
		err = take_icmp(opt, p);
	if (!err)
		err = take_state(opt, p);
	if (err)
		return err;
	if (p->proto == IPPROTO_TCP)
		p->tcp_flags = p->ct == CT_NEW ? TH_SYN : TH_ACK;
	*way = find_way(opt, p);
	p->in_unknown = !p->in[0] && strcmp(*way, "OUTPUT");
	p->out_unknown = !p->out[0] && strcmp(*way, "INPUT");
	return OK;
}

const char *
probe_state_name(enum ct_state state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (states[i].state == state)
			return states[i].name;
	return "";
}

static void
add_end(struct str *out, const struct in6_addr *addr, unsigned len,
	const struct range *ports, bool with_port)
{
	if (len == 0)
		str_add(out, "any");
	else
		addr_format(out, addr);
	if (len > 0 && len < 128)
		str_addf(out, "/%u", len);
	if (with_port && ports->lo == ports->hi)
		str_addf(out, " port %u", ports->lo);
}

void
probe_describe(const struct packet *p, const char *way, struct str *out)
{
	bool ports = has_ports(p->proto);

	xt_proto_name(p->proto, out);
	str_addc(out, ' ');
	if (p->proto == IPPROTO_ICMPV6)
		str_addf(out, "type %u ", p->icmp_type);
	add_end(out, &p->src, p->src_len, &p->sport, ports);
	str_add(out, " -> ");
	add_end(out, &p->dst, p->dst_len, &p->dport, ports);
	str_addf(out, ", %s", probe_state_name(p->ct));
	if (p->in[0])
		str_addf(out, ", in %s", p->in);
	if (p->out[0])
		str_addf(out, ", out %s", p->out);
	str_addf(out, ", %s", way);
}
