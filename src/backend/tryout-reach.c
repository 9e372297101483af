/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From which built-in chains each rule is reached, told as the kernel tells it:
 * every jump may be taken, and what stands behind an unconditional verdict is
 * reached by nobody (mark_source_chains() in net/ipv6/netfilter/ip6_tables.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

const char *const hook_chain_names[NF_INET_NUMHOOKS] = {
	[NF_INET_PRE_ROUTING] = "PREROUTING",
	[NF_INET_LOCAL_IN] = "INPUT",
	[NF_INET_FORWARD] = "FORWARD",
	[NF_INET_LOCAL_OUT] = "OUTPUT",
	[NF_INET_POST_ROUTING] = "POSTROUTING",
};

static bool
is_verdict_name(const char *name)
{
	return strcmp(name, "ACCEPT") == 0 || strcmp(name, "DROP") == 0 ||
	       strcmp(name, "RETURN") == 0 || strcmp(name, "QUEUE") == 0;
}

bool
rule_is_verdict(const struct rule *rule)
{
	static const struct ip6t_ip6 any;
	const struct ip6t_entry *e = (const void *)rule->entry;

	return rule->standard && e->target_offset == sizeof(*e) &&
	       memcmp(&e->ipv6, &any, sizeof(any)) == 0 &&
	       is_verdict_name(rule_target(rule));
}

static int
node_compare(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return strcmp(x->chain->name, y->chain->name);
}

static int
name_compare(const void *name, const void *node)
{
	return strcmp(name, ((const struct node *)node)->chain->name);
}

struct node *
reach_node(const struct reach *reach, const char *chain)
{
	return bsearch(chain, reach->nodes, reach->n, sizeof(*reach->nodes),
		       name_compare);
}

struct node *
reach_jump(const struct reach *reach, const struct rule *rule)
{
	if (!rule->standard || is_verdict_name(rule_target(rule)))
		return NULL;
	return reach_node(reach, rule_target(rule));
}

unsigned
node_hooks(const struct node *node, size_t pos)
{
	return pos < node->stop ? node->hooks : 0;
}

static void
node_look(struct reach *reach, struct node *node)
{
	const struct vec *rules = &node->chain->rules;

	for (node->stop = 0; node->stop < rules->n;) {
		const struct rule *rule = rules->v[node->stop++];
		struct node *to = reach_jump(reach, rule);

		if (to)
			vec_push(&node->jumps, to);
		else if (rule_is_verdict(rule))
			return;
	}
}

static void
node_visit(struct node *node, unsigned hook)
{
	if (node->hooks & hook)
		return;
	node->hooks |= hook;
	for (size_t i = 0; i < node->jumps.n; i++)
		node_visit(node->jumps.v[i], hook);
}

void
reach_want(struct node *node)
{
	if (node->wanted)
		return;
	node->wanted = true;
	for (size_t i = 0; i < node->jumps.n; i++)
		reach_want(node->jumps.v[i]);
}

struct reach *
reach_new(const struct ruleset *rs)
{
	struct reach *reach = xcalloc(1, sizeof(*reach));

	reach->n = rs->chains.n;
	reach->nodes = xcalloc(reach->n + 1, sizeof(*reach->nodes));
	for (size_t i = 0; i < reach->n; i++)
		reach->nodes[i].chain = rs->chains.v[i];
	qsort(reach->nodes, reach->n, sizeof(*reach->nodes), node_compare);
	for (size_t i = 0; i < reach->n; i++)
		node_look(reach, &reach->nodes[i]);
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		struct node *node = reach_node(reach, hook_chain_names[hook]);

		if (node && chain_is_builtin(node->chain))
			node_visit(node, 1u << hook);
	}
	return reach;
}

void
reach_free(struct reach *reach)
{
	if (!reach)
		return;
	for (size_t i = 0; i < reach->n; i++)
		vec_done(&reach->nodes[i].jumps);
	free(reach->nodes);
	free(reach);
}
