/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mark of a packet and that of its connection, bit for bit: what rules make
 * of them (xt_mark.c and xt_connmark.c in net/netfilter), and what they ask. */
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include "walk-internal.h"

static struct bits
bits_masked(struct bits a, uint32_t mask)
{
	return (struct bits){ a.value & mask, a.known | ~mask };
}

static struct bits
bits_xor(struct bits a, struct bits b)
{
	uint32_t known = a.known & b.known;

	return (struct bits){ (a.value ^ b.value) & known, known };
}

static struct bits
bits_shifted(struct bits a, unsigned by, bool right)
{
	if (by > 31)
		return (struct bits){ .known = 0 };
	if (right)
		return (struct bits){ a.value >> by,
				      a.known >> by | ~(UINT32_MAX >> by) };
	return (struct bits){ a.value << by,
			      a.known << by | ~(UINT32_MAX << by) };
}

bool
bits_are(struct bits a, uint32_t value)
{
	return a.known == UINT32_MAX && a.value == value;
}

bool
bits_equal(struct bits a, struct bits b)
{
	return a.known == b.known && a.value == b.value;
}

/* What is known of either. */
struct bits
bits_either(struct bits a, struct bits b)
{
	uint32_t known = a.known & b.known & ~(a.value ^ b.value);

	return (struct bits){ a.value & known, known };
}

/* (mark & mask) == value */
static enum match
match_bits(struct bits mark, uint32_t mask, uint32_t value, bool invert,
	   struct question *q, const char *why)
{
	if ((value & ~mask) || ((mark.value ^ value) & mask & mark.known))
		return match_answer(PART_NONE, invert);
	if (mask & ~mark.known)
		return match_maybe(q, why);
	return match_answer(PART_ALL, invert);
}

enum match
match_mark(const void *data, struct question *q)
{
	const struct xt_mark_mtinfo1 *info = data;

	return match_bits(q->set->mark, info->mask, info->mark, info->invert, q,
			  "mark");
}

/* Without a connection it matches nothing, inverted or not. */
enum match
match_connmark(const void *data, struct question *q)
{
	const struct xt_connmark_mtinfo1 *info = data;

	if (q->set->ct == CT_INVALID || q->set->ct == CT_UNTRACKED)
		return MATCH_NO;
	return match_bits(q->set->ct_mark, info->mask, info->mark, info->invert,
			  q, "connmark");
}

/* Both revisions begin alike; the first one does not shift. */
static void
change_connection(const struct xt_connmark_tginfo2 *info, struct piece_set *set)
{
	bool right = info->shift_dir == D_SHIFT_RIGHT;
	struct bits value = { info->ctmark, UINT32_MAX }, moved;

	switch (info->mode) {
	case XT_CONNMARK_SET:
		moved = bits_xor(bits_masked(set->ct_mark, ~info->ctmask),
				 value);
		set->ct_mark = bits_shifted(moved, info->shift_bits, right);
		break;
	case XT_CONNMARK_SAVE:
		moved = bits_shifted(bits_masked(set->mark, info->nfmask),
				     info->shift_bits, right);
		set->ct_mark = bits_xor(bits_masked(set->ct_mark,
						    ~info->ctmask), moved);
		break;
	case XT_CONNMARK_RESTORE:
		moved = bits_shifted(bits_masked(set->ct_mark, info->ctmask),
				     info->shift_bits, right);
		set->mark = bits_xor(bits_masked(set->mark, ~info->nfmask),
				     moved);
		break;
	}
}

static void
change_connmark(const struct xt_entry_target *t, size_t size,
		struct piece_set *set)
{
	struct xt_connmark_tginfo2 info = { .mode = XT_CONNMARK_SET };
	const struct xt_connmark_tginfo1 *old = (const void *)t->data;

	if (set->ct == CT_INVALID || set->ct == CT_UNTRACKED)
		return;
	if (t->u.user.revision == 2 && size >= sizeof(info)) {
		memcpy(&info, t->data, sizeof(info));
	} else if (t->u.user.revision == 1 && size >= sizeof(*old)) {
		info.ctmark = old->ctmark;
		info.ctmask = old->ctmask;
		info.nfmask = old->nfmask;
		info.mode = old->mode;
	} else {
		set->mark = set->ct_mark = (struct bits){ .known = 0 };
		return;
	}
	change_connection(&info, set);
}

void
target_mark(const struct rule *rule, struct piece_set *set)
{
	size_t size;
	const struct xt_entry_target *t = rule_entry_target(rule, &size);
	const struct xt_mark_tginfo2 *info = (const void *)t->data;

	if (strcmp(t->u.user.name, "CONNMARK") == 0)
		change_connmark(t, size, set);
	else if (strcmp(t->u.user.name, "MARK") == 0 &&
		 t->u.user.revision == 2 && size >= sizeof(*info))
		set->mark = bits_xor(bits_masked(set->mark, ~info->mask),
				     (struct bits){ info->mark, UINT32_MAX });
	else
		set->mark = (struct bits){ .known = 0 };
}
