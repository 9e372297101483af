/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet that a probe asks about, from its words. What nobody says is the
 * usual thing: a new TCP connection. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "probe-words.h"

static const struct {
	const char *name;
	uint8_t number;
	bool has_ports;
} protocols[] = {
	{ "tcp", IPPROTO_TCP, true },
	{ "udp", IPPROTO_UDP, true },
	{ "icmpv6", IPPROTO_ICMPV6, false },
	{ "ipv6-icmp", IPPROTO_ICMPV6, false },
	{ "sctp", IPPROTO_SCTP, true },
	{ "udplite", IPPROTO_UDPLITE, true },
	{ "dccp", IPPROTO_DCCP, true },
	{ "esp", IPPROTO_ESP, false },
	{ "ah", IPPROTO_AH, false },
	{ "gre", IPPROTO_GRE, false },
};

static const struct {
	const char *name;
	enum ct_state state;
} states[] = {
	{ "NEW", CT_NEW }, { "ESTABLISHED", CT_ESTABLISHED },
	{ "RELATED", CT_RELATED }, { "INVALID", CT_INVALID },
	{ "UNTRACKED", CT_UNTRACKED },
};

/* Is it a number of at most max? */
static bool
take_number(const char *word, unsigned long max, unsigned *number)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	*number = (unsigned)n;
	return word[0] >= '0' && word[0] <= '9' && !*end && n <= max;
}

static enum err
take_port(const char *word, unsigned lowest, struct range *range)
{
	unsigned port;

	*range = (struct range){ lowest, UINT16_MAX };
	if (!word)
		return OK;
	if (!take_number(word, UINT16_MAX, &port))
		return fail(ERR_USAGE, _("'%s' is no port: 0 to %d"), word,
			    UINT16_MAX);
	*range = (struct range){ port, port };
	return OK;
}

bool
probe_has_ports(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].number == proto)
			return protocols[i].has_ports;
	return false;
}

bool
probe_field_fits(enum probe_field field, uint8_t proto)
{
	switch (field) {
	case PROBE_DPORT:
	case PROBE_SPORT:
		return probe_has_ports(proto);
	case PROBE_ICMP_TYPE:
		return proto == IPPROTO_ICMPV6;
	case PROBE_FROM:
	case PROBE_TO:
	case PROBE_PROTOCOL:
	case PROBE_IN:
	case PROBE_OUT:
	case PROBE_STATE:
	case PROBE_FIELDS:
		return true;
	}
	return false;
}

static enum err
take_protocol(const char *word, struct packet *p)
{
	unsigned number;

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (strcasecmp(protocols[i].name, word))
			continue;
		p->proto = protocols[i].number;
		return OK;
	}
	if (!take_number(word, UINT8_MAX, &number))
		return fail(ERR_USAGE, _("'%s' is no protocol: tcp, udp, "
			    "icmpv6 ... or a number up to %d"), word,
			    UINT8_MAX);
	p->proto = (uint8_t)number;
	return OK;
}

/* What is said besides must be said of such a protocol. */
static enum err
check_protocol(const struct probe_words *words, const char *word,
	       const struct packet *p)
{
	if (!probe_has_ports(p->proto) &&
	    (words->v[PROBE_DPORT] || words->v[PROBE_SPORT]))
		return fail(ERR_USAGE, _("protocol '%s' has no ports"), word);
	if (p->proto != IPPROTO_ICMPV6 && words->v[PROBE_ICMP_TYPE])
		return fail(ERR_USAGE, _("protocol '%s' has no ICMPv6 type"),
			    word);
	return OK;
}

static enum err
take_protocols(const struct probe_words *words, struct packet *p)
{
	const char *word = words->v[PROBE_PROTOCOL];
	enum err err;

	if (!word)
		word = words->v[PROBE_ICMP_TYPE] ? "icmpv6" : "tcp";
	err = take_protocol(word, p);
	return err ? err : check_protocol(words, word, p);
}

/* Echo request where nothing is said. */
static enum err
take_icmp(const char *word, struct packet *p)
{
	unsigned type = 128;

	if (word && !take_number(word, UINT8_MAX, &type))
		return fail(ERR_USAGE, _("'%s' is no ICMPv6 type: 0 to %d"),
			    word, UINT8_MAX);
	p->icmp_type = (uint8_t)type;
	return OK;
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
take_state(const char *word, struct packet *p)
{
	p->ct = is_untracked(p) ? CT_UNTRACKED : CT_NEW;
	for (size_t i = 0; word && i < ARRAY_LEN(states); i++) {
		if (strcasecmp(states[i].name, word))
			continue;
		p->ct = states[i].state;
		return OK;
	}
	if (word)
		return fail(ERR_USAGE, _("'%s' is no state: NEW, ESTABLISHED, "
			    "RELATED, INVALID or UNTRACKED"), word);
	return OK;
}

static enum err
take_address(const char *word, struct in6_addr *addr, unsigned *len)
{
	*addr = (struct in6_addr){ 0 };
	*len = 0;
	if (!word || strcasecmp(word, "any") == 0)
		return OK;
	if (addr_parse_prefix(word, addr, len))
		return fail(ERR_USAGE, _("'%s' is no IPv6 address"), word);
	if (addr_is_v4(addr))
		return fail(ERR_USAGE, _("'%s' is IPv4: these rules do not see "
			    "it"), word);
	return OK;
}

static enum err
take_interface(const char *word, char name[IFNAMSIZ])
{
	if (word && (strlen(word) >= IFNAMSIZ || strpbrk(word, " /")))
		return fail(ERR_USAGE, _("'%s' is no name of an interface"),
			    word);
	str_copy(name, IFNAMSIZ, word ? word : "");
	return OK;
}

/* fe80::1%eth0 comes in by eth0. */
static const char *
in_of(const struct probe_words *words)
{
	const char *from = words->v[PROBE_FROM];
	const char *zone = from ? strchr(from, '%') : NULL;

	if (words->v[PROBE_IN] || !zone)
		return words->v[PROBE_IN];
	return zone + 1;
}

static enum err
take_ends(const struct probe_words *words, struct packet *p)
{
	enum err err = take_address(words->v[PROBE_FROM], &p->src,
				    &p->src_len);

	if (!err)
		err = take_address(words->v[PROBE_TO], &p->dst, &p->dst_len);
	if (!err)
		err = take_interface(in_of(words), p->in);
	if (!err)
		err = take_interface(words->v[PROBE_OUT], p->out);
	return err;
}

enum err
probe_words_take(const struct probe_words *words, struct packet *p)
{
	enum err err;

	*p = (struct packet){
		.hop_limit = { 1, 255 },
		.length = { 40, 65535 },
	};
	err = take_ends(words, p);
	if (!err)
		err = take_protocols(words, p);
	if (!err)
		err = take_port(words->v[PROBE_SPORT], 1024, &p->sport);
	if (!err)
		err = take_port(words->v[PROBE_DPORT], 0, &p->dport);
	if (!err)
		err = take_icmp(words->v[PROBE_ICMP_TYPE], p);
	if (!err)
		err = take_state(words->v[PROBE_STATE], p);
	if (!err && p->proto == IPPROTO_TCP)
		p->tcp_flags = p->ct == CT_NEW ? TH_SYN : TH_ACK;
	return err;
}

const char *
probe_state_name(enum ct_state state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (states[i].state == state)
			return states[i].name;
	return "";
}
