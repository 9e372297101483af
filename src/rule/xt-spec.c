/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Specs: rules as ip6tables-save writes them. A spec is only written where it
 * reads back as the same rule; anything else is opaque, its bytes in base64, so
 * that no text form loses or changes a rule (P1). */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/text.h>
#include "xt-internal.h"

struct spec {
	const struct rule *rule;
	bool whole;	/* all of it was printed */
};

static bool
all_zero(const void *p, size_t n)
{
	const unsigned char *s = p;

	while (n && *s == 0) {
		s++;
		n--;
	}
	return n == 0;
}

static bool
save_match(const struct ip6t_ip6 *ip, const struct xt_entry_match *m)
{
	const char *name = m->u.user.name;
	struct xtables_match *ext = find_match(name, NULL);

	if (ext)
		ext = xtables_find_match_revision(name, XTF_TRY_LOAD, ext,
						  m->u.user.revision);
	if (!ext || !view_match_fits(m, ext))
		return false;
	printf(" -m %s", ext->alias ? ext->alias(m) : name);
	if (ext->save)
		ext->save(ip, m);
	return ext->save || all_zero(m->data, m->u.match_size - sizeof(*m));
}

static bool
save_target(const struct ip6t_ip6 *ip, const struct xt_entry_target *t)
{
	const char *name = t->u.user.name;
	struct xtables_target *ext = find_target(name);

	if (ext)
		ext = xtables_find_target_revision(name, XTF_TRY_LOAD, ext,
						   t->u.user.revision);
	if (!ext || !view_target_fits(t, ext))
		return false;
	printf(" -j %s", ext->alias ? ext->alias(t) : name);
	if (ext->save)
		ext->save(ip, t);
	return ext->save || all_zero(t->data, t->u.target_size - sizeof(*t));
}

static void
save_extensions(void *arg)
{
	struct spec *spec = arg;
	const struct ip6t_entry *e = view_entry(spec->rule);
	const struct xt_entry_match *m = view_match(e, NULL);
	const struct xt_entry_target *t = view_target(e);

	for (; m; m = view_match(e, m)) {
		if (!save_match(&e->ipv6, m))
			return;
	}
	spec->whole = rule_has_standard_target(spec->rule) ||
		      save_target(&e->ipv6, t);
}

/* Does every bit of addr lie under mask? ip6tables cuts the others off. */
static bool
address_is_masked(const struct in6_addr *addr, const struct in6_addr *mask)
{
	for (size_t i = 0; i < sizeof(addr->s6_addr); i++) {
		if (addr->s6_addr[i] & ~mask->s6_addr[i])
			return false;
	}
	return true;
}

/* Does the interface read back? Its mask must be what ip6tables makes of its
 * name, or nothing for any interface, which is "+" when it is inverted. */
static bool
iface_is_plain(const char *name, const unsigned char *mask, bool inverted)
{
	size_t len = strnlen(name, IFNAMSIZ);
	size_t n = 0;

	while (n < IFNAMSIZ && mask[n] == 0xff)
		n++;
	if (!all_zero(mask + n, IFNAMSIZ - n) || len == IFNAMSIZ)
		return false;
	if (n == 0)
		return !inverted || strcmp(name, "+") == 0;
	return n == len + 1 || (n <= len && name[n - 1] &&
				(name[n] == '\0' || (name[n] == '+' &&
						     n + 1 == len)));
}

/* Can the options before the matches say all of it? */
static bool
core_is_plain(const struct rule *rule)
{
	const struct ip6t_ip6 *ip = &((const struct ip6t_entry *)
				      rule->entry)->ipv6;
	bool jumps = rule_has_standard_target(rule) && *rule_target(rule);
	unsigned known = IP6T_F_PROTO | (jumps ? IP6T_F_GOTO : 0);

	if (ip->flags & ~known || ip->tos || ip->proto > UINT8_MAX ||
	    ip->invflags & (IP6T_INV_TOS | IP6T_INV_FRAG) ||
	    ip->invflags & ~IP6T_INV_MASK)
		return false;
	if (ip->proto ? !(ip->flags & IP6T_F_PROTO)
		      : ip->invflags & IP6T_INV_PROTO)
		return false;
	return address_is_masked(&ip->src, &ip->smsk) &&
	       address_is_masked(&ip->dst, &ip->dmsk) &&
	       iface_is_plain(ip->iniface, ip->iniface_mask,
			      ip->invflags & IP6T_INV_VIA_IN) &&
	       iface_is_plain(ip->outiface, ip->outiface_mask,
			      ip->invflags & IP6T_INV_VIA_OUT);
}

/* " ! -s 2001:db8::/32"; nothing for any address. */
static void
add_address(struct str *out, char option, const struct in6_addr *addr,
	    const struct in6_addr *mask, bool inverted)
{
	int len = xtables_ip6mask_to_cidr(mask);
	char text[INET6_ADDRSTRLEN];

	if (len == 0 && !inverted)
		return;
	str_addf(out, "%s -%c %s", inverted ? " !" : "", option,
		 inet_ntop(AF_INET6, addr, text, sizeof(text)));
	if (len >= 0)
		str_addf(out, "/%d", len);
	else
		str_addf(out, "/%s",
			 inet_ntop(AF_INET6, mask, text, sizeof(text)));
}

