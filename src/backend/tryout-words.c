/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses a rule, in words. Its own reason goes to its log only:
 * what is known of the usual extensions (.table, .hooks, .proto and checkentry
 * in net/netfilter/xt_NAME.c and net/ipv6/netfilter/) is told from this table,
 * else the errno is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

/* Bits of bit_tables. */
#define FILTER 1u
#define NAT 2u
#define MANGLE 4u
#define RAW 8u
#define SECURITY 16u

#define PRE (1u << NF_INET_PRE_ROUTING)
#define IN (1u << NF_INET_LOCAL_IN)
#define FWD (1u << NF_INET_FORWARD)
#define OUT (1u << NF_INET_LOCAL_OUT)
#define POST (1u << NF_INET_POST_ROUTING)

static const char *const bit_tables[] = { "filter", "nat", "mangle", "raw",
					  "security" };

/* What is known of an extension. 0: no such limit. */
struct known {
	const char *name;
	bool target;
	unsigned tables;
	unsigned hooks;
	uint8_t proto;
	bool (*broken)(const struct suspect *s, const void *data);
	const char *text;	/* when broken; N_() */
};

static const struct ip6t_ip6 *
suspect_ip(const struct suspect *s)
{
	return &((const struct ip6t_entry *)s->tried->entry)->ipv6;
}

static bool
is_proto(const struct suspect *s, uint8_t proto)
{
	const struct ip6t_ip6 *ip = suspect_ip(s);

	return ip->proto == proto && ip->flags & IP6T_F_PROTO &&
	       !(ip->invflags & XT_INV_PROTO);
}

static bool
resets_no_tcp(const struct suspect *s, const void *data)
{
	const struct ip6t_reject_info *info = data;

	return info->with == IP6T_TCP_RESET && !is_proto(s, IPPROTO_TCP);
}

static bool
clamps_early(const struct suspect *s, const void *data)
{
	const struct xt_tcpmss_info *info = data;

	return info->mss == XT_TCPMSS_CLAMP_PMTU &&
	       s->hooks & ~(FWD | OUT | POST);
}

static bool
is_neither(const struct suspect *s, const void *data)
{
	(void)data;
	return !is_proto(s, IPPROTO_TCP) && !is_proto(s, IPPROTO_UDP);
}

/* Revision 0 has no such bits at their place. */
static bool
limits_interface(const struct suspect *s, const void *data)
{
	const struct xt_addrtype_info_v1 *info = data;

	(void)s;
	return info->flags & (XT_ADDRTYPE_LIMIT_IFACE_IN |
			      XT_ADDRTYPE_LIMIT_IFACE_OUT);
}

/* The rest of what a checkentry says, where nothing else fits. */
static bool
always(const struct suspect *s, const void *data)
{
	(void)s;
	(void)data;
	return true;
}

static const struct known knowledge[] = {
	{ .name = "rpfilter", .tables = MANGLE | RAW, .hooks = PRE },
	{ .name = "owner", .hooks = OUT | POST },
	{ .name = "mac", .hooks = PRE | IN | FWD },
	{ .name = "socket", .hooks = PRE | IN },
	{ .name = "policy", .broken = always,
	  .text = N_("policy --dir in is for what comes in, --dir out for what "
		     "leaves, and --strict needs elements") },
	{ .name = "physdev", .broken = always,
	  .text = N_("physdev knows where a packet leaves only with "
		     "--physdev-is-bridged, in FORWARD and POSTROUTING") },
	{ .name = "addrtype", .broken = limits_interface,
	  .text = N_("addrtype's --limit-iface-in is for what comes in, "
		     "--limit-iface-out for what leaves") },
	{ .name = "devgroup", .broken = always,
	  .text = N_("devgroup's --src-group is for what comes in, --dst-group "
		     "for what leaves") },
	{ .name = "recent", .broken = always,
	  .text = N_("recent does not count so many packets, or have a list of "
		     "this name") },
	{ .name = "REJECT", .target = true, .tables = FILTER,
	  .hooks = IN | FWD | OUT, .broken = resets_no_tcp,
	  .text = N_("REJECT with tcp-reset needs -p tcp") },
	{ .name = "CT", .target = true, .tables = RAW },
	{ .name = "NOTRACK", .target = true, .tables = RAW },
	{ .name = "TRACE", .target = true, .tables = RAW },
	{ .name = "MASQUERADE", .target = true, .tables = NAT, .hooks = POST },
	{ .name = "SNAT", .target = true, .tables = NAT, .hooks = POST | IN },
	{ .name = "DNAT", .target = true, .tables = NAT, .hooks = PRE | OUT },
	{ .name = "REDIRECT", .target = true,
	  .tables = NAT, .hooks = PRE | OUT },
	{ .name = "NETMAP", .target = true,
	  .tables = NAT, .hooks = PRE | IN | OUT | POST },
	{ .name = "TPROXY", .target = true, .tables = MANGLE, .hooks = PRE,
	  .broken = is_neither,
	  .text = N_("TPROXY needs -p tcp or -p udp") },
	{ .name = "SYNPROXY", .target = true, .hooks = IN | FWD,
	  .proto = IPPROTO_TCP },
	{ .name = "TCPMSS", .target = true, .proto = IPPROTO_TCP,
	  .broken = clamps_early,
	  .text = N_("TCPMSS --clamp-mss-to-pmtu works only in FORWARD, "
		     "OUTPUT and POSTROUTING") },
	{ .name = "TCPMSS", .target = true, .broken = always,
	  .text = N_("TCPMSS needs -m tcp --syn") },
	{ .name = "TCPOPTSTRIP", .target = true,
	  .tables = MANGLE, .proto = IPPROTO_TCP },
	{ .name = "DSCP", .target = true, .tables = MANGLE },
	{ .name = "TOS", .target = true, .tables = MANGLE },
	{ .name = "HL", .target = true, .tables = MANGLE },
	{ .name = "CHECKSUM", .target = true, .tables = MANGLE },
	{ .name = "CLASSIFY", .target = true, .hooks = FWD | OUT | POST },
	{ .name = "DNPT", .target = true,
	  .tables = MANGLE, .hooks = PRE | OUT },
	{ .name = "SNPT", .target = true,
	  .tables = MANGLE, .hooks = IN | POST },
	{ .name = "SECMARK", .target = true,
	  .tables = MANGLE | SECURITY },
	{ .name = "CONNSECMARK", .target = true,
	  .tables = MANGLE | SECURITY },
	{ .name = "TEE", .target = true, .broken = always,
	  .text = N_("TEE needs a gateway") },
};

