/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole table at once, for a scratch namespace: nothing of what was there is
 * kept, and the kernel's refusal is an errno, not a sentence. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libiptc/libip6tc.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "ip6tc.h"

/* The names of all chains: none may be deleted while they are walked. */
static void
chain_names(struct xtc_handle *h, struct vec *names)
{
	for (const char *name = ip6tc_first_chain(h); name;
	     name = ip6tc_next_chain(h)) {
		char *copy = xcalloc(1, sizeof(xt_chainlabel));

		str_copy(copy, sizeof(xt_chainlabel), name);
		vec_push(names, copy);
	}
}

static int
make_empty(struct xtc_handle *h)
{
	struct vec names = { 0 };
	int ok = 1;

	chain_names(h, &names);
	for (size_t i = 0; i < names.n; i++)
		ok = ok && ip6tc_flush_entries(names.v[i], h);
	for (size_t i = 0; i < names.n; i++) {
		if (!ip6tc_builtin(names.v[i], h))
			ok = ok && ip6tc_delete_chain(names.v[i], h);
		free(names.v[i]);
	}
	vec_done(&names);
	return ok;
}

static int
put_item(struct xtc_handle *h, const struct load_item *item)
{
	static const char *const labels[] = {
		[POLICY_ACCEPT] = "ACCEPT",
		[POLICY_DROP] = "DROP",
	};

	if (item->size)
		return ip6tc_append_entry(item->chain, (const void *)(item + 1),
					  h);
	if (item->policy != POLICY_NONE)
		return ip6tc_set_policy(item->chain, labels[item->policy], NULL,
					h);
	return ip6tc_create_chain(item->chain, h);
}

static int
put_items(struct xtc_handle *h, const unsigned char *at, size_t len)
{
	for (const unsigned char *end = at + len; at < end;) {
		const struct load_item *item = (const void *)at;

		if (!put_item(h, item))
			return 0;
		at += sizeof(*item) + item->size;
	}
	return 1;
}

int
ip6tc_load(const char *table, const void *items, size_t len, bool *opened)
{
	struct xtc_handle *h = ip6tc_init(table);
	int error = 0;

	*opened = h != NULL;
	if (!h)
		return errno;
	if (!make_empty(h) || !put_items(h, items, len) || !ip6tc_commit(h))
		error = errno;
	ip6tc_free(h);
	return error;
}
