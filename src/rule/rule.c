/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules are kernel entries in normal form, checked once when they are made, so
 * that whoever walks their matches later needs no bounds of his own. */
#include <limits.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/rule.h>
#include <sallyport/str.h>

#define STANDARD_SIZE XT_ALIGN(sizeof(struct xt_standard_target))

static const char *const verdict_names[] = { "", "ACCEPT", "DROP", "QUEUE",
					     "RETURN" };

/* What nfcache says in normal form: the target's name misleads. */
#define MISLEADING 1

/* Extensions of the kernel whose revision 0 carries 8 bytes or fewer, which may
 * all be zero: an entry in normal form looks like a jump to a chain of that name
 * then. Where it is one, or where another name is an extension's after all, the
 * entry is marked. */
static const char *const small_targets[] = {
	"AUDIT", "CHECKSUM", "CLASSIFY", "CONNSECMARK", "DSCP", "HL", "MARK",
	"NFQUEUE", "REJECT", "SYNPROXY", "TARPIT", "TCPMSS", "TOS",
};

static const struct ip6t_entry *
rule_entry(const struct rule *rule)
{
	return (const struct ip6t_entry *)rule->entry;
}

static struct xt_entry_target *
entry_target(const void *entry)
{
	const struct ip6t_entry *e = entry;

	return (struct xt_entry_target *)((char *)e + e->target_offset);
}

static bool
name_ends(const char name[XT_EXTENSION_MAXNAMELEN])
{
	return memchr(name, '\0', XT_EXTENSION_MAXNAMELEN) != NULL;
}

/* The matches fill the room between entry and target (xt_check_entry_match in
 * net/netfilter/x_tables.c). */
static bool
matches_hold(const struct ip6t_entry *e)
{
	size_t at = sizeof(*e);

	while (at < e->target_offset) {
		const struct xt_entry_match *m = (const void *)
						 ((const char *)e + at);
		size_t left = e->target_offset - at;

		if (left < sizeof(*m) || m->u.match_size < sizeof(*m) ||
		    m->u.match_size > left || !name_ends(m->u.user.name))
			return false;
		at += m->u.match_size;
		if (at != XT_ALIGN(at))
			return false;
	}
	return at == e->target_offset;
}

/* xt_check_entry_offsets() in net/netfilter/x_tables.c, and stricter. */
static bool
entry_holds(const void *entry, size_t size)
{
	const struct ip6t_entry *e = entry;
	const struct xt_entry_target *t;

	if (size < sizeof(*e) + sizeof(*t) || size > USHRT_MAX ||
	    size != XT_ALIGN(size) || e->next_offset != size ||
	    e->target_offset > size - sizeof(*t) || !matches_hold(e))
		return false;
	t = entry_target(e);
	return t->u.target_size >= sizeof(*t) &&
	       t->u.target_size <= size - e->target_offset &&
	       name_ends(t->u.user.name) &&
	       strcmp(t->u.user.name, XT_ERROR_TARGET) != 0;
}

/* Could the target be a standard one in normal form? */
static bool
target_looks_standard(const struct xt_entry_target *t)
{
	const unsigned char *data = t->data;

	if (t->u.target_size != STANDARD_SIZE || t->u.user.revision != 0)
		return false;
	for (size_t i = 0; i < STANDARD_SIZE - sizeof(*t); i++) {
		if (data[i])
			return false;
	}
	return true;
}

/* By its name alone? */
static bool
target_sounds_standard(const struct xt_entry_target *t)
{
	const char *name = t->u.user.name;

	return str_find(verdict_names, ARRAY_LEN(verdict_names), name) ||
	       !str_find(small_targets, ARRAY_LEN(small_targets), name);
}

/* Of an entry in normal form. */
static bool
entry_is_standard(const struct ip6t_entry *e)
{
	const struct xt_entry_target *t = entry_target(e);

	return target_looks_standard(t) &&
	       target_sounds_standard(t) == (e->nfcache != MISLEADING);
}

