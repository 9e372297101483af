/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be exposed, as it is typed and as it is shown. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/expose.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

static bool
take_proto(const char *word, uint8_t *proto)
{
	if (strcmp(word, "tcp") == 0)
		*proto = IPPROTO_TCP;
	else if (strcmp(word, "udp") == 0)
		*proto = IPPROTO_UDP;
	else
		return false;
	return true;
}

static bool
take_port(const char *word, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	*port = (uint16_t)n;
	return word[0] >= '0' && word[0] <= '9' && !*end && n > 0 &&
	       n <= UINT16_MAX;
}

enum err
exposure_parse_port(const char *text, struct exposure *what)
{
	const char *slash = strchr(text, '/');
	char *one = xstrndup(text, slash ? (size_t)(slash - text)
					 : strlen(text));
	const char *other = slash ? slash + 1 : NULL;
	uint8_t proto = what->proto;
	uint16_t port;
	bool good = other ? (take_port(one, &port) &&
			     take_proto(other, &proto)) ||
			    (take_port(other, &port) &&
			     take_proto(one, &proto))
			  : take_port(one, &port);

	free(one);
	if (!good)
		return fail(ERR_USAGE, _("'%s' is no port: 1 to 65535, as in "
					 "443 or 4001/udp"), text);
	what->proto = proto;
	what->port = port;
	return OK;
}

enum err
exposure_parse_from(const char *text, struct exposure *what)
{
	struct prefix from = { 0 };
	struct in6_addr mask;

	if (*text && strcmp(text, "any") && strcmp(text, _("anybody")) &&
	    addr_parse_prefix(text, &from.addr, &from.len))
		return fail(ERR_USAGE, _("'%s' is no IPv6 address or prefix; "
					 "any is for anybody"), text);
	if (from.len > 0 && addr_is_v4(&from.addr))
		return fail(ERR_USAGE, _("'%s' is IPv4: these rules do not see "
					 "it"), text);
	mask = addr_mask(from.len);
	for (size_t i = 0; i < sizeof(mask); i++)
		from.addr.s6_addr[i] &= mask.s6_addr[i];
	what->from = from;
	return OK;
}

void
exposure_format_from(const struct exposure *what, struct str *out)
{
	if (what->from.len == 0) {
		str_add(out, _("anybody"));
		return;
	}
	addr_format(out, &what->from.addr);
	if (what->from.len < 128)
		str_addf(out, "/%u", what->from.len);
}

static void
add_on(const struct container *receiver, bool utf8, struct str *out)
{
	struct str link = { 0 };

	text_visible(&link, receiver->ifname, strlen(receiver->ifname), utf8);
	str_addf(out, _(" on %s"), str_text(&link));
	str_done(&link);
}

void
receiver_describe(const struct container *receiver, bool utf8, struct str *out)
{
	const char *name = receiver ? receiver->name : NULL;

	if (!receiver) {
		str_add(out, _("this host"));
		return;
	}
	if (name) {
		text_visible(out, name, strlen(name), utf8);
		str_add(out, " (");
	}
	addr_format(out, &receiver->addr);
	if (name)
		str_add(out, ")");
	else if (receiver->ifname[0])
		add_on(receiver, utf8, out);
}
