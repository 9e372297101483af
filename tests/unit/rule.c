/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules: normal form, identity, and entries that somebody tampered with. */
#include "../tap.h"
#include <stddef.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/rule.h>

#define MATCH_SIZE (sizeof(struct xt_entry_match) + 16)
#define TARGET_SIZE XT_ALIGN(sizeof(struct xt_standard_target))
#define ENTRY_SIZE (sizeof(struct ip6t_entry) + 2 * MATCH_SIZE + TARGET_SIZE)

/* Entries are made in heap memory and copied as bytes only. */
static struct xt_entry_match *
sample_match(void *entry, size_t n)
{
	return (void *)((char *)entry + sizeof(struct ip6t_entry) +
			n * MATCH_SIZE);
}

static struct xt_entry_target *
sample_target(void *entry)
{
	return (void *)sample_match(entry, 2);
}

/* As the kernel gives it: two matches and a jump without a name. */
static struct ip6t_entry *
sample_make(void)
{
	struct ip6t_entry *e = xcalloc(1, ENTRY_SIZE);
	int verdict = -5;

	e->target_offset = ENTRY_SIZE - TARGET_SIZE;
	e->next_offset = ENTRY_SIZE;
	e->nfcache = 7;
	e->comefrom = 42;
	e->counters.pcnt = 5;
	for (size_t i = 0; i < 2; i++) {
		sample_match(e, i)->u.match_size = MATCH_SIZE;
		strcpy(sample_match(e, i)->u.user.name, "foo");
	}
	sample_target(e)->u.target_size = TARGET_SIZE;
	memcpy(sample_target(e)->data, &verdict, sizeof(verdict));
	return e;
}

static struct rule *
make(const void *entry, const char *label)
{
	struct rule *rule = NULL;
	struct counters counters = { 3, 180 };

	if (rule_new(entry, ENTRY_SIZE, label, counters, &rule))
		return NULL;
	return rule;
}

static void
test_normal_form(void)
{
	struct ip6t_entry *sample = sample_make();
	struct rule *rule = make(sample, "mine");
	const struct ip6t_entry *e = (const void *)rule->entry;
	const struct xt_entry_target *t =
		(const void *)(rule->entry + e->target_offset);
	int verdict;

	memcpy(&verdict, t->data, sizeof(verdict));
	is_str(rule_target(rule), "mine", "a standard target has its label");
	is_int(verdict, 0, "and no verdict");
	is_int(e->nfcache | e->comefrom, 0, "the kernel's marks are gone");
	is_int(e->counters.pcnt, 0, "counters are not in the entry");
	is_int(rule->counters.bytes, 180, "but in the rule");
	ok(rule_has_standard_target(rule), "it is a standard target");
	ok(rule_jumps_to(rule, "mine"), "it jumps to its chain");
	ok(!rule_jumps_to(rule, "other"), "and to no other");
	ok(!rule_is_goto(rule), "it is no goto");
	rule_unref(rule);
	free(sample);
}

static void
test_labels(void)
{
	struct ip6t_entry *s = sample_make();
	struct rule *rule;

	ok(!make(s, NULL), "a verdict without a name is refused");
	ok(!make(s, "0123456789012345678901234567890"), "a long name is refused");
	memset(sample_target(s)->data, 0, 8);
	rule = make(s, NULL);
	ok(rule && rule_has_standard_target(rule), "a rule without a target");
	is_str(rule_target(rule), "", "has an empty name");
	ok(!rule_jumps_to(rule, ""), "and jumps nowhere");
	rule_unref(rule);

	strcpy(sample_target(s)->u.user.name, "REJECT");
	rule = make(s, NULL);
	ok(rule && !rule_has_standard_target(rule), "REJECT is an extension");
	rule_unref(rule);
	strcpy(sample_target(s)->u.user.name, "DROP");
	rule = make(s, NULL);
	ok(rule && rule_has_standard_target(rule), "DROP is a verdict");
	rule_unref(rule);
	strcpy(sample_target(s)->u.user.name, "mine");
	rule = make(s, NULL);
	ok(rule && rule_has_standard_target(rule), "another name is a chain");
	rule_unref(rule);
	rule = make(s, "mine");
	ok(rule && !rule_has_standard_target(rule),
	   "but an extension where the kernel gives it a name");
	rule_unref(rule);
	strcpy(sample_target(s)->u.user.name, "ERROR");
	ok(!make(s, NULL), "the kernel's own ERROR target is refused");
	free(s);
}

