/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as guest code reads them. The offsets of an entry were checked when the
 * rule was made, but what lies in an extension's data only the kernel would
 * check: a plugin walks as many elements as a count in it says, and prints
 * strings to their NUL. So a plugin is given a copy with room behind it, far
 * more than a count of 16 bits can reach, and all zeros. */
#include <limits.h>
#include <string.h>
#include "xt-internal.h"

#define VIEW_ROOM (16 * (USHRT_MAX + 1))

static _Alignas(16) unsigned char view[USHRT_MAX + 1 + VIEW_ROOM];
static size_t view_size;

const struct ip6t_entry *
view_entry(const struct rule *rule)
{
	struct ip6t_entry *e = (struct ip6t_entry *)view;

	memcpy(view, rule->entry, rule->size);
	if (rule->size < view_size)
		memset(view + rule->size, 0, view_size - rule->size);
	view_size = rule->size;
	e->counters.pcnt = rule->counters.packets;
	e->counters.bcnt = rule->counters.bytes;
	return e;
}

const struct xt_entry_target *
view_target(const struct ip6t_entry *entry)
{
	return (const void *)((const char *)entry + entry->target_offset);
}

const struct xt_entry_match *
view_match(const struct ip6t_entry *entry, const struct xt_entry_match *m)
{
	const char *at = m ? (const char *)m + m->u.match_size
			   : (const char *)entry->elems;

	if (at >= (const char *)entry + entry->target_offset)
		return NULL;
	return (const void *)at;
}

bool
view_match_fits(const struct xt_entry_match *m, const struct xtables_match *ext)
{
	return m->u.match_size == XT_ALIGN(sizeof(*m)) + ext->size;
}

bool
view_target_fits(const struct xt_entry_target *t,
		 const struct xtables_target *ext)
{
	return t->u.target_size == XT_ALIGN(sizeof(*t)) + ext->size;
}
