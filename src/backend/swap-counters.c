/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the counters were when a table was replaced. The kernel tells it to
 * whoever replaces (struct ip6t_replace, counters), but libip6tc keeps the
 * answer to itself; a setsockopt() of our own in the program is the one that it
 * calls, and sees it pass. Counters read before the commit would lack the
 * packets of the meantime. */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/err.h>
#include <sallyport/mem.h>
#include "raw.h"

static struct {
	bool watching;
	struct xt_counters *counters;
	size_t n;
} swap;

typedef int setsockopt_fn(int fd, int level, int name, const void *value,
			  socklen_t len);

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	static setsockopt_fn *next;
	const struct ip6t_replace *replace = value;
	int result;

	if (!next)
		next = (setsockopt_fn *)dlsym(RTLD_NEXT, "setsockopt");
	if (!next)
		die("there is no setsockopt()");
	result = next(fd, level, name, value, len);
	if (result == 0 && swap.watching && level == IPPROTO_IPV6 &&
	    name == IP6T_SO_SET_REPLACE) {
		free(swap.counters);
		swap.n = replace->num_counters;
		swap.counters = xmemdup(replace->counters,
					swap.n * sizeof(*swap.counters));
	}
	return result;
}

void
swap_counters_begin(void)
{
	free(swap.counters);
	swap.counters = NULL;
	swap.n = 0;
	swap.watching = true;
}

const struct xt_counters *
swap_counters_end(size_t *n)
{
	swap.watching = false;
	*n = swap.n;
	return swap.counters;
}