/* " ! -i eth+": the bytes under the mask, and + where that ends in a name. */
static void
add_iface(struct str *out, char option, const char *name,
	  const unsigned char *mask, bool inverted)
{
	char text[IFNAMSIZ + 2] = "";
	size_t n = 0;

	while (n < IFNAMSIZ && mask[n])
		n++;
	if (n == 0 && !inverted)
		return;
	memcpy(text, name, n);
	if (n < IFNAMSIZ && (n == 0 || name[n - 1]))
		text[n] = '+';
	str_addf(out, "%s -%c ", inverted ? " !" : "", option);
	words_quote(out, text);
}

static void
add_core(struct str *out, const struct ip6t_ip6 *ip)
{
	const char *proto = proto_name(ip->proto, true);

	add_address(out, 's', &ip->src, &ip->smsk,
		    ip->invflags & IP6T_INV_SRCIP);
	add_address(out, 'd', &ip->dst, &ip->dmsk,
		    ip->invflags & IP6T_INV_DSTIP);
	add_iface(out, 'i', ip->iniface, ip->iniface_mask,
		  ip->invflags & IP6T_INV_VIA_IN);
	add_iface(out, 'o', ip->outiface, ip->outiface_mask,
		  ip->invflags & IP6T_INV_VIA_OUT);
	if (ip->proto == 0)
		return;
	str_addf(out, "%s -p ", ip->invflags & IP6T_INV_PROTO ? " !" : "");
	if (proto)
		str_add(out, proto);
	else
		str_addf(out, "%u", ip->proto);
}

/* Read the text back: the same rule, or, where an older revision was printed,
 * the same text once more? */
static bool write_spec(const struct rule *rule, struct str *out);

static bool
reads_back(const struct rule *rule, const char *text)
{
	const char *jump = rule_has_standard_target(rule) ? rule_target(rule)
							   : NULL;
	struct rule *again = parse_back(text, jump);
	struct str twice = { 0 };
	bool good = false;

	if (again)
		good = entries_agree(again, rule) ||
		       (!revisions_agree(again, rule) &&
			write_spec(again, &twice) &&
			strcmp(str_text(&twice), text) == 0);
	str_done(&twice);
	rule_unref(again);
	return good;
}

/* Append the spec, blank first; false where it does not say all. */
static bool
write_spec(const struct rule *rule, struct str *out)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	struct spec spec = { .rule = rule };
	size_t start = out->len;

	if (!core_is_plain(rule))
		return false;
	add_core(out, &e->ipv6);
	if (!box_run(save_extensions, &spec) || !spec.whole)
		return false;
	str_add(out, str_text(box_out()));
	if (rule_has_standard_target(rule) && *rule_target(rule)) {
		str_addf(out, " -%c ", rule_is_goto(rule) ? 'g' : 'j');
		words_quote(out, rule_target(rule));
	}
	return !memchr(out->s ? out->s + start : "", '\n', out->len - start);
}

/* Append the spec, blank first, or nothing and false for an opaque rule. Text
 * is not believed before it was read back: some extensions print names as they
 * are, blanks and quotes and all, others leave out what is inverted when it is a
 * whole range, or round. */
static bool
add_spec(const struct rule *rule, struct str *out)
{
	size_t start = out->len;
	bool good = write_spec(rule, out);

	if (good && !known_has(rule)) {
		good = reads_back(rule, str_text(out) + start);
		if (good)
			known_add(rule);
	}
	if (!good)
		str_cut(out, start);
	return good;
}

static void
add_counters(struct str *out, const struct rule *rule)
{
	str_addf(out, "[%llu:%llu] ",
		 (unsigned long long)rule->counters.packets,
		 (unsigned long long)rule->counters.bytes);
}

void
xt_spec(const struct rule *rule, const char *chain, bool counters,
	struct str *out)
{
	struct str body = { 0 };
	bool good = add_spec(rule, &body);

	if (good && counters)
		add_counters(out, rule);
	str_add(out, good ? "-A " : "# opaque ");
	words_quote(out, chain);
	if (good) {
		str_add(out, str_text(&body));
	} else {
		str_addc(out, ' ');
		if (counters)
			add_counters(out, rule);
		base64_encode(out, rule->entry, rule->size);
	}
	str_done(&body);
}

void
xt_spec_body(const struct rule *rule, struct str *out)
{
	struct str body = { 0 };

	if (add_spec(rule, &body)) {
		str_add(out, str_text(&body) + (body.len > 0));
	} else {
		str_add(out, "# opaque ");
		base64_encode(out, rule->entry, rule->size);
	}
	str_done(&body);
}

bool
xt_is_opaque(const struct rule *rule)
{
	struct str body = { 0 };
	bool good = add_spec(rule, &body);

	str_done(&body);
	return !good;
}

bool
xt_same(const struct rule *a, const struct rule *b)
{
	struct str x = { 0 }, y = { 0 };
	bool same;

	if (rule_equal(a, b))
		return true;
	if (strcmp(rule_target(a), rule_target(b)) != 0)
		return false;
	same = add_spec(a, &x) && add_spec(b, &y) &&
	       strcmp(str_text(&x), str_text(&y)) == 0;
	str_done(&x);
	str_done(&y);
	return same;
}
