/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of settings: words, ports, prefixes and lifelines. What cannot be kept
 * exactly as it was written is refused. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "values.h"

enum err
value_lifelines(struct settings *settings, const char *value)
{
	if (strcmp(value, "none") != 0)
		return fail(ERR_PARSE, _("'lifelines' is '%s', but can only be "
			    "'none'; they are found where it is left out"),
			    value);
	settings->no_lifelines = true;
	return OK;
}

enum err
value_confirm(struct settings *settings, const char *value)
{
	if (strcmp(value, "any") == 0)
		settings->confirm = CONFIRM_ANY;
	else if (strcmp(value, "new-login") == 0)
		settings->confirm = CONFIRM_NEW_LOGIN;
	else
		return fail(ERR_PARSE, _("'confirm' is '%s', but can only be "
			    "'any' or 'new-login'"), value);
	return OK;
}

static enum err
yes_or_no(const char *key, const char *value, bool *no)
{
	*no = strcmp(value, "no") == 0;
	if (!*no && strcmp(value, "yes") != 0)
		return fail(ERR_PARSE, _("'%s' is '%s', but can only be 'yes' "
			    "or 'no'"), key, value);
	return OK;
}

enum err
value_wall(struct settings *settings, const char *value)
{
	return yes_or_no("wall", value, &settings->no_wall);
}

enum err
value_boot(struct settings *settings, const char *value)
{
	return yes_or_no("boot", value, &settings->no_boot);
}

enum err
value_history(struct settings *settings, const char *value)
{
	size_t n = strspn(value, "0123456789");

	settings->history_days = 0;
	if (strcmp(value, "forever") == 0)
		return OK;
	if (n && n < 7 && !value[n])
		settings->history_days = (int)strtol(value, NULL, 10);
	if (settings->history_days == 0)
		return fail(ERR_PARSE, _("'history' is '%s', but can only be a "
			    "number of days or 'forever'"), value);
	return OK;
}

static enum err
parse_port(const char *word, uint16_t *port)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || n == 0 || n > UINT16_MAX)
		return fail(ERR_PARSE, _("'%s' is no port, 1 to 65535"), word);
	*port = (uint16_t)n;
	return OK;
}

static enum err
parse_prefix(const char *word, struct settings_prefix *prefix)
{
	struct in6_addr mask;
	enum err err = addr_parse_prefix(word, &prefix->addr, &prefix->len);

	if (err)
		return err;
	if (addr_is_v4(&prefix->addr))
		return fail(ERR_PARSE, _("'%s' is IPv4, which the IPv6 rules "
			    "do not touch"), word);
	mask = addr_mask(prefix->len);
	for (int i = 0; i < 16; i++)
		prefix->addr.s6_addr[i] &= mask.s6_addr[i];
	return OK;
}

enum err
value_port(struct settings *settings, const char *value)
{
	struct settings_port *port = xcalloc(1, sizeof(*port));

	vec_push(&settings->ports, port);
	return parse_port(value, &port->number);
}

enum err
value_source(struct settings *settings, const char *value)
{
	struct settings_prefix *source = xcalloc(1, sizeof(*source));

	vec_push(&settings->sources, source);
	return parse_prefix(value, source);
}

static enum err
parse_way(const char *word, bool *out)
{
	*out = strcmp(word, "out") == 0;
	if (!*out && strcmp(word, "in") != 0)
		return fail(ERR_PARSE, _("a lifeline goes 'in' or 'out', not "
			    "'%s'"), word);
	return OK;
}

static enum err
parse_proto(const char *word, uint8_t *proto)
{
	*proto = strcmp(word, "udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP;
	if (*proto == IPPROTO_TCP && strcmp(word, "tcp") != 0)
		return fail(ERR_PARSE, _("a lifeline is 'tcp' or 'udp', not "
			    "'%s'"), word);
	return OK;
}

/* One address of this host, or of somebody behind it. */
static enum err
parse_near(const char *word, struct in6_addr *near)
{
	struct settings_prefix prefix;
	enum err err = parse_prefix(word, &prefix);

	if (!err && (prefix.len != 128 || addr_is_any(&prefix.addr)))
		err = fail(ERR_PARSE, _("'%s' must be one address"), word);
	if (!err)
		*near = prefix.addr;
	return err;
}

/* "from PREFIX", "to ADDR" behind in, "to PREFIX" behind out. */
static enum err
parse_end(const char *name, const char *word, struct settings_lifeline *ll)
{
	bool from = strcmp(name, "from") == 0;

	if (!from && strcmp(name, "to") != 0)
		return fail(ERR_PARSE, _("a lifeline goes on with 'from' or "
			    "'to', not '%s'"), name);
	if (from && ll->out)
		return fail(ERR_PARSE, _("a lifeline that goes out has no "
			    "'from'"));
	if (!word)
		return fail(ERR_PARSE, _("'%s' needs an address"), name);
	return from || ll->out ? parse_prefix(word, &ll->far) :
				 parse_near(word, &ll->near);
}

static enum err
parse_ends(char **words, struct settings_lifeline *ll)
{
	bool seen[2] = { false };
	enum err err = OK;

	while (*words && !err) {
		bool *this = &seen[strcmp(words[0], "from") == 0];

		err = parse_end(words[0], words[1], ll);
		if (!err && *this)
			err = fail(ERR_PARSE, _("'%s' comes twice"), words[0]);
		*this = true;
		words += 2;
	}
	return err;
}

enum err
value_lifeline(struct settings *settings, const char *value)
{
	struct settings_lifeline *ll = xcalloc(1, sizeof(*ll));
	size_t n = 0;
	char **words = words_split(value, &n);
	enum err err;

	vec_push(&settings->lifelines, ll);
	if (!words || n < 3)
		err = fail(ERR_PARSE, _("'%s' is no lifeline, such as 'in udp "
			   "51820' or 'out udp 53 to 2001:db8::53'"), value);
	else
		err = parse_way(words[0], &ll->out);
	if (!err)
		err = parse_proto(words[1], &ll->proto);
	if (!err)
		err = parse_port(words[2], &ll->port);
	if (!err)
		err = parse_ends(words + 3, ll);
	words_free(words);
	return err;
}