static void
entry_mark(struct ip6t_entry *e, bool standard)
{
	const struct xt_entry_target *t = entry_target(e);

	e->nfcache = target_looks_standard(t) &&
		     target_sounds_standard(t) != standard ? MISLEADING : 0;
}

/* A standard target as the kernel gives it: no name and a verdict. */
static enum err
target_label(struct xt_entry_target *t, const char *label)
{
	int verdict;

	if (t->u.target_size != STANDARD_SIZE)
		return fail(ERR_PARSE, _("malformed rule entry"));
	memcpy(&verdict, t->data, sizeof(verdict));
	if (!label && verdict != 0)
		return fail(ERR_PARSE, _("a verdict without a name"));
	if (label && strlen(label) >= XT_EXTENSION_MAXNAMELEN)
		return fail(ERR_PARSE, _("name '%s' is too long"), label);
	memset(t->data, 0, STANDARD_SIZE - sizeof(*t));
	memset(t->u.user.name, 0, sizeof(t->u.user.name));
	t->u.user.revision = 0;
	if (label)
		strcpy(t->u.user.name, label);
	return OK;
}

/* The kernel copies names to user space no further than their NUL (xt_obj_to_user
 * in net/netfilter/x_tables.c): what stands behind is the reader's own memory. */
static void
name_clean(char name[XT_EXTENSION_MAXNAMELEN])
{
	size_t len = strlen(name);

	memset(name + len, 0, XT_EXTENSION_MAXNAMELEN - len);
}

static void
names_clean(struct ip6t_entry *e)
{
	for (size_t at = sizeof(*e); at < e->target_offset;) {
		struct xt_entry_match *m = (void *)((char *)e + at);

		name_clean(m->u.user.name);
		at += m->u.match_size;
	}
	name_clean(entry_target(e)->u.user.name);
}

static enum err
rule_normalise(struct rule *rule, const char *label)
{
	struct ip6t_entry *e = (struct ip6t_entry *)rule->entry;
	struct xt_entry_target *t = entry_target(e);
	enum err err = OK;

	names_clean(e);
	e->comefrom = 0;
	memset(&e->counters, 0, sizeof(e->counters));
	rule->standard = !t->u.user.name[0];
	if (rule->standard)
		err = target_label(t, label);
	else
		rule->standard = !label && entry_is_standard(e);
	entry_mark(e, rule->standard);
	return err;
}

/* memory for a rule of size bytes, with one reference and an id. */
static struct rule *
rule_alloc(const void *entry, size_t size)
{
	static uint64_t last_id;
	struct rule *rule = xcalloc(1, sizeof(*rule) + size);

	rule->refs = 1;
	rule->id = ++last_id;
	rule->size = size;
	memcpy(rule->entry, entry, size);
	return rule;
}

enum err
rule_new(const void *entry, size_t size, const char *label,
	 struct counters counters, struct rule **rule)
{
	struct rule *r;
	enum err err;

	/* One that is too short is never looked into; the copy is aligned. */
	if (size < sizeof(struct ip6t_entry) || size > USHRT_MAX)
		return fail(ERR_PARSE, _("malformed rule entry"));
	r = rule_alloc(entry, size);
	r->counters = counters;
	if (entry_holds(r->entry, size))
		err = rule_normalise(r, label);
	else
		err = fail(ERR_PARSE, _("malformed rule entry"));
	if (err)
		rule_unref(r);
	else
		*rule = r;
	return err;
}

struct rule *
rule_ref(const struct rule *rule)
{
	struct rule *r = (struct rule *)rule;

	r->refs++;
	return r;
}

void
rule_unref(struct rule *rule)
{
	if (rule && --rule->refs == 0)
		free(rule);
}

void
rules_done(struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_unref(rules->v[i]);
	vec_done(rules);
}

bool
rule_equal(const struct rule *a, const struct rule *b)
{
	return a == b || (a->size == b->size &&
			  memcmp(a->entry, b->entry, a->size) == 0);
}

