/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 addresses: text, prefixes, and the kinds that matter here. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>

enum err
addr_parse(const char *s, struct in6_addr *addr)
{
	const char *zone = strchr(s, '%');
	size_t n = zone ? (size_t)(zone - s) : strlen(s);
	char text[INET6_ADDRSTRLEN + 8] = "::ffff:";
	struct in_addr v4;

	if (n >= INET6_ADDRSTRLEN)
		return fail(ERR_PARSE, _("'%s' is no IPv6 address"), s);
	memcpy(text + 7, s, n);
	text[7 + n] = '\0';
	if (inet_pton(AF_INET6, text + 7, addr) == 1)
		return OK;
	if (inet_pton(AF_INET, text + 7, &v4) == 1 &&
	    inet_pton(AF_INET6, text, addr) == 1)
		return OK;
	return fail(ERR_PARSE, _("'%s' is no IPv6 address"), s);
}

enum err
addr_parse_prefix(const char *s, struct in6_addr *addr, unsigned *len)
{
	const char *slash = strchr(s, '/');
	char text[INET6_ADDRSTRLEN];
	unsigned long bits;
	char *end;

	*len = 128;
	if (!slash)
		return addr_parse(s, addr);
	if ((size_t)(slash - s) >= sizeof(text))
		return fail(ERR_PARSE, _("'%s' is no IPv6 prefix"), s);
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || bits > 128)
		return fail(ERR_PARSE, _("'%s' is no IPv6 prefix"), s);
	*len = (unsigned)bits;
	return addr_parse(text, addr);
}

void
addr_format(struct str *out, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (addr_is_v4(addr))
		str_add(out, inet_ntop(AF_INET, &addr->s6_addr[12], text,
				       sizeof(text)));
	else
		str_add(out, inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

bool
addr_equal(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool
addr_is_v4(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_V4MAPPED(addr);
}

bool
addr_is_any(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_UNSPECIFIED(addr);
}

bool
addr_is_loopback(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_LOOPBACK(addr);
}

bool
addr_is_link_local(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_LINKLOCAL(addr);
}

bool
addr_is_multicast(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_MULTICAST(addr);
}

struct in6_addr
addr_mask(unsigned len)
{
	struct in6_addr mask = { 0 };

	for (unsigned i = 0; i < 16 && i * 8 < len; i++)
		mask.s6_addr[i] = len >= i * 8 + 8 ? 0xff :
			(uint8_t)(0xff00 >> (len - i * 8));
	return mask;
}

bool
addr_in_prefix(const struct in6_addr *addr, const struct in6_addr *prefix,
	       unsigned len)
{
	struct in6_addr mask = addr_mask(len);

	for (int i = 0; i < 16; i++)
		if ((addr->s6_addr[i] ^ prefix->s6_addr[i]) & mask.s6_addr[i])
			return false;
	return true;
}

struct in6_addr
addr_solicited_node(const struct in6_addr *addr)
{
	struct in6_addr node = { .s6_addr = { 0xff, 0x02, [11] = 0x01,
					      [12] = 0xff } };

	memcpy(&node.s6_addr[13], &addr->s6_addr[13], 3);
	return node;
}
