/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table by its own socket options (net/ipv6/netfilter/
 * ip6_tables.c). Read and count only: rules are changed by libip6tc alone. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "raw.h"

struct raw_table {
	struct ip6t_getinfo info;
	struct ip6t_get_entries *entries;
};

static const char *const hook_chains[NF_INET_NUMHOOKS] = {
	[NF_INET_PRE_ROUTING] = "PREROUTING",
	[NF_INET_LOCAL_IN] = "INPUT",
	[NF_INET_FORWARD] = "FORWARD",
	[NF_INET_LOCAL_OUT] = "OUTPUT",
	[NF_INET_POST_ROUTING] = "POSTROUTING",
};

static enum err
raw_socket(int *fd)
{
	*fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd >= 0)
		return OK;
	if (errno == EPERM)
		return fail(ERR_FAIL, _("not allowed to read the packet filter: "
					"this needs root (CAP_NET_ADMIN and "
					"CAP_NET_RAW)"));
	return fail_errno(_("cannot open a raw IPv6 socket"));
}

enum err
raw_probe(void)
{
	struct xt_get_revision rev = { .name = "tcp" };
	socklen_t len = sizeof(rev);
	enum err err;
	int fd;

	err = raw_socket(&fd);
	if (err)
		return err;
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_REVISION_MATCH, &rev,
		       &len) < 0 && errno != EPROTONOSUPPORT) {
		if (errno == ENOPROTOOPT)
			err = fail(ERR_FAIL, _("this kernel has no legacy "
				"ip6_tables (module ip6_tables)"));
		else if (errno == EPERM)
			err = fail(ERR_FAIL, _("not allowed to read the packet "
				"filter: this needs root (CAP_NET_ADMIN and "
				"CAP_NET_RAW)"));
		else if (errno != ENOENT)
			err = fail_errno(_("cannot ask the kernel for "
					   "ip6_tables"));
	}
	close(fd);
	return err;
}

static enum err
raw_entries(int fd, struct raw_table *rt, const char *table)
{
	socklen_t len = sizeof(rt->info);

	str_copy(rt->info.name, sizeof(rt->info.name), table);
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &rt->info, &len) < 0)
		return fail_errno(_("cannot read table '%s'"), table);
	len = (socklen_t)(sizeof(*rt->entries) + rt->info.size);
	rt->entries = xcalloc(1, len);
	str_copy(rt->entries->name, sizeof(rt->entries->name), table);
	rt->entries->size = rt->info.size;
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_ENTRIES, rt->entries,
		       &len) < 0)
		return fail_errno(_("cannot read table '%s'"), table);
	return OK;
}

enum err
raw_table_read(const char *table, struct raw_table **rt)
{
	enum err err;
	int fd;

	err = raw_socket(&fd);
	if (err)
		return err;
	*rt = xcalloc(1, sizeof(**rt));
	err = raw_entries(fd, *rt, table);
	close(fd);
	if (err) {
		raw_table_free(*rt);
		*rt = NULL;
	}
	return err;
}

void
raw_table_free(struct raw_table *rt)
{
	if (!rt)
		return;
	free(rt->entries);
	free(rt);
}

size_t
raw_table_count(const struct raw_table *rt)
{
	return rt->info.num_entries;
}

void
raw_table_parts(const struct raw_table *rt, const struct ip6t_getinfo **info,
		const struct ip6t_get_entries **entries)
{
	*info = &rt->info;
	*entries = rt->entries;
}

static const struct ip6t_entry *
entry_at(const struct raw_table *rt, size_t offset)
{
	return (const void *)((const char *)rt->entries->entrytable + offset);
}

/* The name of the user-defined chain that this entry is the head of, or NULL. */
static const char *
chain_head(const struct ip6t_entry *entry)
{
	const struct xt_error_target *target =
		(const void *)((const char *)entry + entry->target_offset);

	return strcmp(target->target.u.user.name, XT_ERROR_TARGET) == 0 ?
		target->errorname : NULL;
}

/* The built-in chain that begins at this offset, or NULL. */
static const char *
hook_head(const struct raw_table *rt, size_t offset, size_t *policy)
{
	for (int hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (rt->info.valid_hooks & 1u << hook &&
		    rt->info.hook_entry[hook] == offset) {
			*policy = rt->info.underflow[hook];
			return hook_chains[hook];
		}
	return NULL;
}

size_t
raw_table_find(const struct raw_table *rt, const char *chain, size_t pos)
{
	size_t policy = RAW_NONE;
	size_t at = 0;
	bool within = false;

	for (size_t n = 0, offset = 0; offset < rt->info.size; n++) {
		const struct ip6t_entry *entry = entry_at(rt, offset);
		const char *hook = hook_head(rt, offset, &policy);
		const char *head = hook ? hook : chain_head(entry);

		if (within && head)
			return RAW_NONE;
		if (head)
			within = strcmp(head, chain) == 0;
		if (within && (!head || hook)) {
			if (pos == RAW_POLICY ? offset == policy : at == pos)
				return n;
			at++;
		}
		if (entry->next_offset < sizeof(*entry))
			break;
		offset += entry->next_offset;
	}
	return RAW_NONE;
}

/* The last entry of a user-defined chain, which is no rule, counts as one. */
void
raw_table_each(const struct raw_table *rt,
	       void (*each)(const char *chain, size_t pos, uint64_t packets,
			    void *arg),
	       void *arg)
{
	size_t policy = RAW_NONE, pos = 0;
	const char *chain = "";

	for (size_t offset = 0; offset < rt->info.size;) {
		const struct ip6t_entry *entry = entry_at(rt, offset);
		const char *hook = hook_head(rt, offset, &policy);
		const char *head = hook ? hook : chain_head(entry);

		if (head) {
			chain = head;
			pos = 0;
		}
		if (!head || hook)
			each(chain, offset == policy ? RAW_POLICY : pos++,
			     entry->counters.pcnt, arg);
		if (entry->next_offset < sizeof(*entry))
			break;
		offset += entry->next_offset;
	}
}

enum err
raw_table_add(const struct raw_table *rt, const struct counters *add)
{
	size_t n = rt->info.num_entries;
	size_t size = sizeof(struct xt_counters_info) +
		      n * sizeof(struct xt_counters);
	struct xt_counters_info *info = xcalloc(1, size);
	enum err err;
	int fd;

	memcpy(info->name, rt->info.name, sizeof(info->name));
	info->num_counters = (unsigned)n;
	for (size_t i = 0; i < n; i++) {
		info->counters[i].pcnt = add[i].packets;
		info->counters[i].bcnt = add[i].bytes;
	}
	err = raw_socket(&fd);
	if (!err) {
		if (setsockopt(fd, IPPROTO_IPV6, IP6T_SO_SET_ADD_COUNTERS, info,
			       (socklen_t)size) < 0)
			err = fail_errno(_("cannot put counters back"));
		close(fd);
	}
	free(info);
	return err;
}
