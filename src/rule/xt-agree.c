/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries that say the same, though their bytes need not be the same. */
#include <stdlib.h>
#include <string.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>
#include "xt-internal.h"

int32_t *
program_descriptor(struct xt_entry_match *m)
{
	struct xt_bpf_info_v1 *info = (void *)m->data;

	if (strcmp(m->u.user.name, "bpf") != 0 || m->u.user.revision != 1 ||
	    m->u.match_size < sizeof(*m) + sizeof(*info) ||
	    info->mode != XT_BPF_MODE_PATH_PINNED)
		return NULL;
	return &info->fd;
}

static void
iface_strip(char *name, const unsigned char *mask)
{
	for (size_t i = 0; i < IFNAMSIZ; i++) {
		if (mask[i])
			return;
	}
	memset(name, 0, IFNAMSIZ);
}

/* A copy of the entry without what no spec says. */
static struct ip6t_entry *
stripped(const struct rule *rule)
{
	struct ip6t_entry *e = xmemdup(rule->entry, rule->size);
	struct ip6t_ip6 *ip = &e->ipv6;
	const struct xt_entry_match *m = view_match(e, NULL);

	if (ip->proto == 0)
		ip->flags &= (uint8_t)~IP6T_F_PROTO;
	iface_strip(ip->iniface, ip->iniface_mask);
	iface_strip(ip->outiface, ip->outiface_mask);
	for (; m; m = view_match(e, m)) {
		int32_t *fd = program_descriptor((struct xt_entry_match *)m);

		if (fd)
			*fd = 0;
	}
	return e;
}

bool
entries_agree(const struct rule *a, const struct rule *b)
{
	struct ip6t_entry *x = stripped(a), *y = stripped(b);
	bool same = a->size == b->size && memcmp(x, y, a->size) == 0;

	free(x);
	free(y);
	return same;
}

bool
revisions_agree(const struct rule *a, const struct rule *b)
{
	const struct ip6t_entry *x = (const void *)a->entry;
	const struct ip6t_entry *y = (const void *)b->entry;
	const struct xt_entry_match *m = view_match(x, NULL);
	const struct xt_entry_match *n = view_match(y, NULL);

	for (; m && n; m = view_match(x, m), n = view_match(y, n)) {
		if (m->u.user.revision != n->u.user.revision)
			return false;
	}
	return !m && !n && view_target(x)->u.user.revision ==
			   view_target(y)->u.user.revision;
}
