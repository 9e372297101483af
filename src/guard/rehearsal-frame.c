/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as they go over the wire: Ethernet, IPv6, and one header behind it. */
#include <arpa/inet.h>
#include <string.h>
#include <sallyport/addr.h>
#include "rehearsal-internal.h"

static uint32_t
sum_up(const void *data, size_t n, uint32_t acc)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		acc += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return acc;
}

/* RFC 8200 8.1. */
static uint16_t
checksum(const struct ip6_hdr *ip, uint8_t proto, const void *payload,
	 size_t len)
{
	uint32_t acc = sum_up(&ip->ip6_src, 32, (uint32_t)len + proto);

	acc = sum_up(payload, len, acc);
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	acc = ~acc & 0xffff;
	return (uint16_t)(acc || proto != IPPROTO_UDP ? acc : 0xffff);
}

/* RFC 2464 7. */
static void
put_mac(unsigned char *at, const unsigned char mac[ETH_ALEN],
	const struct in6_addr *dst)
{
	memcpy(at, mac, ETH_ALEN);
	if (!addr_is_multicast(dst))
		return;
	at[0] = at[1] = 0x33;
	memcpy(at + 2, dst->s6_addr + 12, 4);
}

void
frame_make(struct frame *f, const unsigned char from[ETH_ALEN],
	   const unsigned char to[ETH_ALEN], const struct route_of *way,
	   uint8_t proto, uint8_t hops, const void *payload, size_t len,
	   size_t sum)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6u << 28) };
	unsigned char *l4 = f->data + ETH_HLEN + sizeof(ip);
	uint16_t check;

	if (len > FRAME_MAX - ETH_HLEN - sizeof(ip))
		len = FRAME_MAX - ETH_HLEN - sizeof(ip);
	put_mac(f->data, to, &way->dst);
	memcpy(f->data + ETH_ALEN, from, ETH_ALEN);
	f->data[12] = ETHERTYPE_IPV6 >> 8;
	f->data[13] = ETHERTYPE_IPV6 & 0xff;
	ip.ip6_plen = htons((uint16_t)len);
	ip.ip6_nxt = proto;
	ip.ip6_hlim = hops;
	ip.ip6_src = way->src;
	ip.ip6_dst = way->dst;
	memcpy(f->data + ETH_HLEN, &ip, sizeof(ip));
	memcpy(l4, payload, len);
	f->len = ETH_HLEN + sizeof(ip) + len;
	if (!sum)
		return;
	check = htons(checksum(&ip, proto, l4, len));
	memcpy(l4 + sum, &check, sizeof(check));
}

bool
frame_read(const void *data, size_t len, struct heard *heard)
{
	const unsigned char *at = data;
	size_t said;

	if (len < ETH_HLEN + sizeof(*heard->ip) ||
	    at[12] != ETHERTYPE_IPV6 >> 8 || at[13] != (ETHERTYPE_IPV6 & 0xff))
		return false;
	heard->ip = (const void *)(at + ETH_HLEN);
	heard->proto = heard->ip->ip6_nxt;
	heard->l4 = at + ETH_HLEN + sizeof(*heard->ip);
	heard->len = len - ETH_HLEN - sizeof(*heard->ip);
	said = ntohs(heard->ip->ip6_plen);
	if (said < heard->len)
		heard->len = said;
	return true;
}
