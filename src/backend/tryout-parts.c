/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule without some of its extensions: what is left of it can be tried where
 * the whole cannot, and tells which of them the kernel refuses. */
#include <string.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

#define STANDARD_SIZE XT_ALIGN(sizeof(struct xt_standard_target))

static const struct ip6t_entry *
rule_entry(const struct rule *rule)
{
	return (const struct ip6t_entry *)rule->entry;
}

static const struct xt_entry_target *
rule_entry_target(const struct rule *rule)
{
	return (const void *)(rule->entry + rule_entry(rule)->target_offset);
}

static bool
is_jump(const struct rule *rule)
{
	const char *name = rule_target(rule);

	return rule->standard && strcmp(name, "ACCEPT") != 0 &&
	       strcmp(name, "DROP") != 0 && strcmp(name, "RETURN") != 0 &&
	       strcmp(name, "QUEUE") != 0;
}

/* A standard target without a name: on to the next rule. */
static void
add_no_target(struct str *out)
{
	struct xt_standard_target none = { 0 };

	none.target.u.target_size = STANDARD_SIZE;
	str_addn(out, (const char *)&none, STANDARD_SIZE);
}

struct rule *
rule_part(const struct rule *rule,
	  bool (*keep)(const struct xt_entry_match *m, const void *arg),
	  const void *arg, bool target)
{
	const struct counters none = { 0 };
	const struct xt_entry_target *t = rule_entry_target(rule);
	struct rule *part = NULL;
	struct ip6t_entry *e;
	struct str out = { 0 };
	size_t offset;

	str_addn(&out, (const char *)rule->entry, sizeof(*e));
	for (const struct xt_entry_match *m = NULL;
	     (m = rule_next_match(rule, m)) != NULL;)
		if (keep(m, arg))
			str_addn(&out, (const char *)m, m->u.match_size);
	offset = out.len;
	if (target && (!rule->standard || is_jump(rule)))
		str_addn(&out, (const char *)t, t->u.target_size);
	else
		add_no_target(&out);
	e = (struct ip6t_entry *)out.s;
	e->target_offset = (uint16_t)offset;
	e->next_offset = (uint16_t)out.len;
	if (rule_new(out.s, out.len, NULL, none, &part) != OK)
		die("rule_part: %s", err_message());
	str_done(&out);
	return part;
}