static void
add_word(struct str *out, const char *word)
{
	if (out->len)
		str_add(out, ", ");
	str_add(out, word);
}

static void
add_hooks(struct str *out, unsigned hooks)
{
	for (unsigned i = 0; i < NF_INET_NUMHOOKS; i++) {
		if (hooks & 1u << i)
			add_word(out, hook_chain_names[i]);
	}
}

static void
add_tables(struct str *out, unsigned tables)
{
	for (unsigned i = 0; i < ARRAY_LEN(bit_tables); i++) {
		if (tables & 1u << i)
			add_word(out, bit_tables[i]);
	}
}

static unsigned
table_bit(const char *table)
{
	for (unsigned i = 0; i < ARRAY_LEN(bit_tables); i++) {
		if (strcmp(table, bit_tables[i]) == 0)
			return 1u << i;
	}
	return 0;
}

/* "X works only in PREROUTING of mangle, raw". */
static char *
known_place(const struct known *row)
{
	struct str hooks = { 0 }, tables = { 0 };
	char *text;

	add_hooks(&hooks, row->hooks);
	add_tables(&tables, row->tables);
	if (row->hooks && row->tables)
		text = xasprintf(_("%s works only in %s of %s"), row->name,
				 str_text(&hooks), str_text(&tables));
	else
		text = xasprintf(_("%s works only in %s"), row->name,
				 str_text(row->hooks ? &hooks : &tables));
	str_done(&hooks);
	str_done(&tables);
	return text;
}

/* What the row has against the rule; NULL: nothing. */
static char *
known_text(const struct known *row, const char *table, const struct suspect *s,
	   const void *data)
{
	if ((row->tables && !(row->tables & table_bit(table))) ||
	    (row->hooks && s->hooks & ~row->hooks))
		return known_place(row);
	if (row->proto && !is_proto(s, row->proto))
		return xasprintf(_("%s needs -p %s"), row->name, "tcp");
	if (row->broken && row->broken(s, data))
		return xstrdup(_(row->text));
	return NULL;
}

static char *
look_up(const char *name, bool target, const char *table,
	const struct suspect *s, const void *data)
{
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(knowledge) && !text; i++) {
		const struct known *row = &knowledge[i];

		if (row->target == target && strcmp(row->name, name) == 0)
			text = known_text(row, table, s, data);
	}
	return text;
}

/* The kernel does not know the extension, or not this revision of it. */
static char *
lacking(const struct culprit *c)
{
	bool older = c->lacks == EPROTONOSUPPORT;

	if (c->match)
		return older ?
			xasprintf(_("this kernel has another revision of match "
				    "'%s'"), c->match->u.user.name) :
			xasprintf(_("this kernel has no match '%s'"),
				  c->match->u.user.name);
	return older ?
		xasprintf(_("this kernel has another revision of target '%s'"),
			  c->target->u.user.name) :
		xasprintf(_("this kernel has no target '%s'"),
			  c->target->u.user.name);
}

static char *
why(const char *table, const struct suspect *s, const struct culprit *c,
    int error)
{
	const char *name = "";
	char *text = NULL;

	if (error == ELOOP)
		return xasprintf(_("its jump to '%s' makes a circle"),
				 rule_target(s->tried));
	if (c->lacks == ENOENT || c->lacks == EPROTONOSUPPORT)
		return lacking(c);
	if (c->match) {
		name = c->match->u.user.name;
		text = look_up(name, false, table, s, c->match->data);
	} else if (c->target) {
		name = c->target->u.user.name;
		text = look_up(name, true, table, s, c->target->data);
	}
	if (text)
		return text;
	if (*name)
		return xasprintf(_("%s is not valid here (%s)"), name,
				 strerror(error));
	return xasprintf(_("it is not valid here (%s)"), strerror(error));
}

char *
rule_place(const char *table, const char *chain, size_t pos)
{
	bool usual = strcmp(table, "filter") == 0;

	return xasprintf("%s%s%s %zu", usual ? "" : table, usual ? "" : " ",
			 chain, pos + 1);
}

char *
refusal_text(const char *table, const struct suspect *s,
	     const struct culprit *culprit, int error)
{
	char *reason = why(table, s, culprit, error);
	char *at = rule_place(table, s->chain->name, s->pos), *text;
	struct str from = { 0 };

	add_hooks(&from, s->hooks);
	if (chain_is_builtin(s->chain) || !from.len)
		text = xasprintf(_("the kernel refuses %s: %s"), at, reason);
	else
		text = xasprintf(_("the kernel refuses %s, which is reached "
				   "from %s: %s"), at, str_text(&from), reason);
	str_done(&from);
	free(reason);
	free(at);
	return text;
}
