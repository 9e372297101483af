/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel entries of what was parsed, laid out as ip6tables lays them out: one
 * for each pair of a source and a destination. */
#include <stdlib.h>
#include <string.h>
#include "xt-internal.h"

/* The word as it was given, of which argument is the copy that guests got. */
static const char *
given(const struct parse *p, const char *argument)
{
	for (int i = 1; argument && i < p->argc; i++) {
		if (p->argv[i] == argument)
			return p->words[i - 1];
	}
	return NULL;
}

/* Numbers and lists of addresses; nothing is looked up unless box_resolve. */
static void
build_addresses(struct parse *p)
{
	uint8_t inverted = p->fw.ipv6.invflags &
			   (IP6T_INV_SRCIP | IP6T_INV_DSTIP);

	p->checked = given(p, p->source);
	xtables_ip6parse_multiple(p->source ? p->source : "::/0", &p->sources,
				  &p->source_masks, &p->n_sources);
	p->checked = given(p, p->destination);
	xtables_ip6parse_multiple(p->destination ? p->destination : "::/0",
				  &p->destinations, &p->destination_masks,
				  &p->n_destinations);
	p->checked = NULL;
	if (inverted && (p->n_sources > 1 || p->n_destinations > 1))
		box_fail(PARAMETER_PROBLEM,
			 _("! is not allowed with several source or "
			   "destination addresses"));
}

/* The size of the entry up to its target. */
static size_t
matches_size(const struct parse *p)
{
	size_t size = sizeof(p->fw);

	for (struct xtables_rule_match *i = p->matches; i; i = i->next)
		size += i->match->m->u.match_size;
	return size;
}

static size_t
target_size(const struct parse *p)
{
	return p->target ? p->target->t->u.target_size
			 : XT_ALIGN(sizeof(struct xt_standard_target));
}

/* The entry without its addresses; a standard target stays without a name. */
static struct ip6t_entry *
build_entry(const struct parse *p, size_t size)
{
	struct ip6t_entry *e = xcalloc(1, size);
	char *at = (char *)e->elems;
	struct xt_entry_target *t;

	*e = p->fw;
	e->target_offset = (uint16_t)(size - target_size(p));
	e->next_offset = (uint16_t)size;
	for (struct xtables_rule_match *i = p->matches; i; i = i->next) {
		memcpy(at, i->match->m, i->match->m->u.match_size);
		at += i->match->m->u.match_size;
	}
	t = (struct xt_entry_target *)at;
	if (p->target)
		memcpy(t, p->target->t, target_size(p));
	else
		t->u.target_size = (uint16_t)target_size(p);
	return e;
}

void
build_rules(struct parse *p)
{
	size_t size = matches_size(p) + target_size(p);
	struct ip6t_entry *e;
	enum err err = OK;

	if (size > ENTRY_SIZE_MAX)
		box_fail(PARAMETER_PROBLEM, _("the rule is too long"));
	build_addresses(p);
	if (p->n_destinations && p->n_sources > RULES_MAX / p->n_destinations)
		box_fail(PARAMETER_PROBLEM, _("these addresses make more rules "
					      "than a table can have"));
	e = build_entry(p, size);
	for (unsigned i = 0; !err && i < p->n_sources; i++) {
		e->ipv6.src = p->sources[i];
		e->ipv6.smsk = p->source_masks[i];
		for (unsigned j = 0; !err && j < p->n_destinations; j++) {
			struct rule *rule;

			e->ipv6.dst = p->destinations[j];
			e->ipv6.dmsk = p->destination_masks[j];
			err = rule_new(e, size, p->target ? "" : p->jump,
				       p->counters, &rule);
			if (!err)
				vec_push(&p->rules, rule);
		}
	}
	free(e);
	if (err)
		box_fail(OTHER_PROBLEM, "%s", err_message());
}