/* What the kernel, or a parse, knows of a target is known from the bytes too. */
static void
test_misleading(void)
{
	static const struct {
		const char *name;
		const char *label;	/* NULL: what the kernel calls it */
		bool standard;
	} targets[] = {
		{ "REJECT", "REJECT", false }, { "mine", "mine", false },
		{ "", "REJECT", true }, { "", "mine", true },
		{ "", "DROP", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct ip6t_entry *s = sample_make();
		struct rule *rule, *again, *third;

		memset(sample_target(s)->data, 0, 8);
		strcpy(sample_target(s)->u.user.name, targets[i].name);
		rule = make(s, targets[i].label);
		again = make((void *)rule->entry, NULL);
		ok(rule_has_standard_target(rule) == targets[i].standard &&
		   rule_has_standard_target(again) == targets[i].standard,
		   "%s is %s", targets[i].label,
		   targets[i].standard ? "a chain" : "an extension");
		ok(rule_equal(rule, again), "to the byte");
		third = rule_retarget(again, "REJECT");
		ok(rule_has_standard_target(third), "and a chain once told");
		rule_unref(again);
		again = make((void *)third->entry, NULL);
		ok(rule_has_standard_target(again), "which its bytes tell");
		rule_unref(rule);
		rule_unref(again);
		rule_unref(third);
		free(s);
	}
}

static void
test_identity(void)
{
	struct ip6t_entry *s = sample_make();
	struct rule *a = make(s, "mine");
	struct rule *b = make(s, "mine");
	struct rule *other = rule_retarget(a, "other");
	struct rule *counted = rule_with_counters(a, (struct counters){ 9, 9 });
	struct rule *again = rule_ref(a);

	ok(rule_equal(a, b) && a->id != b->id, "equal rules have ids of their own");
	ok(!rule_equal(a, other) && a->id == other->id,
	   "another target: the same rule, other bytes");
	is_str(rule_target(other), "other", "which name the new target");
	is_int(other->counters.packets, 3, "counters stay");
	ok(rule_equal(a, counted) && a->id == counted->id &&
	   counted->counters.packets == 9, "counters do not count");
	ok(again == a, "a reference is the rule itself");
	rule_unref(a);
	is_str(rule_target(again), "mine", "and keeps it");
	rule_unref(again);
	rule_unref(b);
	rule_unref(other);
	rule_unref(counted);
	rule_unref(NULL);
	free(s);
}

static void
test_chain(void)
{
	struct ip6t_entry *e = sample_make();
	struct rule *rule;

	strcpy(e->ipv6.outiface, "eth0");
	e->ipv6.flags = IP6T_F_GOTO;
	rule = make(e, "mine");
	ok(rule_is_goto(rule), "a goto");
	is_int(rule_check_chain(rule, "INPUT"), ERR_PARSE, "no -o in INPUT");
	is_int(rule_check_chain(rule, "PREROUTING"), ERR_PARSE,
	       "no -o in PREROUTING");
	is_int(rule_check_chain(rule, "OUTPUT"), OK, "-o in OUTPUT");
	is_int(rule_check_chain(rule, "mine"), OK, "-o in a chain");
	rule_unref(rule);
	e->ipv6.outiface[0] = '\0';
	strcpy(e->ipv6.iniface, "eth0");
	rule = make(e, "mine");
	is_int(rule_check_chain(rule, "OUTPUT"), ERR_PARSE, "no -i in OUTPUT");
	is_int(rule_check_chain(rule, "INPUT"), OK, "-i in INPUT");
	rule_unref(rule);
	free(e);
}

/* Whatever is taken must hold together when its parts are walked. */
static bool
is_walkable(const struct rule *rule)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	size_t at = sizeof(*e);
	const struct xt_entry_target *t;

	while (at < e->target_offset) {
		const struct xt_entry_match *m = (const void *)(rule->entry + at);

		if (at + sizeof(*m) > rule->size || m->u.match_size == 0)
			return false;
		at += m->u.match_size;
	}
	t = (const void *)(rule->entry + e->target_offset);
	return at == e->target_offset && at + sizeof(*t) <= rule->size &&
	       at + t->u.target_size <= rule->size &&
	       strlen(rule_target(rule)) < CHAIN_NAME_SIZE;
}

/* Every value of each byte that is an offset, a size or the end of a name. */
static void
test_tampered(void)
{
	unsigned char *s = (unsigned char *)sample_make();
	unsigned taken = 0, bad = 0, tried = 0;

	for (size_t at = offsetof(struct ip6t_entry, nfcache); at < ENTRY_SIZE;
	     at++) {
		for (unsigned value = 0; value < 256; value++) {
			unsigned char was = s[at];
			struct rule *rule;

			s[at] = (unsigned char)value;
			rule = make(s, "mine");
			s[at] = was;
			tried++;
			taken += rule != NULL;
			bad += rule && !is_walkable(rule);
			rule_unref(rule);
		}
	}
	is_int(bad, 0, "%u tampered entries, %u taken: all hold", tried, taken);
	ok(taken < tried, "some were refused");
	for (size_t size = 0; size < ENTRY_SIZE; size++) {
		void *cut = xmemdup(s, size ? size : 1);
		struct rule *rule = NULL;

		bad += rule_new(cut, size, "mine", (struct counters){ 0 },
				&rule) == OK;
		free(cut);
	}
	is_int(bad, 0, "an entry that was cut is refused at every length");
	free(s);
}

int
main(void)
{
	test_normal_form();
	test_labels();
	test_misleading();
	test_identity();
	test_chain();
	test_tampered();
	return done_testing();
}
