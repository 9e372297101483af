/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the counters were when a table was replaced. The kernel tells it to
 * whoever replaces (struct ip6t_replace, counters), but libip6tc keeps the
 * answer to itself; a setsockopt() of our own in the program is the one that it
 * calls, and sees it pass. Counters read before the commit would lack the
 * packets of the meantime. */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/err.h>
#include "raw.h"

static struct {
	bool watching;
	bool swapped;
	struct xt_counters *counters;
	size_t n;
} swap;

/* Nothing here may end the program: without memory they were not seen. */
static void
keep_counters(const struct ip6t_replace *replace)
{
	size_t size = replace->num_counters * sizeof(*swap.counters);

	free(swap.counters);
	swap.swapped = true;
	swap.counters = malloc(size);
	swap.n = swap.counters ? replace->num_counters : 0;
	if (swap.counters)
		memcpy(swap.counters, replace->counters, size);
}

typedef int setsockopt_fn(int fd, int level, int name, const void *value,
			  socklen_t len);

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	static setsockopt_fn *next;
	int result;

	if (!next)
		next = (setsockopt_fn *)dlsym(RTLD_NEXT, "setsockopt");
	if (!next)
		die("there is no setsockopt()");
	result = next(fd, level, name, value, len);
	if (result == 0 && swap.watching && level == IPPROTO_IPV6 &&
	    name == IP6T_SO_SET_REPLACE)
		keep_counters(value);
	return result;
}

void
swap_counters_begin(void)
{
	free(swap.counters);
	swap.counters = NULL;
	swap.n = 0;
	swap.swapped = false;
	swap.watching = true;
}

bool
swap_was_made(void)
{
	return swap.swapped;
}

const struct xt_counters *
swap_counters_end(size_t *n)
{
	swap.watching = false;
	*n = swap.n;
	return swap.counters;
}