const char *
rule_target(const struct rule *rule)
{
	return entry_target(rule->entry)->u.user.name;
}

bool
rule_has_standard_target(const struct rule *rule)
{
	return rule->standard;
}

bool
rule_jumps_to(const struct rule *rule, const char *chain)
{
	return rule->standard && *chain &&
	       strcmp(rule_target(rule), chain) == 0;
}

bool
rule_is_goto(const struct rule *rule)
{
	return rule->standard && rule_entry(rule)->ipv6.flags & IP6T_F_GOTO;
}

bool
rule_is_icmp4(const struct rule *rule)
{
	const struct ip6t_ip6 *ip = &rule_entry(rule)->ipv6;

	return ip->proto == IPPROTO_ICMP && !(ip->invflags & IP6T_INV_PROTO);
}

bool
rule_resembles(const struct rule *a, const struct rule *b)
{
	const struct ip6t_entry *ea = rule_entry(a), *eb = rule_entry(b);
	size_t head = offsetof(struct ip6t_entry, elems);

	if (ea->ipv6.proto == eb->ipv6.proto &&
	    strcmp(rule_target(a), rule_target(b)) == 0)
		return true;
	return ea->target_offset == eb->target_offset &&
	       memcmp(&ea->ipv6, &eb->ipv6, sizeof(ea->ipv6)) == 0 &&
	       memcmp(a->entry + head, b->entry + head,
		      ea->target_offset - head) == 0;
}

bool
rule_is_bare(const struct rule *rule)
{
	static const struct ip6t_ip6 any;
	struct ip6t_ip6 ip = rule_entry(rule)->ipv6;

	ip.flags &= (uint8_t)~IP6T_F_GOTO;
	return memcmp(&ip, &any, sizeof(ip)) == 0 &&
	       !rule_next_match(rule, NULL);
}

enum err
rule_check_chain(const struct rule *rule, const char *chain)
{
	const struct ip6t_ip6 *ip = &rule_entry(rule)->ipv6;

	if (ip->outiface[0] && (strcmp(chain, "INPUT") == 0 ||
				strcmp(chain, "PREROUTING") == 0))
		return fail(ERR_PARSE, _("can't use -o with %s"), chain);
	if (ip->iniface[0] && (strcmp(chain, "OUTPUT") == 0 ||
			       strcmp(chain, "POSTROUTING") == 0))
		return fail(ERR_PARSE, _("can't use -i with %s"), chain);
	return OK;
}

static struct rule *
rule_dup(const struct rule *rule)
{
	struct rule *copy = rule_alloc(rule->entry, rule->size);

	copy->id = rule->id;
	copy->counters = rule->counters;
	copy->standard = rule->standard;
	return copy;
}

struct rule *
rule_retarget(const struct rule *rule, const char *label)
{
	struct rule *copy = rule_dup(rule);

	if (target_label(entry_target(copy->entry), label))
		die("rule_retarget: %s", err_message());
	copy->standard = true;
	entry_mark((struct ip6t_entry *)copy->entry, true);
	return copy;
}

struct rule *
rule_with_counters(const struct rule *rule, struct counters counters)
{
	struct rule *copy = rule_dup(rule);

	copy->counters = counters;
	return copy;
}

struct rule *
rule_with_id(const struct rule *rule, uint64_t id)
{
	struct rule *copy = rule_dup(rule);

	copy->id = id;
	return copy;
}

struct xt_entry_match *
rule_next_match(const struct rule *rule, const struct xt_entry_match *match)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	const unsigned char *at = rule->entry + sizeof(*e);

	if (match)
		at = (const unsigned char *)match + match->u.match_size;
	if (at >= rule->entry + e->target_offset)
		return NULL;
	return (struct xt_entry_match *)(uintptr_t)at;
}

const struct xt_entry_target *
rule_extension(const struct rule *rule)
{
	return rule->standard ? NULL : entry_target(rule->entry);
}
