/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 addresses, prefixes and endpoints. */
#ifndef SALLYPORT_ADDR_H
#define SALLYPORT_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

/* A numeric IPv6 address, perhaps with %zone (which is left out); an IPv4
 * address becomes ::ffff:a.b.c.d. */
enum err addr_parse(const char *s, struct in6_addr *addr) must_check;

/* ADDR or ADDR/LEN; len 128 without one. */
enum err addr_parse_prefix(const char *s, struct in6_addr *addr, unsigned *len)
	must_check;

void addr_format(struct str *out, const struct in6_addr *addr);
bool addr_equal(const struct in6_addr *a, const struct in6_addr *b);
bool addr_is_v4(const struct in6_addr *addr);	/* ::ffff:0:0/96 */
bool addr_is_any(const struct in6_addr *addr);
bool addr_is_loopback(const struct in6_addr *addr);
bool addr_is_link_local(const struct in6_addr *addr);
bool addr_is_multicast(const struct in6_addr *addr);
bool addr_in_prefix(const struct in6_addr *addr, const struct in6_addr *prefix,
		    unsigned len);

/* The netmask of a prefix length 0..128. */
struct in6_addr addr_mask(unsigned len);

/* ff02::1:ffXX:XXXX of RFC 4291 2.7.1. */
struct in6_addr addr_solicited_node(const struct in6_addr *addr);

#endif
