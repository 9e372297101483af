/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scratch table: a small one in which each suspect is reached from exactly
 * the built-in chains from which it is reached in the candidate. Of the other
 * rules only the shape stays: jumps between the chains that are needed, so that
 * a circle is one here too, and unconditional verdicts. */
#include <string.h>
#include <sallyport/mem.h>
#include "ip6tc.h"
#include "tryout-internal.h"

static void
add_item(struct str *out, const char *chain, const struct rule *rule)
{
	struct load_item item = { .size = rule ? (uint32_t)rule->size : 0 };

	str_copy(item.chain, sizeof(item.chain), chain);
	str_addn(out, (const char *)&item, sizeof(item));
	if (rule)
		str_addn(out, (const char *)rule->entry, rule->size);
}

static bool
keep_none(const struct xt_entry_match *m, const void *arg)
{
	(void)m;
	(void)arg;
	return false;
}

/* An unconditional jump to the chain. */
static struct rule *
plain_jump(const char *chain)
{
	const struct counters none = { 0 };
	struct {
		struct ip6t_entry entry;
		struct xt_standard_target target;
	} e;
	struct rule *rule;

	memset(&e, 0, sizeof(e));
	e.entry.target_offset = sizeof(e.entry);
	e.entry.next_offset = sizeof(e);
	e.target.target.u.target_size = sizeof(e.target);
	if (rule_new(&e, sizeof(e), chain, none, &rule) != OK)
		die("plain_jump: %s", err_message());
	return rule;
}

/* Which chains are needed: those of the suspects, and what lies below those to
 * which they jump. */
static void
want_chains(struct reach *reach, const struct vec *suspects,
	    struct range range)
{
	for (size_t i = 0; i < reach->n; i++)
		reach->nodes[i].wanted = false;
	for (size_t i = range.from; i < range.to; i++) {
		const struct suspect *s = suspects->v[i];
		struct node *to = reach_jump(reach, s->tried);

		if (to && !s->refused)
			reach_want(to);
	}
	for (size_t i = range.from; i < range.to; i++) {
		const struct suspect *s = suspects->v[i];

		if (!s->refused)
			reach_node(reach, s->chain->name)->wanted = true;
	}
}

/* From the built-in chain, at its beginning, to all chains which it reaches. */
static void
add_links(const struct reach *reach, unsigned hook, struct str *out)
{
	for (size_t i = 0; i < reach->n; i++) {
		const struct node *node = &reach->nodes[i];
		struct rule *jump;

		if (!node->wanted || chain_is_builtin(node->chain) ||
		    !(node->hooks & 1u << hook))
			continue;
		jump = plain_jump(node->chain->name);
		add_item(out, hook_chain_names[hook], jump);
		rule_unref(jump);
	}
}

/* What is left of a rule that is not tried now. */
static void
add_shape(const struct reach *reach, const char *chain,
	  const struct rule *rule, struct str *out)
{
	const struct node *to = reach_jump(reach, rule);

	if (to && to->wanted) {
		struct rule *part = rule_part(rule, keep_none, NULL, true);

		add_item(out, chain, part);
		rule_unref(part);
	} else if (rule_is_verdict(rule)) {
		add_item(out, chain, rule);
	}
}

/* at is the first suspect of the chain or behind it; returns the first one of
 * later chains. */
static size_t
add_rules(const struct reach *reach, const struct chain *chain,
	  const struct vec *suspects, struct range range, size_t at,
	  struct str *out)
{
	bool wanted = reach_node(reach, chain->name)->wanted;

	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct suspect *s = at < suspects->n ?
					  suspects->v[at] : NULL;
		bool is_it = s && s->chain == chain && s->pos == i;
		bool in_range = is_it && at >= range.from && at < range.to;

		at += is_it;
		if (!wanted || (is_it && s->refused))
			continue;
		if (in_range)
			add_item(out, chain->name, s->tried);
		else
			add_shape(reach, chain->name, chain->rules.v[i], out);
	}
	return at;
}

void
scratch_write(const struct ruleset *candidate, struct reach *reach,
	      const struct vec *suspects, struct range range, struct str *out)
{
	size_t at = 0;

	want_chains(reach, suspects, range);
	for (size_t i = 0; i < reach->n; i++) {
		const struct node *node = &reach->nodes[i];

		if (node->wanted && !chain_is_builtin(node->chain))
			add_item(out, node->chain->name, NULL);
	}
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		add_links(reach, hook, out);
	for (size_t i = 0; i < candidate->chains.n; i++)
		at = add_rules(reach, candidate->chains.v[i], suspects, range,
			       at, out);
}
