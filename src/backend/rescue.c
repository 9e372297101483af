/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of IP6T_SO_SET_REPLACE and IP6T_SO_SET_ADD_COUNTERS, ready: the
 * entries that the kernel hands out are those that it takes back. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/rescue.h>
#include "raw.h"

#define ATTEMPTS 5	/* somebody else may be faster */
#define ROOM 16384	/* entries more than now that the table may have then */

/* What stands in front of each table's bytes: the replacement, the counters to
 * add, and room for those that the kernel hands back. */
struct item {
	uint64_t replace_size;
	uint64_t add_size;
	uint64_t room;		/* entries */
	uint64_t size;		/* of it all, with this head */
};

static size_t
aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static void
add_bytes(struct str *out, const void *bytes, size_t n)
{
	static const char zeroes[16] = { 0 };

	str_addn(out, bytes, n);
	str_addn(out, zeroes, aligned(n) - n);
}

static void
add_replace(struct str *out, const struct ip6t_getinfo *info,
	    const struct ip6t_get_entries *entries)
{
	struct ip6t_replace *replace = xcalloc(1, sizeof(*replace) +
						   info->size);

	memcpy(replace->name, info->name, sizeof(replace->name));
	replace->valid_hooks = info->valid_hooks;
	replace->num_entries = info->num_entries;
	replace->size = info->size;
	memcpy(replace->hook_entry, info->hook_entry,
	       sizeof(replace->hook_entry));
	memcpy(replace->underflow, info->underflow, sizeof(replace->underflow));
	memcpy(replace->entries, entries->entrytable, info->size);
	add_bytes(out, replace, sizeof(*replace) + info->size);
	free(replace);
}

static void
add_counters(struct str *out, const struct ip6t_getinfo *info,
	     const struct ip6t_get_entries *entries, size_t size)
{
	struct xt_counters_info *add = xcalloc(1, size);
	const char *at = (const void *)entries->entrytable;

	memcpy(add->name, info->name, sizeof(add->name));
	add->num_counters = info->num_entries;
	for (unsigned i = 0; i < info->num_entries; i++) {
		const struct ip6t_entry *entry = (const void *)at;

		add->counters[i] = entry->counters;
		at += entry->next_offset;
	}
	add_bytes(out, add, size);
	free(add);
}

enum err
rescue_add(struct str *out, const char *table)
{
	const struct ip6t_get_entries *entries;
	const struct ip6t_getinfo *info;
	struct raw_table *rt;
	struct item item = { 0 };
	char *room;
	enum err err = raw_table_read(table, &rt);

	if (err)
		return err;
	raw_table_parts(rt, &info, &entries);
	item.replace_size = sizeof(struct ip6t_replace) + info->size;
	item.add_size = sizeof(struct xt_counters_info) +
			info->num_entries * sizeof(struct xt_counters);
	item.room = info->num_entries + ROOM;
	item.size = aligned(sizeof(item)) + aligned(item.replace_size) +
		    aligned(item.add_size) +
		    item.room * sizeof(struct xt_counters);
	add_bytes(out, &item, sizeof(item));
	add_replace(out, info, entries);
	add_counters(out, info, entries, item.add_size);
	room = xcalloc(item.room, sizeof(struct xt_counters));
	add_bytes(out, room, item.room * sizeof(struct xt_counters));
	free(room);
	raw_table_free(rt);
	return OK;
}

/* The kernel wants to know how many entries it has now. */
static int
replace(int fd, struct ip6t_replace *new, struct xt_counters *old, size_t room,
	size_t size)
{
	struct ip6t_getinfo info = { 0 };
	socklen_t len = sizeof(info);

	memcpy(info.name, new->name, sizeof(info.name));
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &info, &len) < 0)
		return errno;
	if (info.num_entries > room)
		return E2BIG;
	new->num_counters = info.num_entries;
	new->counters = old;
	return setsockopt(fd, IPPROTO_IPV6, IP6T_SO_SET_REPLACE, new,
			  (socklen_t)size) < 0 ? errno : 0;
}

static int
put_item(int fd, char *at)
{
	const struct item *item = (const void *)at;
	struct ip6t_replace *new;
	void *add, *old;
	int error = EAGAIN;

	at += aligned(sizeof(*item));
	new = (void *)at;
	at += aligned(item->replace_size);
	add = at;
	old = at + aligned(item->add_size);
	for (int i = 0; i < ATTEMPTS && error == EAGAIN; i++)
		error = replace(fd, new, old, item->room, item->replace_size);
	if (!error && setsockopt(fd, IPPROTO_IPV6, IP6T_SO_SET_ADD_COUNTERS, add,
				 (socklen_t)item->add_size) < 0)
		return 0;	/* the rules are what matters */
	return error;
}

/* The n-th item from the start, or NULL past the end. */
static char *
item_at(char *blob, size_t len, size_t n)
{
	for (size_t at = 0; at + sizeof(struct item) <= len;) {
		const struct item *item = (const void *)(blob + at);

		if (item->size > len - at || item->size < sizeof(*item))
			return NULL;
		if (n-- == 0)
			return blob + at;
		at += item->size;
	}
	return NULL;
}

int
rescue_put(void *blob, size_t len)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int error = fd < 0 ? errno : 0;
	size_t n = 0;

	while (fd >= 0 && item_at(blob, len, n))
		n++;
	while (fd >= 0 && n-- > 0) {
		int one = put_item(fd, item_at(blob, len, n));

		if (!error)
			error = one;
	}
	if (fd >= 0)
		close(fd);
	return error;
}
